# When samples go to flash: on the host's command, by themselves when the bar moves (armed), and when the connection was
# lost in a set and the ring would run over.
# Imports neither machine nor bluetooth.
import time

from micropython import const

from bartracker_fw import wire
from bartracker_fw.log import FlashLog
from bartracker_fw.ring import PacketRing

# Kept from before the bar was seen to move.
_PRE_ROLL_MS = const(1000)
# The bar has to be still for so long before an armed recording ends, and one without a host.
_STILL_MS = const(30_000)
_ADRIFT_STILL_MS = const(120_000)
# Packets written a step at most: a burst makes two or three.
_PER_STEP = const(6)
# A connection is told to be lost only so long after the last packet that came through.
_UNHEARD_MS = const(4000)
# A still sensor shows less than 60 mg of change and less than 12 deg/s.
_STILL_MG = const(60)
_STILL_DPS = const(12)


class Recorder:
    # log: None where the board has no place for recordings. `mode`: wire.MODE_IDLE, _ARMED or _RECORDING;
    # `adrift`: the host was lost in a set.
    def __init__(self, ring: PacketRing, log: "FlashLog | None", info: bytearray) -> None:
        self.log = log
        self.armed = False
        self.adrift = False
        self._ring = ring
        self._info = info
        self._told = False
        self._moved_ms = 0
        self._pre_roll = 16
        self._acc_still = 0
        self._gyr_still = 0

    def set_rate(self, rate_hz: float, samples: int) -> None:
        # Samples a second and a packet: how many packets are kept from before the bar moved.
        self._pre_roll = min(int(rate_hz * _PRE_ROLL_MS / 1000 / samples) + 2, self._ring.kept // 2)

    def set_scales(self, acc_g: int, gyr_dps: int) -> None:
        # What counts as still, in counts at these ranges.
        self._acc_still = _STILL_MG * 32768 // (acc_g * 1000)
        self._gyr_still = _STILL_DPS * 32768 // gyr_dps

    @property
    def busy(self) -> bool:
        # Rate and ranges must stay.
        return self.armed or self.writing

    @property
    def writing(self) -> bool:
        # Samples go to flash, or may have to at any moment: no time to sleep.
        return self.recording or self.adrift

    @property
    def recording(self) -> bool:
        return self.log is not None and self.log.session != 0

    def record(self) -> bool:
        # On command, until `idle`. False: no room.
        log = self.log
        self.adrift = False
        if log is None or (not log.session and not log.begin(self._info)):
            return False
        if not self._told:
            self._ring.mark_newest(0)
        self._told = True
        return True

    def arm(self) -> None:
        # Record whenever the bar moves.
        self.idle()
        self.armed = True
        self._ring.mark_newest(0)

    def idle(self) -> None:
        # End what is going on.
        self.armed = False
        self._told = False
        self.adrift = False
        if self.log is not None:
            self._write(self._ring.kept)
            self.log.end()

    def lose_host(self, now_ms) -> None:
        # The connection was lost while streaming: what did not come through must not be overwritten unseen. Up to three
        # quarters of the ring stay in memory only: a short outage wears no flash.
        if self.log is not None and not self._told:
            self.adrift = True
            self._moved_ms = now_ms
            doubtful = self._pre_roll * _UNHEARD_MS // _PRE_ROLL_MS
            self._ring.mark_due(min(doubtful, self._ring.kept // 3))

    def find_host(self, all_held: bool) -> None:
        # A host streams again. If the ring has all that it lacks, the session in flash is not needed.
        if not self.adrift:
            return
        self.adrift = False
        log = self.log
        if log is not None and log.session:
            session = log.session
            log.end()
            if all_held:
                log.give_up(session)

    def step(self, now_ms) -> None:
        log = self.log
        if log is None:
            return
        if self.armed or self.adrift:
            self._watch(log, now_ms)
        if log.session and log.unprepared:
            # The packets wait in the ring meanwhile.
            log.prepare()
        elif self._told:
            self._write(_PER_STEP)
        elif self.adrift:
            over = self._ring.unlogged() - self._ring.kept * 3 // 4
            if over > 0 and (log.session or log.begin(self._info)):
                self._write(over)
            elif over > 0:
                self.adrift = False
        elif self.armed and log.session:
            self._write(_PER_STEP)
        elif self.armed:
            self._ring.mark_newest(self._pre_roll)
        if self._told and not log.session:
            self._told = False

    def _watch(self, log: FlashLog, now_ms) -> None:
        if self._ring.moves(self._acc_still, self._gyr_still):
            self._moved_ms = now_ms
            if self.armed and not log.session:
                log.begin(self._info)
        elif log.session or self.adrift:
            longest_ms = _STILL_MS if self.armed else _ADRIFT_STILL_MS
            if time.ticks_diff(now_ms, self._moved_ms) > longest_ms:
                if log.session:
                    self._write(self._ring.kept)
                    log.end()
                self.adrift = False

    def _write(self, most: int) -> None:
        log = self.log
        ring = self._ring
        while most > 0 and log is not None and log.session and ring.unlogged():
            if not log.add(ring.peek_unlogged()):
                return
            ring.pop_unlogged()
            most -= 1

    def mode(self, streaming: bool) -> int:
        if self.recording:
            return wire.MODE_RECORDING
        if streaming:
            return wire.MODE_STREAMING
        return wire.MODE_ARMED if self.armed else wire.MODE_IDLE
