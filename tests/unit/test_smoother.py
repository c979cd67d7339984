"""The banded solve against plain dense least squares, places by height, and the filter against the smoother."""

from dataclasses import replace

import numpy as np
import pytest

from bartracker.motion.filter import MotionFilter
from bartracker.motion.model import (
    BIAS_Z,
    CENTRE,
    CONSTANTS,
    NODE_STATES,
    Before,
    HopModels,
    Samples,
    hop_models,
    stacked,
)
from bartracker.motion.places import REST, Contact, shared_places
from bartracker.motion.rotation import from_rotation_vector
from bartracker.motion.settings import MotionSettings
from bartracker.motion.smoother import Prior, SmoothTrack, first_prior, smooth

HOPS = 12
# One prior; how two are weighed stands in test_calibrated.py.
SETTINGS = replace(MotionSettings(), calibrated_share=0.0)
# So unsure of acceleration that heights differ from the integrated ones by centimetres.
UNSURE = replace(SETTINGS, acc_density=(0.1, 0.1))


def random_models(seed: int, count: int = HOPS) -> HopModels:
    """Hops whose numbers have usual sizes and no structure to hide behind."""
    rng = np.random.default_rng(seed)
    transition = np.tile(np.eye(NODE_STATES), (count, 1, 1)) + rng.normal(0, 0.05, (count, NODE_STATES, NODE_STATES))
    duration, offset = rng.uniform(0.04, 0.06, count), rng.normal(0, 0.05, (count, NODE_STATES))
    effect = rng.normal(0, 0.05, (count, NODE_STATES, CONSTANTS))
    return HopModels(
        duration_s=duration,
        offset=offset,
        across=np.concatenate([transition, effect], axis=2),
        vel_variance=rng.uniform(1e-5, 1e-4, (count, 3)),
        tilt_variance=rng.uniform(1e-7, 1e-6, count),
        bias_variance=rng.uniform(1e-7, 1e-6, count),
        tilt_effect=rng.normal(0, 0.05, (count, 2, CONSTANTS)),
        tilt_offset=rng.normal(0, 0.003, (count, 2)),
    )


def random_prior(seed: int) -> Prior:
    rng = np.random.default_rng(seed)
    prior = first_prior(SETTINGS, moving=False)
    scale = np.sqrt(np.diagonal(prior.covariance))
    mixed = np.eye(len(scale)) + rng.normal(0, 0.05, (len(scale), len(scale)))
    return Prior(rng.normal(0, 0.01, len(scale)), (mixed @ mixed.T) * np.outer(scale, scale), {})


def dense(models: HopModels, still: np.ndarray, prior: Prior) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of all nodes and the constants, from every residual written out."""
    count = len(models)
    ends_s = np.cumsum(models.duration_s)
    size = NODE_STATES * (count + 1) + CONSTANTS
    constants = np.arange(size - CONSTANTS, size)
    rows: list[np.ndarray] = []
    targets: list[np.ndarray] = []
    covariances: list[np.ndarray] = []

    def node(number: int) -> np.ndarray:
        return np.arange(NODE_STATES * number, NODE_STATES * (number + 1))

    def take(row: np.ndarray, target: np.ndarray, covariance: np.ndarray) -> None:
        rows.append(row)
        targets.append(target)
        covariances.append(covariance)

    first = np.zeros((NODE_STATES + CONSTANTS, size))
    first[:, np.concatenate([node(0), constants])] = np.eye(NODE_STATES + CONSTANTS)
    take(first, prior.mean, prior.covariance)
    for hop in range(count):
        duration = models.duration_s[hop]
        row = np.zeros((NODE_STATES, size))
        row[:, node(hop + 1)] = np.eye(NODE_STATES)
        row[:, node(hop)] = -models.transition[hop]
        row[:, constants] = -models.effect[hop]
        noise = np.zeros((NODE_STATES, NODE_STATES))
        for axis in range(3):
            # Velocity walks evenly over the hop, and position with it.
            shape = np.array([[duration**2 / 3, duration / 2], [duration / 2, 1.0]])
            noise[np.ix_([axis, 3 + axis], [axis, 3 + axis])] = models.vel_variance[hop, axis] * shape
        noise[6, 6] = noise[7, 7] = models.tilt_variance[hop]
        noise[BIAS_Z, BIAS_Z] = models.bias_variance[hop]
        take(row, models.offset[hop], noise)
        vertical, horizontal = SETTINGS.reach_m
        reach, lean = np.zeros((3, size)), np.zeros((2, size))
        reach[[0, 1, 2], node(hop + 1)[:3]] = 1.0
        reach[[0, 1, 2], constants[CENTRE]] = -1.0
        looks = SETTINGS.reach_time_s / duration
        take(reach[:2], np.zeros(2), np.eye(2) * horizontal**2 * looks)
        # Height: less, the nearer a rest is.
        share = min(1.0, min(abs(ends_s - ends_s[hop])[still], default=np.inf) / SETTINGS.reach_rest_s)
        if share:
            take(reach[2:], np.zeros(1), np.eye(1) * vertical**2 * looks / share)
        lean[[0, 1], node(hop + 1)[6:8]] = 1.0
        lean[:, constants] = models.tilt_effect[hop]
        take(lean, models.tilt_offset[hop], np.eye(2) * SETTINGS.lean_sigma_rad**2 * SETTINGS.lean_time_s / duration)
        if still[hop]:
            rest = np.zeros((3, size))
            rest[[0, 1, 2], node(hop + 1)[3:6]] = 1.0
            take(rest, np.zeros(3), np.eye(3) * SETTINGS.still_velocity_mps**2)
    information, right = np.zeros((size, size)), np.zeros(size)
    for row, target, covariance in zip(rows, targets, covariances, strict=True):
        weighed = row.T @ np.linalg.inv(covariance)
        information += weighed @ row
        right += weighed @ target
    inverse = np.linalg.inv(information)
    return inverse @ right, inverse


@pytest.fixture(params=[0, 1, 2])
def both(request: pytest.FixtureRequest) -> tuple[SmoothTrack, np.ndarray, np.ndarray]:
    models, prior = random_models(request.param), random_prior(request.param)
    still = np.random.default_rng(request.param).random(HOPS) < 0.3
    return smooth(models, still, [], prior, SETTINGS), *dense(models, still, prior)


def test_the_banded_solve_is_the_dense_one(both: tuple[SmoothTrack, np.ndarray, np.ndarray]) -> None:
    track, mean, covariance = both
    sigma = np.sqrt(np.diagonal(covariance))
    got = np.concatenate([track.nodes.reshape(-1), track.constants])
    assert np.abs((got - mean) / sigma).max() < 1e-4
    assert np.allclose(track.constants_covariance, covariance[-CONSTANTS:, -CONSTANTS:], rtol=1e-5, atol=1e-10)
    for node, block in enumerate(track.covariance()):
        rows = slice(NODE_STATES * node, NODE_STATES * (node + 1))
        scale = np.outer(sigma[rows], sigma[rows])
        assert np.abs((block - covariance[rows, rows]) / scale).max() < 1e-5


def test_the_variance_of_a_change_is_the_dense_one(both: tuple[SmoothTrack, np.ndarray, np.ndarray]) -> None:
    track, _, covariance = both
    for first, second in ((0, 1), (2, 7), (0, HOPS), (9, 11)):
        change = np.zeros((NODE_STATES, len(covariance)))
        change[:, NODE_STATES * second : NODE_STATES * (second + 1)] = np.eye(NODE_STATES)
        change[:, NODE_STATES * first : NODE_STATES * (first + 1)] -= np.eye(NODE_STATES)
        expected = np.diagonal(change @ covariance @ change.T)
        assert np.allclose(track.change_variance(first, second), expected, rtol=1e-4), (first, second)


def test_the_covariance_of_a_rise_and_its_ends_is_the_dense_one(
    both: tuple[SmoothTrack, np.ndarray, np.ndarray],
) -> None:
    track, _, covariance = both
    for first, second in ((0, 1), (2, 7), (9, HOPS)):
        rows = np.zeros((3, len(covariance)))
        rows[0, NODE_STATES * first + 2], rows[0, NODE_STATES * second + 2] = -1.0, 1.0
        rows[1, NODE_STATES * first + 5] = rows[2, NODE_STATES * second + 5] = 1.0
        expected = rows @ covariance @ rows.T
        scale = np.sqrt(np.outer(np.diagonal(expected), np.diagonal(expected)))
        assert np.abs((track.vertical_covariance(first, second) - expected) / scale).max() < 1e-4


def test_doubt_of_the_vertical_scales_height_velocity_and_bias_alone(
    both: tuple[SmoothTrack, np.ndarray, np.ndarray],
) -> None:
    track, _, _ = both
    doubted = track.with_vertical_doubt(0.5)
    scale = np.ones(NODE_STATES)
    scale[[2, 5, 8]] = 0.25
    assert np.allclose(doubted.change_variance(2, 7), scale * track.change_variance(2, 7), rtol=1e-6)
    assert np.allclose(np.diagonal(doubted.covariance()[4]), scale * np.diagonal(track.covariance()[4]), rtol=1e-9)
    assert np.array_equal(doubted.nodes, track.nodes)


def lifts(heights_m: list[float], hops_each: int = 10) -> tuple[HopModels, np.ndarray]:
    """A level sensor that goes from rest to rest at these heights (the first is 0), in velocity steps; still only at
    the ends of the ways.
    """
    period, length = 0.005, 10
    hop_s = period * length
    acc: list[np.ndarray] = []
    still: list[bool] = []
    for height, before in zip(heights_m, [0.0, *heights_m[:-1]], strict=True):
        phase = (np.arange(hops_each * length) + 0.5) / (hops_each * length)
        push = 2 * np.pi * (height - before) / (hops_each * hop_s) ** 2
        acc.append(9.81 + push * np.sin(2 * np.pi * phase))
        acc.append(np.full(2 * length, 9.81))
        still += [False] * hops_each + [True, True]
    vertical = np.concatenate(acc)
    count = len(vertical)
    zeros = np.zeros((count, 3))
    level = np.tile([1.0, 0.0, 0.0, 0.0], (count, 1))
    never = np.zeros(count, np.bool_)
    force = zeros.copy()
    force[:, 2] = vertical
    ends = np.arange(length, count + 1, length)
    samples = Samples(period, ends, force, zeros, level, level[ends - 1], np.zeros((len(ends), 2)), never, never, never)
    models, _, _ = hop_models(samples, None, UNSURE)
    return models, np.array(still)


def rest_heights(track: SmoothTrack, still: np.ndarray) -> np.ndarray:
    begins = still & ~np.concatenate([[False], still[:-1]])
    return track.nodes[1 + np.flatnonzero(begins), 2]


def rests(still: np.ndarray, kind: str = REST, sigma_m: float = 0.005) -> list[Contact]:
    begins = still & ~np.concatenate([[False], still[:-1]])
    return [Contact(int(hop) + 1, kind, sigma_m) for hop in np.flatnonzero(begins)]


def test_rests_at_nearly_one_height_are_pulled_together_and_a_far_one_is_not() -> None:
    models, still = lifts([0.5, 0.01, 0.5, 0.02])
    prior = first_prior(UNSURE, moving=False)
    without = rest_heights(smooth(models, still, [], prior, UNSURE), still)
    held = rest_heights(smooth(models, still, rests(still), prior, UNSURE), still)
    assert abs(without[3] - without[1]) > 0.005
    assert abs(held[3] - held[1]) < 0.5 * abs(without[3] - without[1])
    assert held[0] - held[1] > 0.4


def test_near_a_rest_height_is_not_pulled_to_the_middle_of_the_path() -> None:
    models, still = lifts([0.5, 0.5, 0.5, 0.0])
    prior = first_prior(UNSURE, moving=False)
    heights: dict[float, np.ndarray] = {}
    for reach_rest_s in (1e-6, 10.0):
        tight = replace(UNSURE, reach_m=(0.1, 1.0), reach_rest_s=reach_rest_s)
        heights[reach_rest_s] = rest_heights(smooth(models, still, [], prior, tight), still)
    assert abs(heights[10.0][0] - 0.5) < 0.5 * abs(heights[1e-6][0] - 0.5)


def test_a_place_known_before_draws_a_rest_to_it() -> None:
    models, still = lifts([0.5])
    prior = first_prior(UNSURE, moving=False)
    without = rest_heights(smooth(models, still, [], prior, UNSURE), still)[0]
    known = replace(prior, heights_m={REST: [without + 0.03]})
    drawn = rest_heights(smooth(models, still, rests(still), known, UNSURE), still)[0]
    far = replace(prior, heights_m={REST: [without + 5.0]})
    left = rest_heights(smooth(models, still, rests(still), far, UNSURE), still)[0]
    assert drawn > without + 0.0005
    assert left == pytest.approx(without, abs=1e-4)


@pytest.mark.parametrize(("unsure_m", "places"), [(0.6, [0, 1, 2]), (0.1, [0, 1, 0])])
def test_of_two_rests_that_are_apart_and_could_both_be_the_first_none_is_taken_for_it(
    unsure_m: float, places: list[int]
) -> None:
    contacts = [Contact(node, REST, 0.05) for node in (10, 500, 600)]
    covariance = np.diag([1e-4, 0.0, 0.02**2])
    covariance[1:, 1:] += unsure_m**2
    _, chosen = shared_places(contacts, np.array([0.0, -0.5, 0.1]), covariance, {}, SETTINGS)
    assert [place for _, place in chosen] == places
    _, chosen = shared_places(contacts[1:], np.array([-0.5, 0.1]), covariance[1:, 1:], {REST: [0.0]}, SETTINGS)
    assert [place for _, place in chosen] == places[1:]


def test_a_place_is_known_no_better_than_when_the_bar_first_came_to_it() -> None:
    # Nothing is known of the height where this segment begins.
    state = MotionFilter(SETTINGS, moving=True)
    period, length = 0.005, 10
    level = np.tile([1.0, 0.0, 0.0, 0.0], (length, 1))
    force, zeros, never = np.tile([0.0, 0.0, 9.81], (length, 1)), np.zeros((length, 3)), np.zeros(length, np.bool_)
    samples = Samples(
        period, np.array([length]), force, zeros, level, level[-1:], np.zeros((1, 2)), never, never, never
    )
    before: Before | None = None
    sigma_m: list[float] = []
    for hop in range(60):
        model, integrals, before = hop_models(samples, before, SETTINGS)
        state.cross(model, integrals)
        state.update(model, still=hop in (5, 59))
        sigma_m.append(float(np.sqrt(state.covariance[2, 2])))
    assert sigma_m[5] > 0.2
    assert sigma_m[59] >= sigma_m[5]


def test_the_filter_ends_where_the_smoother_does() -> None:
    # The reach in height alone is not the same: near a rest the smoother does without.
    reach_m = (1e3, SETTINGS.reach_m[1])
    offline = {"online_reach_m": reach_m, "online_lean_sigma_rad": SETTINGS.lean_sigma_rad}
    settings = replace(SETTINGS, reach_m=reach_m, **offline, online_tilt_walk=0.0)
    rng = np.random.default_rng(7)
    period, length = 0.005, 10
    state = MotionFilter(settings, moving=False)
    before: Before | None = None
    models: list[HopModels] = []
    still = np.array([5 <= hop < 9 for hop in range(40)])
    turn = np.zeros(3)
    for hop in range(len(still)):
        rate = rng.normal(0, 0.2, (length, 3))
        turned = turn + period * np.cumsum(rate, axis=0)
        turn = turned[-1]
        quat = from_rotation_vector(turned)
        no = np.zeros(length, np.bool_)
        force = np.array([0.0, 0.0, 9.81]) + rng.normal(0, 1.0, (length, 3))
        samples = Samples(period, np.array([length]), force, rate, quat, quat[-1:], np.zeros((1, 2)), no, no, no)
        model, integrals, before = hop_models(samples, before, settings)
        models.append(model)
        state.cross(model, integrals)
        state.update(model, still=bool(still[hop]))
    track = smooth(stacked(models), still, [], first_prior(settings, moving=False), settings)
    sigma = np.sqrt(np.diagonal(state.covariance))
    smoothed = np.concatenate([track.nodes[-1], track.constants])
    assert np.abs((smoothed - state.mean) / sigma).max() < 1e-5
    own = track.covariance()[-1]
    assert np.abs((own - state.covariance[:NODE_STATES, :NODE_STATES]) / np.outer(sigma[:9], sigma[:9])).max() < 1e-5
