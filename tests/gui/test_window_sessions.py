"""Whole sessions in the window by keyboard alone: links that come and go, corrections, looks, going to and fro."""

import pytest
from scripted_sensor import ScriptedSensor
from scripted_set import SCRIPT, HeldLink, ScriptedPipeline
from window_gym import AFTER_TWO_REPS_S, finished, taken
from window_places import place_in

from bartracker.coaching import Targets, Tempo
from bartracker.errors import BartrackerError
from bartracker.links.sensor_link import LinkState
from bartracker.live import LiveSession
from bartracker.pipeline import PipelineSettings
from bartracker.ui import quantities
from bartracker.ui.preferences import Preferences


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
