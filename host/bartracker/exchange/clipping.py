"""Finding the samples that stood at a sensor's end stop when the file does not name them. Nothing is repaired here."""

from dataclasses import dataclass

import numpy as np

from bartracker.samples import STANDARD_GRAVITY_MPS2, BoolArray, FloatArray

DEGREE_RAD = float(np.pi / 180)


@dataclass(frozen=True, slots=True)
class ClippingParameters:
    """How an end stop shows in the data.

    Attributes:
        acc_ranges_g: full-scale ranges of common accelerometers, g.
        gyr_ranges_dps: full-scale ranges of common gyroscopes, deg/s.
        above: how far values may pass the range, relative: one count, or g taken as 9.81.
        band: values this near below the range, relative, are taken for clipped (15.92 g at 16 g).
        usual_acc_range_g, usual_gyr_range_dps: from this range on one value in the band is enough: nothing else reaches
            it. Below,
            a lift may peak there by chance, so a plateau is asked for.
        plateau_samples: fewest samples at the very same extreme of one axis that make a plateau.
    """

    acc_ranges_g: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0, 32.0)
    gyr_ranges_dps: tuple[float, ...] = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0)
    above: float = 1e-3
    band: float = 5e-3
    usual_acc_range_g: float = 16.0
    usual_gyr_range_dps: float = 2000.0
    plateau_samples: int = 3


def find_acc_clipped(acc_mps2: FloatArray, parameters: ClippingParameters) -> BoolArray:
    """(N,) True where an axis of acc_mps2 (N, 3), m/s^2, stood at the end stop of the smallest range that holds all
    values.
    """
    ranges = tuple(value * STANDARD_GRAVITY_MPS2 for value in parameters.acc_ranges_g)
    return _at_end_stop(acc_mps2, ranges, parameters.usual_acc_range_g * STANDARD_GRAVITY_MPS2, parameters)


def find_gyr_clipped(gyr_radps: FloatArray, parameters: ClippingParameters) -> BoolArray:
    """(N,) True where an axis of gyr_radps (N, 3), rad/s, stood at the end stop of the smallest range that holds all
    values.
    """
    ranges = tuple(value * DEGREE_RAD for value in parameters.gyr_ranges_dps)
    return _at_end_stop(gyr_radps, ranges, parameters.usual_gyr_range_dps * DEGREE_RAD, parameters)


def _at_end_stop(
    values: FloatArray, ranges: tuple[float, ...], usual: float, parameters: ClippingParameters
) -> BoolArray:
    clipped: BoolArray = np.zeros(len(values), dtype=np.bool_)
    peak = float(np.max(np.abs(values), initial=0.0))
    holding = [full for full in ranges if peak <= full * (1 + parameters.above)]
    if not holding or peak < holding[0] * (1 - parameters.band):
        return clipped
    stop = holding[0] * (1 - parameters.band)
    for side in (values, -values):
        for axis in range(values.shape[1]):
            column = side[:, axis]
            in_band = column >= stop
            at_extreme = np.count_nonzero(column == column.max())
            if in_band.any() and (holding[0] >= usual or at_extreme >= parameters.plateau_samples):
                clipped |= in_band
    return clipped
