"""The window itself: shows its session's state at every frame and turns keys into controls.

When a frame is due is frame_clock's, which set and rep are meant selection's, what the parts show picture's, other
sources source_choice's, how the parts lie parts'.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication

from bartracker.coaching.cues import CueSettings
from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.live_state import LiveRep, LiveSet, LiveState
from bartracker.session_edits import Edit
from bartracker.ui.preferences import Preferences
from bartracker.ui.sources import Surroundings
from bartracker.ui.window.background import Background, Exports
from bartracker.ui.window.clicks import Clicks
from bartracker.ui.window.collecting import collect_due
from bartracker.ui.window.controls import Controls
from bartracker.ui.window.frame_clock import FrameClock
from bartracker.ui.window.keys import action_of, key_name
from bartracker.ui.window.motions import Motions
from bartracker.ui.window.overlays import covering
from bartracker.ui.window.painting import font
from bartracker.ui.window.palette import THEMES
from bartracker.ui.window.parts import WindowParts
from bartracker.ui.window.picture import Picture
from bartracker.ui.window.selection import Selection
from bartracker.ui.window.source_choice import SourceChoice

if TYPE_CHECKING:
    from bartracker.ghost import Ghost

LOG = logging.getLogger("bartracker.window")
LOG.addHandler(logging.NullHandler())

SAID_S = 5.0


def dress(app: QCoreApplication) -> None:
    """Give the application the window's fonts and plot options."""
    if isinstance(app, QApplication):
        app.setApplicationName("bartracker")
        app.setStyle("Fusion")
        app.setFont(font(13))


class MainWindow(WindowParts):
    """Shows a session until it is closed. The first session is the caller's to start and close; one that the window
    opens itself is started here and ended by the next or the end.
    """

    def __init__(
        self,
        session: LiveSession,
        preferences: Preferences | None = None,
        surroundings: Surroundings | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle("bartracker")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.session = session
        self.preferences = preferences or Preferences()
        self.state: LiveState = session.snapshot()
        self.selection = Selection()
        self._surroundings = surroundings
        self._clock_s = clock_s
        self._said: tuple[str, str, float] | None = None
        self._answer: Callable[[str], None] | None = None
        self.background = Background()
        # Apart: it takes seconds, and a correction must not wait for it.
        self._ghost_search = Background()
        self.exports = Exports(self)
        self.controls = Controls(self)
        self.motions = Motions(self, clock_s)
        self.source_choice = SourceChoice(self, surroundings)
        self._picture = Picture(self)
        self._remake()
        self.resize(self.preferences.width, self.preferences.height)
        self._frames = FrameClock(self, self._draw, lambda: self.session.hold_analysis(False))
        self._hear()
        session.on_news(self._frames.ring)
        if surroundings is not None:
            self._ghost_search.do(surroundings.ghost, self._take_ghost, self.refuse)

    @property
    def folder(self) -> Path:
        """Where pictures and pages go."""
        return Path.cwd() if self._surroundings is None else self._surroundings.folder

    @property
    def shown_set(self) -> LiveSet | None:
        """The set on screen: the one chosen, or the newest."""
        return self.selection.set_of(self.state)

    @property
    def shown_rep(self) -> LiveRep | None:
        """The rep on screen: the one chosen, or the newest of the shown set."""
        return self.selection.rep_of(self.state)

    @property
    def following(self) -> bool:
        """Whether the newest is shown, not what a person chose."""
        return self.selection.following

    @property
    def pictures(self) -> int:
        """How often anything was shown anew."""
        return self._picture.count

    def refresh(self) -> None:
        """Show the session's latest state; little work if it is the one already shown."""
        self.background.collect()
        self._ghost_search.collect()
        state = self.session.snapshot()
        if not self.pictures or state.version != self.state.version:
            self.state = state
            self._picture.show(state)
        elif self._said is not None and self._clock_s() - self._said[2] > SAID_S:
            self._said = None
            self.show_notice()
        self.time_plots.glide(self._clock_s())
        self.motions.advance()
        self.source_choice.steps.advance()

    def stop(self) -> None:
        """Draw no more by itself."""
        self.session.on_news(None)
        self._frames.stop()
        self.session.hold_analysis(False)

    def on_frame(self) -> None:
        """What the clock calls: refresh, and say so if that fails."""
        collect_due()
        try:
            self.refresh()
        except Exception as error:
            # One bad frame must not end the session, and the next may be good.
            LOG.exception("the window could not show the state")
            self.notice.show_fault(f"This picture is not up to date: {type(error).__name__}: {error}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        name = key_name(event)
        if self.prompt.isVisible():
            if name == "Esc":
                self._end_prompt()
            return
        if self.source_choice.press(name):
            return
        action = action_of(name)
        if action is None:
            super().keyPressEvent(event)
        else:
            try:
                self.controls.do(action)
            except BartrackerError as error:
                self.refuse(error)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit(self.preferences.zoom)
        covering((self.help, self.start, self.routine, self.calibration))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        if not self.isFullScreen():
            self.preferences = replace(self.preferences, width=self.width(), height=self.height())
        self.background.close()
        self._ghost_search.close()
        self.source_choice.steps.close()
        super().closeEvent(event)

    def say(self, text: str, severity: str = "info") -> None:
        """Say this for a few seconds in place of the notices."""
        self._said = (text, severity, self._clock_s())
        self.show_notice()

    def refuse(self, error: BartrackerError) -> None:
        """Say why something was not done."""
        self.say(str(error), "error")

    def use_preferences(self, preferences: Preferences) -> None:
        """Look and sound like this from now on."""
        before, self.preferences = self.preferences, preferences
        if preferences.theme != before.theme:
            self._remake()
        self.fit(preferences.zoom)
        self._hear()
        self.show_again()

    def use_session(self, session: LiveSession) -> None:
        """Show this one, which runs, from now on."""
        self.session.on_news(None)
        self.session.hold_analysis(False)
        self.session = session
        self._hear()
        session.on_news(self._frames.ring)
        self.state = session.snapshot()
        self.choose(None, None)

    def ask(self, question: str, answer: Callable[[str], None]) -> None:
        """Let a person type a line; `answer` may refuse it by raising BartrackerError."""
        self._answer = answer
        self.prompt.setPlaceholderText(f"{question} · Enter takes it, Esc leaves it")
        self.prompt.clear()
        self.prompt.show()
        self.prompt.setFocus()

    def edit(self, edit: Edit) -> None:
        """Correct what was found."""
        self.session.edit(edit)
        self.keep_edits()

    def keep_edits(self) -> None:
        """Have the corrections kept."""
        surroundings, edits = self._surroundings, self.session.edits.edits
        if surroundings is not None:
            self.background.do(lambda: surroundings.keep_edits(edits), lambda _: None, self.refuse)

    def choose(self, set_index: int | None, rep_index: int | None) -> None:
        """Show this set and rep; None: the newest."""
        self.selection.choose(set_index, rep_index)
        self.show_again()

    def step_rep(self, step: int) -> None:
        """Show the rep before or after; past the last one follows the set, or its summary once it is over."""
        self.selection.step_rep(self.state, step)
        self.show_again()

    def step_set(self, step: int) -> None:
        """Show the set before or after."""
        self.selection.step_set(self.state, step)
        self.show_again()

    def next_view(self) -> None:
        """Lifts laid over each other instead of time, or back."""
        self._picture.next_view()
        self.show_again()

    def toggle_other(self) -> None:
        """The set before behind this one, or not."""
        self.selection.other = not self.selection.other
        self.show_again()
        if self.selection.other and not self.selection.reps_before(self.state):
            self.say("There is no set before this one yet.", "warning")

    def toggle_help(self) -> None:
        """All keys, or not."""
        self.help.setVisible(not self.help.isVisible())
        self.help.cover()

    def close_overlays(self) -> bool:
        """Whether one was closed."""
        if self.help.isVisible():
            self.toggle_help()
            return True
        return self.motions.end_routine()

    def show_again(self) -> None:
        """Show the state as it now is to be seen."""
        self._picture.show(self.state)

    def show_notice(self) -> None:
        """What was said last, or the notices."""
        if self._said is not None:
            self.notice.show_said(self._said[0], self._said[1])
        else:
            self.notice.show_state(self.shown_set, self.state, self.preferences.units)

    def _draw(self) -> None:
        self.session.hold_analysis(True)
        self.on_frame()

    def _remake(self) -> None:
        """The parts in the colours of the theme."""
        self.make_parts(THEMES[self.preferences.theme])
        self.prompt.returnPressed.connect(self._take_answer)
        self.table.view.clicked.connect(self._on_row)
        self.transport.play.clicked.connect(self.controls.toggle_pause)
        self.transport.slower.clicked.connect(self.controls.slower)
        self.transport.faster.clicked.connect(self.controls.faster)
        self.transport.bar.sliderReleased.connect(self._on_slider)
        controls, header = self.controls, self.header
        for widget, act, words in (
            (header.exercise, controls.ask_exercise, "Correct the exercise (E)"),
            (header.load, controls.ask_load, "Correct the load (L)"),
            (header.athlete, controls.ask_athlete, "Who lifts from here on (A)"),
            (header.link, controls.ask_sensor, "The sensor: name, calibrate, another (N)"),
            (self.transport.keys, controls.toggle_help, "All keys (?)"),
        ):
            Clicks(widget, act, words)
        for page in (self.start, self.calibration):
            page.chosen.connect(self.source_choice.press)
        self.fit(self.preferences.zoom)

    def _hear(self) -> None:
        mine = self.preferences
        self.session.hear(
            CueSettings(
                schedule=mine.schedule,
                every_nth=mine.every_nth,
                metric=mine.metric,
                sounds=mine.sound,
                sensor=mine.sensor_cues,
                metronome=mine.metronome,
                speaks=mine.speech,
            )
        )

    def _on_row(self, index: QModelIndex) -> None:
        self.choose(self.selection.chosen_set, self.selection.reps_of(self.state)[index.row()].rep.index)

    def _on_slider(self) -> None:
        if self.state.duration_s is not None:
            self.session.seek(self.transport.sought_s(self.state.duration_s))

    def _take_ghost(self, ghost: object) -> None:
        self.motions.take_ghost(cast("Ghost | None", ghost))

    def _take_answer(self) -> None:
        answer, text = self._answer, self.prompt.text()
        self._end_prompt()
        if answer is not None and text.strip():
            try:
                answer(text)
            except BartrackerError as error:
                self.refuse(error)

    def _end_prompt(self) -> None:
        self._answer = None
        self.prompt.hide()
        self.setFocus()
