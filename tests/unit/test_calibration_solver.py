"""The solver against sensors whose errors are known: what it finds, how sure it is, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import polar
from table import HERE, G, blocks, poses_of, sensor, worse_errors

from bartracker.calibration.gravity import ANYWHERE, local_gravity
from bartracker.calibration.model import ACC_BIAS, GYR_BIAS
from bartracker.calibration.poses import PoseSequence, Turn
from bartracker.calibration.settings import SolverSettings
from bartracker.calibration.solver import shortcoming, solve
from bartracker.errors import BartrackerError

SEED = 3
ERRORS = worse_errors(SEED)


@pytest.fixture(scope="module")
def table() -> PoseSequence:
    imu, _ = sensor("careful", SEED)
    sequence = poses_of(blocks(imu, 75.0, each=500))
    assert len(sequence.poses) >= 10
    return PoseSequence(sequence.poses[:10], sequence.turns[:9])


def force_error_mg(sequence: PoseSequence, fit_acc: object, at_s: float) -> float:
    """Per-axis RMS of a calibrated force of 1 g over all directions."""
    _, stretch = polar(ERRORS.acc_matrix, side="left")
    towards = np.random.default_rng(0).normal(size=(300, 3))
    force = G * towards / np.linalg.norm(towards, axis=1)[:, None]
    warm_k = ERRORS.warming_k * (1 - np.exp(-at_s / ERRORS.warming_s))
    measured = force @ stretch.T + ERRORS.acc_bias + ERRORS.acc_drift * warm_k
    found, _ = fit_acc.corrected(measured, np.zeros_like(measured))
    return float(np.sqrt(((found - force) ** 2).mean()) / G * 1000)


def test_ten_poses_by_hand_meet_the_figures(table: PoseSequence) -> None:
    fit = solve(table, HERE)
    made = fit.calibration
    rotation, stretch = polar(ERRORS.acc_matrix, side="left")
    at_s = table.poses[-1].t_s
    warm_k = ERRORS.warming_k * (1 - np.exp(-at_s / ERRORS.warming_s))
    assert shortcoming(fit) is None
    assert fit.left_out == ()
    assert force_error_mg(table, made, at_s) < 2.0
    assert np.abs(np.diagonal(made.acc_matrix - stretch)).max() < 0.001
    assert np.abs(made.gyr_matrix - ERRORS.gyr_matrix @ rotation.T).max() < 0.003
    assert np.degrees(np.abs(made.gyr_bias_radps - ERRORS.gyr_bias - ERRORS.gyr_drift * warm_k).max()) < 0.03


def test_stated_uncertainties_hold_and_are_no_excuse(table: PoseSequence) -> None:
    made = solve(table, HERE).calibration
    rotation, stretch = polar(ERRORS.acc_matrix, side="left")
    off_acc, off_gyr = made.acc_matrix - stretch, made.gyr_matrix - ERRORS.gyr_matrix @ rotation.T
    off = np.concatenate([off_acc.ravel(), off_gyr.ravel()])
    sigma = np.concatenate([made.acc_matrix_sigma.ravel(), made.gyr_matrix_sigma.ravel()])
    assert (np.abs(off) < 3 * sigma).all()
    assert sigma.max() < 0.002
    # In a later session a bias is less sure than in this one.
    assert (made.acc_bias_sigma_mps2 > np.sqrt(np.diagonal(made.covariance)[ACC_BIAS])).all()
    assert (made.gyr_bias_sigma_radps > np.sqrt(np.diagonal(made.covariance)[GYR_BIAS])).all()
    assert np.linalg.eigvalsh(made.covariance).min() > -1e-12


def test_a_pose_that_was_not_still_is_left_out(table: PoseSequence) -> None:
    # Held at a slight acceleration of 10 mg, and turning.
    wrong = replace(table.poses[4], acc_mps2=table.poses[4].acc_mps2 + np.array([0.1, -0.06, 0.08]))
    spoilt = PoseSequence((*table.poses[:4], wrong, *table.poses[5:]), table.turns)
    fit = solve(spoilt, HERE)
    assert fit.left_out == ("pose 5 was not still or was disturbed",)
    assert force_error_mg(spoilt, fit.calibration, spoilt.poses[-1].t_s) < 2.0


def test_a_turn_that_lacks_a_piece_is_left_out(table: PoseSequence) -> None:
    turn = table.turns[2]
    assert turn is not None
    cut = Turn(np.delete(turn.gyr_radps, slice(60, 100), axis=0), turn.period_s)
    fit = solve(PoseSequence(table.poses, (*table.turns[:2], cut, *table.turns[3:])), HERE)
    assert fit.left_out == ("the turn from pose 3 to 4 does not fit",)


def test_one_pose_repeated_and_one_missing_do_no_harm(table: PoseSequence) -> None:
    still = Turn(np.tile(table.poses[3].gyr_radps, (10, 1)), 0.01)
    again = replace(table.poses[3], t_s=table.poses[3].t_s + 2.0)
    poses = (*table.poses[:4], again, *table.poses[4:6], *table.poses[7:])
    turns = (*table.turns[:3], still, *table.turns[3:5], None, *table.turns[7:])
    fit = solve(PoseSequence(poses, turns), HERE)
    assert fit.left_out == ()
    assert force_error_mg(table, fit.calibration, table.poses[-1].t_s) < 2.0


def test_what_the_data_do_not_support_is_refused_in_words(table: PoseSequence) -> None:
    with pytest.raises(BartrackerError, match="5 still poses, 6 are the least; lay the sensor on each of its sides"):
        solve(PoseSequence(table.poses[:5], table.turns[:4]), HERE)
    nearly_one_side = PoseSequence(tuple(replace(table.poses[0], t_s=float(i)) for i in range(8)), (None,) * 7)
    assert "is known to" in (shortcoming(solve(nearly_one_side, HERE)) or "")
    # The gyroscope's matrix comes from turns alone.
    assert "gyroscope" in (shortcoming(solve(PoseSequence(table.poses, (None,) * 9), HERE)) or "")


def test_poses_that_contradict_each_other_are_refused(table: PoseSequence) -> None:
    rng = np.random.default_rng(0)
    poses = tuple(replace(pose, acc_mps2=pose.acc_mps2 + rng.normal(0, 1.0, 3)) for pose in table.poses)
    with pytest.raises(BartrackerError, match="contradict each other"):
        solve(PoseSequence(poses, table.turns), HERE)


def test_without_a_place_the_scale_is_less_sure_and_that_is_said(table: PoseSequence) -> None:
    here, anywhere = solve(table, HERE), solve(table, ANYWHERE)
    assert anywhere.calibration.acc_matrix_sigma[0, 0] > 4 * here.calibration.acc_matrix_sigma[0, 0]
    assert any("give --latitude" in remark for remark in anywhere.remarks)
    assert not any("latitude" in remark for remark in here.remarks)


def test_g_sensitivity_is_found_where_it_is_and_named_where_it_is_not(table: PoseSequence) -> None:
    feigned = np.radians(0.1) / G * np.array([[1, 0.2, 0], [0, -1, 0.3], [0.5, 0, 1]])
    poses = tuple(replace(pose, gyr_radps=pose.gyr_radps + feigned @ pose.acc_mps2) for pose in table.poses)
    found = solve(PoseSequence(poses, table.turns), HERE).calibration
    assert np.abs(found.gyr_per_acc - feigned).max() < 0.15 * np.abs(feigned).max()
    up = np.array([[0.0, G, 0.0]])
    at_rest = found.gyr_bias_radps + up @ feigned.T
    _, rate = found.corrected(up @ found.acc_matrix.T + found.acc_bias_mps2, at_rest)
    assert np.abs(rate).max() < 0.15 * np.abs(up @ feigned.T).max()
    fit = solve(table, HERE)
    assert not fit.calibration.gyr_per_acc.any()
    assert any("g-sensitivity" in remark for remark in fit.remarks)


def test_settings_decide_what_is_enough(table: PoseSequence) -> None:
    fit = solve(table, HERE)
    assert "force is known to" in (shortcoming(fit, SolverSettings(worst_acc_mps2=0.001)) or "")


@pytest.mark.parametrize(
    ("latitude", "altitude", "gravity"),
    [(0, 0, 9.7803253359), (90, 0, 9.8321849378), (45, 0, 9.8061977695), (45, 1000, 9.803111), (-45, 0, 9.8061977695)],
)
def test_normal_gravity_is_that_of_wgs_84(latitude: float, altitude: float, gravity: float) -> None:
    assert local_gravity(latitude, altitude).value_mps2 == pytest.approx(gravity, abs=2e-6)


@pytest.mark.parametrize(("latitude", "altitude"), [(91, 0), (float("nan"), 0), (0, 20_000)])
def test_gravity_of_no_place_on_earth(latitude: float, altitude: float) -> None:
    with pytest.raises(BartrackerError, match="give"):
        local_gravity(latitude, altitude)
