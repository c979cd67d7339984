"""What a link hears and says, in one queue: notifications go to the recording first, then to whoever reads the link.
Called in the link's event loop; the queue is read in another thread. No connection is made or kept here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from bartracker.links.clock_fit import ClockFit
from bartracker.links.fault_words import FAULT_WORDS, REMARK_WORDS
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.link_runner import LinkQueue
from bartracker.links.repairs import Repairs
from bartracker.links.sensor_link import LinkState, SensorLinkSettings
from bartracker.recording import RecordingMetadata
from bartracker.wire import SensorInfo, WireError, decode_data_packet
from bartracker.wire.status import SensorRemarks, Status, decode_status
from bartracker.wire.time_sync import decode_time_sync_reply

Severity: TypeAlias = Literal["info", "warning", "error"]

_US_PER_S: Final = 1e6


@dataclass(frozen=True, slots=True)
class Packet:
    """A data packet as received; `arrival_s` on the host's clock, s."""

    arrival_s: float
    raw: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """A remark for a person, without its time on the recording yet."""

    code: str
    text: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more comes, because of `failure` if that is not None."""

    failure: BaseException | None


Heard: TypeAlias = Packet | SensorInfo | Said | End


class SensorInbox:
    """The receiver of a sensor's notifications.

    Attributes:
        queue: everything in order, for the reader.
        recorder: gets everything first; None: nothing is recorded.
        label: the sensor's name.
        state, words: where the link stands.
        status: the newest one; clock: the sensor's against the host's.
        repairs: which samples are missing.
        first_device_us: time of the very first sample, u32 us.
        last_data_s: when data came last, host clock, s.
        fruitful: data came since this was last set to False.
    """

    def __init__(
        self, label: str, settings: SensorLinkSettings, now_s: Callable[[], float], queue: LinkQueue[Heard]
    ) -> None:
        self.queue = queue
        self.recorder: LinkRecorder | None = None
        self.label = label
        self.state = LinkState.SEARCHING
        self.words = "searching for the sensor"
        self.status: Status | None = None
        self.clock = ClockFit()
        self.repairs = Repairs()
        self.first_device_us: int | None = None
        self.last_data_s = 0.0
        self.fruitful = False
        self._settings = settings
        self._now_s = now_s
        self._info_raw = b""
        self._rate_hz = 0.0
        self._left_out = False
        self._unrecorded = False

    def begin(self, metadata: RecordingMetadata, info: SensorInfo, info_raw: bytes, kept: bytes | None = None) -> None:
        """The sensor is known: begin the recording. Raises BartrackerError."""
        self._rate_hz = info.nominal_rate_hz
        self._info_raw = info_raw
        if self.recorder is not None:
            self.recorder.begin(metadata, info_raw, kept)

    def take_info(self, info: SensorInfo, raw: bytes) -> None:
        """The sensor's info after a reconnection: packets from here on are read by it."""
        if raw == self._info_raw:
            return
        self._info_raw = raw
        if self.recorder is not None:
            self.recorder.info(raw)
        self.queue.put(info)

    def say(self, state: LinkState | None, text: str, severity: Severity, code: str = "") -> None:
        """A remark, also into the recording if it is more than an information; `state` None: it stays as it is."""
        if state is not None:
            self.state, self.words = state, text
        said = Said(code or str(state), text, severity)
        if self.recorder is not None and severity != "info":
            self.recorder.event(self._now_s(), said.code, text)
        self.queue.put(said)

    def end(self, failure: BaseException | None) -> None:
        """The last word; the recording is closed."""
        if failure is None:
            self.state, self.words = LinkState.ENDED, "ended"
        else:
            self.state, self.words = LinkState.FAILED, " ".join(str(failure).split())
        if self.recorder is not None:
            if failure is not None:
                self.recorder.event(self._now_s(), LinkState.FAILED, self.words)
            self.recorder.close()
            self._check_recording()
        self.queue.put(End(failure))

    def on_data(self, arrival_s: float, raw: bytes) -> None:
        """A data packet: to the recording, then to the queue."""
        if self.recorder is not None:
            self.recorder.packet(arrival_s, raw)
            self._check_recording()
        self.last_data_s = arrival_s
        self.fruitful = True
        if self.queue.qsize() < self._settings.queue_packets:
            self.queue.put(Packet(arrival_s, raw))
        elif not self._left_out:
            self._left_out = True
            self.say(None, "this computer is too slow; the analysis leaves samples out", "error", "slow")
        try:
            packet = decode_data_packet(raw)
        except WireError:
            return
        if self.first_device_us is None:
            self.first_device_us = packet.device_time_us
        self.repairs.note(packet, self._rate_hz)
        if self.state is LinkState.LOST:
            self.say(LinkState.STREAMING, f"data come from {self.label} again", "warning")

    def on_status(self, arrival_s: float, raw: bytes) -> None:
        """A status: to the recording; what is newly wrong is said."""
        if self.recorder is not None:
            self.recorder.status(arrival_s, raw)
        try:
            status = decode_status(raw)
        except WireError:
            return
        before, self.status = self.status, status
        if status.fault in FAULT_WORDS and (before is None or status.fault is not before.fault):
            self.say(None, f"{self.label} reports a fault: {FAULT_WORDS[status.fault]}", "error", "fault")
        known = (before.remarks if before else None) or SensorRemarks.NONE
        for remark in (status.remarks or SensorRemarks.NONE) & ~known:
            self.say(None, f"{self.label}: {REMARK_WORDS[remark]}", "warning", "fault")

    def on_time_sync(self, arrival_s: float, raw: bytes) -> None:
        """A time sync reply: to the recording and into the clock fit."""
        if self.recorder is not None:
            self.recorder.time_sync(arrival_s, raw)
        try:
            reply = decode_time_sync_reply(raw)
        except WireError:
            return
        self.clock.add(reply.host_us / _US_PER_S, reply.received_us, reply.sent_us, arrival_s)

    def _check_recording(self) -> None:
        assert self.recorder is not None
        failure = self.recorder.failure
        if (failure is not None) is self._unrecorded:
            return
        self._unrecorded = failure is not None
        if failure is not None:
            self.say(None, f"not recorded any more: {failure}; the stream goes on", "error", "unrecorded")
        else:
            missing = self.recorder.unrecorded_packets
            self.say(None, f"the recording goes on; {missing} packets are missing in it", "warning", "recorded")
