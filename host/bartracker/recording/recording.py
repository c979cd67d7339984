"""A recording in memory: what any file of samples becomes once read. Files are read by recording/ (.btr) and exchange/
(others).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bartracker.samples import StampedBlock


@dataclass(frozen=True, slots=True)
class RecordingMetadata:
    """What is known about a recording besides its samples; every field may be unknown.

    `calibration` names the calibration in use (its parameters stand in the file's own record); `mount` is "shaft" or
    "sleeve"; `sensor_from_middle_m`: how far along the bar from its middle, positive where the sensor's own axis along
    the bar points away from it.
    """

    exercise: str | None = None
    load_kg: float | None = None
    athlete: str | None = None
    mount: str | None = None
    calibration: str | None = None
    started_utc: str | None = None
    source: str | None = None
    notes: str | None = None
    sensor_from_middle_m: float | None = None
    extra: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """Something that happened to the link while recording (a drop, a reconnect): host clock s (NaN if unknown), code,
    text.
    """

    arrival_s: float
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples in order of arrival with all that is known about them.

    `problems`: sentences on damage found and what was saved. `calibration_parameters`: what the file says of the
    calibration in use, as `calibration/` wrote it, unchecked. `sensor_id`: the sensor's device id, hex. `events`: what
    happened to the link, in order.
    """

    metadata: RecordingMetadata
    blocks: tuple[StampedBlock, ...]
    nominal_rate_hz: float | None
    problems: tuple[str, ...] = ()
    path: Path | None = None
    chip: str | None = None
    calibration_parameters: Mapping[str, object] | None = None
    sensor_id: str | None = None
    events: tuple[RecordedEvent, ...] = ()

    def __len__(self) -> int:
        return sum(len(block) for block in self.blocks)
