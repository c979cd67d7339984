"""The window itself: lays the parts out, samples the session's state on a timer and turns keys into controls."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication

from bartracker.coaching.cues import CueSettings
from bartracker.coaching.metrics import metric_of
from bartracker.errors import BartrackerError
from bartracker.live import LiveSession
from bartracker.live_state import LiveRep, LiveSet, LiveState
from bartracker.session_edits import Edit
from bartracker.ui import wording
from bartracker.ui.preferences import Preferences
from bartracker.ui.sources import Surroundings
from bartracker.ui.start_page import start_page
from bartracker.ui.window.background import Background, Exports
from bartracker.ui.window.collecting import collect_due
from bartracker.ui.window.controls import Controls
from bartracker.ui.window.keys import action_of, key_name
from bartracker.ui.window.motions import Motions, best_rep
from bartracker.ui.window.overlays import covering
from bartracker.ui.window.painting import font
from bartracker.ui.window.palette import THEMES
from bartracker.ui.window.parts import WindowParts

LOG = logging.getLogger("bartracker.window")
LOG.addHandler(logging.NullHandler())

FRAME_MS = 33
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
        self.chosen_set: int | None = None
        self._chosen_rep: int | None = None
        self._surroundings = surroundings
        self._near: Sequence[tuple[str, str]] | None = None
        self._scanning = False
        self._clock_s = clock_s
        self._said: tuple[str, str, float] | None = None
        self._view: str | None = None
        self._other = False
        self._answer: Callable[[str], None] | None = None
        self.pictures = 0
        self.background = Background()
        self.exports = Exports(self)
        self.controls = Controls(self)
        self.motions = Motions(self, clock_s)
        self._remake()
        self.resize(self.preferences.width, self.preferences.height)
        self._hear()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.on_frame)
        self._timer.start(FRAME_MS)

    @property
    def folder(self) -> Path:
        """Where pictures and pages go."""
        return Path.cwd() if self._surroundings is None else self._surroundings.folder

    @property
    def shown_set(self) -> LiveSet | None:
        """The set on screen: the one chosen, or the newest."""
        sets = self.state.sets
        return next((each for each in sets if each.index == self.chosen_set), sets[-1] if sets else None)

    @property
    def shown_rep(self) -> LiveRep | None:
        """The rep on screen: the one chosen, or the newest of the shown set."""
        reps = self._reps()
        return next((each for each in reps if each.rep.index == self._chosen_rep), reps[-1] if reps else None)

    @property
    def following(self) -> bool:
        """Whether the newest is shown, not what a person chose."""
        return self.chosen_set is None and self._chosen_rep is None

    def refresh(self) -> None:
        """Show the session's latest state; little work if it is the one already shown."""
        self.background.collect()
        state = self.session.snapshot()
        if not self.pictures or state.version != self.state.version:
            self.state = state
            self._show(state)
        elif self._said is not None and self._clock_s() - self._said[2] > SAID_S:
            self._said = None
            self._show_notice()
        self.time_plots.glide()
        self.motions.advance()

    def stop(self) -> None:
        """Draw no more by itself."""
        self._timer.stop()

    def on_frame(self) -> None:
        """What the timer calls: refresh, and say so if that fails."""
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
        if self.start.isVisible() and self._choose_source(name):
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
        covering((self.help, self.start, self.routine))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        if not self.isFullScreen():
            self.preferences = replace(self.preferences, width=self.width(), height=self.height())
        self.background.close()
        super().closeEvent(event)

    def say(self, text: str, severity: str = "info") -> None:
        """Say this for a few seconds in place of the notices."""
        self._said = (text, severity, self._clock_s())
        self._show_notice()

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
        self._show(self.state)

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
        self.chosen_set, self._chosen_rep = set_index, rep_index
        self._show(self.state)

    def step_rep(self, step: int) -> None:
        """Show the rep before or after; past the last one follows the set, or its summary once it is over."""
        shown = self.shown_set
        if shown is None or not shown.reps:
            return
        indices = [each.rep.index for each in shown.reps]
        stops: list[int | None] = [*(indices if shown.result is not None else indices[:-1]), None]
        here = stops.index(self._chosen_rep) if self._chosen_rep in stops else len(stops) - 1
        self.choose(self.chosen_set, stops[min(max(here + step, 0), len(stops) - 1)])

    def step_set(self, step: int) -> None:
        """Show the set before or after."""
        shown = self.shown_set
        if shown is not None:
            indices = [each.index for each in self.state.sets]
            place = min(max(indices.index(shown.index) + step, 0), len(indices) - 1)
            self.choose(None if place == len(indices) - 1 else indices[place], None)

    def next_view(self) -> None:
        """Lifts laid over each other instead of time, or back."""
        self._view = "time" if self.lifts.frame.isVisible() else "lifts"
        self._show(self.state)

    def toggle_other(self) -> None:
        """The set before behind this one, or not."""
        self._other = not self._other
        self._show(self.state)
        if self._other and not self._reps_before():
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

    def _show(self, state: LiveState) -> None:
        self.pictures += 1
        shown, rep, reps = self.shown_set, self.shown_rep, self._reps()
        metric = metric_of(self.preferences.metric)
        best, other = best_rep(reps), self._reps_before() if self._other else ()
        self.header.show(shown, state, self.preferences.units)
        self.banner.show_state(state)
        self.card.show_rep(None if rep is None else rep.rep, self.following, metric)
        self.bars.show_reps(reps, rep, metric, state.targets)
        self.time_plots.show(state.motion, state.sets)
        self.lifts.show(reps, rep, best, other)
        self.table.show(reps, None if rep is None else reps.index(rep))
        self.path.show(reps, rep, best, other)
        over = shown is not None and shown.result is not None and not state.behind
        self.ring.show_phase(None if over else state.now, state.targets.tempo, state.targets.eccentric_tolerance_s)
        self.transport.show_state(state)
        self._arrange(shown, state)
        self._show_notice()
        if self.too_narrow:
            self.fit(self.preferences.zoom)
        page = start_page(state, self._near, self._scanning, can_open=self._surroundings is not None)
        self.start.show_page(page)

    def _remake(self) -> None:
        """The parts in the colours of the theme."""
        self.make_parts(THEMES[self.preferences.theme])
        self.prompt.returnPressed.connect(self._take_answer)
        self.table.view.clicked.connect(self._on_row)
        self.transport.play.clicked.connect(self.controls.toggle_pause)
        self.transport.slower.clicked.connect(self.controls.slower)
        self.transport.faster.clicked.connect(self.controls.faster)
        self.transport.bar.sliderReleased.connect(self._on_slider)
        self.fit(self.preferences.zoom)

    def _arrange(self, shown: LiveSet | None, state: LiveState) -> None:
        over = shown is not None and shown.result is not None
        summary = over and self._chosen_rep is None and not state.behind
        if summary and shown is not None:
            self.summary.show_set(shown, state.targets, wording.rest_s(state) if self.chosen_set is None else None)
        lifts = self._view == "lifts" or (self._view is None and over)
        self.arrange(big=self.preferences.big, summary=summary, lifts=lifts)

    def _show_notice(self) -> None:
        if self._said is not None:
            self.notice.show_said(self._said[0], self._said[1])
        else:
            self.notice.show_state(self.shown_set, self.state, self.preferences.units)

    def _reps(self) -> tuple[LiveRep, ...]:
        shown = self.shown_set
        return () if shown is None else shown.reps

    def _reps_before(self) -> tuple[LiveRep, ...]:
        shown = self.shown_set
        before = [each for each in self.state.sets if shown is not None and each.index < shown.index]
        return before[-1].reps if before else ()

    def _hear(self) -> None:
        mine = self.preferences
        self.session.hear(
            CueSettings(
                schedule=mine.schedule,
                every_nth=mine.every_nth,
                metric=mine.metric,
                sounds=mine.sound,
                metronome=mine.metronome,
                speaks=mine.speech,
            )
        )

    def _on_row(self, index: QModelIndex) -> None:
        self.choose(self.chosen_set, self._reps()[index.row()].rep.index)

    def _on_slider(self) -> None:
        if self.state.duration_s is not None:
            self.session.seek(self.transport.sought_s(self.state.duration_s))

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

    def _choose_source(self, name: str) -> bool:
        """Carry out a choice of the page at the start; False where the key means none of them."""
        page = self.start.page
        choice = next((each for each in page.choices if each.key == name), None) if page is not None else None
        surroundings = self._surroundings
        if choice is None or surroundings is None:
            return False
        if choice.uri is None:
            self._scanning, self._near = True, None
            self.background.do(surroundings.near, self._heard, self._heard_nothing)
        else:
            try:
                self._change_session(surroundings.open(choice.uri))
            except BartrackerError as error:
                self.refuse(error)
        self._show(self.state)
        return True

    def _change_session(self, session: LiveSession) -> None:
        old, self.session = self.session, session
        self._near, self._scanning = None, False
        # The old one may take seconds to let go of its sensor.
        self.background.do(old.close, lambda _: None, self.refuse)
        self._hear()
        session.start()
        self.state = session.snapshot()
        self.choose(None, None)

    def _heard(self, near: object) -> None:
        self._scanning = False
        self._near = cast("list[tuple[str, str]]", near)
        self._show(self.state)

    def _heard_nothing(self, error: BartrackerError) -> None:
        self._scanning = False
        self.refuse(error)
        self._show(self.state)
