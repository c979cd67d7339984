"""How the priors of a calibrated sensor and one as bought are weighed, against Bayes' rule written out."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from bartracker.calibration import IDENTITY, Calibration
from bartracker.calibration.model import PARAMETERS
from bartracker.motion import MotionSettings, estimate_motion
from bartracker.motion.calibrated import CalibratedOrNot, acc_error_sigma, settings_for_calibration

SETTINGS = MotionSettings()
ERRORS = 9
STATES = ERRORS + 4


def posterior(
    prior: np.ndarray, rows: np.ndarray, read: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Mean, covariance and evidence of a state of mean zero, from linear readings."""
    total = rows @ prior @ rows.T + noise
    gain = prior @ rows.T @ np.linalg.inv(total)
    evidence = float(multivariate_normal(np.zeros(len(read)), total).pdf(read))
    return gain @ read, prior - gain @ rows @ prior, evidence


def priors(settings: MotionSettings) -> list[np.ndarray]:
    """Covariance of the states of a sensor as bought and of a calibrated one; errors stand first."""
    made: list[np.ndarray] = []
    for of_bias, of_matrix in ((1.0, 1.0), settings.calibrated_ratio):
        variance = np.ones(STATES)
        variance[:ERRORS] = (np.array([of_bias] * 3 + [of_matrix] * 6) * acc_error_sigma(settings)) ** 2
        made.append(np.diag(variance))
    return made


@pytest.mark.parametrize("seed", range(6))
def test_the_weighed_estimate_is_that_of_both_priors_by_bayes_rule(seed: int) -> None:
    rng = np.random.default_rng(seed)
    settings = replace(SETTINGS, calibrated_share=0.3, calibrated_ratio=tuple(rng.uniform(0.05, 0.6, 2)))
    wide, narrow = priors(settings)
    true = rng.multivariate_normal(np.zeros(STATES), narrow if seed % 2 else wide)
    rows = rng.normal(0, 1.0, (6, STATES))
    noise = np.eye(6) * 0.05**2
    read = rows @ true + rng.normal(0, 0.05, 6)
    mean_w, covariance_w, evidence_w = posterior(wide, rows, read, noise)
    mean_n, covariance_n, evidence_n = posterior(narrow, rows, read, noise)
    share = 0.3 * evidence_n / (0.3 * evidence_n + 0.7 * evidence_w)
    apart = mean_n - mean_w
    mean, covariance = CalibratedOrNot(settings, 0).weighed(mean_w, covariance_w)
    assert np.allclose(mean, share * mean_n + (1 - share) * mean_w, atol=1e-9)
    expected = share * covariance_n + (1 - share) * covariance_w + share * (1 - share) * np.outer(apart, apart)
    assert np.allclose(covariance, expected, atol=1e-9)


def test_readings_tell_a_calibrated_sensor_from_one_as_bought() -> None:
    wide, _ = priors(SETTINGS)
    rows = np.eye(3, STATES)
    noise = np.eye(3) * 0.01**2

    def scale_sigma(read: float) -> float:
        """Of the scale, of which nothing was read."""
        mean, covariance, _ = posterior(wide, rows, np.full(3, read), noise)
        _, weighed = CalibratedOrNot(SETTINGS, 0).weighed(mean, covariance)
        return float(np.sqrt(weighed[3, 3]))

    assert scale_sigma(0.02) < 1.2 * SETTINGS.calibrated_ratio[1] * SETTINGS.acc_scale
    assert scale_sigma(0.3) > 0.99 * SETTINGS.acc_scale


def test_without_a_share_of_calibrated_sensors_nothing_changes() -> None:
    settings = replace(SETTINGS, calibrated_share=0.0)
    mean, covariance = np.ones(STATES), np.eye(STATES)
    weighed = CalibratedOrNot(settings, 0).weighed(mean, covariance)
    assert weighed[0] is mean
    assert weighed[1] is covariance


def calibration(sigma: float) -> Calibration:
    """One whose every number is uncertain by sigma."""
    one, zero = np.eye(3), np.zeros(3)
    return Calibration("made up", one, zero, one, zero, covariance=np.eye(PARAMETERS) * sigma**2, gravity_mps2=9.79)


def test_a_calibration_that_tells_its_uncertainty_sets_the_sensors_errors() -> None:
    known = settings_for_calibration(SETTINGS, calibration(0.003))
    assert known.gravity_mps2 == 9.79
    assert known.calibrated_share == 0.0
    # What changes until a later session comes on top.
    assert 0.003 < known.acc_bias_mps2 < 0.02
    assert 0.003 < known.gyr_bias_radps < 0.004
    assert 0.003 < known.acc_scale < 0.004
    assert known.dynamic_scale == known.acc_scale == known.acc_cross == known.gyr_scale
    assert settings_for_calibration(SETTINGS, calibration(1e-6)).acc_scale >= 0.001
    assert settings_for_calibration(SETTINGS, IDENTITY) == SETTINGS


def test_who_knows_the_sensor_knows_its_inclination_better() -> None:
    rng = np.random.default_rng(4)
    t = np.arange(0, 8, 0.005)
    acc = np.array([0.0, 0.0, 9.79]) + rng.normal(0, 0.01, (len(t), 3))
    gyr = rng.normal(0, 0.0008, (len(t), 3))
    known = settings_for_calibration(SETTINGS, calibration(0.003))
    plain, better = (estimate_motion(t, acc, gyr, settings=each) for each in (SETTINGS, known))
    assert better.sigma_tilt_rad[-1] < 0.5 * plain.sigma_tilt_rad[-1]
