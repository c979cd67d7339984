"""What every live sensor looks like, whatever carries its packets: states, health, and settings of the link. No radio
here.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, runtime_checkable

from bartracker.links.clock_fit import ClockEstimate
from bartracker.links.link import Link
from bartracker.links.link_recorder import LinkRecorder
from bartracker.wire import SensorInfo, StreamStatistics
from bartracker.wire.commands import CueOutputs
from bartracker.wire.status import Status

if TYPE_CHECKING:
    from bartracker.links.ble_connection import SensorConnection


class LinkState(StrEnum):
    """Where a link to a sensor stands."""

    SEARCHING = "searching"
    CONNECTING = "connecting"
    STREAMING = "streaming"
    LOST = "lost"
    RECONNECTING = "reconnecting"
    FAILED = "failed"
    ENDED = "ended"


LINK_NOTICES: Final = frozenset(
    {*LinkState, "restarted", "missing", "calibration", "fault", "slow", "unrecorded", "recorded"}
)
"""Codes of what a link to a sensor says of itself, among a pipeline's other notices."""


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """A link at one moment.

    Attributes:
        state: where it stands; `words` the same for a person.
        statistics: samples received and lost, as decoded so far.
        status: what the sensor last said of itself (battery, its own rate, packets it had to drop); None: nothing yet.
        clock: the sensor's clock against the host's; None: not known yet.
        reconnects: how often the connection was lost and found again.
        missed_packets: packets that did not come at first; most are fetched again.
    """

    state: LinkState
    words: str
    statistics: StreamStatistics
    status: Status | None
    clock: ClockEstimate | None
    reconnects: int
    missed_packets: int = 0


@dataclass(frozen=True, slots=True)
class SensorWishes:
    """What the user wants of the sensor; None: as it is set. Hz, g, deg/s."""

    rate_hz: float | None = None
    acc_range_g: int | None = None
    gyr_range_dps: int | None = None


@dataclass(frozen=True, slots=True)
class SensorLinkSettings:
    """Time-outs and habits of a link to a sensor.

    Attributes:
        find_s: how long a sensor is searched for, s (1-60); sensors advertise a few times a second.
        settle_s: how much longer, lest a second one be overlooked, s (0.5-3).
        connect_s: time for one attempt to connect, s (5-30); Windows and BlueZ take up to ten.
        connect_attempts: BlueZ's and Windows' first attempt fails now and then.
        reply_s: time for the answer to a command, s (1-10).
        mtu_wait_s: the sensor learns of the MTU a little after the host, s (0.5-5).
        packets_per_s: more, closer together, made links drop: a smaller MTU is refused where it would need more.
        heartbeat_timeout_s: the sensor stops streaming after so long a silence of the host, whole s (2-255).
        heartbeat_s: time between heartbeats, s; some must be allowed to be lost.
        silence_s: without data for so long the link counts as lost, s (0.3-0.8), so that it is said within 1 s.
        stall_s: without data for so long the connection is given up and made anew, s (2-10).
        sync_s: time between exchanges of time stamps, s (1-10).
        first_syncs, first_sync_s: at the start there are so many, so far apart, s.
        retry_s, longest_retry_s: pause between attempts to reconnect, s; doubled each time up to the longest.
        reconnect_s: a lost sensor is searched for so long, s (30-600): batteries get changed between sets.
        fruitless: after so many connections in a row over which no data came, the sensor is given up.
        repair_s: how often it is looked whether packets must be asked for again, s (0.05-0.5).
        drain_s, longest_drain_s: after the stop, until nothing is missing and no packet has come for so long, but no
            longer than that, s.
        end_s: an orderly end may take so long, s.
        last_work_s: what is done with the sensor after streaming may take so long, s (10-120).
        queue_packets: packets that may wait for a slow program before some are left out of what it shows (never of
            the recording).
    """

    find_s: float = 10.0
    settle_s: float = 1.0
    connect_s: float = 15.0
    connect_attempts: int = 3
    reply_s: float = 3.0
    mtu_wait_s: float = 2.0
    packets_per_s: float = 60.0
    heartbeat_timeout_s: int = 10
    heartbeat_s: float = 2.5
    silence_s: float = 0.7
    stall_s: float = 4.0
    sync_s: float = 2.0
    first_syncs: int = 8
    first_sync_s: float = 0.1
    retry_s: float = 0.5
    longest_retry_s: float = 8.0
    reconnect_s: float = 120.0
    fruitless: int = 5
    repair_s: float = 0.1
    drain_s: float = 0.2
    longest_drain_s: float = 3.0
    end_s: float = 8.0
    last_work_s: float = 40.0
    queue_packets: int = 8192


@runtime_checkable
class SensorLink(Link, Protocol):
    """A live sensor. Order: `record_to` if wanted, `connect`, then `items`; `finish` or `close` from any thread."""

    def record_to(self, recorder: LinkRecorder) -> None:
        """Record everything received from here on. Before `connect`."""
        ...

    def connect(self) -> SensorInfo:
        """Find the sensor, connect and read what it is; streaming begins with `items`. A second call returns the same.

        Raises BartrackerError.
        """
        ...

    def health(self) -> LinkHealth:
        """How the link is doing; from any thread."""
        ...

    def finish(self) -> None:
        """Ask for an orderly end and return at once: `items` gives what has arrived, then ends. From any thread, and
        from a signal handler.
        """
        ...


LastWork: TypeAlias = "Callable[[SensorConnection], Coroutine[Any, Any, None]]"


@runtime_checkable
class CueingLink(SensorLink, Protocol):
    """A live sensor that can show, sound or shake something."""

    def cue(self, outputs: CueOutputs, pattern: int, repeat: int = 1) -> None:
        """Have it play a pattern (`wire.commands.Cue`) and return at once, from any thread; nothing where it cannot."""
        ...


@runtime_checkable
class KeepingLink(SensorLink, Protocol):
    """A live sensor that may keep its calibration itself."""

    @property
    def kept_calibration(self) -> bytes | None:
        """The calibration it keeps, as a block (calibration/sensor_block.py), once connected; None: it keeps none."""
        ...

    def tell(self, code: str, text: str) -> None:
        """Have this said among what the link says of the sensor; from any thread."""
        ...


@runtime_checkable
class WorkableLink(SensorLink, Protocol):
    """A live sensor with which something can be done when streaming has ended."""

    def before_end(self, work: LastWork) -> None:
        """Do this in the link's loop after an orderly end of streaming, before the connection is closed. Before
        `connect`. What it raises ends the link as a lost connection would.
        """
        ...
