"""Rows appended at the end and dropped at the front of one array: history read as a block, without gathering it."""

import numpy as np

from bartracker.samples import FloatArray


class Rows:
    """A growing (M, *shape) float array. Views are valid until the next change."""

    def __init__(self) -> None:
        self._data: FloatArray | None = None
        self._first = self._stop = 0

    def __len__(self) -> int:
        return self._stop - self._first

    def append(self, row: FloatArray) -> None:
        """Add one row; the first sets the shape. Costs amortised constant time."""
        if self._data is None:
            self._data = np.empty((64, *row.shape))
        elif self._stop == len(self._data):
            live = self._data[self._first : self._stop]
            if 2 * len(live) > len(self._data):
                grown = np.empty((2 * len(self._data), *self._data.shape[1:]))
                grown[: len(live)] = live
                self._data = grown
            else:
                self._data[: len(live)] = live.copy()
            self._first, self._stop = 0, len(live)
        self._data[self._stop] = row
        self._stop += 1

    def drop(self, count: int) -> None:
        """Forget the oldest rows."""
        self._first += count

    def since(self, row: int) -> FloatArray:
        """View of the rows from this one on."""
        assert self._data is not None
        return self._data[self._first + row : self._stop]
