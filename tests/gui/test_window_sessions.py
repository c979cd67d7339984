"""Whole sessions in the window by keyboard alone: links that come and go, corrections, looks, going to and fro."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from scripted_sensor import ScriptedSensor
from scripted_set import SCRIPT, HeldLink, ScriptedPipeline
from window_places import place_in

from bartracker.coaching import Targets, Tempo
from bartracker.errors import BartrackerError
from bartracker.ghost import Ghost
from bartracker.links.sensor_link import LinkState
from bartracker.live import LiveSession
from bartracker.pipeline import PipelineSettings
from bartracker.ui import quantities
from bartracker.ui.preferences import Preferences, read_preferences, write_preferences
from bartracker.ui.start_page import latitude_of

AFTER_TWO_REPS_S = 12.0


class Gym:
    """Surroundings of a window: other sessions, sensors that are near, edits that were kept."""

    desk = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[str] = []
        self.kept: list[tuple[object, ...]] = []
        self.best: Ghost | None = None
        self.sensors = [("bar-1 (00:11), -50 dBm", "ble://bar-1"), ("bar-2 (00:12), -70 dBm", "ble://bar-2")]

    def open(self, uri: str) -> LiveSession:
        self.opened.append(uri)
        return LiveSession(HeldLink(AFTER_TWO_REPS_S, hold=True), ScriptedPipeline())

    def near(self) -> list[tuple[str, str]]:
        return self.sensors

    def keep_edits(self, edits: tuple[object, ...]) -> None:
        self.kept.append(edits)

    def ghost(self) -> Ghost | None:
        return self.best


@pytest.fixture
def gym(tmp_path) -> Gym:
    return Gym(tmp_path)


@pytest.fixture
def show(qapp, qtbot, gym):
    """A window over a session, driven frame by frame on a clock of its own."""
    from bartracker.ui.window.main import MainWindow, dress

    dress(qapp)
    windows = []

    def start(session: LiveSession, preferences: Preferences | None = None):
        clock = iter(range(1_000_000))
        window = MainWindow(session, preferences, gym, clock_s=lambda: next(clock) / 30.0)
        qtbot.addWidget(window)
        windows.append(window)
        window.stop()
        window.show()
        window.refresh()
        return window

    yield start
    for window in windows:
        window.session.close()


@pytest.fixture
def press(qtbot):
    from PySide6.QtCore import Qt

    def key(window, *names: str) -> None:
        for name in names:
            *modifiers, key = name.split("+")
            pressed = Qt.KeyboardModifier.NoModifier
            for each in modifiers:
                pressed |= getattr(Qt.KeyboardModifier, f"{each}Modifier")
            qtbot.keyClick(window, getattr(Qt.Key, f"Key_{key}"), pressed)
            window.refresh()

    return key


def finished(play: Callable[..., LiveSession], qtbot) -> LiveSession:
    session = play(HeldLink())
    qtbot.waitUntil(lambda: session.snapshot().ended, timeout=10_000)
    return session


def taken(window, qtbot, t_s: float) -> None:
    """Wait until the window's session has a sample at t_s, and show it."""

    def there() -> bool:
        motion = window.session.snapshot().motion
        return bool(len(motion)) and motion.t_s[-1] >= t_s - 0.02

    qtbot.waitUntil(there, timeout=10_000)
    window.refresh()


def test_a_set_with_a_sensor_that_is_lost_and_found_again(show, qtbot):
    sensor = ScriptedSensor()
    session = LiveSession(sensor, ScriptedPipeline())
    session.start()
    window = show(session)
    assert window.start.isVisible()
    assert window.start.page.title == "Looking for your sensor"
    sensor.become(LinkState.STREAMING, "bar-1 is connected")
    taken(window, qtbot, sensor.give_until(AFTER_TWO_REPS_S))
    assert not window.start.isVisible()
    assert not window.banner.isVisible()
    assert window.card.number == "0.59"

    sensor.become(LinkState.LOST, "no data come from bar-1")
    qtbot.waitUntil(lambda: session.snapshot().link.state is LinkState.LOST, timeout=10_000)
    window.refresh()
    assert window.banner.isVisible()
    assert "The sensor is lost. Bring it near" in window.banner.text()
    # The pipeline's thread says it a moment after the link shows it.
    qtbot.waitUntil(lambda: session.snapshot().cues[-1].words == "Sensor lost", timeout=10_000)
    assert window.card.number == "0.59", "what was found stays"

    sensor.become(LinkState.STREAMING, "bar-1 is connected again")
    taken(window, qtbot, sensor.give_until(30.0))
    assert not window.banner.isVisible()
    assert window.table.model.rowCount() == len(SCRIPT)


def test_a_change_of_the_link_that_nobody_says_shows_too(show, qtbot):
    sensor = ScriptedSensor()
    sensor.become(LinkState.STREAMING, "connected")
    session = LiveSession(sensor, ScriptedPipeline())
    session.start()
    window = show(session)
    taken(window, qtbot, sensor.give_until(3.0))
    sensor.discharge(9)
    window.refresh()
    assert "battery is at 9 %" in window.banner.text()
    assert window.banner.property("severity") == "warning"


def test_the_virtual_sensor_and_a_sensor_from_the_list_are_a_key_away(show, press, gym, qtbot):
    session = LiveSession(ScriptedSensor(), ScriptedPipeline())
    session.start()
    window = show(session)
    press(window, "N")
    qtbot.waitUntil(lambda: window.refresh() or window.start.page.title.startswith("Which sensor"), timeout=10_000)
    assert [choice.words for choice in window.start.page.choices][:2] == [name for name, _ in gym.sensors]
    press(window, "2")
    assert gym.opened == ["ble://bar-2"]
    taken(window, qtbot, AFTER_TWO_REPS_S)
    assert not window.start.isVisible()
    assert window.card.number == "0.59"
    qtbot.waitUntil(lambda: window.refresh() or not window.background.busy, timeout=10_000)
    assert not any(thread.is_alive() for thread in session.threads)


def test_after_a_failure_there_are_words_and_ways_on(show, press, gym, qtbot):
    nobody = BartrackerError("ble://", "no sensor was heard in 10 s", "switch it on and bring it near")
    session = LiveSession(ScriptedSensor(), lambda: (_ for _ in ()).throw(nobody))
    session.start()
    qtbot.waitUntil(lambda: session.snapshot().ended, timeout=10_000)
    window = show(session)
    assert window.start.page.failed
    assert str(nobody) in window.start.page.text
    press(window, "V")
    assert gym.opened[0].startswith("sim://")


def test_a_deleted_rep_comes_back(show, press, play, qtbot, gym):
    window = show(finished(play, qtbot))
    assert window.summary.isVisible()
    press(window, "Up")
    assert window.shown_rep.rep.index == 5
    assert window.card.isVisible()
    press(window, "Delete")
    assert window.table.model.rowCount() == 4
    assert window.header.reps.value == "4"
    assert window.notice.text() == "Rep 5 left out. Ctrl Z takes that back."
    press(window, "Control+Z")
    assert window.table.model.rowCount() == 5
    press(window, "Control+Y")
    assert window.table.model.rowCount() == 4
    qtbot.waitUntil(lambda: window.refresh() or len(gym.kept) == 3, timeout=10_000)
    assert [len(edits) for edits in gym.kept] == [1, 0, 1]


def test_split_join_warm_up_and_a_deleted_set(show, press, play, qtbot):
    window = show(finished(play, qtbot))
    press(window, "Up", "Up", "K")
    assert [len(each.reps) for each in window.state.sets] == [3, 2]
    press(window, "Escape", "W")
    assert [each.warm_up for each in window.state.sets] == [False, True]
    assert window.header.load.text() == "100 kg warm-up"
    press(window, "J")
    assert [len(each.reps) for each in window.state.sets] == [5]
    press(window, "Shift+Delete")
    assert window.state.sets == ()
    press(window, "Control+Z", "Control+Z", "Control+Z", "Control+Z", "Control+Z")
    assert "nothing to take back" in window.notice.text()
    assert [len(each.reps) for each in window.state.sets] == [5]


def answer(window, qtbot, press, key: str, text: str) -> None:
    from PySide6.QtCore import Qt

    press(window, key)
    assert window.prompt.isVisible()
    qtbot.keyClicks(window.prompt, text)
    qtbot.keyClick(window.prompt, Qt.Key.Key_Return)
    window.refresh()


def test_a_load_said_in_a_set_shows_at_once_and_is_kept_as_holding_onward(show, press, play, gym, qtbot):
    window = show(play(HeldLink(AFTER_TWO_REPS_S, hold=True)))
    assert window.header.load.text() == "100 kg"
    press(window, "L")
    assert "from set 1 on" in window.prompt.placeholderText()
    press(window, "Escape")
    answer(window, qtbot, press, "L", "110")
    assert window.header.load.text() == "110 kg"
    assert window.notice.text() == "110 kg from set 1 on"
    qtbot.waitUntil(lambda: window.refresh() or len(gym.kept) == 1, timeout=10_000)
    assert gym.kept[0][0].onward
    press(window, "Up", "L")
    assert "for set 1 alone" in window.prompt.placeholderText()


def test_load_exercise_and_athlete_are_typed(show, press, play, qtbot):
    window = show(finished(play, qtbot))
    answer(window, qtbot, press, "L", "225lb")
    assert window.header.load.text() == "102.0582833 kg"
    press(window, "U")
    assert window.header.load.text() == "225 lb"
    answer(window, qtbot, press, "E", "Bench")
    assert window.header.exercise.text() == "Bench press"
    answer(window, qtbot, press, "E", "deadlift")
    assert "--exercise deadlift" in window.notice.text()
    assert window.header.exercise.text() == "Bench press"
    answer(window, qtbot, press, "L", "much")
    assert "is no number" in window.notice.text()
    press(window, "Up")
    answer(window, qtbot, press, "A", "Anna")
    assert window.header.athlete.value == "Anna"


def test_escape_leaves_the_prompt_and_the_keys_work_again(show, press, play, qtbot):
    from PySide6.QtCore import Qt

    window = show(finished(play, qtbot))
    press(window, "A")
    qtbot.keyClick(window.prompt, Qt.Key.Key_Escape)
    assert not window.prompt.isVisible()
    press(window, "M")
    assert window.preferences.metric == "mpv"


def test_units_metric_theme_and_size_change_by_key(show, press, play, qtbot):
    window = show(finished(play, qtbot))
    press(window, "Up", "M", "M", "M")
    assert window.preferences.metric == "rom"
    assert window.card.number == "60"
    assert window.card.uncertainty == "± 2 cm"
    press(window, "T")
    assert window.preferences.theme == "light"
    assert window.card.number == "60", "the parts made anew show the same"
    assert window.table.model.rowCount() == 5
    for _ in range(9):
        press(window, "Control+Plus")
    assert window.preferences.zoom == 2.0
    for _ in range(9):
        press(window, "Control+Minus")
    assert window.preferences.zoom == 0.8


@pytest.mark.parametrize(("zoom", "size"), [(0.8, (1280, 720)), (1.3, (1280, 720)), (2.0, (1920, 1080))])
def test_at_every_scale_the_parts_stay_apart_and_in_sight(show, play, qapp, zoom, size):
    window = show(play(HeldLink(AFTER_TWO_REPS_S, hold=True)), Preferences(zoom=zoom, width=size[0], height=size[1]))
    qapp.processEvents()
    assert (window.width(), window.height()) == size
    parts = [window.header.frame, window.card, window.bars, window.time_plots.frame, window.table.frame, window.ring]
    for number, part in enumerate(parts):
        assert part.isVisible()
        place = place_in(window, part)
        assert window.rect().contains(place)
        assert not any(place.intersects(place_in(window, other)) for other in parts[number + 1 :])


def test_big_shows_the_number_and_the_bars_alone(show, press, play, qapp):
    window = show(play(HeldLink(AFTER_TWO_REPS_S, hold=True)))
    qapp.processEvents()
    before = window.card.width()
    press(window, "B")
    qapp.processEvents()
    assert window.card.width() > 1.8 * before
    assert window.bars.isVisible()
    assert not window.path.frame.isVisible()
    press(window, "B")
    assert window.path.frame.isVisible()


def test_after_the_set_the_plots_show_the_second_look(show, press, play, qtbot):
    window = show(finished(play, qtbot))
    assert window.lifts.frame.isVisible()
    t_s, velocity = window.lifts.current.points
    trace = SCRIPT[-1].trace()
    assert t_s[-1] == pytest.approx(trace.t_s[-1] - trace.t_s[0])
    assert velocity.max() == pytest.approx(trace.vel_z_mps.max())
    press(window, "V")
    assert window.time_plots.frame.isVisible()
    drawn_t_s, _ = window.time_plots.refined_velocity
    assert drawn_t_s[-1] == pytest.approx(SCRIPT[-1].end_s)


def test_the_summary_says_what_to_do_next(show, play, qtbot):
    targets = Targets(velocity_loss_limit=0.2, velocity_mps=(0.6, 0.8))
    pipeline = ScriptedPipeline(settings=PipelineSettings(exercise="squat", load_kg=100.0, targets=targets))
    session = play(HeldLink(), pipeline)
    qtbot.waitUntil(lambda: session.snapshot().ended, timeout=10_000)
    window = show(session)
    assert window.summary.next_steps[0].startswith("End the set sooner: 35 % slower")
    assert window.summary.next_steps[1].startswith("Take less load: 0.54 m/s")


def test_the_bars_carry_band_loss_line_and_best(show, play):
    targets = Targets(velocity_loss_limit=0.2, velocity_mps=(0.5, 0.7), tempo=Tempo.parse("2-0-X-0"))
    pipeline = ScriptedPipeline(settings=PipelineSettings(exercise="squat", load_kg=100.0, targets=targets))
    window = show(play(HeldLink(AFTER_TWO_REPS_S, hold=True), pipeline))
    scale = window.bars.scale
    assert (scale.band, scale.best) == ((0.5, 0.7), 0)
    assert scale.limit == pytest.approx(0.8 * 0.6 / 0.9)


def test_the_ghost_runs_in_real_time_and_stops(show, press, play, qtbot):
    window = show(finished(play, qtbot))
    press(window, "G")
    assert window.notice.text().startswith("Ghost: set 1 rep 1, 0.67 m/s")
    places = []
    for _ in range(6):
        window.refresh()
        places.append(window.path.ghost.place)
    heights = [place[1] for place in places]
    assert heights == sorted(heights)
    assert heights[-1] > heights[0]
    assert window.lifts.ghost.place is not None
    press(window, "G")
    assert window.path.ghost.place is None
    assert not len(window.path.ghost_line.points[0])


def test_a_ghost_from_elsewhere_runs_before_the_first_rep(show, gym, play, qtbot):
    gym.best = Ghost(SCRIPT[1].rep(announced=False), SCRIPT[1].trace(), "set 1 rep 2 of monday.btr")
    window = show(play(HeldLink(1.0, hold=True)))
    qtbot.waitUntil(lambda: window.refresh() or window.path.ghost.place is not None, timeout=10_000)
    assert window.notice.text() == "Ghost: set 1 rep 2 of monday.btr, 0.59 m/s"
    assert not window.state.sets
    heights = [(window.refresh(), window.path.ghost.place[1])[1] for _ in range(5)]
    assert heights == sorted(heights)
    assert heights[-1] > heights[0]
    assert window.path.ghost_line.points[1].max() == pytest.approx(60.0)


def test_the_ghost_lifts_with_the_lifter(show, gym, play, qtbot):
    gym.best = Ghost(SCRIPT[0].rep(announced=False), SCRIPT[0].trace(), "set 1 rep 1 of monday.btr")
    half_s = 0.5 * SCRIPT[2].concentric_s
    window = show(play(HeldLink(SCRIPT[2].turn_s + half_s, hold=True)))
    qtbot.waitUntil(lambda: window.refresh() or window.path.ghost.place is not None, timeout=10_000)
    taken(window, qtbot, SCRIPT[2].turn_s + half_s - 0.2)
    for _ in range(30):
        window.refresh()
    since_s = window.state.now.since_s
    assert window.state.now.phase == "concentric"
    assert since_s == pytest.approx(SCRIPT[2].turn_s, abs=0.15)
    share_s = window.time_plots.edge_s - since_s
    assert window.lifts.ghost.place[0] == pytest.approx(share_s)
    assert 0.3 < share_s < SCRIPT[0].concentric_s
    t_s, velocity = window.time_plots.ghost_velocity
    assert t_s[0] == pytest.approx(since_s)
    assert velocity.max() == pytest.approx(1.875 * 0.6 / 0.9, rel=1e-3)


def test_the_ghost_waits_while_the_bar_goes_down(show, gym, play, qtbot):
    gym.best = Ghost(SCRIPT[0].rep(announced=False), SCRIPT[0].trace(), "set 1 rep 1 of monday.btr")
    window = show(play(HeldLink(SCRIPT[2].start_s + 0.6, hold=True)))
    qtbot.waitUntil(lambda: window.refresh() or window.path.ghost.place is not None, timeout=10_000)
    taken(window, qtbot, SCRIPT[2].start_s + 0.4)
    for _ in range(30):
        window.refresh()
    assert window.state.now.phase == "eccentric"
    assert window.path.ghost.place[1] == pytest.approx(0.0)


def test_a_ghost_that_cannot_be_had_is_said(show, gym, play, qtbot):
    def missing() -> Ghost | None:
        raise BartrackerError("monday.btr", "has no full rep to lift against", "name a recording with one")

    gym.ghost = missing
    window = show(play(HeldLink(1.0, hold=True)))
    qtbot.waitUntil(lambda: window.refresh() or "no full rep" in window.notice.text(), timeout=10_000)
    assert window.path.ghost.place is None


def test_the_routine_counts_stillness_and_ends_with_the_first_movement(show, press, qtbot):
    sensor = ScriptedSensor()
    sensor.become(LinkState.STREAMING, "connected")
    session = LiveSession(sensor, ScriptedPipeline())
    session.start()
    window = show(session)
    taken(window, qtbot, sensor.give_until(2.9))
    press(window, "R")
    window.refresh()
    assert window.routine.isVisible()
    assert window.routine.still_s == pytest.approx(2.89, abs=0.02)
    taken(window, qtbot, sensor.give_until(4.2))
    assert not window.routine.isVisible()


def test_scrubbing_and_rep_by_rep_by_keyboard(show, press, play):
    link = HeldLink(30.0, hold=True)
    window = show(play(link))
    press(window, "Space", "Left", "Left")
    assert window.state.position_s == pytest.approx(20.0, abs=0.3)
    press(window, "Comma")
    rows = window.table.model.rowCount()
    press(window, "Period")
    assert window.table.model.rowCount() == rows + 1
    press(window, "Right", "Right")
    assert window.table.model.rowCount() == len(SCRIPT)


def test_the_slider_seeks(show, press, play, qtbot):
    from PySide6.QtCore import Qt

    window = show(play(HeldLink(30.0, hold=True)))
    press(window, "Space")
    window.transport.bar.setValue(window.transport.bar.maximum() // 4)
    window.transport.bar.sliderReleased.emit()
    window.refresh()
    assert window.state.position_s == pytest.approx(8.0, abs=0.1)
    assert window.transport.bar.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_picture_and_page_are_kept_and_never_overwrite(show, press, play, qtbot, gym):
    window = show(finished(play, qtbot))
    press(window, "P", "X")
    qtbot.waitUntil(lambda: window.refresh() or not window.background.busy, timeout=20_000)
    press(window, "X")
    qtbot.waitUntil(lambda: window.refresh() or not window.background.busy, timeout=20_000)
    names = sorted(path.name for path in gym.folder.iterdir())
    assert names == ["bartracker-squat-2.html", "bartracker-squat.html", "bartracker-squat.png"]
    page = (gym.folder / "bartracker-squat.html").read_text(encoding="utf-8")
    assert "://" not in page
    assert "<script" not in page
    assert page.count("<tr>") == 6
    for rep in (each.rep(announced=False) for each in SCRIPT):
        assert quantities.velocity_with_sigma(rep.mean_velocity_mps, rep.sigma["mean_velocity_mps"]) in page
    assert (gym.folder / "bartracker-squat.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_takes_nothing_is_said(show, press, play, qtbot, gym):
    window = show(finished(play, qtbot))
    gym.folder = gym.folder / "missing"
    press(window, "P")
    qtbot.waitUntil(lambda: window.refresh() or not window.background.busy, timeout=20_000)
    assert "cannot be written" in window.notice.text()


def test_help_shows_every_key_and_escape_closes_it(show, press, play):
    from bartracker.ui.window.controls import Controls
    from bartracker.ui.window.keys import KEYS

    window = show(play(HeldLink(2.0, hold=True)))
    press(window, "Question")
    assert window.help.isVisible()
    assert window.help.geometry() == window.help.parentWidget().rect()
    press(window, "Escape")
    assert not window.help.isVisible()
    assert all(callable(getattr(Controls, use.action)) for use in KEYS)
    keys = [key for use in KEYS for key in use.keys]
    assert len(keys) == len(set(keys))


def test_sound_keys_say_what_they_do(show, press, play):
    window = show(play(HeldLink(2.0, hold=True)))
    press(window, "S")
    assert (window.preferences.sound, window.preferences.speech) == (True, False)
    press(window, "S")
    assert not window.session.heard.sounds
    press(window, "S")
    assert (window.preferences.sound, window.preferences.speech) == (True, True)
    assert window.session.heard.sounds
    press(window, "C")
    assert window.notice.text() == "Every third rep is heard"
    press(window, "D")
    assert "--tempo" in window.notice.text()


def test_what_a_person_likes_is_kept(tmp_path):
    liked = Preferences(
        "rom", "lb", "light", 1.3, 1600, 900, True, True, "outside", 4, False, False, True, "sound", 48.1
    )
    assert len(fields(Preferences)) == 15, "give the new one a value here"
    path = tmp_path / "new" / "views.json"
    write_preferences(liked, path)
    assert read_preferences(path) == liked


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"metric": 3, "zoom": "x", "width": -4, "theme": "pink"}'])
def test_what_cannot_be_used_falls_back_to_the_usual(tmp_path, text):
    path = tmp_path / "views.json"
    path.write_text(text)
    assert read_preferences(path) == Preferences()
    path.write_text('{"units": "lb", "zoom": true, "full_screen": 1}')
    assert read_preferences(path) == replace(Preferences(), units="lb")


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("name", ["dark", "light"])
def test_every_text_colour_can_be_read_on_its_ground(require_qt, name):
    """WCAG 2.2: 4.5 for text."""
    from bartracker.ui.window.palette import THEMES

    theme = THEMES[name]
    card = _luminance(theme.card)
    for colour in (theme.text, theme.muted, theme.up, theme.down, *theme.levels.values(), theme.hint):
        ink = _luminance(colour)
        contrast = (max(ink, card) + 0.05) / (min(ink, card) + 0.05)
        assert contrast >= (4.5 if colour != theme.hint else 4.0), (colour, contrast)


def test_what_the_header_says_can_be_clicked(show, play, qtbot):
    from PySide6.QtCore import Qt

    window = show(play(HeldLink(AFTER_TWO_REPS_S, hold=True)))
    for widget, question in ((window.header.load, "Load in kg"), (window.header.exercise, "Exercise")):
        qtbot.mouseClick(widget, Qt.MouseButton.RightButton)
        assert not window.prompt.isVisible()
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)
        assert window.prompt.placeholderText().startswith(question)
        assert window.prompt.isVisible()
        qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.mouseClick(window.transport.keys, Qt.MouseButton.LeftButton)
    assert window.help.isVisible()


@pytest.mark.parametrize(
    ("kept", "read"), [("48.1", 48.1), ("-33", -33), ("null", None), ("200", None), ("true", None)]
)
def test_a_latitude_is_remembered_where_it_can_be_one(tmp_path, kept, read):
    path = tmp_path / "views.json"
    path.write_text(f'{{"latitude_deg": {kept}}}')
    assert read_preferences(path).latitude_deg == read


@pytest.mark.parametrize(
    ("typed", "degrees"), [("", None), ("48.1", 48.1), (" 48,1 N", 48.1), ("33.9°S", -33.9), ("-12", -12)]
)
def test_a_latitude_as_people_type_it(typed, degrees):
    assert latitude_of(typed) == degrees


@pytest.mark.parametrize("typed", ["here", "91", "nan", "S"])
def test_what_is_no_latitude_is_refused(typed):
    with pytest.raises(BartrackerError, match="latitude"):
        latitude_of(typed)
