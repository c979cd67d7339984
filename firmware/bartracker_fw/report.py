# What the host can read of the sensor: info, status, battery.
# Imports neither machine nor bluetooth.
from bartracker_fw import VERSION, wire
from bartracker_fw.imu.base import CLIP_COUNT, Imu


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
        )
        app.link.set_status(self._status, state != wire.IDLE or state != self._said_state)
        self._said_state = state

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
