"""The check before training, and the Allan deviation: verdicts against sensors whose faults are known."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from table import HERE, G, blocks, led, sensor, worse_errors

from bartracker.calibration import IDENTITY, Calibration
from bartracker.calibration.allan import allan_deviation
from bartracker.calibration.check import CalibrationCheck, CheckResult
from bartracker.calibration.data_sheet import STATED_NOISE
from bartracker.errors import BartrackerError
from bartracker.samples import StampedBlock
from bartracker.sim.imu import CHIP_SPECS
from bartracker.wire import CHIPS

SEED = 5
CHIP = "LSM6DSO/DSOX"


@pytest.fixture(scope="module")
def made() -> Calibration:
    imu, handling = sensor("careful", SEED)
    guide, _ = led(blocks(imu, handling.motion.duration_s))
    return guide.finish().calibration


def rested(source: Iterator[StampedBlock], calibration: Calibration, chip: str | None = CHIP) -> CheckResult:
    check = CalibrationCheck(calibration, chip=chip, nominal_rate_hz=100.0)
    for block in source:
        check.push(block)
        if check.enough:
            break
    assert check.elapsed_s < 21
    return check.result()


def later(**changes: object) -> Iterator[StampedBlock]:
    """The same sensor on another day, its errors changed."""
    imu, _ = sensor("careful", SEED, replace(worse_errors(SEED), **changes))
    return blocks(imu, 25.0)


def test_good(made: Calibration) -> None:
    result = rested(later(), made)
    assert result.verdict == "good"
    assert abs(result.force_off_mps2) < 0.02
    assert "mg" in result.reasons[0]


def test_drifted(made: Calibration) -> None:
    drifted = worse_errors(SEED).acc_bias + np.array([0.0, 0.0, 0.15])
    result = rested(later(acc_bias=drifted), made)
    assert result.verdict == "drifted"
    assert result.force_off_mps2 == pytest.approx(0.15, abs=0.02)


def test_a_gyroscope_whose_bias_has_moved_is_still_good(made: Calibration) -> None:
    result = rested(later(gyr_bias=worse_errors(SEED).gyr_bias + np.radians(1.0)), made)
    assert result.verdict == "good"
    assert any("every rest mends that" in reason for reason in result.reasons)


@pytest.mark.parametrize(
    "changes",
    [{"acc_bias": np.array([0.0, 0.0, 2.0])}, {"gyr_bias": np.radians([0.0, 25.0, 0.0])}],
    ids=["a bias of 200 mg", "a spin of 25 deg/s"],
)
def test_damaged(made: Calibration, changes: dict[str, object]) -> None:
    assert rested(later(**changes), made).verdict == "damaged"


def test_noise_beyond_the_data_sheet_is_damage(made: Calibration) -> None:
    def noisy() -> Iterator[StampedBlock]:
        rng = np.random.default_rng(0)
        for block in later():
            yield replace(block, acc_mps2=block.acc_mps2 + rng.normal(0, 0.1 / 3**0.5, (len(block), 3)))

    assert rested(noisy(), made).verdict == "damaged"
    # A chip without a data sheet here is not judged by its noise.
    assert rested(noisy(), made, chip=None).verdict == "good"


def test_never_still_is_one_line(made: Calibration) -> None:
    def shaken() -> Iterator[StampedBlock]:
        rng = np.random.default_rng(0)
        for block in later():
            yield replace(block, gyr_radps=block.gyr_radps + rng.normal(0, 0.1, (len(block), 3)))

    with pytest.raises(BartrackerError, match=r"did not lie still in 20 s; lay it on a firm table"):
        rested(shaken(), made)


def test_uncalibrated_by_3_percent_is_called_out() -> None:
    """Like a real recording of a sensor on a bar, shared/on_bar/barbell_log: a rest of 1.2 s at 100 Hz that reads 10.14
    m/s^2, scatter 0.08 m/s^2 and 0.0016 rad/s, about (-0.17, 10.13, 0.4) m/s^2 after quick movement.
    """
    rng = np.random.default_rng(1)
    count, rest = 1700, 120
    acc = rng.normal(0, 2.0, (count, 3)) + np.array([0, 9.9, 0])
    gyr = rng.normal(0, 0.5, (count, 3))
    acc[-rest:] = np.array([-0.17, 10.13, 0.4]) + rng.normal(0, 0.08 / 3**0.5, (rest, 3))
    gyr[-rest:] = np.array([0.0025, -0.0168, -0.0081]) + rng.normal(0, 0.0016 / 3**0.5, (rest, 3))
    no = np.zeros(count, np.bool_)
    block = StampedBlock(np.arange(count), np.arange(count) / 100, acc, gyr, no, no, float("nan"))
    result = rested(iter([block]), IDENTITY, None)
    assert result.verdict == "uncalibrated"
    assert result.force_mps2 == pytest.approx(10.14, abs=0.01)
    assert any("doubtful accelerometer" in reason for reason in result.reasons)


def test_data_sheets_are_the_simulated_chips() -> None:
    for spec in CHIP_SPECS.values():
        stated = STATED_NOISE[CHIPS[spec.chip_id]]
        assert stated.acc_mps2 == pytest.approx(spec.acc_noise_mps2)
        assert stated.gyr_radps == pytest.approx(spec.gyr_noise_radps)


def test_allan_deviation_of_white_noise_and_of_a_random_walk() -> None:
    rng = np.random.default_rng(3)
    period_s, density, walk = 0.01, 0.02, 0.003
    count = 120_000
    white = rng.normal(0, density / period_s**0.5, count)
    wandering = np.cumsum(rng.normal(0, walk * period_s**0.5, count))
    found = allan_deviation(np.column_stack([white, wandering]), period_s)
    short = found.tau_s < 20
    assert found.deviation[short, 0] == pytest.approx(density / found.tau_s[short] ** 0.5, rel=0.12)
    middle = (found.tau_s > 0.5) & (found.tau_s < 20)
    assert found.deviation[middle, 1] == pytest.approx(walk * (found.tau_s[middle] / 3) ** 0.5, rel=0.2)
    assert found.white_density[0] == pytest.approx(density, rel=0.03)


def test_allan_deviation_overlaps_as_the_definition_says() -> None:
    values = np.random.default_rng(0).normal(size=(7000, 1))
    found = allan_deviation(values, 0.01)
    step = 10
    row = int(np.flatnonzero(np.isclose(found.tau_s, 0.1))[0])
    means = np.convolve(values[:, 0], np.ones(step) / step, mode="valid")
    assert found.deviation[row, 0] == pytest.approx(np.sqrt(0.5 * np.mean((means[step:] - means[:-step]) ** 2)))


def test_too_short_a_rest_for_an_allan_deviation() -> None:
    with pytest.raises(BartrackerError, match="30 s of rest are too short"):
        allan_deviation(np.zeros((3000, 6)), 0.01)


def test_gravity_of_the_check_is_the_calibrations(made: Calibration) -> None:
    assert made.gravity_mps2 == HERE.value_mps2
    assert rested(later(), made).force_mps2 == pytest.approx(G, abs=0.02)
