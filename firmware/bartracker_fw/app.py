# The loop: every 50 ms empty the FIFO, answer the host, send what is ready; every second say how things are.
# Nothing is allocated on the way, but for what the host writes.
import binascii
import gc
import sys
import time

import bluetooth
import boot
import machine
from micropython import const

from bartracker_fw import VERSION, flash, power, wire
from bartracker_fw.boards.profile import Board
from bartracker_fw.clock import DeviceClock
from bartracker_fw.cues import Cues
from bartracker_fw.imu.base import Imu
from bartracker_fw.imu.detect import detect
from bartracker_fw.kept import Kept
from bartracker_fw.link import Link
from bartracker_fw.log import FlashLog
from bartracker_fw.log_sender import LogSender
from bartracker_fw.pairing import Pairing
from bartracker_fw.recorder import Recorder
from bartracker_fw.report import Report
from bartracker_fw.rest import Rest
from bartracker_fw.ring import PacketRing
from bartracker_fw.sampler import Sampler
from bartracker_fw.store import Store
from bartracker_fw.talk import Talk
from bartracker_fw.update import Updater

_BURST_US = const(50_000)
_DITHER_US = const(500)
_I2C_HZ = const(400_000)
# A packet is as long as it takes to fill it in this time, so that slow rates are not late.
_LONGEST_PACKET_MS = const(100)
_SECOND_US = const(1_000_000)
_SILENT_US = const(500_000)
_DEFAULT_HEARTBEAT_S = const(10)
_BATTERY_EVERY = const(10)
_WATCHDOG_MS = const(8000)
# For the start: a log of 4 MB is read through.
_START_MS = const(20_000)
# After so many starts in a row that failed before they had lasted so long it touches neither chip nor flash.
_EARLY_STARTS = const(5)
_GOOD_AFTER_S = const(30)
# Long enough to work at the prompt: a watchdog once started cannot be stopped.
_PROMPT_MS = const(3_600_000)


class App:
    def __init__(self, board: Board) -> None:
        self.store = Store()
        boots = self.store.count_boot()
        self.battery = power.Battery(board.battery, board.battery_divider)
        self.battery.read()
        self.reset_cause = power.reset_cause()
        failed = power.failed(self.reset_cause, self.battery.low())
        self.resting = self.store.count_start(failed) >= _EARLY_STARTS
        self._proven = False
        self._armed = self.store.armed
        device_id = machine.unique_id()[:8]
        self.kept = Kept(self.store.nvs, device_id)
        button = None if board.button is None else machine.Pin(board.button, machine.Pin.IN, machine.Pin.PULL_UP)
        self.pairing = Pairing(self.store.nvs, button)
        self._i2c = machine.I2C(0, scl=machine.Pin(board.scl), sda=machine.Pin(board.sda), freq=_I2C_HZ)
        self.cues = Cues(board)
        now = time.ticks_us()
        self.device = DeviceClock(now)
        self.ring = PacketRing(board.ring_packets)
        self.sampler = Sampler(self.ring, self.device, boots)
        self.sampler.clock.set_period(int(1_000_000 * 16384 / Imu.rate_hz))
        self.imu: Imu | None = None
        self.fault = wire.IMU_SILENT
        self.streaming = False
        self._heartbeat_s = _DEFAULT_HEARTBEAT_S
        self._heard = now
        self._burst = now
        self._dither = 0
        self._second = now
        self._seconds = 0
        self._stepped = now
        self.rest = Rest(self, board.wake)
        self.report = Report(self, boots, device_id, board.axes)
        self.heap_kib = wire.UNKNOWN_KIB
        self.talk = Talk(self)
        found = None if self.resting else flash.find()
        log = None if found is None else FlashLog(found)
        self.recorder = Recorder(self.ring, log, self.report.info)
        self.log_sender = None if log is None else LogSender(log)
        self.updater = Updater(boot, getattr(sys.implementation, "_mpy", 0))
        tail = binascii.hexlify(device_id[-2:]).decode()
        version = "{}.{}.{}".format(*VERSION)
        self.link = Link(bluetooth.BLE(), "bartracker-" + tail, "bartracker", board.model, version, self.pairing)
        self._find_imu()
        if self._armed and log is not None:
            self.recorder.arm()
        self._measure_heap()
        self.report.note_all()

    def _measure_heap(self) -> None:
        # Only where a pause does no harm: it goes through all of the memory. The VM of the tests has no collector.
        if gc.isenabled():
            gc.collect()
        self.heap_kib = min(gc.mem_free() >> 10, wire.UNKNOWN_KIB - 1)

    # The motion chip

    def _find_imu(self) -> None:
        if self.resting:
            return
        found = detect(self._i2c)
        self.fault = found.fault
        if found.imu is not None:
            self.imu = found.imu
            self.configure(self.store.rate_hz, self.store.acc_g, self.store.gyr_dps)

    def configure(self, rate_hz: float, acc_g: int, gyr_dps: int) -> bool:
        # Rate (the nearest there is) and ranges for the chip, and noted for the next start. False: it does not answer.
        imu = self.imu
        if imu is None:
            return False
        try:
            imu.configure(rate_hz, acc_g, gyr_dps)
        except OSError:
            self.lose_imu(wire.IMU_SILENT)
            return False
        self.fault = wire.NO_FAULT
        self._fit_packets()
        self.recorder.set_scales(acc_g, gyr_dps)
        self.sampler.clock.set_period(int(1_000_000 * 16384 / imu.rate_hz))
        self.sampler.emptied_at(imu.ticks)
        rate = int(rate_hz + 0.5)
        store = self.store
        if rate != store.rate_hz or acc_g != store.acc_g or gyr_dps != store.gyr_dps:
            store.rate_hz = rate
            store.acc_g = acc_g
            store.gyr_dps = gyr_dps
            store.save()
        self.report.note_info()
        return True

    def lose_imu(self, fault: int) -> None:
        # Streaming goes on: what comes after the chip is back belongs to the same set.
        self.imu = None
        self.fault = fault

    def _fit_packets(self) -> None:
        # As many samples a packet as fit the MTU and the longest delay.
        imu = self.imu
        rate_hz = Imu.rate_hz if imu is None else imu.rate_hz
        samples = int(rate_hz * _LONGEST_PACKET_MS / 1000) + 1
        if self.link.connected:
            samples = min(samples, wire.samples_for_mtu(self.link.mtu))
        self.sampler.flush()
        self.ring.set_samples(max(1, min(samples, wire.MOST_SAMPLES)))
        self.recorder.set_rate(rate_hz, self.ring.samples)

    def _drain(self) -> None:
        imu = self.imu
        if imu is None:
            return
        try:
            imu.drain(self.sampler)
        except OSError:
            self.lose_imu(wire.IMU_SILENT)
            return
        if time.ticks_diff(time.ticks_us(), imu.ticks) > _SILENT_US:
            self.lose_imu(wire.FIFO_FAULT)

    # What the host asks for (Control calls these)

    def can_send(self) -> bool:
        return wire.samples_for_mtu(self.link.mtu) > 0

    def start(self, index_hi: int, index_lo: int) -> None:
        all_held = False
        if index_hi == 0xFFFF and index_lo == 0xFFFF:
            self.ring.start_live()
        else:
            all_held = self.ring.holds(index_hi, index_lo)
            self.ring.start_from(index_hi, index_lo)
        self.recorder.find_host(all_held)
        if self.log_sender is not None:
            self.log_sender.stop()
        self._heard = time.ticks_us()
        self.streaming = True

    def _halt(self) -> None:
        self.ring.stop()
        self.streaming = False

    def _finish(self) -> None:
        # Stop on purpose: what was taken until now belongs to the stream.
        if self.streaming:
            self.sampler.flush()
            self.ring.finish()
            self.talk.note_end(self.sampler.clock.index_hi, self.sampler.clock.index_lo)
        self._halt()

    def stop(self) -> None:
        # On the host's word: nobody needs samples now, so memory may be tidied up.
        self._finish()
        if not self.recorder.busy:
            self._measure_heap()
        self.report.note_status()

    def heartbeat(self, seconds: int) -> None:
        self._heartbeat_s = seconds
        self._heard = time.ticks_us()

    # The loop

    def step(self) -> None:
        now = time.ticks_us()
        self.device.advance(now)
        self._drain()
        if self.link.changed:
            self._follow_link()
        self.recorder.step(time.ticks_ms())
        if not self.streaming:
            # Before the answers: they say how far it is.
            self.talk.take_update()
        self.talk.answer()
        self.talk.send()
        if self.streaming and time.ticks_diff(now, self._heard) > self._heartbeat_s * _SECOND_US:
            self._finish()
        if time.ticks_diff(now, self._second) >= _SECOND_US:
            self._second = time.ticks_add(self._second, _SECOND_US)
            self._every_second()
        if self.link.on:
            self.cues.step(time.ticks_diff(now, self._stepped))
        self._stepped = now

    def pause_ms(self) -> int:
        # Until the next burst. Its time wanders by up to 7.5 ms, so that bursts meet every phase of the samples: that
        # is what the sample clock needs.
        now = time.ticks_us()
        self._burst = time.ticks_add(self._burst, _BURST_US)
        self._dither = (self._dither * 5 + 3) & 15
        left = time.ticks_diff(self._burst, now)
        if left < 0:
            self._burst = now
            return 1
        return (left + self._dither * _DITHER_US) // 1000 + 1

    def _follow_link(self) -> None:
        self.link.changed = False
        if not self.link.connected:
            if self.streaming:
                self.recorder.lose_host(time.ticks_ms())
            self._halt()
            self.ring.forget_spans()
            self.kept.forget_parts()
            if self.log_sender is not None:
                self.log_sender.stop()
        self.link.advertise(time.ticks_ms())
        self._fit_packets()
        self.report.note_info()

    def _every_second(self) -> None:
        self._seconds += 1
        if self._seconds % _BATTERY_EVERY == 0:
            self.report.note_battery()
        imu = self.imu
        if imu is None:
            self.sampler.emptied_at(time.ticks_us())
            self._find_imu()
        else:
            try:
                imu.read_temperature()
            except OSError:
                self.lose_imu(wire.IMU_SILENT)
        self.link.advertise(time.ticks_ms())
        self.report.note_status()
        self._keep_up_store()
        self.updater.second(self.link.on_air)
        if self.pairing.every_second(self.link.connected):
            self.link.disconnect()
        self.link.follow_pairing()
        if self.updater.restarts or (self.pairing.restart_due and not self.link.connected):
            # On purpose: no start that ended early.
            self.store.note_start_good()
            machine.reset()
        self.rest.every_second()

    def _keep_up_store(self) -> None:
        # What has to be known after a reset.
        if self._armed != self.recorder.armed:
            self._armed = self.recorder.armed
            self.store.keep_armed(self._armed)
        if not self._proven and self._seconds >= _GOOD_AFTER_S:
            self._proven = True
            self.store.note_start_good()


def run(board: Board) -> None:
    # For ever. Ctrl-C ends it and leaves time for work at the prompt.
    machine.WDT(timeout=_START_MS)
    app = App(board)
    app.link.advertise(time.ticks_ms())
    watchdog = machine.WDT(timeout=_WATCHDOG_MS)
    try:
        while True:
            app.step()
            watchdog.feed()
            app.rest.pause()
    except KeyboardInterrupt:
        machine.WDT(timeout=_PROMPT_MS)
        raise
