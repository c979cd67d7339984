# Commands of the host: checked before anything changes, answered with a result. Knows no radio.
# Imports neither machine nor bluetooth.
import struct

from micropython import const

from bartracker_fw import wire

_SLOWEST_HZ = const(50)
_FASTEST_HZ = const(1000)

# Arguments in bytes by opcode.
_LENGTHS = {
    wire.OP_START: 4,
    wire.OP_STOP: 0,
    wire.OP_RATE: 4,
    wire.OP_RANGE: 4,
    wire.OP_IDENTIFY: 1,
    wire.OP_HEARTBEAT: 1,
}


class Control:
    # `target` does what the commands say: it has imu, streaming, can_send(), can_identify() and one method a command;
    # configure() returns whether the IMU took it.
    def __init__(self, target) -> None:
        self._target = target

    def execute(self, raw: bytes) -> int:
        # Do it if it is valid, else change nothing. Returns the result code.
        if len(raw) < 2:
            return wire.WRONG_LENGTH
        opcode = raw[0]
        if opcode not in _LENGTHS:
            return wire.UNKNOWN_COMMAND
        if len(raw) != 2 + _LENGTHS[opcode]:
            return wire.WRONG_LENGTH
        target = self._target
        if opcode == wire.OP_STOP:
            target.stop()
            return wire.DONE
        if opcode == wire.OP_HEARTBEAT:
            if not raw[2]:
                return wire.OUT_OF_RANGE
            target.heartbeat(raw[2])
            return wire.DONE
        if opcode == wire.OP_IDENTIFY:
            if not target.can_identify():
                return wire.NOT_SUPPORTED
            target.identify(raw[2])
            return wire.DONE
        if target.imu is None:
            return wire.IMU_FAULT
        if opcode == wire.OP_START:
            return self._start(raw)
        if target.streaming:
            return wire.NOT_NOW
        return self._rate(raw) if opcode == wire.OP_RATE else self._range(raw)

    def _start(self, raw: bytes) -> int:
        if not self._target.can_send():
            return wire.NOT_NOW
        self._target.start(raw[4] | raw[5] << 8, raw[2] | raw[3] << 8)
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
