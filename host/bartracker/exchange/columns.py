"""A recording's blocks as whole columns for writing, with a time for every sample. Reading lives elsewhere."""

from dataclasses import dataclass

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.recording.recording import Recording
from bartracker.samples import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Columns:
    """All samples of a recording.

    t_s (N,) s, drawn straight between the sensor's own stamps where stamped (N,) is False; sample_index (N,); acc_mps2,
    gyr_radps
    (N, 3); acc_clipped, gyr_clipped (N,); arrival_s (N,) s or NaN.
    """

    t_s: FloatArray
    stamped: BoolArray
    sample_index: IntArray
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    acc_clipped: BoolArray
    gyr_clipped: BoolArray
    arrival_s: FloatArray


def collect(recording: Recording, given: str) -> Columns:
    """Columns of `recording`; BartrackerError naming `given`, the file to write, if there is nothing to write."""
    blocks = [block for block in recording.blocks if len(block)]
    if not blocks:
        raise BartrackerError(given, "the recording holds no samples", "choose another recording")
    index = np.concatenate([block.sample_index for block in blocks])
    stamp_s = np.concatenate([block.stamp_s for block in blocks])
    stamped: BoolArray = np.isfinite(stamp_s)
    return Columns(
        t_s=_filled(index, stamp_s, stamped, recording.nominal_rate_hz, given),
        stamped=stamped,
        sample_index=index,
        acc_mps2=np.concatenate([block.acc_mps2 for block in blocks]),
        gyr_radps=np.concatenate([block.gyr_radps for block in blocks]),
        acc_clipped=np.concatenate([block.acc_clipped for block in blocks]),
        gyr_clipped=np.concatenate([block.gyr_clipped for block in blocks]),
        arrival_s=np.repeat([block.arrival_s for block in blocks], [len(block) for block in blocks]),
    )


def _filled(
    index: IntArray, stamp_s: FloatArray, stamped: BoolArray, nominal_rate_hz: float | None, given: str
) -> FloatArray:
    """Times (N,), s: the stamps, and between and beyond them straight lines over the sample index."""
    if stamped.all():
        return stamp_s
    known_index, known_s = index[stamped], stamp_s[stamped]
    if len(known_index) >= 2:
        period_s = float((known_s[-1] - known_s[0]) / (known_index[-1] - known_index[0]))
    elif len(known_index) == 1 and nominal_rate_hz is not None:
        period_s = 1.0 / nominal_rate_hz
    else:
        raise BartrackerError(given, "the recording has no time stamps", "choose another recording")
    filled = np.interp(index, known_index, known_s)
    early, late = index < known_index[0], index > known_index[-1]
    filled[early] = known_s[0] - (known_index[0] - index[early]) * period_s
    filled[late] = known_s[-1] + (index[late] - known_index[-1]) * period_s
    return np.where(stamped, stamp_s, filled)
