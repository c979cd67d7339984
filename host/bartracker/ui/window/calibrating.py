"""The calibration page: what to do now in large words, the sensor as it lies and as it could lie next, how still it is,
how far it all is, and what came out.
"""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from bartracker.calibration.guide import SIDES, GuideProgress
from bartracker.live_calibration import CalibrationState, CheckProgress
from bartracker.ui import quantities, wording
from bartracker.ui.calibration_words import CalibrationPage, calibration_page, said_words
from bartracker.ui.window.pages import ChoiceOverlay
from bartracker.ui.window.painting import ALIGN, BOLD, DEMI, PLAIN, draw_text, draw_wrapped, font, paint_shape
from bartracker.ui.window.palette import Theme
from bartracker.ui.window.sensor_picture import SensorPicture, paint_sensor

_LEFT = ALIGN.AlignLeft | ALIGN.AlignVCenter
_TOP = ALIGN.AlignLeft | ALIGN.AlignTop
_CHOICES_PX = 40.0
_SIXTEENTHS = 16  # Qt's angles


class CalibrationOverlay(ChoiceOverlay):
    """Shows the states of a calibration or a check, frame by frame."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent, theme, 1200.0, 660.0)
        self.state: CalibrationState | None = None
        self.page: CalibrationPage | None = None
        self.sensor = SensorPicture()

    def show_state(self, state: CalibrationState | None) -> None:
        """Show this; None: nothing. Once a frame: the picture moves."""
        if state is None:
            self.state = self.page = None
            self.sensor = SensorPicture()
            self.hide()
            return
        if self.state is None or state.version != self.state.version:
            self.state, self.page = state, calibration_page(state)
            self.setAccessibleName(self.page.title)
            self.setAccessibleDescription(" ".join(self.page.lines))
        self.sensor.follow(None if state.progress is None else state.progress.up)
        if not self.isVisible():
            self.show()
            self.cover()
        self.update()

    def paint_content(self, painter: QPainter, box: QRectF) -> None:
        if self.state is None or self.page is None:
            return
        state, page, scale = self.state, self.page, self.factor
        choices = QRectF(box.left(), box.bottom() - _CHOICES_PX * scale, box.width(), _CHOICES_PX * scale)
        self.draw_choices(painter, choices, page.choices, across=True)
        top = self._paint_head(painter, box, state, page)
        body = QRectF(box.left(), top, box.width(), choices.top() - 14 * scale - top)
        if state.stage == "leading" and state.progress is not None:
            self._paint_guide(painter, body, state, state.progress)
        elif state.stage == "leading" and state.rest is not None:
            self._paint_rest(painter, body, state.rest)
        else:
            self._paint_lines(painter, body, page)

    def _paint_head(self, painter: QPainter, box: QRectF, state: CalibrationState, page: CalibrationPage) -> float:
        """Whose sensor, for how long, and what to do now; returns where it ends."""
        scale, theme = self.factor, self.theme
        caption = QRectF(box.left(), box.top(), box.width(), 20 * scale)
        what = "Checking the calibration of" if state.checks else "Calibrating"
        draw_text(painter, caption, f"{what} {state.label}", 14 * scale, theme.muted, _LEFT)
        elapsed_s = _elapsed_s(state)
        if elapsed_s is not None:
            right = ALIGN.AlignRight | ALIGN.AlignVCenter
            draw_text(painter, caption, quantities.clock(elapsed_s), 17 * scale, theme.text, right, DEMI)
        title = QRectF(box.left(), caption.bottom() + 6 * scale, box.width(), 86 * scale)
        colour = theme.text
        if page.level is not None:
            colour = theme.levels[page.level]
            mark = QRectF(title.left(), title.center().y() - 15 * scale, 30 * scale, 30 * scale)
            paint_shape(painter, page.level, mark, colour)
            title.setLeft(mark.right() + 16 * scale)
        sizes = tuple(size * scale for size in (36.0, 33.0, 30.0, 27.0, 24.0, 20.0))
        # In one line if that is still large, else in two.
        one_line = [size for size in sizes[:3] if _width_px(page.title, size) <= title.width()]
        draw_wrapped(painter, title, page.title, tuple(one_line) or sizes, colour, _LEFT, BOLD)
        return title.bottom() + 8 * scale

    def _paint_lines(self, painter: QPainter, body: QRectF, page: CalibrationPage) -> None:
        scale, top = self.factor, body.top() + 6 * self.factor
        sizes = tuple(size * scale for size in (20.0, 18.0, 16.0, 14.0))
        for line in page.lines:
            room = QRectF(body.left(), top, body.width(), max(body.bottom() - top, 1.0))
            top += draw_wrapped(painter, room, line, sizes, self.theme.text, _TOP, PLAIN) + 14 * scale

    def _paint_guide(self, painter: QPainter, body: QRectF, state: CalibrationState, progress: GuideProgress) -> None:
        scale = self.factor
        foot = QRectF(body.left(), body.bottom() - 62 * scale, body.width(), 62 * scale)
        self._paint_progress(painter, foot, progress)
        said = QRectF(body.left(), foot.top() - 42 * scale, body.width(), 30 * scale)
        self._paint_said(painter, said, state)
        pictures = QRectF(body.left(), body.top(), body.width(), said.top() - 8 * scale - body.top())
        wide = 0.42 * pictures.width()
        now = QRectF(pictures.left(), pictures.top(), wide, pictures.height())
        self._paint_now(painter, now, progress)
        following = QRectF(now.right(), pictures.top(), 0.30 * pictures.width(), pictures.height())
        if progress.next_up is not None:
            self._paint_next(painter, following, progress)
        sides = QRectF(following.right() + 10 * scale, pictures.top(), 0, pictures.height())
        sides.setRight(pictures.right())
        self._paint_sides(painter, sides, progress)

    def _paint_now(self, painter: QPainter, box: QRectF, progress: GuideProgress) -> None:
        """As it lies, in a ring that closes while it is still."""
        scale, theme = self.factor, self.theme
        still = progress.still > 0
        words = QRectF(box.left(), box.bottom() - 26 * scale, box.width(), 26 * scale)
        text = "● still" if still else "○ moving"
        colour = theme.levels["good"] if still else theme.muted
        draw_text(painter, words, text, 18 * scale, colour, ALIGN.AlignCenter, DEMI)
        radius = 0.5 * min(box.width(), words.top() - box.top()) - 8 * scale
        centre = QPointF(box.center().x(), 0.5 * (box.top() + words.top()))
        ring = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        self._paint_ring(painter, ring, progress.still)
        inner = 0.16 * radius
        inside = ring.adjusted(inner, inner, -inner, -inner)
        paint_sensor(painter, inside, self.sensor.rotation, theme, progress.sides, scale)

    def _paint_ring(self, painter: QPainter, ring: QRectF, share: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self.theme.raised), 9 * self.factor))
        painter.drawEllipse(ring)
        cap = QPen(QColor(self.theme.levels["good"]), 9 * self.factor)
        cap.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(cap)
        if share > 0:
            painter.drawArc(ring, 90 * _SIXTEENTHS, -round(360 * _SIXTEENTHS * share))

    def _paint_next(self, painter: QPainter, box: QRectF, progress: GuideProgress) -> None:
        scale = self.factor
        assert progress.next_up is not None
        words = QRectF(box.left(), box.bottom() - 26 * scale, box.width(), 26 * scale)
        draw_text(painter, words, "for example like this", 15 * scale, self.theme.muted, ALIGN.AlignCenter)
        room = QRectF(box.left(), box.top(), box.width(), words.top() - box.top())
        lying = self.sensor.next(progress.next_up)
        paint_sensor(painter, room, lying, self.theme, progress.sides, scale)

    def _paint_sides(self, painter: QPainter, box: QRectF, progress: GuideProgress) -> None:
        """The six sides, ticked when they have pointed up, and the poses besides."""
        scale, theme = self.factor, self.theme
        caption = QRectF(box.left(), box.top() + 4 * scale, box.width(), 22 * scale)
        draw_text(painter, caption, "Sides that have pointed up", 13 * scale, theme.muted, _LEFT)
        high, gap = 40 * scale, 9 * scale
        wide = (min(box.width(), 260 * scale) - gap) / 2
        for place, side in enumerate(SIDES):
            column, row = place % 2, place // 2
            top = caption.bottom() + 8 * scale + row * (high + gap)
            chip = QRectF(box.left() + column * (wide + gap), top, wide, high)
            done = side in progress.sides
            painter.setPen(QPen(QColor(theme.levels["good"] if done else theme.edge), 2 * scale))
            painter.setBrush(QColor(theme.raised if done else theme.card))
            painter.drawRoundedRect(chip, 8 * scale, 8 * scale)
            text = side.replace("-", "−") + ("  ✓" if done else "")
            draw_text(painter, chip, text, 18 * scale, theme.text if done else theme.muted, ALIGN.AlignCenter, DEMI)
        top = caption.bottom() + 8 * scale + 3 * (high + gap) + 4 * scale
        hint = QRectF(box.left(), top, box.width(), max(box.bottom() - top, 1.0))
        text = "x, y, z: the arrows on the clip, or turn it and see which side moves up."
        sizes = (13 * scale, 12 * scale, 11 * scale)
        draw_wrapped(painter, hint, text, sizes, theme.hint, _TOP, PLAIN)

    def _paint_said(self, painter: QPainter, box: QRectF, state: CalibrationState) -> None:
        said = [message for message in state.said if message.code != "do"]
        text, level = said_words(said[-1]) if said else ("", None)
        if state.remark and state.progress is not None and not said:
            text = wording.capital(state.remark) + "."
        if level is not None:
            mark = QRectF(box.left(), box.center().y() - 8 * self.factor, 16 * self.factor, 16 * self.factor)
            paint_shape(painter, level, mark, self.theme.levels[level])
            box = box.adjusted(26 * self.factor, 0, 0, 0)
        sizes = tuple(size * self.factor for size in (17.0, 15.0, 13.0))
        draw_wrapped(painter, box, text, sizes, self.theme.text, _LEFT, PLAIN)

    def _paint_progress(self, painter: QPainter, box: QRectF, progress: GuideProgress) -> None:
        scale, theme = self.factor, self.theme
        bar = QRectF(box.left(), box.top() + 4 * scale, box.width(), 14 * scale)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(bar, 7 * scale, 7 * scale)
        if progress.share > 0:
            painter.setBrush(QColor(theme.up))
            filled = QRectF(bar.left(), bar.top(), max(bar.width() * progress.share, bar.height()), bar.height())
            painter.drawRoundedRect(filled, 7 * scale, 7 * scale)
        words = QRectF(box.left(), bar.bottom() + 6 * scale, box.width(), 24 * scale)
        text = f"{progress.poses} of {progress.wanted} poses · {len(progress.sides)} of 6 sides"
        draw_text(painter, words, text, 16 * scale, theme.muted, _LEFT)

    def _paint_rest(self, painter: QPainter, body: QRectF, rest: CheckProgress) -> None:
        """How much rest there was of what is needed."""
        scale, theme = self.factor, self.theme
        radius = 0.40 * min(body.width(), body.height())
        ring = QRectF(body.center().x() - radius, body.center().y() - radius, 2 * radius, 2 * radius)
        self._paint_ring(painter, ring, min(1.0, rest.still_s / rest.needed_s))
        text = f"{min(rest.still_s, rest.needed_s):.0f} of {rest.needed_s:.0f} s"
        draw_text(painter, ring, text, 34 * scale, theme.text, ALIGN.AlignCenter, BOLD)
        below = QRectF(body.left(), ring.bottom() + 12 * scale, body.width(), 26 * scale)
        words = "Turning it over once, and letting go again, checks more."
        draw_text(painter, below, words, 16 * scale, theme.muted, ALIGN.AlignCenter)


def _width_px(text: str, size_px: float) -> float:
    return QFontMetricsF(font(size_px, BOLD)).horizontalAdvance(text)


def _elapsed_s(state: CalibrationState) -> float | None:
    if state.progress is not None:
        return state.progress.elapsed_s
    return None if state.rest is None else state.rest.elapsed_s
