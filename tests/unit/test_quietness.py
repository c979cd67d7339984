"""Stillness learned from a recording's own rests."""

import numpy as np
import pytest

from bartracker.motion.settings import MotionSettings
from bartracker.reps.quietness import Quietness
from bartracker.reps.settings import RepSettings
from bartracker.timebase import Hop

GIVEN = MotionSettings()


def learned(acc_noise_mps2: float, gyr_noise_radps: float, hops: int = 60) -> MotionSettings:
    """What a sensor at rest with such noise, all axes together, teaches."""
    rng = np.random.default_rng(3)
    quietness = Quietness(GIVEN, RepSettings())
    never = np.zeros(5, dtype=bool)
    for number in range(hops):
        index = 5 * number + np.arange(5)
        quietness.push(
            Hop(
                sample_index=index,
                t_s=np.asarray(index * 0.01, dtype=np.float64),
                acc_mps2=np.array([0.0, 0.0, 9.81]) + rng.normal(0.0, acc_noise_mps2 / np.sqrt(3), (5, 3)),
                gyr_radps=rng.normal(0.0, gyr_noise_radps / np.sqrt(3), (5, 3)),
                lost=never,
                acc_clipped=never,
                gyr_clipped=never,
                period_s=0.01,
                starts_segment=number == 0,
            )
        )
    return quietness.motion


def test_a_quiet_sensor_makes_stillness_stricter() -> None:
    motion = learned(0.014, 0.001)
    assert 0.02 < motion.still_acc_mps2 < 0.045
    assert 0.0013 < motion.still_gyr_radps < 0.003


def test_a_noisy_one_leaves_it_as_it_was() -> None:
    assert learned(0.085, 0.0016).still_acc_mps2 == pytest.approx(GIVEN.still_acc_mps2)


def test_without_rest_or_with_too_little_nothing_is_learned() -> None:
    assert learned(0.5, 0.02) == GIVEN
    assert learned(0.014, 0.001, hops=8) == GIVEN
