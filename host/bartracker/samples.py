"""The arrays that flow from a source of samples to the time base: nothing but their shapes, units and frames lives
here.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]

STANDARD_GRAVITY_MPS2 = 9.80665


@dataclass(frozen=True, slots=True)
class StampedBlock:
    """Consecutive samples of one sensor as they came, before time base and calibration; holes are lost samples.

    Attributes:
        sample_index: (N,) the sensor's own count of each sample, rising; a hole is loss.
        stamp_s: (N,) time stamp of each sample on the recording's clock, s, with whatever jitter it came with; NaN
            where the source gave none for that sample (a packet stamps only its first).
        acc_mps2: (N, 3) specific force in the sensor frame, m/s^2, uncalibrated.
        gyr_radps: (N, 3) angular rate in the sensor frame, rad/s, uncalibrated.
        acc_clipped: (N,) an accelerometer axis stood at its end stop.
        gyr_clipped: (N,) a gyroscope axis stood at its end stop.
        arrival_s: when the host had received the block's last sample, s on the host's clock; NaN if unknown. Never
            used for results.
    """

    sample_index: IntArray
    stamp_s: FloatArray
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    acc_clipped: BoolArray
    gyr_clipped: BoolArray
    arrival_s: float

    def __len__(self) -> int:
        return len(self.sample_index)


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples that never came: half-open interval of the recording's clock, s, and how many there were."""

    from_s: float
    to_s: float
    lost_samples: int
