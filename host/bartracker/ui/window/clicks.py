"""Words and numbers of the window that can be clicked, as if their key were pressed."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget


class Clicks(QObject):
    """Calls `act` when the widget, whose child it is, is clicked; `words` show under the mouse."""

    def __init__(self, widget: QWidget, act: Callable[[], None], words: str) -> None:
        super().__init__(widget)
        self._act = act
        widget.setCursor(Qt.CursorShape.PointingHandCursor)
        widget.setToolTip(words)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            if event.button() is Qt.MouseButton.LeftButton:
                self._act()
            return True
        return super().eventFilter(watched, event)
