"""Streaming without end: nothing is allocated, nothing is lost, in virtual and in real time."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from bartracker.sim.boards import BOARDS
from bartracker.wire import gatt
from bartracker.wire.commands import Heartbeat, Start, encode_control
from bartracker.wire.time_sync import TimeSyncRequest, encode_time_sync_request

# main.py's loop, with the heap locked around every step while streaming: an allocation raises MemoryError.
LOCKED = """
import micropython, time
from bartracker_fw import boards, store
board = boards.load(store.board_name())
from bartracker_fw import app
sensor = app.App(board)
sensor.link.advertise(time.ticks_ms())
steps = 0
while steps < 500:
    locked = sensor.streaming
    if locked:
        micropython.heap_lock()
    sensor.step()
    pause_ms = sensor.pause_ms()
    if locked:
        micropython.heap_unlock()
        steps += 1
    time.sleep_ms(pause_ms)
print("steps", steps)
"""


@pytest.mark.parametrize(
    ("chip", "board", "rate_hz"),
    [
        ("lsm6dso", "xiao_esp32s3", 800),
        ("bmi270", "xiao_esp32s3", 800),
        ("icm42688p", "xiao_esp32c6", 1000),
        ("mpu6886", "m5stickc_plus2", 1000),
    ],
)
def test_no_step_allocates_while_streaming(chip: str, board: str, rate_hz: float, rig: Callable[..., Any]) -> None:
    sensor = rig(chip, rate_hz, board=board, program=LOCKED, battery_mv=3700)
    sensor.stream(heartbeat_s=5)
    for second in range(30):
        if not sensor.sensor.running:
            break
        sensor.sensor.board.adc_uv[BOARDS[board].battery_pin] = (3700 + 30 * second) * 500
        sensor.ble.write(gatt.CONTROL_UUID, encode_control(Heartbeat(5), second))
        sensor.ble.write(gatt.TIME_SYNC_UUID, encode_time_sync_request(TimeSyncRequest(1, second)))
        sensor.run(1.0)
    assert sensor.sensor.output == "steps 500\n"
    assert len(sensor.ble.received("2a19")) >= 2
    sensor.assert_exact(sensor.packets())


def test_a_minute_at_400_hz_loses_nothing(rig: Callable[..., Any]) -> None:
    sensor = rig("lsm6dsox", 400, seed=11)
    sensor.stream(heartbeat_s=10)
    for _ in range(12):
        sensor.run(5.0)
        sensor.ble.write(gatt.CONTROL_UUID, encode_control(Heartbeat(10), 1))
    packets = sensor.packets()
    sensor.assert_exact(packets)
    true_hz = sensor.sensor.chip.true_rate_hz
    assert sum(len(packet.counts) for packet in packets) == pytest.approx(60.4 * true_hz, abs=80)
    assert sensor.status.rate_hz == pytest.approx(true_hz, rel=1e-4)
    assert sensor.sensor.counters.overwritten == 0
    # 242 bytes for 19 samples.
    on_air = sum(len(raw) for raw in sensor.ble.received(gatt.DATA_UUID))
    assert on_air == len(packets) * 242


def test_real_time(rig: Callable[..., Any]) -> None:
    sensor = rig("lsm6dso", clock="real")
    sensor.sensor.start()
    deadline = time.monotonic() + 20.0

    def until(condition: Callable[[], bool]) -> None:
        while not condition():
            assert time.monotonic() < deadline
            sensor.sensor.wait(0.02)

    until(lambda: sensor.ble.interval_us is not None)
    sensor.ble.connect()
    sensor.ble.write(gatt.CONTROL_UUID, encode_control(Start(), 1))
    until(lambda: len(sensor.ble.received(gatt.DATA_UUID)) >= 12)
    sensor.sensor.stop()
    packets = sensor.packets()
    sensor.assert_exact(packets)
    span_us = packets[-1].device_time_us - packets[0].device_time_us
    assert span_us == pytest.approx((packets[-1].first_index - packets[0].first_index) / 208e-6, rel=0.1)
