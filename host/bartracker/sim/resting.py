"""A sensor that lies on a table and is left alone."""

from dataclasses import dataclass

import numpy as np

from bartracker.sim.kinematics import Mount, SensorMotion
from bartracker.sim.track import BarCharacter, Track

_STONE = BarCharacter(sway_m=0.0, sway_rad=0.0, tremor_m=0.0, whip_hz=9.0, whip_damping=0.05, sleeve_spin_radps=0.0)
_LEAN_RAD = 0.05


@dataclass(frozen=True, slots=True)
class RestWish:
    """How long it lies there, s."""

    seconds: float = 120.0


def rest(wish: RestWish, *, seed: int) -> SensorMotion:
    """It lies nearly flat, as drawn by `seed`, and does not move."""
    rng = np.random.default_rng([seed, 0x4E57])
    x, y = rng.normal(0, _LEAN_RAD, 2).tolist()
    lean, upper = np.linalg.qr(np.array([[1.0, 0.0, y], [0.0, 1.0, -x], [-y, x, 1.0]]))
    return SensorMotion(
        Track(_STONE, rng).finish(wish.seconds), Mount("shaft", np.zeros(3), lean * np.sign(np.diag(upper)))
    )
