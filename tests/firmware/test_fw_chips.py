"""One contract for every chip of the catalogue, in MicroPython, at each of its rates: all samples exact at the host,
times and rate true, nothing allocated, clipping said, an overflow flagged and its loss counted, motion wakes it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bartracker.sim.boards import USUAL_BOARD
from bartracker.sim.chips import CHIP_NAMES, make_chip
from bartracker.wire import PacketFlags
from bartracker.wire.commands import SetRange, Start, Stop
from bartracker.wire.replies import ControlResult

# What a chip gives when it is asked for 100, 200, 400 and 800 Hz.
RATES: dict[str, list[float]] = {
    "lsm6dso": [104, 208, 416, 833],
    "lsm6dsox": [104, 208, 416, 833],
    "bmi270": [100, 200, 400, 800],
    "icm42688p": [100, 200, 500, 1000],
    "mpu6886": [100, 200, 1000 / 3, 1000],
    "mpu6050": [100, 200, 1000 / 3, 1000],
    "lsm6ds3trc": [104, 208, 416, 833],
}
ASKED_HZ = (100, 200, 400, 800)
CASES = [(chip, asked, given) for chip in CHIP_NAMES for asked, given in zip(ASKED_HZ, RATES[chip], strict=True)]
CHIP_IDS = {"lsm6dso": 1, "lsm6dsox": 1, "bmi270": 3, "icm42688p": 4, "mpu6886": 6, "mpu6050": 7, "lsm6ds3trc": 2}
# One name a model; the LSM6DSOX is the LSM6DSO with a part that is not used.
MODELS = [name for name in CHIP_NAMES if name != "lsm6dsox"]
# Chips that know exactly how many samples an overflow cost; the others go by the clock.
EXACT = {"lsm6dso", "lsm6dsox", "icm42688p"}
CAN_WAKE = {"lsm6dso", "lsm6dsox", "bmi270", "icm42688p", "mpu6886", "lsm6ds3trc"}
# What the firmware's loop does, with the heap locked around each of 60 steps: an allocation raises MemoryError.
LOCKED = """
import micropython, time
from bartracker_fw import boards, store
board = boards.load(store.board_name())
from bartracker_fw import app
sensor = app.App(board)
sensor.link.advertise(time.ticks_ms())
steps = 0
while True:
    locked = sensor.streaming and steps < 60
    if locked:
        micropython.heap_lock()
    sensor.step()
    pause_ms = sensor.pause_ms()
    if locked:
        micropython.heap_unlock()
        steps += 1
        if steps == 60:
            print("steps", steps)
    time.sleep_ms(pause_ms)
"""
WATCH = """
import time
from machine import I2C, Pin
from bartracker_fw.boards import load
from bartracker_fw.imu.detect import detect
from bartracker_fw import store
board = load(store.board_name())
imu = detect(I2C(0, scl=Pin(board.scl), sda=Pin(board.sda))).imu
imu.configure(200, 16, 2000)
print(imu.arm_wake(%d))
for _ in range(60):
    time.sleep_ms(50)
    if imu.woken():
        print(time.ticks_ms())
imu.configure(200, 16, 2000)
time.sleep_ms(200)
class Count:
    samples = 0
    at = 0
    buf = bytearray(12)
    def push(self):
        self.samples += 1
    def newest_at(self, ticks):
        pass
    def skip(self, n):
        print("skip", n)
print(imu.drain(Count()) > 30)
"""


def test_the_contract_names_every_chip() -> None:
    assert set(RATES) == set(CHIP_IDS) == set(USUAL_BOARD) == set(CHIP_NAMES)


@pytest.mark.parametrize(("chip", "asked_hz", "given_hz"), CASES)
def test_all_samples_arrive_exactly_and_nothing_is_allocated(
    chip: str, asked_hz: float, given_hz: float, rig: Callable[..., Any]
) -> None:
    sensor = rig(chip, asked_hz, board=USUAL_BOARD[chip], seed=int(asked_hz), program=LOCKED)
    sensor.stream()
    sensor.run(5.0)
    info, status, packets = sensor.info, sensor.status, sensor.packets()
    assert (info.chip_id, info.nominal_rate_hz) == (CHIP_IDS[chip], pytest.approx(given_hz))
    sensor.assert_exact(packets)
    assert sum(len(packet.counts) for packet in packets) >= 4.8 * given_hz
    assert [packet.counter for packet in packets] == list(range(len(packets)))
    assert all(packet.flags is PacketFlags.NONE for packet in packets)
    true_hz = sensor.sensor.chip.true_rate_hz
    assert status.rate_hz == pytest.approx(true_hz, rel=3e-3)
    assert (status.packets_dropped, status.fifo_overflows) == (0, 0)
    assert status.temperature_degc == pytest.approx(25.0, abs=2.0)
    stamps_us = np.array([packet.device_time_us for packet in packets])
    indices = np.array([packet.first_index for packet in packets])
    assert np.polyfit(indices[-20:], stamps_us[-20:], 1)[0] == pytest.approx(1e6 / true_hz, rel=5e-3)
    sensor.sensor.stop()
    assert sensor.sensor.output == "steps 60\n"


class Constant:
    """Some gravity and some turning."""

    def sample(self, t_s: Any) -> Any:
        return np.tile([1.0, -2.0, 9.0], (len(t_s), 1)), np.tile([0.5, -1.0, 3.0], (len(t_s), 1))


@pytest.mark.parametrize("chip", MODELS)
def test_counts_in_si_units_are_the_motion_in_every_range(chip: str, rig: Callable[..., Any]) -> None:
    sensor = rig(chip, board=USUAL_BOARD[chip], source=Constant())
    sensor.boot()
    sensor.connect()
    errors = sensor.sensor.chip._specimen.errors
    acc_true = errors.acc_matrix @ [1.0, -2.0, 9.0] + errors.acc_bias
    gyr_true = errors.gyr_matrix @ [0.5, -1.0, 3.0] + errors.gyr_bias
    for acc_g, gyr_dps in ((2, 250), (4, 500), (8, 1000), (16, 2000)):
        sensor.command(Stop())
        assert sensor.command(SetRange(acc_g, gyr_dps)) is ControlResult.DONE
        assert sensor.command(Start()) is ControlResult.DONE
        sensor.run(0.4)
        info, counts = sensor.info, sensor.packets()[-1].counts
        assert (info.acc_range_g, info.gyr_range_dps) == (acc_g, gyr_dps)
        acc = counts[:, :3].mean(axis=0) * info.acc_mps2_per_count
        gyr = counts[:, 3:].mean(axis=0) * info.gyr_radps_per_count
        assert acc == pytest.approx(acc_true, abs=0.05)
        assert gyr == pytest.approx(gyr_true, abs=0.01)


class Blows:
    """Still, but for one blow and one whirl beyond every range."""

    def sample(self, t_s: Any) -> Any:
        acc, gyr = np.zeros((len(t_s), 3)), np.zeros((len(t_s), 3))
        acc[:, 1] = np.where((t_s > 3.0) & (t_s < 3.02), -400.0, 0.0)
        gyr[:, 2] = np.where((t_s > 4.0) & (t_s < 4.02), 60.0, 0.0)
        return acc, gyr


@pytest.mark.parametrize("chip", MODELS)
def test_clipping_is_said_in_the_packet_it_happens_in(chip: str, rig: Callable[..., Any]) -> None:
    sensor = rig(chip, board=USUAL_BOARD[chip], source=Blows())
    sensor.stream()
    sensor.run(4.5)
    packets = sensor.packets()
    sensor.assert_exact(packets)
    for flag, columns in ((PacketFlags.ACC_CLIPPED, slice(0, 3)), (PacketFlags.GYR_CLIPPED, slice(3, 6))):
        said = [flag in packet.flags for packet in packets]
        true = [bool((np.abs(packet.counts[:, columns].astype(int)) >= 32767).any()) for packet in packets]
        assert said == true
        assert 1 <= sum(said) <= 2


@pytest.mark.parametrize("in_burst", [False, True])
@pytest.mark.parametrize("chip", MODELS)
@pytest.mark.parametrize("stall_s", [0.4, 2.0])
def test_an_overflow_is_flagged_and_its_loss_counted(
    chip: str, stall_s: float, in_burst: bool, rig: Callable[..., Any]
) -> None:
    sensor = rig(chip, 800, board=USUAL_BOARD[chip])
    sensor.stream()
    sensor.run(3.0)
    sensor.sensor.stall(stall_s, in_burst=in_burst)
    sensor.run(stall_s + 1.0)
    packets = sensor.packets()
    overwritten = sensor.sensor.counters.overwritten
    flagged = [i for i, packet in enumerate(packets) if PacketFlags.FIFO_OVERFLOW in packet.flags]
    if not overwritten:
        assert not flagged
        sensor.assert_exact(packets)
        return
    assert len(flagged) == 1
    at = flagged[0]
    assert PacketFlags.GAP in packets[at].flags
    # A FIFO that is full may run over once more while it is read.
    assert 1 <= sensor.status.fifo_overflows <= 2
    sensor.assert_exact(packets[:at])
    sensor.assert_exact(packets[at:])
    hole = packets[at].first_index - packets[at - 1].first_index - len(packets[at - 1].counts)
    # Where the two sides of the hole stand in what the chip produced says what is missing in truth.
    history = sensor.sensor.chip.produced.counts()
    before = int(np.flatnonzero((history == packets[at - 1].counts[-1]).all(axis=1))[0])
    after = int(np.flatnonzero((history == packets[at].counts[0]).all(axis=1))[0])
    # The BMI270 counts 254 frames at most.
    exact = chip in EXACT or (chip == "bmi270" and after - before <= 254)
    assert hole == pytest.approx(after - before - 1, abs=0 if exact else 3)
    assert hole >= overwritten > 0


class Lifted:
    """At rest for 2 s after power-up, then shaken."""

    def sample(self, t_s: Any) -> Any:
        shake = np.where(t_s > 2.0, 6.0 * np.sin(2 * np.pi * 4.0 * t_s), 0.0)
        return np.stack([shake, 0.5 * shake, 9.81 + shake], axis=1), np.zeros((len(t_s), 3))


@pytest.mark.parametrize("threshold_mg", [40, 200])
@pytest.mark.parametrize("chip", MODELS)
def test_motion_wakes_the_chip(chip: str, threshold_mg: int, rig: Callable[..., Any]) -> None:
    sensor = rig(chip, board=USUAL_BOARD[chip], source=Lifted(), program=WATCH % threshold_mg)
    sensor.sensor.start()
    sensor.run(1.9)
    asleep, produced = sensor.sensor.chip.interrupt(1_900_000), sensor.sensor.counters.produced
    sensor.run(3.5)
    sensor.sensor.wait(5.0)
    said = sensor.sensor.output.split()
    assert not asleep
    assert sensor.sensor.chip.true_rate_hz > 190
    assert said[-1] == "True"
    if chip not in CAN_WAKE:
        assert said == ["False", "True"]
        return
    assert said[0] == "True"
    woken_ms = [int(word) for word in said[1:-1]]
    assert 2000 < woken_ms[0] < 2400
    # While it watched it took no samples for the FIFO.
    assert produced < 30


@pytest.mark.parametrize("chip", sorted(CAN_WAKE))
def test_the_interrupt_pin_rises_with_motion(chip: str, rig: Callable[..., Any]) -> None:
    program = WATCH.partition("for _")[0] % 80 + "while True:\n    time.sleep_ms(100)\n"
    sensor = rig(chip, board=USUAL_BOARD[chip], source=Lifted(), program=program)
    sensor.sensor.start()
    sensor.run(1.9)
    assert not sensor.sensor.chip.interrupt(1_990_000)
    sensor.run(0.7)
    assert sensor.sensor.chip.interrupt(2_600_000)


def test_a_chip_that_is_not_asked_to_wake_keeps_its_pin_low() -> None:
    for name in CHIP_NAMES:
        assert not make_chip(name, Lifted()).interrupt(5_000_000)
