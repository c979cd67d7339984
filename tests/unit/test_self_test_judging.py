"""The self-test's judgement of samples at rest, without firmware and link."""

from dataclasses import replace

import numpy as np
import pytest

from bartracker.calibration.data_sheet import STATED_NOISE
from bartracker.links.sensor_link import LinkHealth, LinkState
from bartracker.samples import StampedBlock
from bartracker.self_test.findings import Finding
from bartracker.self_test.judging import Heard, judged
from bartracker.self_test.resting import RestMeasurement, RestState
from bartracker.self_test.settings import SelfTestSettings
from bartracker.wire import SensorInfo, StreamStatistics
from bartracker.wire.status import ResetCause, SensorFault, SensorMode, SensorRemarks, SensorState, Status

RATE_HZ = 100.0
SETTINGS = SelfTestSettings()
INFO = SensorInfo(
    chip_id=1,
    acc_range_g=16,
    gyr_range_dps=2000,
    acc_mps2_per_count=0.0047856,
    gyr_radps_per_count=0.0012217,
    nominal_rate_hz=RATE_HZ,
    acc_clip_count=32767,
    gyr_clip_count=32767,
    axis_map=(1, 2, 3),
    firmware=(0, 1, 0),
    boot_count=1,
    device_id=bytes(8),
    att_mtu=247,
    ring_packets=255,
)


def findings(
    times: float,
    info: SensorInfo = INFO,
    state: LinkState = LinkState.ENDED,
    first_status: Status | None = None,
    last_status: Status | None = None,
) -> dict[str, Finding]:
    """White noise so many times the data sheet's, judged."""
    rng = np.random.default_rng(7)
    stated = STATED_NOISE["LSM6DSO/DSOX"]
    measurement = RestMeasurement(RATE_HZ, SETTINGS)
    first = 0
    while measurement.state is not RestState.DONE:
        noise = rng.standard_normal((10, 6)) * times * np.sqrt(RATE_HZ / 2)
        index = np.arange(first, first + 10)
        no = np.zeros(10, dtype=bool)
        acc, gyr = noise[:, :3] * stated.acc_mps2, noise[:, 3:] * stated.gyr_radps
        acc[:, 2] += 9.8
        measurement.push(StampedBlock(index, index / RATE_HZ, acc, gyr, no, no, float("nan")))
        first += 10
    health = LinkHealth(state, "ended", StreamStatistics(packets=1, samples=first), None, None, 0)
    heard = Heard(info, health, first_status, last_status, measurement.result())
    return {each.name: each for each in judged(heard, SETTINGS)}


@pytest.mark.parametrize(("times", "verdict"), [(0.3, "fail"), (1.0, "pass"), (3.0, "fail")])
def test_noise_is_held_against_the_data_sheet(times: float, verdict: str) -> None:
    found = findings(times)
    for name in ("accelerometer noise", "gyroscope noise"):
        assert found[name].verdict == verdict
        seen = float(found[name].text.split()[6])
        assert seen == pytest.approx(times, rel=0.15)
    assert found["rest"].verdict == found["gravity"].verdict == "pass"


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (120, 118, "pass"),
        (120, 100, "fail"),
        (30, 23, "fail"),
        (None, 80, "not available"),
        (80, None, "not available"),
    ],
)
def test_free_memory_must_be_there_and_stay(before: int | None, after: int | None, verdict: str) -> None:
    told = Status(SensorState.IDLE, None, None, SensorFault.NONE, 0, 0, 0, 0, 0, None, None, 0)
    told = replace(told, mode=SensorMode.IDLE, remarks=SensorRemarks.NONE, reset_cause=ResetCause.POWER)
    found = findings(1.0, first_status=replace(told, heap_kib=before), last_status=replace(told, heap_kib=after))
    assert found["heap"].verdict == verdict


def test_a_chip_without_a_known_data_sheet_is_not_judged_by_its_noise() -> None:
    found = findings(1.0, replace(INFO, chip_id=99))
    assert found["noise"].verdict == "not available"


def test_no_time_stamps_and_no_status_are_said() -> None:
    found = findings(1.0)
    assert found["clock"].verdict == "fail"
    assert found["firmware's counters"].verdict == found["battery"].verdict == "not available"


def test_a_sensor_that_was_lost_for_good_has_failed() -> None:
    assert findings(1.0)["notifications"].verdict == "pass"
    assert findings(1.0, state=LinkState.FAILED)["notifications"].verdict == "fail"
