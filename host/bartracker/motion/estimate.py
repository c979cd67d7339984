"""`estimate_motion`: motion of any sensor from plain arrays, offline or online. The pipeline uses the same parts hop by
hop; which arrays are refused or doubted is decided in input_checks.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bartracker.errors import BartrackerError
from bartracker.motion.input_checks import checked_block, dead, frozen
from bartracker.motion.model import ACC_BIAS, GYR_BIAS
from bartracker.motion.online import HopMotion, OnlineMotion
from bartracker.motion.segments import segments_of, smooth_segment
from bartracker.motion.settings import MotionSettings
from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.samples import BoolArray, FloatArray, IntArray
from bartracker.timebase import Hop, TimeBase


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion at each of N given samples; world frame z up, heading arbitrary; origin at the first sample.

    Attributes:
        t_s: (N,) time as given, s.
        quat_ws: (N, 4) attitude w, x, y, z, sensor to world.
        vel_w_mps, pos_w_m: (N, 3) velocity, m/s, and position, m.
        sigma_vel_w_mps, sigma_pos_w_m: (N, 3) their standard uncertainties.
        resting: (N,) true stillness: the bar lies on rack or floor.
        acc_bias_mps2, gyr_bias_radps: (N, 3) what the sensor reads too much, sensor frame; offline one value a segment,
            online as known before the sample's hop (of about 50 ms).
        sigma_acc_bias_mps2, sigma_gyr_bias_radps: (N, 3) their standard uncertainties.
        sigma_tilt_rad: (N,) standard uncertainty of inclination.
        quality: (N,) False where the numbers lean on samples that were clipped or lost (in the same hop), or the sensor
            was frozen or one of its axes dead; those samples count as lost, and their numbers follow from the rest.
    """

    t_s: FloatArray
    quat_ws: FloatArray
    vel_w_mps: FloatArray
    pos_w_m: FloatArray
    sigma_vel_w_mps: FloatArray
    sigma_pos_w_m: FloatArray
    resting: BoolArray
    acc_bias_mps2: FloatArray
    gyr_bias_radps: FloatArray
    sigma_acc_bias_mps2: FloatArray
    sigma_gyr_bias_radps: FloatArray
    sigma_tilt_rad: FloatArray
    quality: BoolArray


def estimate_motion(
    t_s: ArrayLike,
    acc_mps2: ArrayLike,
    gyr_radps: ArrayLike,
    *,
    mode: Literal["offline", "online"] = "offline",
    settings: MotionSettings | None = None,
) -> Motion:
    """Attitude, velocity and position of the sensor, with standard uncertainties.

    Args:
        t_s: (N,) time stamps, s, rising; jitter is averaged out, holes longer than 1.5 samples are lost samples.
        acc_mps2: (N, 3) specific force, sensor frame, m/s^2.
        gyr_radps: (N, 3) angular rate, sensor frame, rad/s.
        mode: "online" uses at every sample that sample and the past alone (but for the sampling period, which is
            guessed from the first 64 stamps); "offline" the whole recording.
        settings: model of sensor and bar.

    Returns:
        Motion at the N samples.

    Raises:
        BartrackerError: shapes differ, fewer than 2 samples, a value is not finite or beyond any sensor, time does not
            rise or is not in seconds, acceleration is not in m/s^2 (g, or without gravity) or rate in deg/s.
    """
    if mode not in ("offline", "online"):
        raise BartrackerError(f"mode={mode!r}", "there is no such mode", 'use "offline" or "online"')
    causal = mode == "online"
    block = checked_block(t_s, acc_mps2, gyr_radps, causal=causal)
    settings = settings or MotionSettings()
    # Nobody promises that these arrays begin with a bar at rest.
    settings = replace(settings, start_velocity_mps=settings.segment_velocity_mps)
    timebase = TimeBase()
    hops = timebase.push(block) + timebase.flush()
    if causal:
        longest = max(map(len, hops))
        hops = [_filled(hop, longest) for hop in hops]
    given = np.concatenate([~hop.lost for hop in hops])
    unfit = frozen(block, causal=causal)
    hops = [_marked(hop, block.sample_index, unfit) for hop in hops]
    if causal:
        stream = OnlineMotion(settings)
        motions = [stream.push(hop) for hop in hops]
        rows = [_rows(motions, [each.constants for each in motions], [each.sigma_constants for each in motions])]
    else:
        segments = enumerate(segments_of(hops))
        smoothed = [smooth_segment(segment, settings, moving=number > 0) for number, segment in segments]
        rows = [
            _rows([each], [each.nodes.constants], [np.sqrt(np.diagonal(each.nodes.constants_covariance))])
            for each in smoothed
        ]
    columns = {name: np.concatenate([part[name] for part in rows])[given] for name in rows[0]}
    columns["pos_w_m"] = columns["pos_w_m"] - columns["pos_w_m"][0]
    fit = np.concatenate([_fit(hop, causal=causal) for hop in hops])[given]
    quality: BoolArray = np.asarray(fit & ~dead(block, causal=causal), dtype=np.bool_)
    resting: BoolArray = columns.pop("resting").astype(np.bool_)
    return Motion(t_s=block.stamp_s, resting=resting, quality=quality, **columns)


def _rows(
    motions: Sequence[HopMotion] | Sequence[SmoothedMotion], constants: list[FloatArray], sigma: list[FloatArray]
) -> dict[str, FloatArray]:
    """What `Motion` tells of each sample of hops, or of a segment, with the constants of each."""
    lengths = [len(motion.t_s) for motion in motions]

    def joined(name: str) -> FloatArray:
        return np.concatenate([getattr(motion, name) for motion in motions])

    def each(values: list[FloatArray], of: slice) -> FloatArray:
        return np.repeat(np.stack(values)[:, of], lengths, axis=0)

    names = ("quat_ws", "vel_w_mps", "pos_w_m", "sigma_vel_w_mps", "sigma_pos_w_m", "sigma_tilt_rad")
    return {
        **{name: joined(name) for name in names},
        "resting": joined("resting").astype(np.float64),
        "acc_bias_mps2": each(constants, ACC_BIAS),
        "gyr_bias_radps": each(constants, GYR_BIAS),
        "sigma_acc_bias_mps2": each(sigma, ACC_BIAS),
        "sigma_gyr_bias_radps": each(sigma, GYR_BIAS),
    }


def _filled(hop: Hop, length: int) -> Hop:
    """A hop cut short, filled up with lost samples: results depend on the shapes of arrays in their last bit."""
    more = length - len(hop)
    if not more:
        return hop
    after = np.arange(1, more + 1)

    def held(values: FloatArray) -> FloatArray:
        return np.concatenate([values, np.repeat(values[-1:], more, axis=0)])

    return replace(
        hop,
        sample_index=np.concatenate([hop.sample_index, hop.sample_index[-1] + after]),
        t_s=np.concatenate([hop.t_s, hop.t_s[-1] + after * hop.period_s]),
        acc_mps2=held(hop.acc_mps2),
        gyr_radps=held(hop.gyr_radps),
        lost=np.concatenate([hop.lost, np.ones(more, np.bool_)]),
        acc_clipped=np.concatenate([hop.acc_clipped, np.zeros(more, np.bool_)]),
        gyr_clipped=np.concatenate([hop.gyr_clipped, np.zeros(more, np.bool_)]),
    )


def _marked(hop: Hop, sample_index: IntArray, unfit: BoolArray) -> Hop:
    """The hop with unfit samples counted as lost."""
    row = np.minimum(np.searchsorted(sample_index, hop.sample_index), len(unfit) - 1)
    return replace(hop, lost=hop.lost | (unfit[row] & (sample_index[row] == hop.sample_index)))


def _fit(hop: Hop, *, causal: bool) -> BoolArray:
    """Samples of a hop that lean on no lost or clipped one."""
    wrong = hop.lost | hop.acc_clipped | hop.gyr_clipped
    return ~(np.logical_or.accumulate(wrong) if causal else np.full(len(wrong), wrong.any()))
