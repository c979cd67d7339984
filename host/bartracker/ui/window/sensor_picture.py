"""The sensor as a simple box with its sides named, lying as it lies: what points up is seen at a glance."""

from collections.abc import Collection

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from bartracker.calibration.guide import SIDES, Direction
from bartracker.samples import FloatArray
from bartracker.ui.window.painting import ALIGN, BOLD, draw_text
from bartracker.ui.window.palette import Theme, mixed, tint

_HALF_SIZE = np.array([1.0, 0.72, 0.42])
_UP = np.array([0.0, 0.0, 1.0])
_AZIMUTH_RAD, _ELEVATION_RAD = np.radians(-58.0), np.radians(26.0)
_EASE = 0.35
_SMALLEST_PX = 9.0
_NAME_SHARE = 0.36  # height of a side's name, of its face
_REACH = 1.3  # of the box's farthest corner, times half the picture


def turned_upright(rotation: FloatArray, up: FloatArray) -> FloatArray:
    """The (3, 3) rotation nearest to `rotation` (sensor to room) that brings `up` (3,), sensor frame, to point up."""
    now = rotation @ up
    axis = np.cross(now, _UP)
    sine, cosine = float(np.sqrt((axis**2).sum())), float(now @ _UP)
    if sine < 1e-9:
        if cosine > 0:
            return rotation
        axis, sine, cosine = np.array([1.0, 0.0, 0.0]), 0.0, -1.0
    else:
        axis = axis / sine
    x, y, z = axis.tolist()
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    u, _, vt = np.linalg.svd((np.eye(3) + sine * cross + (1 - cosine) * cross @ cross) @ rotation)
    return u @ vt  # what rounding adds frame by frame is taken out


class SensorPicture:
    """Keeps how the box lies, so that it turns the short way and without jumps."""

    def __init__(self) -> None:
        self.rotation: FloatArray = np.eye(3)
        self._up: FloatArray | None = None

    def follow(self, up: Direction | None) -> None:
        """One frame further towards `up`, sensor frame; None: it stays as it is."""
        if up is None:
            return
        wanted = np.array(up)
        eased = wanted if self._up is None else self._up + _EASE * (wanted - self._up)
        length = float(np.sqrt((eased**2).sum()))
        self._up = wanted if length < 0.1 else eased / length
        self.rotation = turned_upright(self.rotation, self._up)

    def next(self, up: Direction) -> FloatArray:
        """The rotation that a next pose would have, turned the short way from this one."""
        return turned_upright(self.rotation, np.array(up))


def paint_sensor(
    painter: QPainter, box: QRectF, rotation: FloatArray, theme: Theme, done: Collection[str], scale: float
) -> None:
    """Draw it in `box`, `rotation` sensor to room; `done`: sides of `SIDES` that have pointed up."""
    half = min(box.width(), box.height()) / 2
    size = half / (_REACH * float(np.sqrt((_HALF_SIZE**2).sum())))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tint(theme.text, 0.07))
    painter.drawEllipse(QPointF(box.center().x(), box.center().y() + 0.62 * half), 0.85 * half, 0.2 * half)
    views = [(side, _face(side) @ rotation.T) for side in SIDES]
    for side, corners in views:
        normal = corners.mean(axis=0)
        if normal @ _toward_eye() <= 1e-6:
            continue
        polygon = QPolygonF([_place(corner, box, size) for corner in corners])
        light = 0.5 + 0.5 * float(normal @ _UP) / float(np.sqrt((normal**2).sum()))
        base = theme.levels["good"] if side in done else theme.up
        painter.setBrush(mixed(theme.card, mixed(theme.raised, base, 0.2 + 0.35 * light).name(), 1.0))
        painter.setPen(QPen(QColor(theme.text), 1.6 * scale))
        painter.drawPolygon(polygon)
        _name(painter, polygon, side, theme)


def _name(painter: QPainter, polygon: QPolygonF, side: str, theme: Theme) -> None:
    """The side's name upright in the middle of its face, as large as there is room."""
    corners = [polygon.at(place) for place in range(4)]
    edges = [corners[place + 1] - corners[place] for place in range(2)]
    area = abs(edges[0].x() * edges[1].y() - edges[0].y() * edges[1].x())
    size = min(_NAME_SHARE * area**0.5, 0.5 * polygon.boundingRect().width())
    if size < _SMALLEST_PX:
        return
    centre = polygon.boundingRect().center()
    box = QRectF(centre.x() - 3 * size, centre.y() - size, 6 * size, 2 * size)
    draw_text(painter, box, side.replace("-", "−"), size, theme.text, ALIGN.AlignCenter, BOLD)


def _face(side: str) -> FloatArray:
    """(4, 3) corners one after the other, sensor frame."""
    axis = "xyz".index(side[1])
    normal = np.zeros(3)
    normal[axis] = 1.0 if side[0] == "+" else -1.0
    along = np.zeros(3)
    along[1 if axis == 0 else 0] = 1.0
    above = np.cross(normal, along)
    corners = [normal + a * along + b * above for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return np.array(corners) * _HALF_SIZE


def _toward_eye() -> FloatArray:
    flat = np.cos(_ELEVATION_RAD)
    return np.array([flat * np.cos(_AZIMUTH_RAD), flat * np.sin(_AZIMUTH_RAD), np.sin(_ELEVATION_RAD)])


def _place(point: FloatArray, box: QRectF, size: float) -> QPointF:
    right = np.array([-np.sin(_AZIMUTH_RAD), np.cos(_AZIMUTH_RAD), 0.0])
    above = np.cross(_toward_eye(), right)
    return QPointF(box.center().x() + size * float(point @ right), box.center().y() - size * float(point @ above))
