# Commands of the host: checked before anything changes, answered with a result. Knows no radio.
# Imports neither machine nor bluetooth.
import struct

from micropython import const

from bartracker_fw import wire
from bartracker_fw.kept import PART
from bartracker_fw.log import FlashLog
from bartracker_fw.pairing import ASK

_SLOWEST_HZ = const(50)
_FASTEST_HZ = const(1000)

_PATTERNS = const(4)
_SPAN = const(6)
_MOST_SPANS = const(4)

# Arguments in bytes by opcode; `fetch` has one to four spans.
_LENGTHS = {
    wire.OP_START: 4,
    wire.OP_STOP: 0,
    wire.OP_RATE: 4,
    wire.OP_RANGE: 4,
    wire.OP_IDENTIFY: 1,
    wire.OP_HEARTBEAT: 1,
    wire.OP_MODE: 1,
    wire.OP_CUE: 3,
    wire.OP_LOG_ENTRY: 2,
    wire.OP_LOG_READ: 6,
    wire.OP_LOG_ERASE: 8,
    wire.OP_UPDATE_ASK: 0,
    wire.OP_UPDATE_BEGIN: 34,
    wire.OP_UPDATE_POSITION: 0,
    wire.OP_UPDATE_ACTIVATE: 0,
    wire.OP_KEPT_READ: 2,
    wire.OP_KEPT_SET: 1,
    wire.OP_PAIRING: 1,
}


class Control:
    # `target` does what the commands say: it has imu, streaming, ring, recorder, log_sender, cues, can_send() and
    # methods for the rest;
    # configure() returns whether the IMU took it.
    # `detail`: the reply's fourth byte; `entry`: the log whose found entry follows it; `ended`: the stream's end does.
    def __init__(self, target) -> None:
        self._target = target
        self.detail = 0
        self.ended = False
        self.entry: FlashLog | None = None
        self.rest = b""

    def execute(self, raw: bytes) -> int:
        # Do it if it is valid, else change nothing. Returns the result code.
        self.detail = 0
        self.ended = False
        self.entry = None
        self.rest = b""
        if len(raw) < 2:
            return wire.WRONG_LENGTH
        opcode = raw[0]
        if opcode == wire.OP_FETCH:
            return self._fetch(raw)
        if opcode == wire.OP_KEPT_WRITE:
            return self._write_kept(raw)
        if opcode not in _LENGTHS:
            return wire.UNKNOWN_COMMAND
        if len(raw) != 2 + _LENGTHS[opcode]:
            return wire.WRONG_LENGTH
        target = self._target
        if opcode == wire.OP_STOP:
            target.stop()
            self.ended = True
            return wire.DONE
        if opcode == wire.OP_HEARTBEAT:
            if not raw[2]:
                return wire.OUT_OF_RANGE
            target.heartbeat(raw[2])
            return wire.DONE
        if opcode == wire.OP_IDENTIFY:
            if not target.cues.outputs:
                return wire.NOT_SUPPORTED
            target.cues.identify(raw[2])
            return wire.DONE
        if opcode == wire.OP_CUE:
            return self._cue(raw[2], raw[3], raw[4])
        if opcode in (wire.OP_LOG_ENTRY, wire.OP_LOG_READ, wire.OP_LOG_ERASE):
            return self._log(raw)
        if wire.OP_UPDATE_ASK <= opcode <= wire.OP_UPDATE_ACTIVATE:
            return self._update(raw)
        if opcode == wire.OP_PAIRING:
            return self._pairing(raw[2])
        if opcode == wire.OP_KEPT_READ:
            return self._read_kept(raw[2] | raw[3] << 8)
        if opcode == wire.OP_KEPT_SET:
            return self._set_kept(raw[2])
        if target.imu is None:
            return wire.IMU_FAULT
        if opcode == wire.OP_START:
            return self._start(raw)
        if opcode == wire.OP_MODE:
            return self._mode(raw[2])
        if target.streaming or target.recorder.busy:
            return wire.NOT_NOW
        return self._rate(raw) if opcode == wire.OP_RATE else self._range(raw)

    def _start(self, raw: bytes) -> int:
        if not self._target.can_send():
            return wire.NOT_NOW
        self._target.start(raw[4] | raw[5] << 8, raw[2] | raw[3] << 8)
        return wire.DONE

    def _cue(self, outputs: int, pattern: int, repeat: int) -> int:
        if not outputs or pattern >= _PATTERNS or not repeat:
            return wire.OUT_OF_RANGE
        cues = self._target.cues
        if not outputs & cues.outputs:
            return wire.NOT_SUPPORTED
        cues.play(outputs, pattern, repeat)
        return wire.DONE

    def _mode(self, mode: int) -> int:
        recorder = self._target.recorder
        if mode == wire.MODE_IDLE:
            recorder.idle()
            return wire.DONE
        if mode not in (wire.MODE_ARMED, wire.MODE_RECORDING):
            return wire.OUT_OF_RANGE
        if recorder.log is None:
            return wire.NOT_SUPPORTED
        if mode == wire.MODE_ARMED:
            recorder.arm()
            return wire.DONE
        return wire.DONE if recorder.record() else wire.NO_ROOM

    def _log(self, raw: bytes) -> int:
        target = self._target
        log = target.recorder.log
        if log is None:
            return wire.NOT_SUPPORTED
        if raw[0] == wire.OP_LOG_ENTRY:
            # Past the last one: how many there are, and session 0.
            log.find(raw[2] | raw[3] << 8)
            self.entry = log
            return wire.DONE
        # Numbers above 2^30 stand for no session.
        number, last = struct.unpack_from("<IH" if raw[0] == wire.OP_LOG_READ else "<II", raw, 2)
        if raw[0] == wire.OP_LOG_ERASE:
            return wire.DONE if log.erase(number, last) else wire.OUT_OF_RANGE
        if not last or log.block_of(number) < 0:
            return wire.OUT_OF_RANGE
        if target.streaming or not target.can_send():
            return wire.NOT_NOW
        target.log_sender.begin(number, last)
        return wire.DONE

    def _update(self, raw: bytes) -> int:
        # Also without a motion chip: the new firmware may be the one that knows it.
        target = self._target
        updater = target.updater
        if raw[0] == wire.OP_UPDATE_ASK:
            self.rest = updater.about()
            return wire.DONE
        if raw[0] != wire.OP_UPDATE_POSITION:
            sender = target.log_sender
            if target.streaming or target.recorder.writing or (sender is not None and sender.busy):
                return wire.NOT_NOW
            if raw[0] == wire.OP_UPDATE_BEGIN:
                self.detail = updater.begin(raw[2] | raw[3] << 8, raw[4:], target.battery.percent)
            else:
                self.detail = updater.activate()
            if self.detail:
                return wire.REFUSED
        self.rest = updater.position()
        return wire.DONE

    # The calibration: also without a motion chip, for it may be silent only now.

    def _read_kept(self, offset: int) -> int:
        target = self._target
        if target.streaming:
            return wire.NOT_NOW
        part = target.kept.part(offset, target.link.mtu - wire.NOTIFY_OVERHEAD - wire.REPLY_LENGTH - 2)
        if part is None:
            return wire.OUT_OF_RANGE
        self.rest = part
        return wire.DONE

    def _write_kept(self, raw: bytes) -> int:
        target = self._target
        if not 4 < len(raw) <= 4 + PART:
            return wire.WRONG_LENGTH
        if target.streaming:
            return wire.NOT_NOW
        return wire.DONE if target.kept.write(raw[2] | raw[3] << 8, raw[4:]) else wire.OUT_OF_RANGE

    def _set_kept(self, wanted: int) -> int:
        # 1: keep what was written; 0: keep none.
        target = self._target
        if wanted > 1:
            return wire.OUT_OF_RANGE
        if target.streaming or target.recorder.writing:
            return wire.NOT_NOW
        try:
            if not wanted:
                target.kept.erase()
                return wire.DONE
            self.detail = target.kept.commit(0 if target.imu is None else target.imu.chip)
        except OSError:
            return wire.NO_ROOM
        return wire.REFUSED if self.detail else wire.DONE

    def _pairing(self, wish: int) -> int:
        target = self._target
        if wish != ASK and (target.streaming or target.recorder.writing):
            return wire.NOT_NOW
        try:
            if not target.pairing.want(wish):
                return wire.OUT_OF_RANGE
        except OSError:
            return wire.NO_ROOM
        self.rest = target.pairing.about()
        return wire.DONE

    def _fetch(self, raw: bytes) -> int:
        spans = (len(raw) - 2) // _SPAN
        if len(raw) != 2 + spans * _SPAN or not 0 < spans <= _MOST_SPANS:
            return wire.WRONG_LENGTH
        for i in range(spans):
            at = 2 + i * _SPAN
            if not raw[at + 4] and not raw[at + 5]:
                return wire.OUT_OF_RANGE
        target = self._target
        if not target.can_send() or target.ring.room() < spans:
            return wire.NOT_NOW
        for i in range(spans):
            at = 2 + i * _SPAN
            samples = raw[at + 4] | raw[at + 5] << 8
            if not target.ring.fetch(raw[at + 2] | raw[at + 3] << 8, raw[at] | raw[at + 1] << 8, samples):
                self.detail |= 1 << i
        return wire.DONE

    def _rate(self, raw: bytes) -> int:
        rate_hz: float = struct.unpack_from("<f", raw, 2)[0]
        if not _SLOWEST_HZ <= rate_hz <= _FASTEST_HZ:
            return wire.OUT_OF_RANGE
        target = self._target
        done = target.configure(rate_hz, target.imu.acc_g, target.imu.gyr_dps)
        return wire.DONE if done else wire.IMU_FAULT

    def _range(self, raw: bytes) -> int:
        acc_g, gyr_dps = struct.unpack_from("<HH", raw, 2)
        target = self._target
        if acc_g not in target.imu.acc_ranges or gyr_dps not in target.imu.gyr_ranges:
            return wire.OUT_OF_RANGE
        done = target.configure(target.imu.rate_hz, acc_g, gyr_dps)
        return wire.DONE if done else wire.IMU_FAULT
