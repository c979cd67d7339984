"""The virtual IMU: what a real chip makes of true motion, as raw counts at any sample number. Error sizes are those of
the data sheets. No packets, no registers.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bartracker.errors import BartrackerError
from bartracker.samples import STANDARD_GRAVITY_MPS2, FloatArray
from bartracker.sim.kinematics import SensorMotion

CountArray: TypeAlias = NDArray[np.int16]

_NOISE_BLOCK: Final = 1024
_FILTER_TAPS: Final = 8
_COUNT_LIMIT: Final = 32767
_G: Final = STANDARD_GRAVITY_MPS2


@dataclass(frozen=True, slots=True)
class ImuSpec:
    """One chip as its data sheet describes it; typical values, 16 g and 2000 deg/s ranges.

    Attributes:
        chip_id: key of `wire.CHIPS`.
        acc_mps2_per_count, gyr_radps_per_count: sensitivities.
        acc_noise_mps2, gyr_noise_radps: noise densities, per root Hz.
        acc_bias_mps2, gyr_bias_radps: standard deviation of the turn-on bias.
        scale_error, cross_axis: standard deviation of the sensitivity error and of each off-diagonal element, 1.
        acc_bias_per_k, gyr_bias_per_k: standard deviation of the drift with temperature, m/s^2/K and rad/s/K.
        filter_samples: length of the chip's averaging low-pass in sample periods.
        acc_delay_s, gyr_delay_s: internal delays on top of the filter's.
    """

    chip_id: int
    acc_mps2_per_count: float
    gyr_radps_per_count: float
    acc_noise_mps2: float
    gyr_noise_radps: float
    acc_bias_mps2: float
    gyr_bias_radps: float
    scale_error: float
    cross_axis: float
    acc_bias_per_k: float
    gyr_bias_per_k: float
    filter_samples: float
    acc_delay_s: float
    gyr_delay_s: float


CHIP_SPECS: Final[dict[str, ImuSpec]] = {
    "lsm6dso": ImuSpec(
        chip_id=1,
        acc_mps2_per_count=0.488e-3 * _G,
        gyr_radps_per_count=float(np.radians(70e-3)),
        acc_noise_mps2=110e-6 * _G,
        gyr_noise_radps=float(np.radians(3.8e-3)),
        acc_bias_mps2=20e-3 * _G,
        gyr_bias_radps=float(np.radians(1.0)),
        scale_error=0.005,
        cross_axis=0.005,
        acc_bias_per_k=0.1e-3 * _G,
        gyr_bias_per_k=float(np.radians(0.010)),
        filter_samples=0.9,
        acc_delay_s=0.0005,
        gyr_delay_s=0.0015,
    ),
    "mpu6886": ImuSpec(
        chip_id=6,
        acc_mps2_per_count=_G / 2048,
        gyr_radps_per_count=float(np.radians(1 / 16.4)),
        acc_noise_mps2=100e-6 * _G,
        gyr_noise_radps=float(np.radians(4e-3)),
        acc_bias_mps2=25e-3 * _G,
        gyr_bias_radps=float(np.radians(1.0)),
        scale_error=0.005,
        cross_axis=0.007,
        acc_bias_per_k=0.5e-3 * _G,
        gyr_bias_per_k=float(np.radians(0.015)),
        filter_samples=0.9,
        acc_delay_s=0.0010,
        gyr_delay_s=0.0020,
    ),
    "bmi270": ImuSpec(
        chip_id=3,
        acc_mps2_per_count=_G / 2048,
        gyr_radps_per_count=float(np.radians(1 / 16.384)),
        acc_noise_mps2=160e-6 * _G,
        gyr_noise_radps=float(np.radians(7e-3)),
        acc_bias_mps2=20e-3 * _G,
        gyr_bias_radps=float(np.radians(0.5)),
        scale_error=0.004,
        cross_axis=0.005,
        acc_bias_per_k=0.25e-3 * _G,
        gyr_bias_per_k=float(np.radians(0.020)),
        filter_samples=0.9,
        acc_delay_s=0.0005,
        gyr_delay_s=0.0010,
    ),
    "icm42688p": ImuSpec(
        chip_id=4,
        acc_mps2_per_count=_G / 2048,
        gyr_radps_per_count=float(np.radians(2000 / 32768)),
        acc_noise_mps2=70e-6 * _G,
        gyr_noise_radps=float(np.radians(2.8e-3)),
        acc_bias_mps2=20e-3 * _G,
        gyr_bias_radps=float(np.radians(0.5)),
        scale_error=0.005,
        cross_axis=0.010,
        acc_bias_per_k=0.15e-3 * _G,
        gyr_bias_per_k=float(np.radians(0.005)),
        filter_samples=0.9,
        acc_delay_s=0.0010,
        gyr_delay_s=0.0010,
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class SensorErrors:
    """The errors of one specimen: measured = matrix @ true + bias + drift * warming + noise.

    `*_matrix` (3, 3), `*_bias` (3,) m/s^2 and rad/s, `*_drift` (3,) per K; the chip warms by `warming_k` in the end,
    with a time constant of `warming_s`. `rate_error`: true rate = (1 + it) * nominal rate.
    """

    acc_matrix: FloatArray
    acc_bias: FloatArray
    acc_drift: FloatArray
    gyr_matrix: FloatArray
    gyr_bias: FloatArray
    gyr_drift: FloatArray
    warming_k: float
    warming_s: float
    rate_error: float

    @classmethod
    def draw(cls, spec: ImuSpec, rng: np.random.Generator) -> "SensorErrors":
        """A specimen; biases stay within twice, rates within 2 % of what the data sheet says."""

        def matrix() -> FloatArray:
            cross = rng.normal(0, spec.cross_axis, (3, 3)).clip(-2 * spec.cross_axis, 2 * spec.cross_axis)
            np.fill_diagonal(cross, 1 + rng.normal(0, spec.scale_error, 3).clip(-0.01, 0.01))
            return cross

        def offset(size: float) -> FloatArray:
            return rng.normal(0, size, 3).clip(-2 * size, 2 * size)

        return cls(
            acc_matrix=matrix(),
            acc_bias=offset(spec.acc_bias_mps2),
            acc_drift=offset(spec.acc_bias_per_k),
            gyr_matrix=matrix(),
            gyr_bias=offset(spec.gyr_bias_radps),
            gyr_drift=offset(spec.gyr_bias_per_k),
            warming_k=rng.uniform(1.0, 6.0),
            warming_s=rng.uniform(60.0, 300.0),
            rate_error=rng.uniform(-0.02, 0.02),
        )

    @classmethod
    def none(cls) -> "SensorErrors":
        """An ideal specimen (what remains is noise and counting)."""
        zero = np.zeros(3)
        return cls(np.eye(3), zero, zero, np.eye(3), zero, zero, 0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class VirtualImu:
    """A chip that samples a motion. The same sample number always gives the same counts, asked for in any order."""

    spec: ImuSpec
    errors: SensorErrors
    motion: SensorMotion
    nominal_rate_hz: float
    seed: int

    @property
    def true_rate_hz(self) -> float:
        return self.nominal_rate_hz * (1 + self.errors.rate_error)

    def sample_time_s(self, first: int, count: int) -> FloatArray:
        """(N,) s on the motion's clock at which samples are due; sample 0 at 0 s."""
        return np.arange(first, first + count) / self.true_rate_hz

    def counts(self, first: int, count: int) -> CountArray:
        """(N, 6) int16, accelerometer x y z and gyroscope x y z; end stops at +-32767."""
        spec, errors = self.spec, self.errors
        t_s = self.sample_time_s(first, count)
        period_s = 1 / self.true_rate_hz
        taps_s = ((np.arange(_FILTER_TAPS) + 0.5) / _FILTER_TAPS - 1.0) * spec.filter_samples * period_s
        acc = np.zeros((count, 3))
        gyr = np.zeros((count, 3))
        for tap_s in taps_s.tolist():
            acc += self.motion.specific_force_mps2(t_s - spec.acc_delay_s + tap_s) / _FILTER_TAPS
            gyr += self.motion.rate_radps(t_s - spec.gyr_delay_s + tap_s) / _FILTER_TAPS
        warm_k = (errors.warming_k * (1 - np.exp(-t_s / errors.warming_s)))[:, None]
        acc = acc @ errors.acc_matrix.T + errors.acc_bias + errors.acc_drift * warm_k
        gyr = gyr @ errors.gyr_matrix.T + errors.gyr_bias + errors.gyr_drift * warm_k
        noise = self._noise(first, count) * (0.5 * self.nominal_rate_hz) ** 0.5
        acc = (acc + noise[:, :3] * spec.acc_noise_mps2) / spec.acc_mps2_per_count
        gyr = (gyr + noise[:, 3:] * spec.gyr_noise_radps) / spec.gyr_radps_per_count
        return np.rint(np.hstack([acc, gyr])).clip(-_COUNT_LIMIT, _COUNT_LIMIT).astype(np.int16)

    def _noise(self, first: int, count: int) -> FloatArray:
        """(N, 6) of unit variance, a function of seed and sample number only."""
        start, end = first // _NOISE_BLOCK, (first + max(count, 1) - 1) // _NOISE_BLOCK
        blocks = [
            np.random.default_rng([self.seed, block]).standard_normal((_NOISE_BLOCK, 6))
            for block in range(start, end + 1)
        ]
        offset = first - start * _NOISE_BLOCK
        return np.concatenate(blocks)[offset : offset + count]


def chip_spec(chip: str) -> ImuSpec:
    """The spec of a chip by name. Raises BartrackerError naming the chips there are."""
    spec = CHIP_SPECS.get(chip)
    if spec is None:
        raise BartrackerError(f"chip {chip!r}", "is not simulated", f"choose one of {', '.join(CHIP_SPECS)}")
    return spec
