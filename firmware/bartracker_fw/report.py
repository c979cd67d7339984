# What the host can read of the sensor: info, status, battery; and what the light says.
# Imports neither machine nor bluetooth.
from micropython import const

from bartracker_fw import VERSION, wire
from bartracker_fw.imu.base import CLIP_COUNT, Imu

# Flashes of the light in 3 s (docs/faults.md).
_WAITING = const(1)
_RECORDING = const(2)
_CHIP_SILENT = const(3)
_CHIP_UNUSABLE = const(4)
_BATTERY_LOW = const(5)
_LOG_FULL = const(6)
_SETTINGS_LOST = const(7)
_WITHOUT_PAUSE = const(15)


class Report:
    # app: whose parts are told of. boots, device_id, axes: as in the info characteristic, whose bytes stand in `info`.
    def __init__(self, app, boots: int, device_id: bytes, axes: "tuple[int, int, int]") -> None:
        self._app = app
        self._boots = boots
        self._device_id = device_id
        self._axes = axes
        self._said_state = -1
        self.info = bytearray(wire.INFO_LENGTH)
        self._status = bytearray(wire.STATUS_LENGTH)
        self._level = bytearray((wire.UNKNOWN_PERCENT,))

    def note_all(self) -> None:
        self.note_info()
        self.note_battery()
        self.note_status()

    def note_status(self) -> None:
        app = self._app
        state = wire.STREAMING if app.streaming else wire.IDLE
        fault = app.fault
        if fault != wire.NO_FAULT:
            state = wire.FAULT
        elif app.battery.low():
            fault = wire.BATTERY_LOW
        ring = app.ring
        imu = app.imu
        log = app.recorder.log
        mode = app.recorder.mode(app.streaming)
        if mode == wire.MODE_RECORDING and state == wire.IDLE:
            state = wire.LOGGING
        if app.log_sender is not None and app.log_sender.busy:
            mode = wire.MODE_SYNCING
        remarks = wire.SETTINGS_LOST if app.store.lost else 0
        if log is not None and log.full:
            remarks |= wire.LOG_FULL
        if app.kept.lost:
            remarks |= wire.CALIBRATION_LOST
        if app.resting:
            remarks |= wire.RESTING
        app.cues.flashes = self._flashes(fault, mode, remarks)
        wire.put_status(
            self._status,
            state,
            app.battery.mv,
            app.battery.percent,
            fault,
            app.sampler.overflows,
            app.sampler.samples,
            ring.sent,
            ring.dropped,
            app.link.retries,
            0 if imu is None else app.sampler.clock.period_q14,
            wire.UNKNOWN_CENTIDEGC if imu is None else imu.centidegc,
            ring.waiting(),
            mode,
            remarks,
            0 if log is None else log.used,
            0 if log is None else log.blocks,
            app.heap_kib,
            app.reset_cause,
            app.updater.slot,
        )
        app.link.set_status(self._status, state != wire.IDLE or state != self._said_state)
        self._said_state = state

    def _flashes(self, fault: int, mode: int, remarks: int) -> int:
        # How often the light flashes in 3 s: the worst first. (A tuple to look into would be allocated.)
        if remarks & wire.RESTING:
            return _WITHOUT_PAUSE
        if fault == wire.IMU_SILENT or fault == wire.FIFO_FAULT:
            return _CHIP_SILENT
        if fault == wire.IMU_UNKNOWN or fault == wire.IMU_NEEDS_FILE:
            return _CHIP_UNUSABLE
        if fault == wire.BATTERY_LOW:
            return _BATTERY_LOW
        if remarks & wire.LOG_FULL:
            return _LOG_FULL
        if remarks & wire.SETTINGS_LOST:
            return _SETTINGS_LOST
        if mode == wire.MODE_RECORDING:
            return _RECORDING
        return 0 if self._app.link.connected else _WAITING

    def note_battery(self) -> None:
        app = self._app
        app.battery.read()
        percent = app.battery.percent
        if percent != self._level[0] and percent != wire.UNKNOWN_PERCENT:
            self._level[0] = percent
            app.link.set_battery(self._level)

    def note_info(self) -> None:
        # Without a chip the numbers are those of a chip that might be there; the chip's number is then 0.
        app = self._app
        imu = app.imu or Imu(None, 0)
        wire.put_info(
            self.info,
            imu.chip,
            imu.acc_g,
            imu.gyr_dps,
            CLIP_COUNT,
            app.link.mtu if app.link.connected else 0,
            imu.acc_scale or imu.acc_g / 32768 * 9.80665,
            imu.gyr_scale or imu.gyr_dps / 32768 * 0.017453293,
            imu.rate_hz,
            self._axes,
            VERSION,
            self._boots,
            self._device_id,
            app.ring.kept,
        )
        app.link.set_info(self.info)
