"""`estimate_motion`: motion of any sensor from plain arrays, offline or online. The pipeline uses the same parts hop
by hop.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from bartracker.errors import BartrackerError
from bartracker.motion.settings import MotionSettings
from bartracker.motion.track import HopMotion, OnlineMotion, SmoothedMotion, smooth_segment
from bartracker.samples import BoolArray, FloatArray, IntArray, StampedBlock
from bartracker.timebase import Hop, TimeBase


@dataclass(frozen=True, slots=True)
class Motion:
    """Motion at each given sample; world frame z up, heading arbitrary; origin at the first sample.

    quat_ws (N, 4) w, x, y, z, sensor to world; vel_w_mps, pos_w_m and their standard uncertainties sigma_vel_w_mps,
    sigma_pos_w_m (N, 3); resting (N,) true stillness; t_s (N,) as given.
    """

    t_s: FloatArray
    quat_ws: FloatArray
    vel_w_mps: FloatArray
    pos_w_m: FloatArray
    sigma_vel_w_mps: FloatArray
    sigma_pos_w_m: FloatArray
    resting: BoolArray


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
        mode: "online" uses at every sample that sample and the past alone; "offline" the whole recording.
        settings: model of sensor and bar.

    Returns:
        Motion at the N samples.

    Raises:
        BartrackerError: shapes differ, fewer than 2 samples, a value is not finite, or time does not rise.
    """
    if mode not in ("offline", "online"):
        raise BartrackerError(f"mode={mode!r}", "there is no such mode", 'use "offline" or "online"')
    block = _checked(t_s, acc_mps2, gyr_radps)
    settings = settings or MotionSettings()
    timebase = TimeBase()
    hops = timebase.push(block) + timebase.flush()
    parts: list[tuple[IntArray, HopMotion | SmoothedMotion]] = []
    if mode == "online":
        stream = OnlineMotion(settings)
        parts = [(hop.sample_index[~hop.lost], _without(stream.push(hop), hop.lost)) for hop in hops]
    else:
        for number, segment in enumerate(segments_of(hops)):
            smoothed = smooth_segment(segment, settings, moving=number > 0)
            parts.append((smoothed.sample_index[~smoothed.lost], _without(smoothed, smoothed.lost)))

    def column(name: str) -> FloatArray:
        return np.concatenate([getattr(part, name) for _, part in parts])

    order = np.searchsorted(np.concatenate([index for index, _ in parts]), block.sample_index)
    origin = column("pos_w_m")[0]
    return Motion(
        block.stamp_s,
        column("quat_ws")[order],
        column("vel_w_mps")[order],
        column("pos_w_m")[order] - origin,
        column("sigma_vel_w_mps")[order],
        column("sigma_pos_w_m")[order],
        column("resting")[order].astype(bool),
    )


def segments_of(hops: list[Hop]) -> list[list[Hop]]:
    """Hops grouped at the starts of segments."""
    segments: list[list[Hop]] = []
    for hop in hops:
        if hop.starts_segment or not segments:
            segments.append([])
        segments[-1].append(hop)
    return segments


def index_from_stamps(stamp_s: FloatArray) -> IntArray:
    """Sample numbers (N,) for rising stamps (N,) without them: each step is the whole number of median periods nearest
    to it, at least 1.
    """
    steps = np.diff(stamp_s)
    period = float(np.median(steps)) if len(steps) else 1.0
    return np.concatenate([[0], np.cumsum(np.maximum(1, np.rint(steps / period)).astype(np.int64))]).astype(np.int64)


def _without(part: HopMotion | SmoothedMotion, lost: BoolArray) -> HopMotion:
    keep = ~lost
    return HopMotion(
        part.t_s[keep],
        part.quat_ws[keep],
        part.vel_w_mps[keep],
        part.pos_w_m[keep],
        part.sigma_vel_w_mps[keep],
        part.sigma_pos_w_m[keep],
        part.sigma_tilt_rad[keep],
        part.resting[keep],
    )


def _checked(t_s: ArrayLike, acc_mps2: ArrayLike, gyr_radps: ArrayLike) -> StampedBlock:
    t = np.asarray(t_s, dtype=np.float64)
    acc = np.asarray(acc_mps2, dtype=np.float64)
    gyr = np.asarray(gyr_radps, dtype=np.float64)
    if t.ndim != 1 or len(t) < 2 or acc.shape != (len(t), 3) or gyr.shape != (len(t), 3):
        raise BartrackerError(
            "estimate_motion",
            f"t_s {t.shape}, acc_mps2 {acc.shape}, gyr_radps {gyr.shape} do not belong together",
            "give (N,), (N, 3), (N, 3) with N at least 2",
        )
    for name, values in (("t_s", t[:, None]), ("acc_mps2", acc), ("gyr_radps", gyr)):
        bad = ~np.isfinite(values).all(axis=1)
        if bad.any():
            raise BartrackerError(
                "estimate_motion",
                f"{name} is not a number in row {int(bad.argmax())}",
                "leave such samples out; holes are allowed",
            )
    if not (np.diff(t) > 0).all():
        row = int((np.diff(t) <= 0).argmax()) + 1
        raise BartrackerError(
            "estimate_motion", f"t_s does not rise at row {row}", "sort the samples by time, without duplicates"
        )
    no = np.zeros(len(t), bool)
    return StampedBlock(index_from_stamps(t), t, acc, gyr, _at_end_stop(acc), no, float("nan"))


def _at_end_stop(acc_mps2: FloatArray) -> BoolArray:
    """Samples at an accelerometer's end stop: several within 0.5 % of a usual range (2 to 32 g) and none beyond it."""
    largest = float(np.abs(acc_mps2).max())
    for full_scale_g in (2, 4, 8, 16, 32):
        end = full_scale_g * 9.80665
        if 0.995 * end < largest <= 1.005 * end:
            return np.asarray((np.abs(acc_mps2) >= 0.995 * end).any(axis=1), dtype=np.bool_)
    return np.zeros(len(acc_mps2), bool)
