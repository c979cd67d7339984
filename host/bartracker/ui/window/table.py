"""The table of a set's reps: the words of ui/wording in a Qt model, with the verdict's shape before each rep number."""

from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
)

from bartracker.live_state import LiveRep
from bartracker.ui import quantities, wording
from bartracker.ui.window.painting import card_frame, label, shape_icon
from bartracker.ui.window.palette import Theme
from bartracker.ui.wording import Verdict

_ROLE = Qt.ItemDataRole
_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
_REMARKS = len(wording.REP_COLUMNS) - 1
_WIDTHS = (58, 74, 104, 78, 74, 88, 72, 90)  # px at 1280 x 720; the remarks take the rest
_ROW_PX, _TALL_ROW_PX = 24, 40  # of a row whose remarks take one line, and two


class RepTableModel(QAbstractTableModel):
    """The shown set's reps, one a row."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rows: list[tuple[str, ...]] = []
        self._verdicts: list[Verdict] = []
        self._icons: dict[str, QIcon] = {level: shape_icon(level, theme) for level in theme.levels}

    def set_reps(self, reps: Sequence[LiveRep]) -> bool:
        """Show these; returns whether that changed anything."""
        rows = [wording.rep_row(each.rep) for each in reps]
        verdicts = [wording.verdict(each.rep) for each in reps]
        if rows == self._rows and verdicts == self._verdicts:
            return False
        self.beginResetModel()
        self._rows, self._verdicts = rows, verdicts
        self.endResetModel()
        return True

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(wording.REP_COLUMNS)

    def data(self, index: _Index, role: int = _ROLE.DisplayRole) -> object:
        row, column = index.row(), index.column()
        match role:
            case _ROLE.DisplayRole:
                return quantities.unbroken(self._rows[row][column])
            case _ROLE.DecorationRole if column == 0:
                return self._icons[self._verdicts[row].level]
            case _ROLE.ForegroundRole if column == _REMARKS:
                return QColor(self._theme.levels[self._verdicts[row].level])
            case _ROLE.ToolTipRole if column == _REMARKS:
                return self._rows[row][column]
            case _ROLE.TextAlignmentRole:
                return _alignment(column)
            case _:
                return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> object:
        if orientation == Qt.Orientation.Horizontal and role == _ROLE.DisplayRole:
            return wording.REP_COLUMNS[section]
        return _alignment(section) if role == _ROLE.TextAlignmentRole else None


class _KeepColour(QStyledItemDelegate):
    """Lets a cell keep its own colour in the marked row."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        option.palette.setBrush(QPalette.ColorRole.HighlightedText, option.palette.brush(QPalette.ColorRole.Text))


class _View(QTableView):
    """Tells when it has another size."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class RepTable:
    """The card with the table; `view.clicked` tells which row a person chose."""

    def __init__(self, theme: Theme) -> None:
        self.model = RepTableModel(theme)
        self._scale = 1.0
        self.view = _View()
        self.view.setModel(self.model)
        self.view.setItemDelegate(_KeepColour(self.view))
        self.view.setAccessibleName("Reps of the set")
        self.view.setShowGrid(False)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.verticalHeader().hide()
        header = self.view.horizontalHeader()
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.view.resized.connect(self._fit_rows)
        self._empty = label("Reps show here as they are done.", "hint")
        self._empty.setParent(self.view)
        self.frame = card_frame()
        layout = QVBoxLayout(self.frame)
        layout.setContentsMargins(8, 2, 8, 4)
        layout.addWidget(self.view)

    def show(self, reps: Sequence[LiveRep], chosen: int | None) -> None:
        """Show a set's reps with row `chosen` marked."""
        changed = self.model.set_reps(reps)
        self._empty.setVisible(not reps)
        if changed:
            self._fit_rows()
        if chosen is not None and (changed or self.view.currentIndex().row() != chosen):
            self.view.selectRow(chosen)
            self.view.scrollTo(self.model.index(chosen, 0))

    def set_scale(self, scale: float) -> None:
        """1 at 1280 x 720."""
        for column, width in enumerate(_WIDTHS):
            self.view.setColumnWidth(column, round(width * scale))
        self._scale = scale
        self._fit_rows()
        self.view.setIconSize(QSize(round(16 * scale), round(16 * scale)))
        self._empty.adjustSize()
        self._empty.move(round(10 * scale), round(40 * scale))

    def _fit_rows(self) -> None:
        """Remarks that are too long for a line get two, the newest first, while all rows can still be seen."""
        view, rows = self.view, self.model.rowCount()
        low, tall = round(_ROW_PX * self._scale), round(_TALL_ROW_PX * self._scale)
        view.verticalHeader().setDefaultSectionSize(low)
        room_px = view.columnWidth(_REMARKS) - 30 * self._scale
        metrics = view.fontMetrics()
        spare_px = view.viewport().height() - rows * low
        for row in reversed(range(rows)):
            long = metrics.horizontalAdvance(str(self.model.index(row, _REMARKS).data())) > room_px
            grows = long and spare_px >= tall - low
            spare_px -= tall - low if grows else 0
            view.setRowHeight(row, tall if grows else low)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column in (0, 1, _REMARKS) else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
