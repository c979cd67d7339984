"""Colours and the style sheet of the window: a dark ground, the Okabe-Ito colours (told apart by colour-blind eyes)
for what has meaning.

Up is blue, down is orange; good, watch and off are green, yellow and vermilion and always carry a shape of their own
as well.
"""

from PySide6.QtGui import QColor

from bartracker.ui.wording import Level

GROUND = "#0d1217"
CARD = "#151c23"
RAISED = "#1d262f"
EDGE = "#27323d"
GRID = "#1f2831"
TEXT = "#e9eef3"
MUTED = "#94a2b0"
FAINT = "#5b6875"
HINT = "#7b8997"

UP = "#56b4e9"
DOWN = "#e69f00"
LEVELS: dict[Level, str] = {"good": "#1fbf92", "watch": "#f0e442", "off": "#f2703a"}

FONT_FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Helvetica Neue", "Noto Sans", "Cantarell", "DejaVu Sans")


def tint(colour: str, alpha: float) -> QColor:
    """A colour at an opacity 0..1."""
    tinted = QColor(colour)
    tinted.setAlphaF(alpha)
    return tinted


def style_sheet(scale: float) -> str:
    """The window's style sheet for a scale of 1 at 1280 x 720."""

    def px(size: float) -> str:
        return f"{round(size * scale)}px"

    return f"""
    QWidget {{ color: {TEXT}; font-size: {px(13)}; }}
    QWidget#window {{ background: {GROUND}; }}
    QToolTip {{ background: {RAISED}; color: {TEXT}; border: 1px solid {EDGE}; }}
    QFrame#card {{ background: {CARD}; border: 1px solid {EDGE}; border-radius: {px(10)}; }}
    QLabel#exercise {{ font-size: {px(24)}; font-weight: 700; }}
    QLabel#load {{ font-size: {px(24)}; font-weight: 400; color: {MUTED}; }}
    QLabel#caption {{ font-size: {px(11)}; color: {MUTED}; }}
    QLabel#value {{ font-size: {px(17)}; font-weight: 600; }}
    QLabel#plot_title {{ font-size: {px(12)}; font-weight: 600; color: {MUTED}; }}
    QLabel#hint {{ font-size: {px(11)}; color: {HINT}; }}
    QLabel#notice {{ font-size: {px(13)}; color: {MUTED}; }}
    QLabel#notice[severity="warning"] {{ color: {LEVELS["watch"]}; }}
    QLabel#notice[severity="error"] {{ color: {LEVELS["off"]}; font-weight: 600; }}
    QTableView {{ background: transparent; border: none; gridline-color: transparent; outline: none;
        selection-background-color: {RAISED}; }}
    QTableView::item {{ padding: 0 {px(8)}; border-bottom: 1px solid {EDGE}; }}
    QHeaderView, QHeaderView::section {{ background: transparent; color: {MUTED}; border: none; font-size: {px(11)}; }}
    QHeaderView::section {{ padding: {px(4)} {px(11)}; border-bottom: 1px solid {EDGE}; }}
    QScrollBar:vertical {{ background: transparent; width: {px(8)}; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {EDGE}; border-radius: {px(4)}; min-height: {px(24)}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        height: 0; background: none; }}
    QToolButton {{ background: {RAISED}; border: 1px solid {EDGE}; border-radius: {px(6)}; padding: {px(4)} {px(10)};
        font-size: {px(14)}; font-weight: 600; }}
    QToolButton:hover {{ border-color: {MUTED}; }}
    QToolButton:disabled {{ color: {FAINT}; }}
    QProgressBar {{ background: {RAISED}; border: none; border-radius: {px(3)};
        max-height: {px(6)}; min-height: {px(6)}; }}
    QProgressBar::chunk {{ background: {UP}; border-radius: {px(3)}; }}
    """
