"""The bar's middle on virtual bars that are lifted unevenly, against where the virtual bar's middle really was."""

from collections.abc import Iterator

import numpy as np
import pytest

import bartracker
from bartracker.errors import BartrackerError
from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.results import Rep
from bartracker.samples import FloatArray, StampedBlock
from bartracker.sim import lifter
from bartracker.sim.plan import RepPlan
from bartracker.sim.session import SimulatedSet, simulate_set
from bartracker.sim.track import Channel, speed_profile

UNEVEN_RAD = 0.06


@pytest.fixture(scope="module")
def uneven() -> Iterator[SimulatedSet]:
    """Squats in which one end is lifted 3.4 degrees above the other and ahead of it, another end each time."""
    plain = lifter._Lifter._side_moves  # pyright: ignore[reportPrivateUsage]

    def moves(self: lifter._Lifter, rep: RepPlan, phase: lifter.Interval, *, down: bool) -> None:  # pyright: ignore[reportPrivateUsage]
        plain(self, rep, phase, down=down)
        sign, profile = (-1.0 if down else 1.0), speed_profile(phase[1] - phase[0], 2.0, 2.0)
        track = self._track  # pyright: ignore[reportPrivateUsage]
        for channel in (Channel.TILT, Channel.YAW):
            track.move(channel, phase[0], sign * UNEVEN_RAD * (-1) ** rep.number, profile)
        track.move(Channel.ROLL, phase[0], 0.3 * sign, profile)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifter._Lifter, "_side_moves", moves)  # pyright: ignore[reportPrivateUsage]
        yield simulate_set("squat", seed=701, reps=4)


def recorded(made: SimulatedSet, told_m: float | None) -> Recording:
    counts = made.counts.astype(np.float64)
    never = np.zeros(len(counts), dtype=bool)
    acc, gyr = counts[:, :3] * made.info.acc_mps2_per_count, counts[:, 3:] * made.info.gyr_radps_per_count
    block = StampedBlock(np.arange(len(counts)), made.sample_t_s, acc, gyr, never, never, float("nan"))
    return Recording(
        RecordingMetadata(exercise="squat", sensor_from_middle_m=told_m), (block,), made.info.nominal_rate_hz
    )


def place_m(made: SimulatedSet) -> float:
    """As a person would tell it who sees which of the sensor's own axes lies along the bar, and which way."""
    mount = made.imu.motion.mount
    along = mount.rotation_bs[0]
    return float(mount.offset_m[0] * np.sign(along[np.abs(along).argmax()]))


def path_of_middle(made: SimulatedSet, rep: Rep) -> FloatArray:
    t_s = np.linspace(rep.concentric_start_s, rep.concentric_end_s, 300)
    middle = made.imu.motion.bar.pose.at(t_s)[:, :3]
    return middle - middle[0]


def test_the_middle_is_where_it_was_and_the_sensor_is_not(uneven: SimulatedSet) -> None:
    assert abs(place_m(uneven)) > 0.5
    (rep_set,) = bartracker.analyze(recorded(uneven, place_m(uneven))).sets
    assert len(rep_set.reps) == 4
    errors: list[tuple[float, float, float, float]] = []
    for rep in rep_set.reps:
        path = path_of_middle(uneven, rep)
        aside = np.hypot(path[:, 0], path[:, 1]).max()
        assert rep.middle_rom_m is not None
        assert rep.middle_horizontal_deviation_m is not None
        assert abs(rep.middle_rom_m - path[-1, 2]) < 1.96 * rep.sigma["middle_rom_m"]
        assert rep.middle_mean_velocity_mps == pytest.approx(rep.middle_rom_m / (rep.concentric_duration_s or 0.0))
        assert rep.middle_horizontal_drift_m is not None
        assert rep.middle_horizontal_drift_m <= rep.middle_horizontal_deviation_m
        errors.append(
            (
                rep.middle_rom_m - path[-1, 2],
                (rep.rom_m or 0.0) - path[-1, 2],
                rep.middle_horizontal_deviation_m - aside,
                (rep.horizontal_deviation_m or 0.0) - aside,
            )
        )
    middle_range, sensor_range, middle_aside, sensor_aside = np.sqrt(np.mean(np.square(errors), axis=0))
    assert middle_range < 0.02 < 0.03 < sensor_range
    assert middle_aside < sensor_aside


def test_the_other_side_told_is_further_off(uneven: SimulatedSet) -> None:
    right, wrong = (bartracker.analyze(recorded(uneven, side * place_m(uneven))).sets[0].reps for side in (1, -1))
    for one, other in zip(right, wrong, strict=True):
        true = path_of_middle(uneven, one)[-1, 2]
        assert abs((one.middle_rom_m or 0.0) - true) < abs((other.middle_rom_m or 0.0) - true)


def test_a_place_told_wins_over_the_recorded_one_and_none_gives_no_middle(uneven: SimulatedSet) -> None:
    silent = bartracker.analyze(recorded(uneven, None)).sets[0].reps
    assert all(rep.middle_rom_m is None and "middle_rom_m" not in rep.sigma for rep in silent)
    at_sensor = bartracker.analyze(recorded(uneven, 0.7), sensor_from_middle_m=0.0).sets[0].reps
    assert [rep.middle_rom_m for rep in at_sensor] == pytest.approx([rep.rom_m for rep in at_sensor])


def test_an_askew_sensor_says_that_it_knows_nothing_of_the_middle() -> None:
    made = simulate_set("bench", seed=702, reps=2)
    assert np.abs(made.imu.motion.mount.rotation_bs[0]).max() < 0.8
    for rep in bartracker.analyze(recorded(made, 0.5)).sets[0].reps:
        assert rep.middle_rom_m is rep.middle_horizontal_deviation_m is None
        assert "middle_unknown" in {flag.code for flag in rep.flags}


@pytest.mark.parametrize("told_m", [1.5, -1.2, float("nan"), float("inf")])
def test_a_place_on_no_bar_is_refused_and_a_recorded_one_is_not_used(uneven: SimulatedSet, told_m: float) -> None:
    with pytest.raises(BartrackerError, match="is on no bar"):
        bartracker.analyze(recorded(uneven, None), sensor_from_middle_m=told_m)
    from bartracker.api import settings_for

    assert settings_for(recorded(uneven, told_m)).sensor_from_middle_m is None
