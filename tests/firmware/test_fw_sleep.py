"""Armed and alone: the board sleeps lightly between looks at the FIFO and loses nothing; after half an hour it is off,
and the chip's interrupt starts it again, still armed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from log_talk import Rest, listings, read

from bartracker.sim.boards import USUAL_BOARD
from bartracker.sim.vm_devices import DEEP_SLEEP_RESET
from bartracker.wire.commands import SetMode, SetRate
from bartracker.wire.replies import ControlResult
from bartracker.wire.status import ResetCause, SensorMode, SensorState

# Half of what the FIFO holds, 0.5 s at most; below 80 ms it stays awake.
NAPS_MS = {
    ("lsm6dso", 200): 500,
    ("lsm6ds3trc", 800): 204,
    ("bmi270", 400): 196,
    ("icm42688p", 200): 320,
    ("mpu6886", 200): 182,
    ("mpu6886", 800): 0,
}
HURRIED = "from bartracker_fw import rest\nrest.NAP_AFTER_S = 3\nrest.OFF_AFTER_S = %d\nimport main\n"


def armed(rig: Callable[..., Any], chip: str, rate_hz: int, off_after_s: int, **options: Any) -> Any:
    sensor = rig(chip, board=USUAL_BOARD[chip], program=HURRIED % off_after_s, log_blocks=256, **options)
    sensor.boot()
    sensor.connect()
    assert sensor.command(SetRate(rate_hz)) is ControlResult.DONE
    assert sensor.command(SetMode(SensorMode.ARMED)) is ControlResult.DONE
    sensor.run(1.1)
    sensor.ble.drop()
    return sensor


@pytest.mark.parametrize(("chip", "rate_hz"), list(NAPS_MS))
def test_an_armed_sensor_naps_and_misses_nothing(chip: str, rate_hz: int, rig: Callable[..., Any]) -> None:
    """One second and more from before the motion, exact, for every chip; light sleep only with the radio off."""
    sensor = armed(rig, chip, rate_hz, 10_000, source=Rest((20.3, 24.0), (65.0, 66.0)))
    sensor.run(14.0)
    board = sensor.sensor.board
    naps = NAPS_MS[chip, rate_hz] > 0
    assert (sensor.ble.interval_us is None) is naps
    asleep_s = board.napped_us / 1e6
    sensor.run(2.0)
    # The rest is the time on the bus.
    assert (board.napped_us / 1e6 - asleep_s > 1.2) is naps
    if not naps:
        assert board.napped_us == 0
    sensor.run(12.0)
    # Awake with the motion: findable again.
    assert sensor.ble.interval_us is not None
    sensor.run(32.0)
    # Still again for long enough: asleep until the next motion.
    assert (sensor.ble.interval_us is None) is naps
    sensor.run(5.0)
    sensor.connect()
    [listing] = listings(sensor)
    packets = read(sensor, listing)
    sensor.assert_exact(packets)
    begin_s, end_s = packets[0].device_time_us / 1e6, packets[-1].device_time_us / 1e6
    assert 20.3 - 3.0 < begin_s < 20.3 - 1.0
    assert end_s > 24.0 + 25.0


def test_off_after_half_an_hour_and_woken_by_the_chips_interrupt(rig: Callable[..., Any]) -> None:
    sensor = armed(rig, "lsm6dso", 200, 30, source=Rest((60.0, 70.0)))
    sensor.run(29.0)
    assert sensor.sensor.running
    sensor.run(6.0)
    assert not sensor.sensor.running
    board, chip = sensor.sensor.board, sensor.sensor.chip
    assert (board.wake_pin, board.reset_cause) == (2, DEEP_SLEEP_RESET)
    risen = [at_s for at_s in np.arange(36.0, 62.0, 0.05) if chip.interrupt(round(at_s * 1e6))]
    assert 60.0 < risen[0] < 60.5
    # The board starts as from power-off, the motion goes on: it is armed still and records at once.
    sensor.sensor.stop()
    again = rig("lsm6dso", board="xiao_esp32s3", program=HURRIED % 1000, source=Rest((0.0, 9.0), (46.0, 48.0)))
    again.sensor.board = board
    again.boot(2.0)
    assert again.status.reset_cause is ResetCause.DEEP_SLEEP
    assert (again.status.state, again.status.mode) == (SensorState.LOGGING, SensorMode.RECORDING)
    again.run(45.0)
    again.connect()
    [listing] = listings(again)
    packets = read(again, listing)
    again.assert_exact(packets)
    # What the chip felt before the firmware had it configured is not there.
    assert packets[0].device_time_us < 500_000
    assert packets[-1].device_time_us > 35e6


def test_it_stays_armed_over_a_reset_and_not_after_it_was_told(rig: Callable[..., Any]) -> None:
    sensor = armed(rig, "lsm6dso", 200, 1000, source=Rest())
    for mode in (SensorMode.ARMED, SensorMode.IDLE):
        sensor.run(1.5)
        sensor.sensor.stop()
        sensor.boot(1.5)
        assert sensor.status.mode is mode
        sensor.connect()
        assert sensor.command(SetMode(SensorMode.IDLE)) is ControlResult.DONE
        sensor.run(1.5)
        sensor.ble.drop()
