# The loop: every 50 ms empty the FIFO, answer the host, send what is ready; every second say how things are.
# Nothing is allocated on the way, but for what the host writes.
import binascii
import time

import bluetooth
import machine
from micropython import const

from bartracker_fw import VERSION, flash, power, wire
from bartracker_fw.boards.profile import Board
from bartracker_fw.clock import DeviceClock
from bartracker_fw.control import Control
from bartracker_fw.cues import Cues
from bartracker_fw.imu.base import Imu
from bartracker_fw.imu.detect import detect
from bartracker_fw.link import Link
from bartracker_fw.log import FlashLog
from bartracker_fw.log_sender import LogSender
from bartracker_fw.recorder import Recorder
from bartracker_fw.report import Report
from bartracker_fw.ring import PacketRing
from bartracker_fw.sampler import Sampler
from bartracker_fw.store import Store

_BURST_US = const(50_000)
_DITHER_US = const(500)
_I2C_HZ = const(400_000)
# Packets handed to the stack in one go: enough to catch up after a drop-out at the highest rate.
_PACKETS_PER_BURST = const(8)
# Of these, packets that were asked for again.
_AGAIN_PER_BURST = const(4)
# A packet is as long as it takes to fill it in this time, so that slow rates are not late.
_LONGEST_PACKET_MS = const(100)
_SECOND_US = const(1_000_000)
_SILENT_US = const(500_000)
_DEFAULT_HEARTBEAT_S = const(10)
_BATTERY_EVERY = const(10)
# Nobody connected and nothing to do for so long: off, where motion can switch it on again.
OFF_AFTER_S = 1800
_WATCHDOG_MS = const(8000)
# Long enough to work at the prompt: a watchdog once started cannot be stopped.
_PROMPT_MS = const(3_600_000)


class App:
    def __init__(self, board: Board) -> None:
        self._board = board
        self.store = Store()
        boots = self.store.count_boot()
        device_id = machine.unique_id()[:8]
        self._i2c = machine.I2C(0, scl=machine.Pin(board.scl), sda=machine.Pin(board.sda), freq=_I2C_HZ)
        self.cues = Cues(board)
        now = time.ticks_us()
        self.device = DeviceClock(now)
        self.ring = PacketRing(board.ring_packets)
        self.sampler = Sampler(self.ring, self.device, boots)
        self.sampler.clock.set_period(int(1_000_000 * 16384 / Imu.rate_hz))
        self.battery = power.Battery(board.battery, board.battery_divider)
        self.battery.read()
        self.imu: Imu | None = None
        self.fault = wire.IMU_SILENT
        self.streaming = False
        self._control = Control(self)
        self._heartbeat_s = _DEFAULT_HEARTBEAT_S
        self._heard = now
        self._burst = now
        self._dither = 0
        self._second = now
        self._seconds = 0
        self._stepped = now
        self._unused_s = 0
        self.report = Report(self, boots, device_id, board.axes)
        self._entry = bytearray(wire.ENTRY_LENGTH)
        self._reply = memoryview(self._entry)[: wire.REPLY_LENGTH]
        found = flash.find()
        log = None if found is None else FlashLog(found)
        self.recorder = Recorder(self.ring, log, self.report.info)
        self.log_sender = None if log is None else LogSender(log)
        self._sync_reply = bytearray(wire.SYNC_REPLY_LENGTH)
        tail = binascii.hexlify(device_id[-2:]).decode()
        version = "{}.{}.{}".format(*VERSION)
        self.link = Link(bluetooth.BLE(), "bartracker-" + tail, "bartracker", board.model, version)
        self._find_imu()
        self.report.note_info()
        self.report.note_battery()
        self.report.note_status()

    # The motion chip

    def _find_imu(self) -> None:
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
            self._lose_imu(wire.IMU_SILENT)
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

    def _lose_imu(self, fault: int) -> None:
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

    def _drain(self) -> None:
        imu = self.imu
        if imu is None:
            return
        try:
            imu.drain(self.sampler)
        except OSError:
            self._lose_imu(wire.IMU_SILENT)
            return
        if time.ticks_diff(time.ticks_us(), imu.ticks) > _SILENT_US:
            self._lose_imu(wire.FIFO_FAULT)

    # What the host asks for (Control calls these)

    def can_send(self) -> bool:
        return wire.samples_for_mtu(self.link.mtu) > 0

    def start(self, index_hi: int, index_lo: int) -> None:
        if index_hi == 0xFFFF and index_lo == 0xFFFF:
            self.ring.start_live()
        else:
            self.ring.start_from(index_hi, index_lo)
        self.recorder.find_host()
        if self.log_sender is not None:
            self.log_sender.stop()
        self._heard = time.ticks_us()
        self.streaming = True

    def stop(self) -> None:
        self.ring.stop()
        self.streaming = False

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
        self._answer()
        self._send()
        if self.streaming and time.ticks_diff(now, self._heard) > self._heartbeat_s * _SECOND_US:
            self.stop()
        if time.ticks_diff(now, self._second) >= _SECOND_US:
            self._second = time.ticks_add(self._second, _SECOND_US)
            self._every_second()
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
            self.stop()
            self.ring.forget_spans()
            if self.log_sender is not None:
                self.log_sender.stop()
        self.link.advertise(time.ticks_ms())
        self._fit_packets()
        self.report.note_info()

    def _answer(self) -> None:
        link = self.link
        request = link.sync_request()
        if request is not None and wire.is_sync_request(request):
            device = self.device
            device.at(link.sync_ticks)
            hi = device.at_hi
            lo = device.at_lo
            device.at(time.ticks_us())
            wire.put_sync_reply(self._sync_reply, request, hi, lo, device.at_hi, device.at_lo)
            link.send_sync(self._sync_reply)
        while True:
            raw = link.command()
            if raw is None:
                return
            if not self._entry[0]:
                result = self._control.execute(raw)
                opcode = raw[0] if raw else 0
                wire.put_reply(self._entry, opcode, raw[1] if len(raw) > 1 else 0, result, self._control.detail)
                log = self._control.entry
                if log is not None:
                    wire.put_entry(self._entry, log.sessions(), log.found_blocks, log.found, log.found_last)
            if not link.answer(self._reply if self._control.entry is None else self._entry):
                return
            self._entry[0] = 0

    def _send(self) -> None:
        # What was asked for again has its share of a burst, so that neither it nor live data starve.
        ring = self.ring
        left = _PACKETS_PER_BURST
        if self.streaming:
            left = self._send_due(left - _AGAIN_PER_BURST if ring.spans else left)
            if left < 0:
                return
            left += _AGAIN_PER_BURST if ring.spans else 0
        longest = self.link.mtu - wire.NOTIFY_OVERHEAD
        while left > 0 and ring.spans:
            packet = ring.peek_again()
            if packet is None:
                break
            if len(packet) <= longest and not self.link.send_data(packet):
                return
            ring.pop_again()
            left -= 1
        if self.log_sender is not None and self.log_sender.busy and not self.streaming:
            self.log_sender.step(self.link)

    def _send_due(self, most: int) -> int:
        # Up to so many packets that are due; returns how many more there might have been, -1 if the stack is full.
        ring = self.ring
        longest = self.link.mtu - wire.NOTIFY_OVERHEAD
        while most > 0:
            packet = ring.peek()
            if packet is None:
                break
            if len(packet) > longest:
                ring.skip()
            elif self.link.send_data(packet):
                ring.pop()
            else:
                return -1
            most -= 1
        return most

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
                self._lose_imu(wire.IMU_SILENT)
        self.link.advertise(time.ticks_ms())
        self.report.note_status()
        self._unused_s = 0 if self.link.connected or self.recorder.busy else self._unused_s + 1
        if self._unused_s >= OFF_AFTER_S and imu is not None:
            self._switch_off(imu)

    def _switch_off(self, imu: Imu) -> None:
        # Until the bar moves, and then a start like any other. A board that motion cannot wake stays on.
        self._unused_s = 0
        wake = self._board.wake
        if wake is None:
            return
        try:
            armed = imu.arm_wake()
        except OSError:
            self._lose_imu(wire.IMU_SILENT)
            return
        if armed:
            power.sleep_until_high(wake)


def run(board: Board) -> None:
    # For ever. Ctrl-C ends it and leaves time for work at the prompt.
    app = App(board)
    app.link.advertise(time.ticks_ms())
    watchdog = machine.WDT(timeout=_WATCHDOG_MS)
    try:
        while True:
            app.step()
            watchdog.feed()
            time.sleep_ms(app.pause_ms())
    except KeyboardInterrupt:
        machine.WDT(timeout=_PROMPT_MS)
        raise
