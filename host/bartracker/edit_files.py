"""Edits as a small JSON file beside their recording: set.btr has set.edits.json. The recording itself is never
touched.

Format bartracker.edits/1: {"schema", "edits": [{"kind", "at_s", "text"?, "value"?, "onward"?}]}, in the order in which
they were made.
"""

import json
import math
from pathlib import Path
from typing import TypeGuard, cast

from bartracker.errors import BartrackerError
from bartracker.exchange.analysis_json import analysis_to_dict, analysis_to_json
from bartracker.exchange.files import atomic_write, checked_file
from bartracker.recording.files import os_problem
from bartracker.results import Analysis
from bartracker.session_edits import EDIT_KINDS, Edit, EditKind

SCHEMA_NAME = "bartracker.edits/1"
_LARGEST_BYTES = 5_000_000
_REMEDY = "mend or delete it; the recording is not touched by it"


def edits_path(recording: Path) -> Path:
    """Where the edits of a recording lie."""
    return recording.with_name(f"{recording.stem}.edits.json")


def edits_to_list(edits: tuple[Edit, ...]) -> list[dict[str, object]]:
    """As plain dicts, keys in the order of the format."""
    rows: list[dict[str, object]] = []
    for edit in edits:
        row: dict[str, object] = {"kind": edit.kind, "at_s": edit.at_s}
        if edit.text:
            row["text"] = edit.text
        if edit.value is not None:
            row["value"] = edit.value
        if edit.onward:
            row["onward"] = True
        rows.append(row)
    return rows


def edited_json(analysis: Analysis, edits: tuple[Edit, ...]) -> str:
    """The JSON of an analysis that has been corrected, with the corrections themselves under "edits"."""
    if not edits:
        return analysis_to_json(analysis)
    document = analysis_to_dict(analysis) | {"edits": edits_to_list(edits)}
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_edits(edits: tuple[Edit, ...], path: Path) -> None:
    """Write them, whole or not at all; no edits: no file. Raises BartrackerError."""
    if not edits:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise os_problem(str(path), error, "removed") from None
        return
    text = json.dumps({"schema": SCHEMA_NAME, "edits": edits_to_list(edits)}, indent=1, ensure_ascii=False)
    with atomic_write(path) as stream:
        stream.write(text.encode("utf-8", errors="replace") + b"\n")


def read_edits(path: Path) -> tuple[Edit, ...]:
    """The edits in a file, none where there is no file. Raises BartrackerError for a file that holds something else."""
    if not path.exists():
        return ()
    given = str(path)
    file = checked_file(path)
    try:
        if file.stat().st_size > _LARGEST_BYTES:
            raise BartrackerError(given, "is too large for a list of edits", _REMEDY)
        document: object = json.loads(file.read_bytes())
    except OSError as error:
        raise os_problem(given, error, "read") from None
    except (ValueError, RecursionError):
        raise BartrackerError(given, "is damaged or no JSON", _REMEDY) from None
    if not isinstance(document, dict):
        raise BartrackerError(given, "is no list of edits", _REMEDY)
    top = cast("dict[str, object]", document)
    if top.get("schema") != SCHEMA_NAME or not isinstance(top.get("edits"), list):
        raise BartrackerError(given, f"is not of the format {SCHEMA_NAME}", _REMEDY)
    return edits_of_list(top["edits"], given)


def edits_of_list(rows: object, given: str) -> tuple[Edit, ...]:
    """The edits that `edits_to_list` gave. Raises BartrackerError naming `given`."""
    if not isinstance(rows, list):
        raise BartrackerError(given, "is no list of edits", _REMEDY)
    return tuple(_edit(row, given, number) for number, row in enumerate(cast("list[object]", rows), start=1))


def _edit(row: object, given: str, number: int) -> Edit:
    refused = BartrackerError(given, f"edit {number} cannot be read", _REMEDY)
    if not isinstance(row, dict):
        raise refused
    fields = cast("dict[str, object]", row)
    kind: EditKind | None = next((each for each in EDIT_KINDS if each == fields.get("kind")), None)
    at_s, text, value = fields.get("at_s"), fields.get("text", ""), fields.get("value")
    onward = fields.get("onward", False)
    if kind is None or not _is_number(at_s) or not isinstance(text, str) or not (value is None or _is_number(value)):
        raise refused
    if not isinstance(onward, bool):
        raise refused
    return Edit(kind, at_s, text, value, onward)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
