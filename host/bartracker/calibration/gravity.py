"""What an accelerometer at rest must read, by place. Nothing else."""

from dataclasses import dataclass
from math import isfinite, radians, sin, sqrt
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.samples import STANDARD_GRAVITY_MPS2

# WGS 84 (NIMA TR8350.2, 3rd edition, chapter 4): normal gravity at the equator, Somigliana's constant, first
# eccentricity squared, semi-major axis, flattening, and omega^2 a^2 b / GM.
_EQUATOR_MPS2: Final = 9.7803253359
_SOMIGLIANA: Final = 0.00193185265241
_ECCENTRICITY2: Final = 0.00669437999013
_SEMI_MAJOR_M: Final = 6378137.0
_FLATTENING: Final = 1 / 298.257223563
_M: Final = 0.00344978650684
# Gravity anomalies: 1 sigma of about 30 mGal, up to 100 mGal in mountains.
_ANOMALY_MPS2: Final = 0.0005
# From the equator (9.780) to 65 degrees (9.823) and 2000 m up.
_ANYWHERE_MPS2: Final = 0.015
_ALTITUDE_M: Final = (-500.0, 9000.0)


@dataclass(frozen=True, slots=True)
class Gravity:
    """Local gravity, m/s^2, its standard uncertainty, and in words where it is from."""

    value_mps2: float
    sigma_mps2: float
    source: str


ANYWHERE: Final = Gravity(STANDARD_GRAVITY_MPS2, _ANYWHERE_MPS2, "standard gravity, place not told")
"""Where nobody said where: the accelerometer's scale is then known to 0.15 %, whatever the poses."""


def local_gravity(latitude_deg: float, altitude_m: float = 0.0) -> Gravity:
    """Normal gravity by latitude and altitude above the ellipsoid.

    Source: WGS 84, Somigliana's formula and its second-order continuation upwards (NIMA TR8350.2, eq. 4-1 and 4-3).
    Limits: leaves out anomalies, which its sigma holds. Raises BartrackerError for a place that is not on earth.
    """
    if not (isfinite(latitude_deg) and abs(latitude_deg) <= 90):
        raise BartrackerError(f"latitude {latitude_deg:g}", "is on no map", "give degrees from -90 to 90")
    if not _ALTITUDE_M[0] <= altitude_m <= _ALTITUDE_M[1]:
        raise BartrackerError(f"altitude {altitude_m:g} m", "has no gym", "give metres above the sea, -500 to 9000")
    sin2 = sin(radians(latitude_deg)) ** 2
    at_sea = _EQUATOR_MPS2 * (1 + _SOMIGLIANA * sin2) / sqrt(1 - _ECCENTRICITY2 * sin2)
    linear = 2 / _SEMI_MAJOR_M * (1 + _FLATTENING + _M - 2 * _FLATTENING * sin2)
    value = at_sea * (1 - linear * altitude_m + 3 * (altitude_m / _SEMI_MAJOR_M) ** 2)
    return Gravity(value, _ANOMALY_MPS2, f"latitude {latitude_deg:g} degrees, {altitude_m:g} m")
