"""Cues and tempo phases: events in, cues out, without a loudspeaker."""

from dataclasses import replace

import numpy as np
import pytest
from scripted_set import SCRIPT, vertical_velocity

from bartracker.coaching.cues import STOP_WORDS, CueMaker, CueSettings
from bartracker.coaching.phase_clock import PhaseClock, PhaseNow, usual_order
from bartracker.coaching.tempo import Tempo
from bartracker.reps.summary import summarise

REPS = [each.rep(announced=True) for each in SCRIPT]  # 0.67, 0.59, 0.53, 0.48, 0.43 m/s; the last three flagged
QUIET = CueSettings(speaks=False)


def heard(settings: CueSettings, limit: float | None = None) -> list[tuple[str, int]]:
    """Kind of each cue of the scripted set, and after which rep it came."""
    maker = CueMaker(settings, None, limit)
    cues = []
    for number, rep in enumerate(REPS, start=1):
        made = maker.rep(rep.announced_s, 1, rep, summarise(REPS[:number], []))
        cues += [(cue.kind, number) for cue in made]
    return cues + [(cue.kind, 0) for cue in maker.set_over(60.0, len(REPS))]


@pytest.mark.parametrize(
    ("settings", "limit", "reps"),
    [
        (QUIET, None, [1, 2, 3, 4, 5]),
        (replace(QUIET, schedule="nth", every_nth=2), None, [2, 4]),
        (replace(QUIET, schedule="after"), None, []),
        (replace(QUIET, schedule="outside"), None, [3, 4, 5]),
        (replace(QUIET, schedule="near-limit"), 0.45, [4, 5]),  # losses 0, 12, 21, 29, 35 %; from 27 % on
        (replace(QUIET, schedule="near-limit"), None, []),
    ],
)
def test_the_schedule_says_which_reps_are_heard(settings, limit, reps):
    assert heard(settings, limit) == [*(("rep", number) for number in reps), ("set", 0)]


def test_the_stop_alarm_comes_once_and_instead_of_the_rep():
    assert heard(QUIET, 0.2) == [("rep", 1), ("rep", 2), ("stop", 3), ("rep", 4), ("rep", 5), ("set", 0)]


def test_the_spoken_number_is_the_chosen_one_and_the_level_the_verdict():
    maker = CueMaker(CueSettings(metric="rom"))
    (cue,) = maker.rep(10.0, 1, REPS[2], summarise(REPS[:3], []))
    assert (cue.words, cue.level) == ("60", "off")
    (cue,) = CueMaker().rep(10.0, 1, replace(REPS[0], mean_velocity_mps=None), summarise(REPS[:1], []))
    assert cue.words == ""


def test_one_cue_at_a_time_and_the_more_urgent_one_wins():
    maker = CueMaker(CueSettings(), None, 0.2)
    summary = summarise(REPS[:1], [])
    assert maker.rep(10.0, 1, REPS[0], summary)
    assert not maker.rep(10.5, 1, REPS[1], summary), "the first is still being spoken"
    (stop,) = maker.rep(10.6, 1, REPS[4], summarise(REPS, []))
    assert stop.words == STOP_WORDS
    assert not maker.link(10.7, lost=True), "nothing cuts the alarm short"
    assert maker.rep(20.0, 1, REPS[1], summary)


def test_a_lost_link_is_said_once_and_its_return_too():
    maker = CueMaker()
    said = [*maker.link(1.0, True), *maker.link(2.0, True), *maker.link(9.0, False), *maker.link(12.0, False)]
    assert [cue.words for cue in said] == ["Sensor lost", "Sensor back"]
    assert [cue.number for cue in said] == [1, 2]


def test_the_metronome_beats_every_second_of_a_phase_and_once_for_x():
    maker = CueMaker(CueSettings(metronome=True), Tempo.parse("3-1-X-0"))
    beats = []
    phases = [("eccentric", 0.0, 3.4), ("bottom", 3.4, 4.5), ("concentric", 4.5, 5.3), ("top", 5.3, 6.0)]
    for t_s in np.arange(0.0, 6.0, 0.05):
        phase, since_s, _ = next(each for each in phases if each[1] <= t_s + 1e-9 < each[2])
        beats += maker.phase(PhaseNow(phase, since_s, float(t_s)))
    assert [round(cue.t_s, 2) for cue in beats] == [0.0, 1.0, 2.0, 3.0, 3.4, 4.4, 4.5]
    assert [cue.words for cue in beats if cue.strong] == ["Down", "Hold", "Up"]


def test_without_metronome_or_tempo_nothing_beats():
    now = PhaseNow("eccentric", 0.0, 0.0)
    assert not CueMaker(CueSettings(metronome=False), Tempo.parse("3-1-X-0")).phase(now)
    assert not CueMaker(CueSettings(metronome=True), None).phase(now)


def sigma(t_s: np.ndarray) -> np.ndarray:
    return np.full_like(t_s, 0.02)


def test_phases_of_the_scripted_set_begin_where_the_bar_begins_to_move():
    t_s = np.arange(0.0, 30.0, 0.01)
    begun = PhaseClock("eccentric-first").push(t_s, vertical_velocity(t_s), sigma(t_s))
    downs = [now.since_s for now in begun if now.phase == "eccentric"]
    ups = [now.since_s for now in begun if now.phase == "concentric"]
    np.testing.assert_allclose(downs, [each.start_s for each in SCRIPT], atol=0.25)
    np.testing.assert_allclose(ups, [each.turn_s for each in SCRIPT], atol=0.15)
    lowered = [now.done_s["eccentric"] for now in begun if now.phase == "concentric"]
    np.testing.assert_allclose(lowered, [each.eccentric_s for each in SCRIPT], atol=0.45)


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_how_the_samples_are_cut_changes_no_phase(block):
    t_s = np.arange(0.0, 30.0, 0.01)
    velocity = vertical_velocity(t_s)
    whole = PhaseClock().push(t_s, velocity, sigma(t_s))
    cut = PhaseClock()
    parts = [
        cut.push(t_s[at : at + block], velocity[at : at + block], sigma(t_s[at : at + block]))
        for at in range(0, len(t_s), block)
    ]
    assert tuple(now for part in parts for now in part) == whole


def test_drift_within_its_uncertainty_is_no_movement():
    """After a lift the online velocity may stand at -0.11 m/s with a sigma of 0.08: the bar is held at the top."""
    t_s = np.arange(0.0, 3.0, 0.01)
    velocity = np.where(t_s < 1.0, 0.5, -0.11)
    clock = PhaseClock()
    clock.push(t_s, velocity, np.full_like(t_s, 0.08))
    assert clock.now.phase == "top"
    clock.push(t_s + 3.0, np.full_like(t_s, -0.3), np.full_like(t_s, 0.08))
    assert clock.now.phase == "eccentric"


def test_a_long_rest_ends_the_rep():
    t_s = np.arange(0.0, 40.0, 0.01)
    clock = PhaseClock()
    clock.push(t_s, vertical_velocity(t_s), sigma(t_s))
    assert clock.now is None


def test_the_usual_order():
    assert [usual_order(name) for name in ("squat", "bench", None)] == ["eccentric-first"] * 3
    assert usual_order("deadlift") == "concentric-first"
