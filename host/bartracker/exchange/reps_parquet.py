"""Reps as a Parquet file, the columns of reps_csv. Needs the extra `parquet` (pyarrow, Parquet's own library: polars
writes it too, but is larger once installed and no more needed here).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bartracker.errors import BartrackerError
from bartracker.exchange.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def write_reps_parquet(records: "Sequence[Mapping[str, object]]", path: str | Path) -> None:
    """Write flat records, one a rep and all with the same keys, such as `Analysis.to_records()` gives.

    Raises BartrackerError where pyarrow is missing or the file cannot be written.
    """
    arrow, parquet = _pyarrow()
    names = tuple(records[0]) if records else ()
    table = arrow.table({name: [record[name] for record in records] for name in names})
    with atomic_write(path) as stream:
        parquet.write_table(table, stream)


def read_reps_parquet(path: str | Path) -> list[dict[str, object]]:
    """The records in a Parquet file of reps. Raises BartrackerError."""
    arrow, parquet = _pyarrow()
    try:
        return parquet.read_table(str(path)).to_pylist()
    except (arrow.ArrowInvalid, OSError) as error:
        raise BartrackerError(str(path), f"is no Parquet file ({error})"[:200], "export it again") from None


def _pyarrow() -> tuple[Any, Any]:
    from importlib import import_module

    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        remedy = 'install bartracker with it, as ".[parquet]"; --csv needs nothing more'
        raise BartrackerError("Parquet", "the library pyarrow is not installed", remedy) from None
