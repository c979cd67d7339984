"""What samples say about motion: for each hop a linear model that carries the state across it.

State at a node (the end of a hop): position, velocity, tilt of the first attitude (rotation about the world's x and y
that corrects it), bias of vertical acceleration. Constants of a segment: the sensor's errors and the middle of the
reach. Filter and smoother both run on `HopModels`; nothing is estimated here.
"""

from dataclasses import dataclass, fields
from functools import cache
from typing import Final

import numpy as np

from bartracker.motion.rotation import Quaternion, apart_by, from_rotation_vector, matrix, rotation_vector_of
from bartracker.motion.settings import MotionSettings
from bartracker.samples import BoolArray, FloatArray, IntArray
from bartracker.timebase import Hop

POS: Final = slice(0, 3)
VEL: Final = slice(3, 6)
TILT: Final = slice(6, 8)
BIAS_Z: Final = 8
NODE_STATES: Final = 9

# Errors of the sensor: measured specific force = (1 + M) f + b, with M symmetric (its six elements xx, yy, zz, xy, xz,
# yz; what is left of a matrix is a rotation of the sensor frame); measured rate = (1 + G) w + c, of a moment that lies
# a delay before the specific force's.
ACC_BIAS: Final = slice(0, 3)
ACC_MATRIX: Final = slice(3, 9)
GYR_DELAY: Final = 9
GYR_BIAS: Final = slice(10, 13)
GYR_MATRIX: Final = slice(13, 22)
CENTRE: Final = slice(22, 25)
CONSTANTS: Final = 25
STATES: Final = NODE_STATES + CONSTANTS

# Of node and constants together: what acts on acceleration (tilt, vertical bias, accelerometer errors, delay), what
# turns.
ACTING: Final = slice(6, 19)
_TURNING_BIAS, _TURNING_MATRIX = slice(19, 22), slice(22, 31)
# Columns of a sample's acceleration: as measured; then per unit of each acting state.
_MEASURED, _PER_BIAS_Z, _PER_ERROR, _PER_DELAY = 0, 3, slice(4, 13), 13
COLUMNS: Final = 14
# What columns are linear in: force (3), rotation (9), rotation by its own vertical row (27), one, turning force (3).
_ROTATION, _BY_VERTICAL, _ONE, _TURNING = slice(3, 12), slice(12, 39), 39, slice(40, 43)
_FEATURES: Final = 43
_NEXT, _LAST = [1, 2, 0], [2, 0, 1]
_UNCHANGED: Final = np.eye(NODE_STATES, STATES)


@cache
def _column_terms(gravity_mps2: float) -> FloatArray:
    """(43, 42): a sample's columns of acceleration, flat, from its features."""
    terms = np.zeros((_FEATURES, 3, COLUMNS))
    axes = np.arange(3)
    terms[axes, axes, _MEASURED] = 1.0
    terms[_ONE, 2, _MEASURED] = -gravity_mps2
    terms[_TURNING.start + axes, axes, _PER_DELAY] = 1.0
    x, y, z = axes
    for axis, tilt, force, sign in ((y, 1, z, -1.0), (z, 1, y, 1.0), (x, 2, z, 1.0), (z, 2, x, -1.0)):
        terms[force, axis, tilt] = sign
    terms[_ONE, 2, _PER_BIAS_Z] = -1.0
    for world in axes:
        for i in axes:
            terms[3 + 3 * world + i, world, 4 + i] = -1.0
        # The static part alone, gravity: scale errors of the dynamic part are below what a set can tell.
        for element, (i, j) in enumerate(((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))):
            for row, up in {(i, j), (j, i)}:
                terms[12 + 9 * world + 3 * row + up, world, 7 + element] = -gravity_mps2
    return terms.reshape(_FEATURES, 3 * COLUMNS)


@cache
def _integral_weights(length: int, sample_age: float) -> FloatArray:
    """(2, N, N + 1): first and second integral at each of a hop's N samples, in sampling periods, from the sample
    before the hop and these.

    Acceleration is taken as linear between samples, or, by `sample_age`, as constant up to each.
    """
    held = 2.0 * sample_age
    row = np.arange(length)
    once = np.zeros((length, length + 1))
    once[row, row + 1], once[row, row] = 0.5 + 0.5 * held, 0.5 - 0.5 * held
    once = np.cumsum(once, axis=0)
    twice = np.zeros((length, length + 1))
    twice[row, row + 1], twice[row, row] = (1.0 - held) / 6 + 0.5 * held, (1.0 - held) / 3
    twice[1:] += once[:-1]
    return np.stack([once, np.cumsum(twice, axis=0)])


@dataclass(frozen=True, slots=True)
class Samples:
    """Consecutive samples of M hops of one segment, N in all, with a first attitude.

    ends (M,): one past each hop's last sample. quat_ws (N, 4): first attitude. At the last sample of each hop:
    strapdown (M, 4), rotation by the gyroscope alone, and tilt_rad (M, 2), how far quat_ws has been tilted from the
    first attitude already.
    """

    period_s: float
    ends: IntArray
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    quat_ws: FloatArray
    strapdown: FloatArray
    tilt_rad: FloatArray
    lost: BoolArray
    acc_clipped: BoolArray
    gyr_clipped: BoolArray

    @staticmethod
    def of(hops: list[Hop], quat_ws: FloatArray, strapdown: FloatArray) -> "Samples":
        """The samples of hops."""
        first = hops[0]
        if len(hops) == 1:
            values = first.acc_mps2, first.gyr_radps
            marks = first.lost, first.acc_clipped, first.gyr_clipped
        else:
            values = np.concatenate([hop.acc_mps2 for hop in hops]), np.concatenate([hop.gyr_radps for hop in hops])
            lost, acc_clipped = [hop.lost for hop in hops], [hop.acc_clipped for hop in hops]
            gyr_clipped = [hop.gyr_clipped for hop in hops]
            marks = np.concatenate(lost), np.concatenate(acc_clipped), np.concatenate(gyr_clipped)
        period = first.period_s if len(hops) == 1 else float(np.mean([hop.period_s for hop in hops]))
        ends = np.array([len(hop) for hop in hops], dtype=np.int64).cumsum()
        return Samples(period, ends, *values, quat_ws, strapdown, np.zeros((len(hops), 2)), *marks)

    def of_hops(self, first: int, stop: int) -> "Samples":
        """Those of hops first to stop alone."""
        start = int(self.ends[first - 1]) if first else 0
        row = slice(start, int(self.ends[stop - 1]))
        return Samples(
            self.period_s,
            self.ends[first:stop] - start,
            self.acc_mps2[row],
            self.gyr_radps[row],
            self.quat_ws[row],
            self.strapdown[first:stop],
            self.tilt_rad[first:stop],
            self.lost[row],
            self.acc_clipped[row],
            self.gyr_clipped[row],
        )


@dataclass(frozen=True, slots=True)
class Before:
    """The last sample before: its acceleration columns, flat (42,), and the first attitude less the strapdown
    rotation.
    """

    columns: FloatArray
    apart: Quaternion


@dataclass(frozen=True, slots=True)
class HopModels:
    """Across each of M hops: node = across @ (node before, constants) + offset + noise.

    duration_s (M,); offset (M, 9); across (M, 9, 34); noise: vel_variance (M, 3) gained by velocity, tilt_variance,
    bias_variance (M,). At the node the first attitude says tilt + tilt_effect @ constants = tilt_offset, (M, 2, 25) and
    (M, 2).
    """

    duration_s: FloatArray
    offset: FloatArray
    across: FloatArray
    vel_variance: FloatArray
    tilt_variance: FloatArray
    bias_variance: FloatArray
    tilt_effect: FloatArray
    tilt_offset: FloatArray

    def __len__(self) -> int:
        return len(self.duration_s)

    @property
    def transition(self) -> FloatArray:
        """(M, 9, 9): node per node before."""
        return self.across[:, :, :NODE_STATES]

    @property
    def effect(self) -> FloatArray:
        """(M, 9, 25): node per constants."""
        return self.across[:, :, NODE_STATES:]


def stacked(models: list[HopModels]) -> HopModels:
    """Consecutive models as one."""
    return HopModels(*(np.concatenate([getattr(each, f.name) for each in models]) for f in fields(HopModels)))


@dataclass(frozen=True, slots=True)
class HopIntegrals:
    """Since the node before, at each of N samples: time (N,), s; columns of acceleration (N, 3, 14); their first and
    second integral (2, N, 3, 14); variance gained by velocity (N, 3).
    """

    ends: IntArray
    since_s: FloatArray
    columns: FloatArray
    integrals: FloatArray
    vel_variance: FloatArray

    @staticmethod
    def joined(parts: "list[HopIntegrals]") -> "HopIntegrals":
        """Consecutive integrals as one."""
        befores = np.cumsum([0, *(len(part.since_s) for part in parts[:-1])])
        return HopIntegrals(
            np.concatenate([part.ends + before for part, before in zip(parts, befores, strict=True)]),
            np.concatenate([part.since_s for part in parts]),
            np.concatenate([part.columns for part in parts]),
            np.concatenate([part.integrals for part in parts], axis=1),
            np.concatenate([part.vel_variance for part in parts]),
        )


def column_weights(nodes: FloatArray, constants: FloatArray) -> FloatArray:
    """(M, 14) what the columns of acceleration count for at nodes (M, 9) with these constants (25,)."""
    weights = np.empty((len(nodes), COLUMNS))
    weights[:, _MEASURED] = 1.0
    weights[:, 1 : 1 + NODE_STATES - TILT.start] = nodes[:, TILT.start :]
    weights[:, _PER_ERROR.start :] = constants[: GYR_DELAY + 1]
    return weights


def of_columns(columns: FloatArray, weights: FloatArray) -> FloatArray:
    """(N, 3) from columns (N, 3, 14) and their weights (N, 14)."""
    return np.asarray((columns @ weights[:, :, None])[:, :, 0], dtype=np.float64)


def hop_models(
    samples: Samples, before: Before | None, settings: MotionSettings
) -> tuple[HopModels, HopIntegrals, Before]:
    """Models and integrals of hops; the third result is `before` of the next."""
    count, last = len(samples.ends), len(samples.acc_mps2)
    if count > 1 and int(samples.ends[-1] - samples.ends[-2]) * count != last:
        # The last hop of a segment may be shorter than the others.
        most, integrals, before = hop_models(samples.of_hops(0, count - 1), before, settings)
        tail, tail_integrals, before = hop_models(samples.of_hops(count - 1, count), before, settings)
        return stacked([most, tail]), HopIntegrals.joined([integrals, tail_integrals]), before
    return _equal_hops(samples, before, settings)


def _equal_hops(
    samples: Samples, before: Before | None, settings: MotionSettings
) -> tuple[HopModels, HopIntegrals, Before]:
    """`hop_models` of hops of one length."""
    period, count = samples.period_s, len(samples.ends)
    length = len(samples.acc_mps2) // count
    rotation = matrix(samples.quat_ws)
    columns = _columns(rotation, samples, settings)
    if before is None:
        first_turn = from_rotation_vector(period * samples.gyr_radps[0])
        before = Before(columns[0], apart_by(samples.quat_ws[0].tolist(), first_turn.tolist()))
    integrals = _integrals(columns.reshape(count, length, -1), before.columns, period, settings)
    since: FloatArray = period * np.arange(1.0, length + 1.0)
    columns = columns.reshape(-1, 3, COLUMNS)
    gained = _vel_variance(samples, columns[:, :, _MEASURED], since, settings)
    nodes = slice(length - 1, None, length)
    turned, apart = _turned_against(samples.quat_ws[nodes], samples.strapdown, before.apart)
    duration = np.full(count, period * length)

    offset = np.zeros((count, NODE_STATES))
    across = np.empty((count, NODE_STATES, STATES))
    across[:] = _UNCHANGED
    for axis in range(3):
        across[:, axis, 3 + axis] = period * length
    for kind, states in enumerate((VEL, POS)):
        at_node = integrals[kind, nodes]
        offset[:, states], across[:, states, ACTING] = at_node[:, :, _MEASURED], at_node[:, :, 1:]
    offset[:, TILT] = turned
    turning = rotation[:, :2].reshape(count, length, 6).swapaxes(1, 2)
    by_matrix = turning @ samples.gyr_radps.reshape(count, length, 3)
    across[:, TILT, _TURNING_BIAS] = -period * turning.sum(axis=2).reshape(count, 2, 3)
    across[:, TILT, _TURNING_MATRIX] = -period * by_matrix.reshape(count, 2, 9)

    # A sensor's bias and scale make the first attitude lean: it takes what it measures at rest for up.
    lean = columns[nodes, :2, _PER_ERROR] / settings.gravity_mps2
    tilt_effect = np.zeros((count, 2, CONSTANTS))
    tilt_effect[:, 0, 0:9], tilt_effect[:, 1, 0:9] = -lean[:, 1], lean[:, 0]
    models = HopModels(
        duration_s=duration,
        offset=offset,
        across=across,
        vel_variance=gained[nodes],
        tilt_variance=_tilt_variance(samples, count, settings),
        bias_variance=settings.bias_walk_mps2**2 * duration,
        tilt_effect=tilt_effect,
        tilt_offset=-samples.tilt_rad,
    )
    after = Before(columns[-1].reshape(-1), apart)
    return (
        models,
        HopIntegrals(samples.ends, np.tile(since, count) if count > 1 else since, columns, integrals, gained),
        after,
    )


def _columns(rotation: FloatArray, samples: Samples, settings: MotionSettings) -> FloatArray:
    """World acceleration (N, 42) of each sample, flat: as measured, then what each unit of tilt, vertical bias,
    accelerometer error and delay adds to it.
    """
    # A rate holds around the moment of its sample: the attitude that it leads to is that of half a period later.
    turning = _cross(samples.gyr_radps, samples.acc_mps2)
    force = samples.acc_mps2 - (0.5 * samples.period_s) * turning
    world = rotation @ np.stack([force, turning], axis=2)
    features = np.empty((len(rotation), _FEATURES))
    features[:, :3], features[:, _TURNING] = world[:, :, 0], world[:, :, 1]
    features[:, _ROTATION] = rotation.reshape(-1, 9)
    features[:, _BY_VERTICAL] = (features[:, _ROTATION, None] * rotation[:, 2, None, :]).reshape(-1, 27)
    features[:, _ONE] = 1.0
    return features @ _column_terms(settings.gravity_mps2)


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Vector products (N, 3)."""
    return a[:, _NEXT] * b[:, _LAST] - a[:, _LAST] * b[:, _NEXT]


def _integrals(columns: FloatArray, last: FloatArray, period_s: float, settings: MotionSettings) -> FloatArray:
    """(2, N, 3, 14) from the columns (M, N / M, 42) of hops and those of the sample before (42,)."""
    count, length, _ = columns.shape
    with_last = np.empty((count, length + 1, 3 * COLUMNS))
    with_last[:, 1:] = columns
    with_last[0, 0] = last
    with_last[1:, 0] = columns[:-1, -1]
    weights = _integral_weights(length, settings.sample_age) * np.array([period_s, period_s**2])[:, None, None]
    return (weights[:, None] @ with_last).reshape(2, -1, 3, COLUMNS)


def _turned_against(quat_ws: FloatArray, strapdown: FloatArray, last: Quaternion) -> tuple[FloatArray, Quaternion]:
    """(M, 2) how far the gyroscope turns the level away from the first attitude, from each node to the next, rad; then
    what sets the two apart at the last node, as `last` does at the one before the first.
    """
    turned = np.empty((len(quat_ws), 2))
    for node, pair in enumerate(zip(quat_ws.tolist(), strapdown.tolist(), strict=True)):
        apart = apart_by(*pair)
        turned[node] = rotation_vector_of(apart_by(last, apart))[:2]
        last = apart
    return turned, last


def _vel_variance(
    samples: Samples, acc_w_mps2: FloatArray, since_s: FloatArray, settings: MotionSettings
) -> FloatArray:
    """Variance (N, 3) that velocity has gained since the node before; since_s (N / M,)."""
    period, length = samples.period_s, len(since_s)
    hops = (-1, length, 3)
    square = acc_w_mps2**2
    horizontal, vertical = settings.acc_density[1] ** 2, settings.acc_density[0] ** 2
    relative = settings.dynamic_error**2 * settings.dynamic_correlation_s * period
    gained = relative * np.cumsum(square.reshape(hops), axis=1)
    gained += since_s[:, None] * np.array([horizontal, horizontal, vertical])
    size = np.sqrt(np.add.reduce(square, axis=1))
    hit = size > settings.impact_acc_mps2
    if not np.count_nonzero(hit | samples.lost | samples.acc_clipped):
        return gained.reshape(-1, 3)
    # What a contact did while samples were lost may be of the size of what stands at the edges of the hole.
    lost = period * samples.lost * np.maximum(settings.lost_acc_mps2, size)
    impact = settings.impact_error * period * np.maximum(size - settings.impact_acc_mps2, 0.0)
    clipped = samples.acc_clipped * (settings.clipped_excess_mps2 * period) ** 2
    wrong = np.cumsum(np.stack([lost, impact, clipped], axis=1).reshape(hops), axis=1)
    gained += (wrong[:, :, 0] ** 2 + wrong[:, :, 1] ** 2 + wrong[:, :, 2])[:, :, None]
    return gained.reshape(-1, 3)


def _tilt_variance(samples: Samples, count: int, settings: MotionSettings) -> FloatArray:
    """Variance (M,) that tilt gains over each hop."""
    period = samples.period_s
    rate = np.sqrt(np.einsum("ij,ij->i", samples.gyr_radps, samples.gyr_radps)).reshape(count, -1)
    turned = settings.turn_error * period * np.add.reduce(rate, axis=1)
    variance = settings.gyr_density**2 * period * rate.shape[1] + turned**2
    if np.count_nonzero(samples.lost | samples.gyr_clipped):
        lost = settings.lost_turn_radps * period * samples.lost.reshape(count, -1).sum(axis=1)
        clipped = (settings.clipped_excess_radps * period) ** 2 * samples.gyr_clipped.reshape(count, -1).sum(axis=1)
        variance = variance + lost**2 + clipped
    return np.asarray(variance, dtype=np.float64)
