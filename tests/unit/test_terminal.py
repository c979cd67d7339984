"""The terminal view rendered to text, its fallback to plain lines, and the wording both views share."""

import io
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from rich.text import Text
from scripted_set import CONCENTRIC_S, DAMAGED, ROM_M, SCRIPT, HeldLink, ScriptedPipeline, finished_set

from bartracker.coaching import Targets, Tempo
from bartracker.coaching.metrics import metric_of
from bartracker.events import Event, MotionUpdate, RepTrace
from bartracker.live import LiveSession
from bartracker.live_state import LiveState, StateBuilder
from bartracker.results import Flag, Rep
from bartracker.ui import quantities, wording
from bartracker.ui.bar_scale import bar_scale
from bartracker.ui.canvas import BLANK, big_digits, picture
from bartracker.ui.preferences import Preferences
from bartracker.ui.side_view import side_paths
from bartracker.ui.terminal import can_draw, run_terminal
from bartracker.ui.terminal_keys import HELP, Keys, TerminalControls
from bartracker.ui.terminal_picture import render


def state_after(until_s: float, *, finish: bool = False) -> LiveState:
    pipeline, builder = ScriptedPipeline(), StateBuilder("squat.btr", "squat", 100.0)
    builder.mark_running()
    events: list[Event] = []
    for item in HeldLink(until_s).items():
        events.extend(pipeline.push(item))
    if finish:
        events.extend(pipeline.finish())
    builder.apply(events)
    if finish:
        builder.mark_ended(None)
    return builder.build(1, None)


def drawn(state: LiveState, width: int = 120, height: int = 34) -> list[str]:
    console = Console(width=width, height=height, file=io.StringIO(), force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(render(state, width, height))
    return capture.get().rstrip("\n").split("\n")


@pytest.mark.parametrize(("width", "height"), [(120, 34), (80, 24), (200, 60), (70, 22)])
@pytest.mark.parametrize("until_s", [0.0, 12.0, 30.0])
def test_the_picture_fills_the_terminal_exactly(width, height, until_s):
    lines = drawn(state_after(until_s, finish=until_s == 30.0), width, height)
    assert len(lines) == height
    assert max(len(line) for line in lines) <= width


def test_it_shows_what_the_window_shows():
    text = "\n".join(drawn(state_after(30.0)))
    assert "Squat   100 kg" in text
    for row in big_digits(quantities.velocity(ROM_M / CONCENTRIC_S[-1])):
        assert row in text
    assert "■ Drifted 9 cm" in text
    text = "\n".join(drawn(state_after(30.0, finish=True)))
    for rep in finished_set().rep_set.reps:
        for cell in wording.rep_row(rep):
            assert cell in text
    assert "Set 1 done" in text
    assert "Next: Lower more slowly, as in the other reps: not so in rep 3." in text


def test_it_shows_the_reps_as_bars_the_tempo_phase_and_the_chosen_number():
    state = state_after(12.0)
    text = "\n".join(drawn(state))
    bars = [line for line in text.splitlines() if "●1" in line or "●2" in line]
    assert bars[0].count("█") > bars[1].count("█") > 10, "0.67 and 0.59 m/s"
    assert f"{wording.phase(state.now):<5}{quantities.seconds(state.now.elapsed_s):>4} s" in text
    console = Console(width=120, height=34, file=io.StringIO(), force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(render(state, 120, 34, Preferences(metric="rom", units="lb")))
    for row in big_digits("60"):
        assert row in capture.get()
    assert "220.5 lb" in capture.get()


def state_meant(until_s: float = 12.0, **changes: object) -> LiveState:
    targets = Targets(tempo=Tempo.parse("3-1-X-0"), velocity_mps=(0.5, 0.7), velocity_loss_limit=0.2)
    return replace(state_after(until_s), targets=targets, **changes)


@pytest.mark.parametrize(("width", "height"), [(120, 34), (80, 24)])
def test_targets_are_drawn_as_band_line_and_tempo(width, height):
    text = "\n".join(drawn(state_meant(), width, height))
    assert "0.50-0.70" in text
    assert "stop" in text
    assert "0.53" in text, "a fifth below the fastest, 0.67 m/s"
    assert text.count("│\n") >= height - 8
    here = next(line for line in text.splitlines() if "▸" in line)
    assert wording.phase(state_meant().now) in here
    assert "━" in here
    assert "…" not in here[: here.index("│", here.index("▸"))], "the target stands behind it"


def test_the_line_to_stop_at_stands_where_its_velocity_is():
    state = state_meant()
    rows = [Text.from_ansi(line).plain for line in drawn(state)]
    first = next(line for line in rows if "●1" in line)
    bar = first[first.index("●1") + 4 : first.index("  0.67")]
    scale = bar_scale([each.rep for each in state.sets[0].reps], metric_of("mv"), state.targets)
    assert bar.index("│") == int(len(bar) * scale.limit / scale.top)
    assert len(bar.rstrip()) == pytest.approx(len(bar) * 0.667 / scale.top, abs=1.5)


def test_what_must_be_seen_at_once_is_a_line_of_its_own():
    state = state_meant(error="the file ends in the middle of a packet")
    lines = drawn(state, 80, 24)
    assert len(lines) == 24
    assert lines[2].startswith(" ■ the file ends in the middle")
    assert sum("the file ends" in line for line in lines) == 1


def test_keys_and_answers_stand_below():
    console = Console(width=80, height=24, file=io.StringIO(), force_terminal=True, color_system=None)
    with console.capture() as capture:
        console.print(render(state_after(12.0), 80, 24, said="110 kg from set 1 on", keys=HELP[0]))
    lines = capture.get().rstrip("\n").split("\n")
    assert lines[-2].startswith("110 kg from set 1 on")
    assert lines[-1].rstrip() == HELP[0]
    assert all(len(line) <= 80 for line in lines)


class ScriptedKeys(Keys):
    """Types one key at each look."""

    def __init__(self, *typed: str) -> None:
        super().__init__()
        self._typed = list(typed)

    def __enter__(self) -> "ScriptedKeys":
        self.usable = True
        return self

    def wait(self, timeout_s: float) -> str:
        return self._typed.pop(0) if self._typed else "q"


def test_keys_choose_correct_and_stop(monkeypatch):
    output, kept, remembered = io.StringIO(), [], []
    console = Console(file=output, force_terminal=True, width=120, height=34, color_system=None, legacy_windows=False)
    console.options.encoding = "utf-8"
    link = HeldLink(12.0, hold=True)
    session = LiveSession(link, ScriptedPipeline())
    session.start()
    assert link.wait_given()
    version = -1
    while not link.all_taken(state := session.wait_newer(version, 10.0)):
        version = state.version
    typed = ["m", "u", "x", "z", "l", "2", "5", "0", "\n", "l", "x", "\x1b", "w", "?", "q"]
    monkeypatch.setattr("bartracker.ui.terminal.Keys", lambda: ScriptedKeys(*typed))
    assert run_terminal(session, console, keep=kept.append, remember=remembered.append) == 0
    assert (remembered[0].metric, remembered[0].units) == ("mpv", "lb")
    assert [[each.kind for each in edits] for edits in kept] == [["delete-rep"], [], ["load"], ["load", "warm-up"]]
    assert kept[-1][0].onward
    assert kept[-1][0].value == pytest.approx(250 * quantities.KG_PER_LB)
    text = output.getvalue()
    assert "Rep 2 left out. Z takes that back." in text
    assert HELP[0] in text
    assert HELP[1] in text
    assert "▸ 25▏  Load in lb, bar included, from set 1 on" in text
    assert "250 lb from set 1 on" in text
    after = text.rsplit("\x1b[?1049l", 1)[1]
    assert "Set 1: Squat 250 lb, 2 reps" in after, "what was lifted until then is summed up"


def held(until_s: float) -> LiveSession:
    """A session that has taken everything before until_s, and stays there."""
    link = HeldLink(until_s, hold=True)
    session = LiveSession(link, ScriptedPipeline())
    session.start()
    assert link.wait_given()
    version = -1
    while not link.all_taken(state := session.wait_newer(version, 10.0)):
        version = state.version
    return session


def test_sets_are_split_joined_and_named_by_key():
    session = held(20.0)
    controls = TerminalControls(session, Preferences())
    try:
        reps = len(session.snapshot().sets[0].reps)
        assert reps == 3
        controls.press("k")
        assert [len(each.reps) for each in session.snapshot().sets] == [2, 1]
        assert controls.said == "A new set begins with what was rep 3. Z takes that back."
        controls.press("j")
        assert [len(each.reps) for each in session.snapshot().sets] == [3]
        controls.press("ebench\n")
        assert session.snapshot().exercise == "bench"
        assert controls.said == "Bench press from set 1 on"
        controls.press("a")
        assert controls.question.startswith("▸ ▏  Who lifts?")
        controls.press("Anna Berg\x7f\n")
        assert session.snapshot().sets[0].athlete == "Anna Ber"
        assert controls.said == "Anna Ber lifts from this set on"
        controls.press("elunge\n")
        assert "exercise 'lunge': is not known" in controls.said
        controls.press("a   \n")
        assert session.snapshot().sets[0].athlete == "Anna Ber", "an empty line says nothing"
    finally:
        session.close()


def test_what_is_heard_is_chosen_by_key():
    controls = TerminalControls(LiveSession(HeldLink(), ScriptedPipeline()), Preferences())
    controls.press("sci")
    assert not controls.preferences.speech
    assert (controls.preferences.schedule, controls.preferences.sensor_cues) == ("nth", "light")
    shown = [controls.help]
    for _ in HELP:
        controls.press("?")
        shown.append(controls.help)
    assert shown == [*HELP, HELP[0]]
    assert max(map(len, HELP)) <= 70, "the narrowest terminal that is drawn in"


def test_what_cannot_be_is_told_and_nothing_is_kept():
    session = LiveSession(HeldLink(), ScriptedPipeline())
    kept: list[object] = []
    controls = TerminalControls(session, Preferences(), kept.append)
    for typed, answer in (("x", "There is no rep"), ("z", "nothing to take back"), ("lmuch\n", "is no number")):
        controls.press(typed)
        assert answer in controls.said
    assert kept == []


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal there")
def test_keys_are_read_from_a_terminal_as_they_are_typed_and_it_is_left_as_it_was(monkeypatch):
    import os
    import pty
    import termios

    leader, follower = pty.openpty()
    try:
        before = termios.tcgetattr(follower)
        with os.fdopen(os.dup(follower), "r") as terminal:
            monkeypatch.setattr("sys.stdin", terminal)
            with Keys() as keys:
                assert keys.usable
                assert keys.wait(0.0) == ""
                os.write(leader, b"m")
                assert keys.wait(5.0) == "m"
                os.write(leader, b"\x1b[A")
                assert keys.wait(5.0) == "", "an arrow is no key of ours"
            assert termios.tcgetattr(follower) == before
    finally:
        os.close(leader)
        os.close(follower)


def test_without_a_terminal_there_are_no_keys(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("q"))
    with Keys() as keys:
        assert not keys.usable
        assert keys.wait(0.0) == ""


def test_a_narrow_terminal_still_shows_velocity_and_tempo_whole():
    text = "\n".join(drawn(state_after(30.0, finish=True), 80, 24))
    for rep in finished_set().rep_set.reps:
        assert quantities.velocity_with_sigma(rep.mean_velocity_mps, rep.sigma["mean_velocity_mps"]) in text
        assert wording.tempo(rep) in text


def test_without_a_terminal_one_line_a_rep_then_the_summary():
    told = threading.Event()

    class Output(io.StringIO):
        def write(self, text: str) -> int:
            if f"set 1 rep {len(SCRIPT)}" in text:
                told.set()
            return super().write(text)

    class FinishedWhenTold(ScriptedPipeline):
        """The set is over only when its last rep has been told: a view may leave out what is no longer so."""

        def finish(self, remarks: tuple[str, ...] = ()) -> tuple[Event, ...]:
            assert told.wait(60.0)
            return super().finish(remarks)

    output = Output()
    session = LiveSession(HeldLink(), FinishedWhenTold())
    assert run_terminal(session, Console(file=output, force_terminal=False, width=200)) == 0
    lines = output.getvalue().splitlines()
    for script in SCRIPT:
        assert wording.rep_line(1, script.rep(announced=True)) in lines
        assert f"refined: {wording.rep_line(1, script.rep(announced=False))}" in lines
    assert lines[-2].startswith("Set 1: Squat 100 kg, 5 reps, mean 0.54 m/s")
    assert lines[-1] == "  next: Lower more slowly, as in the other reps: not so in rep 3."


def test_on_a_terminal_the_last_picture_is_followed_by_the_set():
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, width=120, height=34, color_system=None, legacy_windows=False)
    console.options.encoding = "utf-8"
    session = LiveSession(HeldLink(), ScriptedPipeline())
    assert can_draw(console)
    assert run_terminal(session, console) == 0
    after = output.getvalue().rsplit("\x1b[?1049l", 1)[1]
    assert "Set 1: Squat 100 kg, 5 reps" in after
    assert all(wording.tempo(each.rep(announced=False)) in after for each in SCRIPT)


def test_a_failed_session_returns_one_and_keeps_its_reps():
    output = io.StringIO()
    session = LiveSession(HeldLink(12.0, failure=DAMAGED), ScriptedPipeline())
    assert run_terminal(session, Console(file=output, force_terminal=False, width=200)) == 1
    assert session.failure is DAMAGED
    assert "Set 1: Squat 100 kg, 2 reps" in output.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_output_that_lacks_characters_gets_plain_ones(encoding):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    run_terminal(LiveSession(HeldLink(), ScriptedPipeline()), Console(file=file, force_terminal=False, width=200))
    file.flush()
    text = raw.getvalue().decode(encoding)
    assert "mean 0.67" in text
    assert "?" not in text.replace("-?", "")


def rep(**changes: object) -> Rep:
    return replace(SCRIPT[0].rep(announced=True), **changes)


@pytest.mark.parametrize(
    ("changes", "tempo"),
    [
        ({}, "2-0-X-?"),
        (
            {"eccentric_duration_s": 3.4, "bottom_pause_s": 0.5, "concentric_duration_s": 1.0, "top_pause_s": 0.0},
            "3-1-1-0",
        ),
        ({"eccentric_duration_s": 2.5, "concentric_duration_s": 0.99, "top_pause_s": 11.2}, "3-0-X-11"),
        ({"eccentric_duration_s": None, "bottom_pause_s": None, "concentric_duration_s": None}, "?-?-?-?"),
    ],
)
def test_tempo(changes, tempo):
    assert wording.tempo(rep(**changes)) == tempo


def test_numbers_say_their_sigma_and_never_zero_for_unknown():
    assert quantities.velocity_with_sigma(0.634, 0.021) == "0.63 ± 0.02"
    assert quantities.velocity_with_sigma(0.634, 0.0004) == "0.63 ± 0.01"
    assert quantities.velocity_with_sigma(0.634, None) == "0.63 ± –"
    assert quantities.velocity_with_sigma(None, 0.02) == "–"
    assert quantities.centimetres(None) == quantities.percent(None) == quantities.seconds(None) == "–"
    assert quantities.load(62.5) == "62.5 kg"
    assert quantities.load(100.0) == "100 kg"
    assert quantities.clock(75.9) == "1:15"


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({}, "good", "Good rep"),
        ({"kind": "partial"}, "off", "Partial rep"),
        ({"flags": SCRIPT[3].rep(announced=True).flags}, "watch", "Drifted 6 cm (borderline)"),
        ({"flags": (Flag("last_of_set", None, None, None, "yes", "no rep followed"),)}, "good", "Good rep"),
        ({"flags": (Flag("clipped", 3.0, 0.0, None, "yes", "3 samples clipped"),)}, "watch", "3 samples clipped"),
        ({"flags": SCRIPT[2].rep(announced=True).flags}, "off", "Lowered in 0.9 s, target 2.0 s"),
        ({"flags": (Flag("axis_unknown", None, None, None, "yes", "no tilt known"),)}, "good", "Good rep"),
        ({"flags": (Flag("not yet invented", 1.0, 0.5, 0.1, "yes", "something new"),)}, "off", "Something new"),
    ],
)
def test_verdict(changes, level, text):
    assert wording.verdict(rep(**changes)) == wording.Verdict(level, text)


def test_remarks_on_the_set_stand_in_its_line():
    finished = finished_set()
    flag = Flag("drift_trend", 0.3, 0.15, 0.2, "borderline", "the bar moved 30 cm over the set")
    builder = StateBuilder("x", "squat", 100.0)
    builder.apply([replace(finished, rep_set=replace(finished.rep_set, flags=(flag,)))])
    state = builder.build(1, None)
    assert wording.summary_line(state.sets[0], state).endswith("; the bar moved 30 cm over the set (borderline)")


def test_the_side_view_finds_the_direction_of_movement_whatever_the_heading():
    """The same path turned about the vertical reads the same, up to the sign that the first rep fixes."""
    trace = SCRIPT[4].trace()
    reference = side_paths([trace])[0]
    for angle in np.linspace(0.1, 6.2, 9):
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        turned = RepTrace(trace.t_s, trace.vel_z_mps, trace.path_w_m @ turn.T, trace.sigma_path_w_m, trace.forward_m)
        path = side_paths([turned])[0]
        np.testing.assert_allclose(path.sideways_cm, reference.sideways_cm, atol=1e-9)
        np.testing.assert_allclose(path.sigma_sideways_cm, reference.sigma_sideways_cm)
    assert reference.sideways_cm.max() > 5.0
    assert side_paths([]) == ()


def test_a_curve_is_drawn_without_holes_and_stays_within_its_canvas():
    x = np.linspace(0.0, 1.0, 50)
    lines = picture([(x, np.where(x < 0.5, -5.0, 5.0))], (0.0, 1.0), (-1.0, 1.0), 20, 6)
    assert [len(line) for line in lines] == [20] * 6
    assert all(set(line) != {BLANK} for line in lines)
    assert picture([(x[:0], x[:0])], (0.0, 1.0), (-1.0, 1.0), 3, 1) == [BLANK * 3]


def test_motion_with_no_reps_draws():
    builder = StateBuilder("x", None, None)
    t_s = np.arange(5) / 100
    zeros = np.zeros((5, 3))
    builder.apply([MotionUpdate(t_s, zeros, zeros, zeros, zeros, t_s < 1)])
    assert len(drawn(builder.build(1, None))) == 34
