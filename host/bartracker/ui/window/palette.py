"""Colours and style sheet of the window, dark and light: the Okabe-Ito colours (told apart by colour-blind eyes) for
what has meaning, darkened on the light ground until text in them can be read.

Up is blue, down is orange, the ghost purple; good, watch and off are green, yellow and vermilion and always carry a
shape of their own as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtGui import QColor

from bartracker.coaching.verdict import Level
from bartracker.ui.preferences import ThemeName


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as #rrggbb. ground, card, raised: surfaces from back to front; edge, grid: lines on them; text, muted,
    hint: text by weight; faint: what only has to be there; up, down: phases; ghost: the rep lifted against; levels:
    verdicts.
    """

    name: ThemeName
    ground: str
    card: str
    raised: str
    edge: str
    grid: str
    text: str
    muted: str
    hint: str
    faint: str
    up: str
    down: str
    ghost: str
    levels: Mapping[Level, str]


DARK = Theme(
    name="dark",
    ground="#0d1217",
    card="#151c23",
    raised="#1d262f",
    edge="#27323d",
    grid="#1f2831",
    text="#e9eef3",
    muted="#94a2b0",
    hint="#7b8997",
    faint="#5b6875",
    up="#56b4e9",
    down="#e69f00",
    ghost="#d58bb3",
    levels={"good": "#1fbf92", "watch": "#f0e442", "off": "#f2703a"},
)
LIGHT = Theme(
    name="light",
    ground="#e9edf1",
    card="#ffffff",
    raised="#e8edf2",
    edge="#cfd7df",
    grid="#e6ebf0",
    text="#101820",
    muted="#4a5866",
    hint="#5f6d7a",
    faint="#97a4b0",
    up="#0072b2",
    down="#a86200",
    ghost="#9c3f78",
    levels={"good": "#00785a", "watch": "#7d6500", "off": "#bf4400"},
)
THEMES: Mapping[ThemeName, Theme] = {"dark": DARK, "light": LIGHT}

FONT_FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Helvetica Neue", "Noto Sans", "Cantarell", "DejaVu Sans")


def tint(colour: str, alpha: float) -> QColor:
    """A colour at an opacity 0..1."""
    tinted = QColor(colour)
    tinted.setAlphaF(alpha)
    return tinted


def mixed(low: str, high: str, share: float) -> QColor:
    """Between two colours: 0 the first, 1 the second."""
    a, b = QColor(low), QColor(high)
    pairs = ((a.redF(), b.redF()), (a.greenF(), b.greenF()), (a.blueF(), b.blueF()))
    return QColor.fromRgbF(*(one + share * (other - one) for one, other in pairs))


def style_sheet(theme: Theme, scale: float) -> str:
    """The window's style sheet for a scale of 1 at 1280 x 720."""

    def px(size: float) -> str:
        return f"{round(size * scale)}px"

    return f"""
    QWidget {{ color: {theme.text}; font-size: {px(13)}; }}
    QWidget#window {{ background: {theme.ground}; }}
    QToolTip {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.edge}; }}
    QFrame#card {{ background: {theme.card}; border: 1px solid {theme.edge}; border-radius: {px(10)}; }}
    QLabel#exercise {{ font-size: {px(24)}; font-weight: 700; }}
    QLabel#load {{ font-size: {px(24)}; font-weight: 400; color: {theme.muted}; }}
    QLabel#caption {{ font-size: {px(11)}; color: {theme.muted}; }}
    QLabel#value {{ font-size: {px(17)}; font-weight: 600; }}
    QLabel#plot_title {{ font-size: {px(12)}; font-weight: 600; color: {theme.muted}; }}
    QLabel#hint {{ font-size: {px(11)}; color: {theme.hint}; }}
    QLabel#notice {{ font-size: {px(13)}; color: {theme.muted}; }}
    QLabel#notice[severity="warning"] {{ color: {theme.levels["watch"]}; }}
    QLabel#notice[severity="error"] {{ color: {theme.levels["off"]}; font-weight: 600; }}
    QLabel#banner {{ font-size: {px(19)}; font-weight: 700; padding: {px(10)} {px(18)}; border-radius: {px(10)};
        background: {theme.levels["watch"]}; color: {theme.card if theme.name == "light" else theme.ground}; }}
    QLabel#banner[severity="error"] {{ background: {theme.levels["off"]}; }}
    QLineEdit {{ background: {theme.raised}; border: {px(2)} solid {theme.up}; border-radius: {px(6)};
        padding: {px(5)} {px(10)}; font-size: {px(17)}; }}
    QTableView {{ background: transparent; border: none; gridline-color: transparent; outline: none;
        selection-background-color: {theme.raised}; }}
    QTableView::item {{ padding: 0 {px(8)}; border-bottom: 1px solid {theme.edge}; }}
    QHeaderView, QHeaderView::section {{ background: transparent; color: {theme.muted}; border: none;
        font-size: {px(11)}; }}
    QHeaderView::section {{ padding: {px(3)} {px(11)}; border-bottom: 1px solid {theme.edge}; }}
    QScrollBar:vertical {{ background: transparent; width: {px(8)}; margin: 0; }}
    QScrollBar::handle:vertical {{ background: {theme.edge}; border-radius: {px(4)}; min-height: {px(24)}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        height: 0; background: none; }}
    QToolButton {{ background: {theme.raised}; border: 1px solid {theme.edge}; border-radius: {px(6)};
        padding: {px(3)} {px(10)}; font-size: {px(14)}; font-weight: 600; }}
    QToolButton:hover {{ border-color: {theme.muted}; }}
    QToolButton:disabled {{ color: {theme.faint}; }}
    QSlider::groove:horizontal {{ background: {theme.raised}; height: {px(6)}; border-radius: {px(3)}; }}
    QSlider::sub-page:horizontal {{ background: {theme.up}; border-radius: {px(3)}; }}
    QSlider::handle:horizontal {{ background: {theme.text}; width: {px(12)}; margin: {px(-4)} 0;
        border-radius: {px(6)}; }}
    """
