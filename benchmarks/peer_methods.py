"""Peers' ways to a bar's attitude and vertical velocity, each as its users run it, and ours with the same signature.

No scoring lives here. Every peer gets what the pipeline's time base gives ours: the true sample period, and lost
samples bridged by straight lines.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import vqf
from scipy.signal import butter, filtfilt, lfilter  # pyright: ignore[reportUnknownVariableType, reportMissingTypeStubs]

from bartracker.errors import BartrackerError
from bartracker.motion import estimate_motion
from bartracker.motion.input_checks import index_from_stamps
from bartracker.motion.rotation import up_in_sensor
from bartracker.samples import STANDARD_GRAVITY_MPS2, BoolArray, FloatArray, IntArray
from motion_cases import Case, Estimate, Mode, interpolated


@dataclass(frozen=True, slots=True)
class PeerSettings:
    """Parameters of the peers, in their favour: the best found on the very cases that they are scored on.

    gravity_mps2: what specific force at rest must read.
    high_pass_hz, high_pass_order: Butterworth filter against drift of velocity.
    rest_window_s, rest_acc_mps2, rest_gyr_radps: a rest of the zero-velocity method is where over such a window the
        standard deviations (root of the sum over axes) of both sensors stay below these; loose ones take slow lifts
        for rest.
    fusion_gain, fusion_rejection_deg, fusion_timeout_s: of x-io Fusion; here as recommended (with less gain its tilt on
        sets is worse, for a turn-on bias of the gyroscope is followed more slowly).
    gyr_range_dps: full scale of the gyroscope, for Fusion's over-range recovery.
    gravity_low_pass_hz: one-pole low-pass whose output is taken for gravity where no gyroscope is used; so slow that it
        is nearly gravity before the set: at 0.1 Hz a third of the reps is found.
    leak_s: time constant of the leaky integration.
    """

    gravity_mps2: float = 9.81
    high_pass_hz: float = 0.15
    high_pass_order: int = 2
    rest_window_s: float = 0.5
    rest_acc_mps2: float = 0.1
    rest_gyr_radps: float = 0.01
    fusion_gain: float = 0.5
    fusion_rejection_deg: float = 10.0
    fusion_timeout_s: float = 5.0
    gyr_range_dps: float = 2000.0
    gravity_low_pass_hz: float = 0.005
    leak_s: float = 4.0


ON_SETS = PeerSettings()
# Long trials of a sensor with little bias: a slower high-pass, and the best Fusion of gains 0.05 to 0.5 and rejections
# of none, 10, 20 and 90 degrees.
ON_BROAD = PeerSettings(high_pass_hz=0.1, fusion_gain=0.1, fusion_rejection_deg=20.0)

Method: TypeAlias = Callable[[Case, Mode, PeerSettings], Estimate]


@dataclass(frozen=True, slots=True)
class Uniform:
    """A case's samples (M, 3) on an even grid of period_s; kept (N,): the rows that were truly received."""

    period_s: float
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    kept: IntArray


def uniform(case: Case) -> Uniform:
    """Samples on the sensor's own clock, lost ones bridged linearly."""
    index = index_from_stamps(case.t_s)
    grid = np.arange(int(index[-1]) + 1)
    acc, gyr = interpolated(grid, index, case.acc_mps2), interpolated(grid, index, case.gyr_radps)
    return Uniform(float(np.polyfit(index, case.t_s, 1)[0]), acc, gyr, index)


def bartracker_motion(case: Case, mode: Mode, settings: PeerSettings) -> Estimate:
    """Ours; it needs no setting."""
    motion = estimate_motion(case.t_s, case.acc_mps2, case.gyr_radps, mode=mode)
    velocity, height = motion.vel_w_mps[:, 2], motion.pos_w_m[:, 2]
    return Estimate(motion.quat_ws, velocity, motion.sigma_vel_w_mps[:, 2], height, motion.sigma_pos_w_m[:, 2])


def vqf_high_pass(case: Case, mode: Mode, settings: PeerSettings) -> Estimate:
    """Online VQF, integration, high-pass: causal online, without lag offline."""
    even = uniform(case)
    quat = np.asarray(vqf.VQF(even.period_s).updateBatch(even.gyr_radps, even.acc_mps2)["quat6D"], dtype=np.float64)
    return _integrated_high_pass(even, quat, mode, settings)


def offline_vqf_zupt(case: Case, mode: Mode, settings: PeerSettings) -> Estimate:
    """offlineVQF, integration, velocity zero at rests, a straight line of drift removed between them; offline only."""
    even = uniform(case)
    quat = offline_vqf(even)
    velocity = _integrated(even, quat, settings)
    rest = np.flatnonzero(_rests(even, settings))
    at = np.arange(len(velocity))
    drift = np.interp(at, rest, velocity[rest]) if len(rest) else np.polyval(np.polyfit(at, velocity, 1), at)
    return Estimate(quat[even.kept], (velocity - drift)[even.kept], None)


def fusion_high_pass(case: Case, mode: Mode, settings: PeerSettings) -> Estimate:
    """x-io Fusion (gyroscope offset correction and AHRS), integration, high-pass as above.

    Raises:
        BartrackerError: the package is not installed.
    """
    fusion = _fusion_package()
    even = uniform(case)
    rate_hz = 1 / even.period_s
    ahrs_settings = fusion.AhrsSettings()
    ahrs_settings.sample_rate = rate_hz
    ahrs_settings.convention = fusion.CONVENTION_NWU
    ahrs_settings.gain = settings.fusion_gain
    ahrs_settings.gyroscope_range = settings.gyr_range_dps
    ahrs_settings.acceleration_rejection = settings.fusion_rejection_deg
    ahrs_settings.rejection_timeout = settings.fusion_timeout_s
    bias_settings = fusion.BiasSettings()
    bias_settings.sample_rate = rate_hz
    ahrs, bias = fusion.Ahrs(), fusion.Bias()
    ahrs.set_settings(ahrs_settings)
    bias.set_settings(bias_settings)
    # From identity its first seconds of turning into place would be integrated as motion.
    ahrs.set_quaternion(_upright(even.acc_mps2[0]))
    quat = np.empty((len(even.acc_mps2), 4))
    acc_g, gyr_dps = even.acc_mps2 / STANDARD_GRAVITY_MPS2, np.degrees(even.gyr_radps)
    for i, (acc, gyr) in enumerate(zip(acc_g, gyr_dps, strict=True)):
        ahrs.update_no_magnetometer(bias.update(gyr), acc)
        quat[i] = ahrs.get_quaternion()
    return _integrated_high_pass(even, quat, mode, settings)


def fusion_missing() -> bool:
    """Whether x-io Fusion's package is not there."""
    try:
        _fusion_package()
    except BartrackerError:
        return True
    return False


def gravity_leaky(case: Case, mode: Mode, settings: PeerSettings) -> Estimate:
    """No gyroscope: gravity is the low-passed specific force, what is left along it is integrated and leaks away."""
    even = uniform(case)
    keep = float(np.exp(-2 * np.pi * settings.gravity_low_pass_hz * even.period_s))
    acc = even.acc_mps2
    gravity = np.asarray(lfilter([1 - keep], [1, -keep], acc, axis=0, zi=keep * acc[:1])[0], dtype=np.float64)
    size = np.linalg.norm(gravity, axis=1)
    upward = (acc * gravity).sum(axis=1) / size - size
    leak = float(np.exp(-even.period_s / settings.leak_s))
    velocity = np.asarray(lfilter([even.period_s], [1, -leak], upward), dtype=np.float64)
    return Estimate(None, velocity[even.kept], None)


def offline_vqf(even: Uniform) -> FloatArray:
    """offlineVQF's attitude (M, 4) as its makers ship it."""
    result = vqf.offlineVQF(even.gyr_radps, even.acc_mps2, None, even.period_s)
    return np.asarray(result["quat6D"], dtype=np.float64)


def _integrated(even: Uniform, quat: FloatArray, settings: PeerSettings) -> FloatArray:
    upward = (up_in_sensor(quat) * even.acc_mps2).sum(axis=1) - settings.gravity_mps2
    return np.cumsum(upward) * even.period_s


def _integrated_high_pass(even: Uniform, quat: FloatArray, mode: Mode, settings: PeerSettings) -> Estimate:
    velocity = _integrated(even, quat, settings)
    b, a = butter(settings.high_pass_order, 2 * settings.high_pass_hz * even.period_s, "high")
    filtered = filtfilt(b, a, velocity) if mode == "offline" else lfilter(b, a, velocity)
    return Estimate(quat[even.kept], np.asarray(filtered, dtype=np.float64)[even.kept], None)


def _rests(even: Uniform, settings: PeerSettings) -> BoolArray:
    """Samples that lie in any window in which both sensors are steady."""
    width = max(2, round(settings.rest_window_s / even.period_s))
    if len(even.acc_mps2) < width:
        return np.zeros(len(even.acc_mps2), np.bool_)
    steady = (_spread(even.acc_mps2, width) < settings.rest_acc_mps2) & (
        _spread(even.gyr_radps, width) < settings.rest_gyr_radps
    )
    return np.convolve(steady, np.ones(width)) > 0


def _spread(values: FloatArray, width: int) -> FloatArray:
    """Standard deviation over each window of `width` samples, root of the sum over axes, (M - width + 1,)."""
    total = np.cumsum(np.concatenate([np.zeros((1, 3)), values - values.mean(axis=0)]), axis=0)
    square = np.cumsum(np.concatenate([np.zeros((1, 3)), (values - values.mean(axis=0)) ** 2]), axis=0)
    mean = (total[width:] - total[:-width]) / width
    variance = (square[width:] - square[:-width]) / width - mean**2
    return np.sqrt(np.maximum(variance, 0.0).sum(axis=1))


def _upright(acc_mps2: FloatArray) -> FloatArray:
    """The shortest turn (4,) that brings specific force (3,) to point up."""
    x, y, z = acc_mps2 / np.linalg.norm(acc_mps2)
    turn = np.array([1.0 + z, y, -x, 0.0]) if z > -0.999999 else np.array([0.0, 1.0, 0.0, 0.0])
    return turn / np.linalg.norm(turn)


def _fusion_package() -> Any:
    try:
        return importlib.import_module("imufusion")
    except ModuleNotFoundError as error:
        raise BartrackerError("x-io Fusion", "its package is not installed", "pip install imufusion") from error
