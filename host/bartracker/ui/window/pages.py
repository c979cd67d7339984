"""Pages that lie over the window and offer choices, by key and by mouse: the start page; calibrating.py has another."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QWidget

from bartracker.ui.start_page import Choice, StartPage
from bartracker.ui.window.overlays import PAD_PX, Overlay
from bartracker.ui.window.painting import ALIGN, BOLD, PLAIN, draw_text, draw_wrapped, wrapped_height
from bartracker.ui.window.palette import Theme

_WIDTH_PX, _TITLE_PX, _TEXT_PX, _FIELD_PX = 760.0, 44.0, 96.0, 44.0
_TEXT_SIZES_PX = (18.0, 16.0, 14.0, 12.0)
CHOICE_PX = 40.0
_LEFT = ALIGN.AlignLeft | ALIGN.AlignVCenter


class ChoiceOverlay(Overlay):
    """An overlay whose choices can be clicked; it takes all of the mouse while it shows."""

    chosen = Signal(str)
    """The key of the choice that was clicked."""

    def __init__(self, parent: QWidget, theme: Theme, width: float, height: float) -> None:
        super().__init__(parent, theme, width, height)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, False)
        self.setMouseTracking(True)
        self._places: list[tuple[QRectF, str]] = []
        self._under: str | None = None

    def place_of(self, key: str) -> QRectF | None:
        """Where the choice of this key was drawn."""
        return next((place for place, each in self._places if each == key), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        under = self._key_at(event)
        if under != self._under:
            self._under = under
            self.setCursor(Qt.CursorShape.ArrowCursor if under is None else Qt.CursorShape.PointingHandCursor)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        key = self._key_at(event)
        if key is not None and event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(key)

    def draw_choices(self, painter: QPainter, box: QRectF, choices: Sequence[Choice], *, across: bool = False) -> None:
        """One below the other from the top of `box`, or side by side; they can be clicked from then on."""
        scale, theme = self.factor, self.theme
        self._places = []
        top, left = box.top(), box.left()
        width = box.width() / max(1, len(choices)) if across else box.width()
        for choice in choices:
            place = QRectF(left, top, width, 36 * scale)
            if choice.key == self._under:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(theme.raised))
                painter.drawRoundedRect(place.adjusted(-6 * scale, 0, 0, 0), 6 * scale, 6 * scale)
            cap = QRectF(left, top + 2 * scale, 74 * scale, 32 * scale)
            painter.setPen(QColor(theme.edge))
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(cap, 6 * scale, 6 * scale)
            draw_text(painter, cap, choice.key, 16 * scale, theme.text, ALIGN.AlignCenter, BOLD)
            words = QRectF(cap.right() + 16 * scale, top, place.right() - cap.right() - 16 * scale, place.height())
            sizes = tuple(size * scale for size in (17.0, 15.0, 13.0))
            draw_wrapped(painter, words, choice.words, sizes, theme.text, _LEFT, PLAIN)
            self._places.append((place, choice.key))
            if across:
                left += width
            else:
                top += CHOICE_PX * scale

    def _key_at(self, event: QMouseEvent) -> str | None:
        return next((key for place, key in self._places if place.contains(event.position())), None)


class StartOverlay(ChoiceOverlay):
    """Where a session begins: searching, choosing, naming, or what went wrong and what can be done."""

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent, theme, _WIDTH_PX, 0.0)
        self.page: StartPage | None = None
        self._high_px = 0.0
        self.field = QLineEdit(self)
        self.field.hide()
        # Enter and Esc go on to the window, which knows the page's choices.

    @property
    def typed(self) -> str:
        """The line that was typed."""
        return self.field.text()

    def show_page(self, page: StartPage | None) -> None:
        """Show this page; None: nothing."""
        if page != self.page:
            self.page = page
            self._high_px = 0.0 if page is None else self._text_height_px(page.text)
            self.resize_card(_WIDTH_PX, 0.0 if page is None else self._card_height_px(page))
            self.setAccessibleName("" if page is None else page.title)
            self.setAccessibleDescription("" if page is None else page.text)
            self._show_field(page)
            self.update()
        self.setVisible(page is not None)
        if page is not None:
            self.cover()

    def paint_content(self, painter: QPainter, box: QRectF) -> None:
        if self.page is None:
            return
        scale, theme, page = self.factor, self.theme, self.page
        title = QRectF(box.left(), box.top(), box.width(), _TITLE_PX * scale)
        colour = theme.levels["off"] if page.failed else theme.text
        shape = "■  " if page.failed else ""
        sizes = tuple(scale * size for size in (28.0, 24.0, 20.0))
        draw_wrapped(painter, title, shape + page.title, sizes, colour, _LEFT, BOLD)
        text = QRectF(box.left(), title.bottom() + 10 * scale, box.width(), _TEXT_PX * scale)
        sizes = tuple(scale * size for size in _TEXT_SIZES_PX)
        draw_wrapped(painter, text, page.text, sizes, theme.muted, ALIGN.AlignLeft | ALIGN.AlignTop, PLAIN)
        top = text.top() + (self._high_px + 24) * scale
        if page.asks:
            place = QRectF(box.left(), top, box.width(), _FIELD_PX * scale)
            self.field.setGeometry(place.toRect())
            top = place.bottom() + 20 * scale
        self.draw_choices(painter, QRectF(box.left(), top, box.width(), box.bottom() - top), page.choices)

    def _text_height_px(self, text: str) -> float:
        """At scale 1."""
        room = QRectF(0.0, 0.0, _WIDTH_PX - 2 * PAD_PX, _TEXT_PX)
        return min(wrapped_height(text, room, _TEXT_SIZES_PX, PLAIN), _TEXT_PX)

    def _card_height_px(self, page: StartPage) -> float:
        """As high as what it says, at scale 1."""
        asks = _FIELD_PX + 20 if page.asks else 0
        return 2 * PAD_PX + _TITLE_PX + 10 + self._high_px + 24 + asks + CHOICE_PX * len(page.choices)

    def _show_field(self, page: StartPage | None) -> None:
        asks = page is not None and bool(page.asks)
        had = self.field.hasFocus() or self.field.isVisibleTo(self)
        self.field.setVisible(asks)
        if page is not None and asks:
            self.field.setAccessibleName(page.asks)
            self.field.setPlaceholderText(page.asks)
            self.field.setText(page.typed)
            self.field.selectAll()
            self.field.setFocus()
        elif had:
            self.window().setFocus()
