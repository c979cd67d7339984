"""Samples as a foreign file gives them, before anything about them is believed. Only the hand-over between readers and
checks lives here.
"""

from dataclasses import dataclass, field
from pathlib import Path

from bartracker.recording.recording import RecordingMetadata
from bartracker.samples import BoolArray, FloatArray, IntArray

LARGEST_SAMPLE_COUNT = 10_000_000
"""Most samples one file may hold: 14 hours at 200 Hz, about 1 GB in memory; beyond it a file is damaged or hostile."""


@dataclass(frozen=True, slots=True)
class RawSamples:
    """What a file of samples says, shapes checked, values not. None where the file does not say.

    Attributes:
        path: the file.
        t_s: (N,) time stamps, s.
        acc_mps2: (N, 3) what the file calls specific force in m/s^2.
        gyr_radps: (N, 3) what the file calls angular rate in rad/s.
        sequence: (N,) the sensor's count of each sample.
        arrival_s: (N,) when the host had the sample, s.
        stamped: (N,) False where the stamp was made up between its neighbours when the file was written.
        acc_clipped: (N,) an accelerometer axis stood at its end stop.
        gyr_clipped: (N,) a gyroscope axis stood at its end stop.
        nominal_rate_hz: the sample rate the sensor was set to, Hz.
        metadata: what the file says about the recording.
        chip: the sensor's chip.
        problems: sentences on what was odd but usable.
    """

    path: Path
    t_s: FloatArray | None
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    sequence: IntArray | None = None
    arrival_s: FloatArray | None = None
    stamped: BoolArray | None = None
    acc_clipped: BoolArray | None = None
    gyr_clipped: BoolArray | None = None
    nominal_rate_hz: float | None = None
    metadata: RecordingMetadata = field(default_factory=RecordingMetadata)
    chip: str | None = None
    problems: tuple[str, ...] = ()
