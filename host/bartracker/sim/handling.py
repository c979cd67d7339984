"""A person who calibrates a sensor on a table: lays it on its sides by hand, turns it over, and makes mistakes. Gives
the sensor's ideal motion; errors and counts are the IMU model's. Deterministic by seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from bartracker.errors import BartrackerError
from bartracker.samples import FloatArray
from bartracker.sim.kinematics import Mount, SensorMotion
from bartracker.sim.track import BarCharacter, Channel, Track, speed_profile

User: TypeAlias = Literal["careful", "hasty", "wobbly", "forgetful"]
USERS: Final[tuple[User, ...]] = ("careful", "hasty", "wobbly", "forgetful")

# Roll and tilt, deg, that bring each side up, in the order most people turn a box; then leaning between sides.
_SIDES: Final = {
    "+z": (0, 0),
    "+y": (90, 0),
    "-z": (180, 0),
    "-y": (270, 0),
    "+x": (0, -90),
    "-x": (0, 90),
}
_LEANING: Final = ((45, 0), (0, 45), (135, 0), (90, 45), (-45, 35), (180, -45), (225, 20), (-30, -50))


@dataclass(frozen=True, slots=True)
class HandlingWish:
    """Someone calibrates the sensor instead of lifting it. Raises BartrackerError for a user there is none of."""

    user: User = "careful"

    def __post_init__(self) -> None:
        if self.user not in USERS:
            raise BartrackerError(f"user {self.user!r}", "is not simulated", f"choose one of {', '.join(USERS)}")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a person handles things.

    Attributes:
        still_s, turn_s: from, to; how long the sensor lies, how long a turn takes, s.
        roughly_rad: standard deviation of how far off a side it is laid.
        held: share of poses in which it is held in the hand instead of let go.
        bumps: share of poses in which the table is bumped.
        repeats: share of poses that are repeated; skips: sides left out at first and done in the end.
        tremor_rad: sway of the hand that turns it.
    """

    still_s: tuple[float, float]
    turn_s: tuple[float, float]
    roughly_rad: float
    held: float
    bumps: float
    repeats: float
    skips: int
    tremor_rad: float


MANNERS: Final[dict[User, Manner]] = {
    "careful": Manner((4.0, 5.5), (1.2, 2.2), 0.05, 0.0, 0.0, 0.0, 0, 0.01),
    "hasty": Manner((1.2, 3.5), (0.5, 1.0), 0.15, 0.0, 0.3, 0.1, 0, 0.02),
    "wobbly": Manner((3.5, 5.5), (1.5, 3.0), 0.15, 0.3, 0.1, 0.0, 0, 0.03),
    "forgetful": Manner((3.5, 7.0), (1.0, 2.5), 0.08, 0.05, 0.0, 0.4, 2, 0.01),
}
LONGEST_S: Final = 210.0
_FIRST_S: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Handling:
    """`motion` of the sensor point; (M, 2) s, when it was let go and taken up again, and whether it then lay still."""

    motion: SensorMotion
    laid_s: FloatArray
    still: tuple[bool, ...]


def handle(wish: HandlingWish, *, seed: int) -> Handling:
    """Calibrate in that manner: six sides, then leaning poses until `LONGEST_S`; whoever looks on stops when satisfied.

    The same wish and seed give the same motion, whatever sensor it is. Raises BartrackerError for a seed below 0.
    """
    if seed < 0:
        raise BartrackerError(f"seed {seed}", "is negative", "give 0 or more")
    manner = MANNERS[wish.user]
    rng = np.random.default_rng([seed, 0xCA1])
    track = Track(
        BarCharacter(
            sway_m=0.004,
            sway_rad=manner.tremor_rad,
            tremor_m=0.0002,
            whip_hz=9.0,
            whip_damping=0.05,
            sleeve_spin_radps=0.0,
        ),
        rng,
    )
    at_s = _FIRST_S * rng.uniform(0.8, 1.3)
    laid, still = [(0.0, at_s)], [True]
    wanted = _poses(manner, rng)
    while at_s < LONGEST_S - 15.0:
        roll, tilt = next(wanted)
        turn_s = rng.uniform(*manner.turn_s)
        _turn(track, at_s, turn_s, (roll, tilt), manner, rng)
        down_s = at_s + turn_s
        up_s = down_s + rng.uniform(*manner.still_s)
        held = rng.random() < manner.held
        track.hold(at_s, up_s if held else down_s)
        if rng.random() < manner.bumps:
            bump_s = rng.uniform(down_s + 0.2, up_s - 0.2)
            track.bump(Channel.Z, bump_s, 0.06, rng.uniform(0.0003, 0.001))
            track.bump(Channel.TILT, bump_s, 0.15, rng.normal(0, 0.004))
        laid.append((down_s, up_s))
        still.append(not held)
        at_s = up_s
    alignment = _small_rotation(rng.normal(0, 0.03, 3))
    motion = SensorMotion(track.finish(at_s), Mount("shaft", rng.normal(0, 0.01, 3), alignment))
    return Handling(motion, np.array(laid), tuple(still))


def _poses(manner: Manner, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Roll and tilt, deg, one pose after the other, without end."""
    sides = list(_SIDES.values())[1:]
    forgotten = [sides.pop(int(rng.integers(len(sides)))) for _ in range(manner.skips)]
    for pose in [*sides, *_LEANING[:4], *forgotten]:
        yield pose
        if rng.random() < manner.repeats:
            yield pose
    while True:
        choice = [*_SIDES.values(), *_LEANING]
        yield choice[int(rng.integers(len(choice)))]


def _turn(
    track: Track,
    at_s: float,
    turn_s: float,
    pose_deg: tuple[int, int],
    manner: Manner,
    rng: np.random.Generator,
) -> None:
    """Take it up, turn it to roll and tilt by the nearer way, turn it about the vertical as it comes, set it down."""
    for channel, degrees in zip((Channel.ROLL, Channel.TILT), pose_deg, strict=True):
        way = np.radians(degrees) + rng.normal(0, manner.roughly_rad) - track.value[channel]
        way = (way + np.pi) % (2 * np.pi) - np.pi
        lag_s = rng.uniform(0.0, 0.25) * turn_s
        track.move(channel, at_s + lag_s, way, speed_profile(0.75 * turn_s))
    track.move(Channel.YAW, at_s, rng.normal(0, 0.5), speed_profile(turn_s))
    height_m = rng.uniform(0.06, 0.18)
    track.move(Channel.Z, at_s, height_m, speed_profile(0.45 * turn_s))
    track.move(Channel.Z, at_s + 0.5 * turn_s, -height_m, speed_profile(0.5 * turn_s))
    track.bump(Channel.Z, at_s + turn_s, 0.05, rng.uniform(0.0001, 0.0004))


def _small_rotation(angle_rad: FloatArray) -> FloatArray:
    """(3, 3) rotation that is nearly none."""
    x, y, z = angle_rad.tolist()
    rotation, upper = np.linalg.qr(np.eye(3) + np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]]))
    return rotation * np.sign(np.diag(upper))
