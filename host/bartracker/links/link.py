"""What every source of samples looks like to the rest of the house. The sources themselves stand beside this file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.samples import StampedBlock


@dataclass(frozen=True, slots=True)
class LinkNotice:
    """A remark of the source for a person: damage to a file, a lost connection. `t_s`: the recording's clock, s."""

    t_s: float
    code: str
    text: str
    severity: Literal["info", "warning", "error"]


LinkItem: TypeAlias = StampedBlock | LinkNotice


@runtime_checkable
class Link(Protocol):
    """A source of samples, read once from first to last in one thread."""

    @property
    def label(self) -> str:
        """What a person calls this source."""
        ...

    @property
    def metadata(self) -> RecordingMetadata:
        """What is known about the samples besides themselves."""
        ...

    @property
    def recording(self) -> Recording | None:
        """The whole recording where the source is one, else None."""
        ...

    def items(self) -> Iterator[LinkItem]:
        """Blocks and notices in order, each when its time has come; the caller waits. Raises BartrackerError."""
        ...

    def close(self) -> None:
        """End `items` soon, from any thread; a second call does nothing."""
        ...


@runtime_checkable
class PlaybackLink(Link, Protocol):
    """A source that can be held and hurried, from any thread."""

    paused: bool

    @property
    def speed(self) -> float:
        """How many times as fast as it was recorded; infinity: as fast as possible."""
        ...

    @speed.setter
    def speed(self, speed: float) -> None: ...

    @property
    def position_s(self) -> float:
        """How far the playback is, s since the recording's beginning."""
        ...

    @property
    def duration_s(self) -> float:
        """Length of the recording, s."""
        ...
