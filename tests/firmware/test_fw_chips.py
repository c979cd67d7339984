"""One contract for every chip, in MicroPython, at each of its rates: all samples exact at the host, times and rate
true, clipping said, an overflow flagged and its loss counted.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bartracker.wire import PacketFlags
from bartracker.wire import messages as m

LSM_RATES = [(100, 104), (200, 208), (400, 416), (800, 833)]
MPU_RATES = [(100, 100), (200, 200), (400, 1000 / 3), (500, 500), (1000, 1000)]
CASES = [
    *(("lsm6dso", "xiao_esp32s3", asked, given) for asked, given in LSM_RATES),
    ("lsm6dsox", "xiao_esp32s3", 400, 416),
    *(("mpu6886", "m5stickc_plus2", asked, given) for asked, given in MPU_RATES),
    ("mpu6050", "m5stickc_plus2", 200, 200),
    ("mpu6050", "m5stickc_plus2", 500, 500),
]
CHIP_IDS = {"lsm6dso": 1, "lsm6dsox": 1, "mpu6886": 6, "mpu6050": 7}


@pytest.mark.parametrize(("chip", "board", "asked_hz", "given_hz"), CASES)
def test_all_samples_arrive_exactly(
    chip: str, board: str, asked_hz: float, given_hz: float, rig: Callable[..., Any]
) -> None:
    sensor = rig(chip, asked_hz, board=board, seed=asked_hz)
    sensor.stream()
    sensor.run(6.0)
    info, status, packets = sensor.info, sensor.status, sensor.packets()
    assert (info.chip_id, info.nominal_rate_hz) == (CHIP_IDS[chip], pytest.approx(given_hz))
    sensor.assert_exact(packets)
    assert sum(len(packet.counts) for packet in packets) >= 5.8 * given_hz
    assert [packet.counter for packet in packets] == list(range(len(packets)))
    assert all(packet.flags is PacketFlags.NONE for packet in packets)
    true_hz = sensor.sensor.chip.true_rate_hz
    assert status.rate_hz == pytest.approx(true_hz, rel=2e-3)
    assert (status.packets_dropped, status.fifo_overflows) == (0, 0)
    assert status.temperature_degc == pytest.approx(25.0, abs=2.0)
    stamps_us = np.array([packet.device_time_us for packet in packets])
    indices = np.array([packet.first_index for packet in packets])
    assert np.polyfit(indices[-20:], stamps_us[-20:], 1)[0] == pytest.approx(1e6 / true_hz, rel=5e-3)


@pytest.mark.parametrize(("chip", "board"), [("lsm6dso", "xiao_esp32s3"), ("mpu6886", "m5stickc_plus2")])
def test_counts_in_si_units_are_the_motion(chip: str, board: str, rig: Callable[..., Any]) -> None:
    class Constant:
        def sample(self, t_s: Any) -> Any:
            return np.tile([1.0, -2.0, 9.0], (len(t_s), 1)), np.tile([0.5, -1.0, 3.0], (len(t_s), 1))

    sensor = rig(chip, board=board, source=Constant())
    for acc_g, gyr_dps in ((2, 250), (16, 2000)):
        if acc_g == 2:
            sensor.boot()
            sensor.connect()
        else:
            assert sensor.command(m.Stop()) is m.ControlResult.DONE
        assert sensor.command(m.SetRange(acc_g, gyr_dps)) is m.ControlResult.DONE
        assert sensor.command(m.Start()) is m.ControlResult.DONE
        sensor.run(0.6)
        info, counts = sensor.info, sensor.packets()[-1].counts
        assert (info.acc_range_g, info.gyr_range_dps) == (acc_g, gyr_dps)
        acc = counts[:, :3].mean(axis=0) * info.acc_mps2_per_count
        gyr = counts[:, 3:].mean(axis=0) * info.gyr_radps_per_count
        assert acc == pytest.approx([1.0, -2.0, 9.0], abs=0.7)
        assert gyr == pytest.approx([0.5, -1.0, 3.0], abs=0.12)


@pytest.mark.parametrize(("chip", "board"), [("lsm6dso", "xiao_esp32s3"), ("mpu6886", "m5stickc_plus2")])
def test_clipping_is_said_in_the_packet_it_happens_in(chip: str, board: str, rig: Callable[..., Any]) -> None:
    class Blows:
        def sample(self, t_s: Any) -> Any:
            acc, gyr = np.zeros((len(t_s), 3)), np.zeros((len(t_s), 3))
            acc[:, 1] = np.where((t_s > 3.0) & (t_s < 3.02), -400.0, 0.0)
            gyr[:, 2] = np.where((t_s > 4.0) & (t_s < 4.02), 60.0, 0.0)
            return acc, gyr

    sensor = rig(chip, board=board, source=Blows())
    sensor.stream()
    sensor.run(5.0)
    packets = sensor.packets()
    sensor.assert_exact(packets)
    for flag, columns in ((PacketFlags.ACC_CLIPPED, slice(0, 3)), (PacketFlags.GYR_CLIPPED, slice(3, 6))):
        said = [flag in packet.flags for packet in packets]
        true = [bool((np.abs(packet.counts[:, columns].astype(int)) >= 32767).any()) for packet in packets]
        assert said == true
        assert 1 <= sum(said) <= 2


@pytest.mark.parametrize("in_burst", [False, True])
@pytest.mark.parametrize(("chip", "board", "slack"), [("lsm6dso", "xiao_esp32s3", 0), ("mpu6886", "m5stickc_plus2", 1)])
def test_an_overflow_is_flagged_and_its_loss_counted(
    chip: str, board: str, slack: int, in_burst: bool, rig: Callable[..., Any]
) -> None:
    sensor = rig(chip, 800, board=board)
    sensor.stream()
    sensor.run(8.0)
    sensor.sensor.stall(2.0, in_burst=in_burst)
    sensor.run(4.0)
    packets = sensor.packets()
    flagged = [i for i, packet in enumerate(packets) if PacketFlags.FIFO_OVERFLOW in packet.flags]
    assert len(flagged) == 1
    at = flagged[0]
    assert PacketFlags.GAP in packets[at].flags
    assert sensor.status.fifo_overflows == 1
    sensor.assert_exact(packets[:at])
    sensor.assert_exact(packets[at:])
    hole = packets[at].first_index - packets[at - 1].first_index - len(packets[at - 1].counts)
    # Where the two sides of the hole stand in what the chip produced says what is missing in truth.
    history = sensor.sensor.chip.produced.counts()
    before = int(np.flatnonzero((history == packets[at - 1].counts[-1]).all(axis=1))[0])
    after = int(np.flatnonzero((history == packets[at].counts[0]).all(axis=1))[0])
    assert hole == pytest.approx(after - before - 1, abs=slack)
    assert hole >= sensor.sensor.counters.overwritten > 0
