"""Where the parts of a window lie. Qt is imported by whoever asks, as it may not be there."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtCore import QRect
    from PySide6.QtWidgets import QWidget


def place_in(window: "QWidget", part: "QWidget") -> "QRect":
    """The part's rectangle in the window's own coordinates, px."""
    from PySide6.QtCore import QPoint, QRect

    return QRect(part.mapTo(window, QPoint(0, 0)), part.size())
