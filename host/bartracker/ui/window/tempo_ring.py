"""The ring that fills phase by phase against the tempo target: down, hold, up, hold, clockwise from the top."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame

from bartracker.coaching.phase_clock import TEMPO_PHASES, PhaseNow, TempoPhase, target_s
from bartracker.coaching.tempo import Tempo
from bartracker.ui import quantities, wording
from bartracker.ui.window.painting import ALIGN, BOLD, DEMI, draw_text
from bartracker.ui.window.palette import Theme, tint

_PLAIN = Tempo(3.0, 1.0, 1.0, 1.0)
_EXPLOSIVE_S = 1.0  # room on the ring for a phase that is to be as fast as possible
_LEAST_S = 0.35  # room for one that is to take no time


@dataclass(frozen=True, slots=True)
class Arc:
    """One phase on the ring. from_share, share: of the whole turn; filled: of the arc, 0-1; over: it lasts longer than
    meant.
    """

    phase: TempoPhase
    from_share: float
    share: float
    filled: float
    over: bool


def arcs(tempo: Tempo | None, now: PhaseNow | None, tolerance_s: float) -> tuple[Arc, ...]:
    """The four arcs; their lengths are the target's."""
    meant = tempo or _PLAIN
    rooms = [_room_s(target_s(meant, phase)) for phase in TEMPO_PHASES]
    total = sum(rooms)
    made: list[Arc] = []
    start = 0.0
    for phase, room_s in zip(TEMPO_PHASES, rooms, strict=True):
        elapsed_s = 0.0
        if now is not None:
            elapsed_s = now.elapsed_s if now.phase == phase else now.done_s.get(phase, 0.0)
        target = target_s(meant, phase)
        # At the top one may rest as long as one likes.
        over = tempo is not None and target is not None and phase != "top" and elapsed_s > target + tolerance_s
        made.append(Arc(phase, start / total, room_s / total, min(1.0, elapsed_s / room_s), over))
        start += room_s
    return tuple(made)


class TempoRing(QFrame):
    """The ring, with the phase and its seconds within."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setAccessibleName("Tempo")
        self.setMinimumSize(QSize(120, 110))
        self._theme = theme
        self._scale = 1.0
        self._tempo: Tempo | None = None
        self._tolerance_s = 0.5
        self._now: PhaseNow | None = None

    @property
    def words(self) -> str:
        """What stands within the ring."""
        return wording.phase(self._now)

    def show_phase(self, now: PhaseNow | None, tempo: Tempo | None, tolerance_s: float) -> None:
        """Show the phase at this moment; nothing is done while it is the same."""
        if now is self._now and tempo is self._tempo:
            return
        self._now, self._tempo, self._tolerance_s = now, tempo, tolerance_s
        self.update()

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        self._scale = scale
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale, theme = self._scale, self._theme
        area = QRectF(self.rect()).adjusted(12 * scale, 8 * scale, -12 * scale, -10 * scale)
        title = QRectF(area.left(), area.top(), area.width(), 16 * scale)
        draw_text(painter, title, "Tempo", 12 * scale, theme.muted, ALIGN.AlignLeft | ALIGN.AlignVCenter, DEMI)
        target = "no target" if self._tempo is None else str(self._tempo)
        draw_text(painter, title, target, 12 * scale, theme.muted, ALIGN.AlignRight | ALIGN.AlignVCenter, DEMI)
        room = QRectF(area.left(), title.bottom() + 4 * scale, area.width(), area.bottom() - title.bottom() - 4 * scale)
        size = min(room.width(), room.height())
        width = 0.12 * size
        ring = QRectF(room.center().x() - size / 2, room.center().y() - size / 2, size, size)
        ring = ring.adjusted(width / 2, width / 2, -width / 2, -width / 2)
        for arc in arcs(self._tempo, self._now, self._tolerance_s):
            self._paint_arc(painter, ring, width, arc)
        self._paint_words(painter, ring, size)
        painter.end()

    def _paint_arc(self, painter: QPainter, ring: QRectF, width: float, arc: Arc) -> None:
        theme = self._theme
        colours: dict[TempoPhase, str] = {
            "eccentric": theme.down,
            "bottom": theme.muted,
            "concentric": theme.up,
            "top": theme.muted,
        }
        gap = 0.012
        start = 90.0 - 360.0 * (arc.from_share + gap / 2)
        span = -360.0 * max(0.01, arc.share - gap)
        pen = QPen(QColor(theme.raised), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawArc(ring, round(16 * start), round(16 * span))
        if arc.filled > 0.0:
            pen.setColor(QColor(theme.levels["off"] if arc.over else colours[arc.phase]))
            painter.setPen(pen)
            painter.drawArc(ring, round(16 * start), round(16 * span * arc.filled))

    def _paint_words(self, painter: QPainter, ring: QRectF, size: float) -> None:
        theme, now = self._theme, self._now
        middle = QRectF(ring.left(), ring.center().y() - 0.20 * size, ring.width(), 0.26 * size)
        below = QRectF(ring.left(), ring.center().y() + 0.05 * size, ring.width(), 0.18 * size)
        if now is None:
            painter.setPen(tint(theme.faint, 1.0))
            draw_text(painter, middle, wording.UNKNOWN, 0.2 * size, theme.faint, ALIGN.AlignCenter, BOLD)
            draw_text(painter, below, "at rest", 0.1 * size, theme.muted, ALIGN.AlignCenter)
            return
        draw_text(painter, middle, quantities.seconds(now.elapsed_s), 0.23 * size, theme.text, ALIGN.AlignCenter, BOLD)
        draw_text(painter, below, self.words, 0.13 * size, theme.muted, ALIGN.AlignCenter, DEMI)


def _room_s(target: float | None) -> float:
    return _EXPLOSIVE_S if target is None else max(_LEAST_S, target)
