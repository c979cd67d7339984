"""What samples say about motion: for each hop a linear model that carries the state across it.

State at a node (the end of a hop): position, velocity, tilt of the first attitude (rotation about the world's x and y
that corrects it), bias of vertical acceleration. Constants of a segment: the sensor's errors and the middle of the
reach. Filter and smoother both run on `HopModels`; nothing is estimated here.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from bartracker.motion.rotation import conjugate, matrix, multiply, to_rotation_vector
from bartracker.motion.settings import MotionSettings
from bartracker.samples import BoolArray, FloatArray, IntArray
from bartracker.timebase import Hop

POS: Final = slice(0, 3)
VEL: Final = slice(3, 6)
TILT: Final = slice(6, 8)
BIAS_Z: Final = 8
NODE_STATES: Final = 9

# Errors of the sensor: measured specific force = (1 + M) f + b, with M symmetric (its six elements xx, yy, zz, xy, xz,
# yz; what is left of a matrix is a rotation of the sensor frame); measured rate = (1 + G) w + c.
ACC_BIAS: Final = slice(0, 3)
ACC_MATRIX: Final = slice(3, 9)
GYR_BIAS: Final = slice(9, 12)
GYR_MATRIX: Final = slice(12, 21)
CENTRE: Final = slice(21, 24)
CONSTANTS: Final = 24

# Columns of a sample's acceleration: as measured; per tilt; per accelerometer error.
_MEASURED, _PER_TILT, _PER_ERROR = 0, slice(1, 3), slice(3, 12)
_COLUMNS: Final = 12


def _symmetric_terms() -> FloatArray:
    """(9, 6): elements of a 3 x 3 product, flat, that each element of a symmetric matrix multiplies."""
    terms = np.zeros((3, 3, 6))
    for element, (i, j) in enumerate(((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))):
        terms[i, j, element] = terms[j, i, element] = 1.0
    return terms.reshape(9, 6)


_SYMMETRIC: Final = _symmetric_terms()


@dataclass(frozen=True, slots=True)
class Samples:
    """Consecutive samples of M hops of one segment, N in all, with a first attitude.

    ends (M,): one past each hop's last sample. quat_ws, strapdown (N, 4): first attitude, and rotation by the
    gyroscope alone. tilt_rad (N, 2): how far quat_ws has been tilted from the first attitude already.
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
        return Samples(
            period_s=hops[0].period_s if len(hops) == 1 else float(np.mean([hop.period_s for hop in hops])),
            ends=np.cumsum([len(hop) for hop in hops], dtype=np.int64),
            acc_mps2=np.concatenate([hop.acc_mps2 for hop in hops]),
            gyr_radps=np.concatenate([hop.gyr_radps for hop in hops]),
            quat_ws=quat_ws,
            strapdown=strapdown,
            tilt_rad=np.zeros((len(quat_ws), 2)),
            lost=np.concatenate([hop.lost for hop in hops]),
            acc_clipped=np.concatenate([hop.acc_clipped for hop in hops]),
            gyr_clipped=np.concatenate([hop.gyr_clipped for hop in hops]),
        )


@dataclass(frozen=True, slots=True)
class Before:
    """The last sample before: its acceleration columns (3, 12), first attitude and strapdown rotation (4,)."""

    columns: FloatArray
    quat_ws: FloatArray
    strapdown: FloatArray


@dataclass(frozen=True, slots=True)
class HopModels:
    """Across each of M hops: node = transition @ node before + effect @ constants + offset + noise.

    duration_s (M,); offset (M, 9); transition (M, 9, 9); effect (M, 9, 24); noise: vel_variance (M, 3) gained by
    velocity, tilt_variance, bias_variance (M,). At the node the first attitude says tilt + tilt_effect @ constants =
    tilt_offset, (M, 2, 24) and (M, 2).
    """

    duration_s: FloatArray
    offset: FloatArray
    transition: FloatArray
    effect: FloatArray
    vel_variance: FloatArray
    tilt_variance: FloatArray
    bias_variance: FloatArray
    tilt_effect: FloatArray
    tilt_offset: FloatArray

    def __len__(self) -> int:
        return len(self.duration_s)


def stacked(models: list[HopModels]) -> HopModels:
    """Consecutive models as one."""
    return HopModels(*(np.concatenate([getattr(each, f.name) for each in models]) for f in fields(HopModels)))


@dataclass(frozen=True, slots=True)
class HopIntegrals:
    """Since the node before, at each of N samples: time (N,), s; first and second integral (N, 3, 12) of the columns of
    acceleration (N, 3, 12); variance gained by velocity (N, 3).
    """

    ends: IntArray
    since_s: FloatArray
    columns: FloatArray
    once: FloatArray
    twice: FloatArray
    vel_variance: FloatArray


def of_columns(columns: FloatArray, tilt_rad: FloatArray, constants: FloatArray) -> FloatArray:
    """(N, 3) from columns (N, 3, 12), tilts (N, 2) or (2,), and the constants (24,)."""
    tilts = (columns[:, :, _PER_TILT] @ tilt_rad[..., None])[:, :, 0]
    return columns[:, :, _MEASURED] + tilts + columns[:, :, _PER_ERROR] @ constants[:9]


def sample_columns(samples: Samples, settings: MotionSettings) -> FloatArray:
    """World acceleration (N, 3, 12) of each sample: as measured, then what each radian of tilt and each unit of
    accelerometer error adds to it.
    """
    rotation = matrix(samples.quat_ws)
    force = (rotation @ samples.acc_mps2[:, :, None])[:, :, 0]
    columns = np.zeros((len(force), 3, _COLUMNS))
    columns[:, :, _MEASURED] = force
    columns[:, 2, _MEASURED] -= settings.gravity_mps2
    columns[:, 0, 2] = force[:, 2]
    columns[:, 1, 1] = -force[:, 2]
    columns[:, 2, 1] = force[:, 1]
    columns[:, 2, 2] = -force[:, 0]
    columns[:, :, 3:6] = -rotation
    # The static part alone, gravity: scale errors of the dynamic part are below what a set can tell.
    gravity = settings.gravity_mps2 * rotation[:, 2, :]
    columns[:, :, 6:12] = -(rotation[:, :, :, None] * gravity[:, None, None, :]).reshape(-1, 3, 9) @ _SYMMETRIC
    return columns


def hop_models(
    samples: Samples, before: Before | None, settings: MotionSettings
) -> tuple[HopModels, HopIntegrals, Before]:
    """Models and integrals of hops; the third result is `before` of the next."""
    columns = sample_columns(samples, settings)
    period, ends = samples.period_s, samples.ends
    if before is None:
        before = Before(columns[0], samples.quat_ws[0], samples.strapdown[0])
    lengths = np.diff(ends, prepend=0)
    place: IntArray = np.arange(len(columns), dtype=np.int64) - np.repeat(ends - lengths, lengths)
    integrals = _integrals(columns, before.columns, samples, place, settings)
    duration = period * lengths
    count = len(ends)
    once, twice = integrals.once[ends - 1], integrals.twice[ends - 1]

    quat = np.concatenate([before.quat_ws[None], samples.quat_ws[ends - 1]])
    gyro = np.concatenate([before.strapdown[None], samples.strapdown[ends - 1]])
    turned = multiply(multiply(quat[:-1], multiply(conjugate(gyro[:-1]), gyro[1:])), conjugate(quat[1:]))

    offset = np.zeros((count, NODE_STATES))
    offset[:, POS], offset[:, VEL] = twice[:, :, _MEASURED], once[:, :, _MEASURED]
    offset[:, TILT] = to_rotation_vector(turned)[:, :2]

    transition = np.zeros((count, NODE_STATES, NODE_STATES))
    diagonal = np.arange(NODE_STATES)
    transition[:, diagonal, diagonal] = 1.0
    transition[:, [0, 1, 2], [3, 4, 5]] = duration[:, None]
    transition[:, POS, TILT], transition[:, VEL, TILT] = twice[:, :, _PER_TILT], once[:, :, _PER_TILT]
    transition[:, 2, BIAS_Z], transition[:, 5, BIAS_Z] = -0.5 * duration**2, -duration

    rotation = -columns[:, :, 3:6]
    hop_starts = np.concatenate([[0], ends[:-1]])
    turned_by_gyr = -np.add.reduceat(rotation[:, :2], hop_starts) * period
    turned_by_matrix = (
        -np.add.reduceat(rotation[:, :2, :, None] * samples.gyr_radps[:, None, None, :], hop_starts) * period
    )
    effect = np.zeros((count, NODE_STATES, CONSTANTS))
    effect[:, POS, 0:9], effect[:, VEL, 0:9] = twice[:, :, _PER_ERROR], once[:, :, _PER_ERROR]
    effect[:, TILT, GYR_BIAS] = turned_by_gyr
    effect[:, TILT, GYR_MATRIX] = turned_by_matrix.reshape(count, 2, 9)

    # A sensor's bias and scale make the first attitude lean: it takes what it measures at rest for up.
    lean = columns[ends - 1, :2, _PER_ERROR] / settings.gravity_mps2
    tilt_effect = np.zeros((count, 2, CONSTANTS))
    tilt_effect[:, 0, 0:9], tilt_effect[:, 1, 0:9] = -lean[:, 1], lean[:, 0]

    models = HopModels(
        duration_s=duration,
        offset=offset,
        transition=transition,
        effect=effect,
        vel_variance=integrals.vel_variance[ends - 1],
        tilt_variance=_tilt_variance(samples, hop_starts, duration, settings),
        bias_variance=settings.bias_walk_mps2**2 * duration,
        tilt_effect=tilt_effect,
        tilt_offset=-samples.tilt_rad[ends - 1],
    )
    return models, integrals, Before(columns[-1], samples.quat_ws[-1], samples.strapdown[-1])


def _integrals(
    columns: FloatArray, last: FloatArray, samples: Samples, place: IntArray, settings: MotionSettings
) -> HopIntegrals:
    """Acceleration is taken as linear between samples, or, by `sample_age`, as constant up to each. `place` (N,): of
    each sample in its hop.
    """
    period, ends = samples.period_s, samples.ends
    held = 2.0 * settings.sample_age
    before = np.concatenate([last[None], columns[:-1]])
    once = _in_hops(period * ((0.5 + 0.5 * held) * columns + (0.5 - 0.5 * held) * before), ends)
    steps = period**2 * ((1.0 - held) * (before / 3 + columns / 6) + 0.5 * held * columns)
    inside = place[1:] > 0
    steps[1:][inside] += period * once[:-1][inside]
    since: FloatArray = np.asarray(period * (place + 1.0), dtype=np.float64)
    return HopIntegrals(
        ends, since, columns, once, _in_hops(steps, ends), _vel_variance(samples, columns, since, settings)
    )


def _in_hops(steps: FloatArray, ends: IntArray) -> FloatArray:
    """Running sum that begins anew in each hop."""
    total = np.cumsum(steps, axis=0)
    if len(ends) > 1:
        lengths = np.diff(ends)
        total[ends[0] :] -= np.repeat(total[ends[:-1] - 1], lengths, axis=0)
    return total


def _vel_variance(samples: Samples, columns: FloatArray, since_s: FloatArray, settings: MotionSettings) -> FloatArray:
    """Variance (N, 3) that velocity has gained since the node before."""
    period, ends = samples.period_s, samples.ends
    square = columns[:, :, _MEASURED] ** 2
    size = np.sqrt(square.sum(axis=1))
    density = np.array([settings.acc_density[1], settings.acc_density[1], settings.acc_density[0]])
    relative = settings.dynamic_error**2 * settings.dynamic_correlation_s * period
    # What a contact did while samples were lost may be of the size of what stands at the edges of the hole.
    lost = period * samples.lost * np.maximum(settings.lost_acc_mps2, size)
    impact = settings.impact_error * period * np.maximum(size - settings.impact_acc_mps2, 0.0)
    clipped = samples.acc_clipped * (settings.clipped_excess_mps2 * period) ** 2
    wrong = _in_hops(np.stack([lost, impact, clipped], axis=1).astype(np.float64), ends)
    common = wrong[:, 0] ** 2 + wrong[:, 1] ** 2 + wrong[:, 2]
    return density**2 * since_s[:, None] + relative * _in_hops(square, ends) + common[:, None]


def _tilt_variance(
    samples: Samples, hop_starts: IntArray, duration: FloatArray, settings: MotionSettings
) -> FloatArray:
    """Variance (M,) that tilt gains over each hop."""
    period = samples.period_s
    rate = np.sqrt((samples.gyr_radps**2).sum(axis=1))
    clipped = samples.gyr_clipped * (settings.clipped_excess_radps * period) ** 2
    sums = np.add.reduceat(np.stack([rate, samples.lost * 1.0, clipped], axis=1), hop_starts)
    turned = settings.turn_error * period * sums[:, 0]
    lost = settings.lost_turn_radps * period * sums[:, 1]
    return np.asarray(settings.gyr_density**2 * duration + turned**2 + lost**2 + sums[:, 2], dtype=np.float64)
