"""The guide with virtual people, careful and sloppy; how the stream is cut changes nothing it says."""

from dataclasses import fields

import numpy as np
import pytest
from table import HERE, RATE_HZ, blocks, handled, led, sensor, worse_errors

from bartracker.calibration.guide import CalibrationGuide
from bartracker.calibration.solver import shortcoming
from bartracker.errors import BartrackerError
from bartracker.samples import StampedBlock
from bartracker.sim.handling import USERS, HandlingWish, User, handle

SEED = 2


@pytest.mark.parametrize("user", USERS)
def test_every_kind_of_person_gets_there_within_three_minutes(user: User) -> None:
    errors = worse_errors(SEED)
    imu, handling = sensor(user, SEED, errors)
    guide, said = led(blocks(imu, handling.motion.duration_s))
    assert guide.fit is not None
    assert shortcoming(guide.fit) is None
    assert guide.progress.elapsed_s < 180
    assert said[-1].code == "done"
    assert [message.code for message in said[:2]] == ["do", "pose"]
    assert guide.progress.share == 1.0
    assert guide.progress.poses >= 10
    at_s = guide.progress.elapsed_s
    warm_k = errors.warming_k * (1 - np.exp(-at_s / errors.warming_s))
    off_dps = np.degrees(guide.fit.calibration.gyr_bias_radps - errors.gyr_bias - errors.gyr_drift * warm_k)
    assert np.abs(off_dps).max() < 0.03


def test_whoever_repeats_a_pose_is_told() -> None:
    imu, handling = sensor("forgetful", SEED)
    _, said = led(blocks(imu, handling.motion.duration_s))
    assert any(message.code == "again" and "known already" in message.text for message in said)


def test_whoever_does_not_let_go_is_told_and_refused() -> None:
    imu, handling = sensor("wobbly", SEED)
    held = [(down, up) for (down, up), still in zip(handling.laid_s, handling.still, strict=True) if not still]
    down_s, up_s = held[0]
    moving = list(blocks(imu, up_s, from_s=down_s, each=50))
    guide, said = CalibrationGuide(HERE, RATE_HZ), []
    first = moving[0].sample_index[0]
    length, period_s = sum(map(len, moving)), 1 / imu.true_rate_hz
    for turn in range(8):
        for block in moving:
            index = block.sample_index - first + turn * length
            said += guide.push(type(block)(index, index * period_s, *_rest(block)))
    assert any(message.code == "restless" for message in said)
    assert guide.progress.poses == 0
    with pytest.raises(BartrackerError, match="the sensor never lay still; lay the sensor on a firm table and let go"):
        guide.finish()


def _rest(block: object) -> tuple[object, ...]:
    return (block.acc_mps2, block.gyr_radps, block.acc_clipped, block.gyr_clipped, float("nan"))


def test_ending_too_early_says_what_is_missing() -> None:
    imu, _ = sensor("careful", SEED)
    guide, _ = led(blocks(imu, 15.0))
    with pytest.raises(BartrackerError, match="still poses, 6 are the least"):
        guide.finish()
    guide, _ = led(blocks(imu, 48.0))
    with pytest.raises(BartrackerError, match=r"is known to .* only after \d+ poses; l(ay|ean) it"):
        guide.finish()


def test_lost_samples_cost_the_turn_and_are_told() -> None:
    imu, handling = sensor("careful", SEED)
    up_s, down_s = handling.laid_s[0, 1], handling.laid_s[1, 0]
    kept = [b for b in blocks(imu, 12.0, each=20) if not up_s + 0.2 < float(b.stamp_s[0]) < down_s - 0.2]
    guide, said = led(iter(kept))
    assert [message.code for message in said].count("lost") == 1
    assert guide.fit is None


def test_the_cut_of_the_stream_changes_nothing() -> None:
    imu, _ = sensor("hasty", SEED)
    whole = next(blocks(imu, 40.0, each=3000))
    one, said = led(iter([whole]))
    other, also = led(part(whole, start, start + 7) for start in range(0, len(whole), 7))
    assert said == also
    assert len(said) > 6
    assert one.progress == other.progress


def part(block: StampedBlock, start: int, stop: int) -> StampedBlock:
    columns = (getattr(block, f.name) for f in fields(block) if f.name != "arrival_s")
    return StampedBlock(*(column[start:stop] for column in columns), float("nan"))


def test_a_person_is_the_same_by_seed_and_like_no_other() -> None:
    a, b, c = handled("hasty", SEED), handle(HandlingWish("hasty"), seed=SEED), handled("careful", SEED)
    t_s = np.linspace(5.0, 40.0, 200)
    assert np.array_equal(a.motion.rate_radps(t_s), b.motion.rate_radps(t_s))
    assert not np.array_equal(a.motion.rate_radps(t_s), c.motion.rate_radps(t_s))


def test_a_user_there_is_none_of() -> None:
    with pytest.raises(BartrackerError, match="choose one of careful, hasty, wobbly, forgetful"):
        HandlingWish("drunk")
    with pytest.raises(BartrackerError, match="negative"):
        handle(HandlingWish(), seed=-1)
