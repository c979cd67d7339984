# When samples go to flash: on the host's command, by themselves when the bar moves (armed), and when the connection was
# lost in a set and the ring would run over.
# Imports neither machine nor bluetooth.
import time

from micropython import const

from bartracker_fw import wire
from bartracker_fw.log import FlashLog
from bartracker_fw.ring import PacketRing

# Kept from before the bar moved, packets: a second or so.
_PRE_ROLL = const(16)
# The bar has to be still for so long before an armed recording ends, and one without a host.
_STILL_MS = const(30_000)
_ADRIFT_STILL_MS = const(120_000)
# Packets written a step at most: a burst makes two or three.
_PER_STEP = const(6)
# Of the ring's packets, this share stays in memory only: a short outage wears no flash.
_SPARED_SHARE = const(2)
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
        self._drift_from = 0
        self._acc_still = 0
        self._gyr_still = 0

    def set_scales(self, acc_g: int, gyr_dps: int) -> None:
        # What counts as still, in counts at these ranges.
        self._acc_still = _STILL_MG * 32768 // (acc_g * 1000)
        self._gyr_still = _STILL_DPS * 32768 // gyr_dps

    @property
    def busy(self) -> bool:
        # Rate and ranges must stay.
        return self.armed or self.recording or self.adrift

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
        # The connection was lost while streaming: what was not sent must not be overwritten unseen.
        if self.log is not None and not self._told:
            self.adrift = True
            self._moved_ms = now_ms
            self._ring.mark_due()
            self._drift_from = self._ring.due()

    def find_host(self) -> None:
        # A host streams again. What the ring still holds it gets from there.
        if not self.adrift:
            return
        self.adrift = False
        log = self.log
        if log is not None and log.session:
            session = log.session
            log.end()
            if self._ring.holds(self._drift_from):
                # The ring has all that was not sent: the session in flash is not needed.
                log.give_up(session)

    def step(self, now_ms) -> None:
        log = self.log
        if log is None:
            return
        if self.armed or self.adrift:
            self._watch(log, now_ms)
        if self._told:
            self._write(_PER_STEP)
        elif self.adrift:
            over = self._ring.unlogged() - self._ring.kept // _SPARED_SHARE
            if over > 0 and (log.session or log.begin(self._info)):
                self._write(over)
            elif over > 0:
                self.adrift = False
        elif self.armed and log.session:
            self._write(_PER_STEP)
        elif self.armed:
            self._ring.mark_newest(_PRE_ROLL)
        if self._told and not log.session:
            self._told = False

    def _watch(self, log: FlashLog, now_ms) -> None:
        if self._ring.newest_moves(self._acc_still, self._gyr_still):
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
