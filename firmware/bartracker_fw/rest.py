# When the sensor sleeps. Armed with nobody there: light sleep between looks at the FIFO, which goes on filling, so that
# nothing is missing once the bar moves. Unused for long: deep sleep, which the motion chip's interrupt ends by a start
# like any other.
import time

from micropython import const

from bartracker_fw import power, wire

# Nobody connected and nothing to do for so long: off, where motion can switch it on again.
OFF_AFTER_S = 1800
# Armed, nobody connected and nothing moves for so long: light sleep.
NAP_AFTER_S = 30
_LONGEST_NAP_MS = const(500)
_SHORTEST_NAP_MS = const(80)


class Rest:
    # app: whose imu, link, recorder and cues are used; wake: the pin at the chip's INT1, None where it hangs on none.
    def __init__(self, app, wake: "int | None") -> None:
        self._app = app
        self._wake = wake
        self._unused_s = 0

    def every_second(self) -> None:
        app = self._app
        self._unused_s = 0 if app.link.connected or app.recorder.writing else self._unused_s + 1
        if self._unused_s >= OFF_AFTER_S and app.imu is not None:
            self._switch_off()
        elif self._unused_s >= NAP_AFTER_S and app.link.on and self._nap_ms():
            app.cues.dark()
            app.link.switch_off()

    def _nap_ms(self) -> int:
        # Half the time that the FIFO lasts, while armed; 0: too short to be worth it.
        # With no room for a recording it stays awake to say so.
        imu = self._app.imu
        recorder = self._app.recorder
        if imu is None or not recorder.armed or recorder.log.full:
            return 0
        ms = min(int(imu.fifo_samples * 500 / imu.rate_hz), _LONGEST_NAP_MS)
        return 0 if ms < _SHORTEST_NAP_MS else ms

    def pause(self) -> None:
        # Until the next burst.
        app = self._app
        if app.link.on:
            time.sleep_ms(app.pause_ms())
            return
        ms = 0 if app.recorder.writing else self._nap_ms()
        if ms:
            power.nap(ms)
        else:
            self._get_up()

    def _get_up(self) -> None:
        # The radio takes its time to start; the FIFO was emptied just now.
        app = self._app
        self._unused_s = 0
        app.link.switch_on()
        app.report.note_all()
        app.link.advertise(time.ticks_ms())

    def _switch_off(self) -> None:
        # Until the bar moves. A board that motion cannot wake stays on.
        app = self._app
        self._unused_s = 0
        wake = self._wake
        if wake is None:
            return
        try:
            ready = app.imu.arm_wake()
        except OSError:
            app.lose_imu(wire.IMU_SILENT)
            return
        if ready:
            app.cues.dark()
            power.sleep_until_high(wake)
