"""A sensor's calibration as a JSON file (`bartracker.calibration/1`): versioned, with a checksum. What the numbers mean
is calibration/model.py's.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, cast

from bartracker.calibration import Calibration
from bartracker.calibration.solver import SensorFit
from bartracker.errors import BartrackerError
from bartracker.exchange.files import atomic_write, checked_file
from bartracker.recording.files import os_problem

SCHEMA: Final = "bartracker.calibration/1"
_FAMILY: Final = "bartracker.calibration/"
_LARGEST_FILE_BYTES: Final = 1_000_000
_AGAIN: Final = "calibrate the sensor again: bartracker calibrate"


def calibration_to_json(calibration: Calibration, quality: Mapping[str, object] | None = None) -> str:
    """The file's text; the same calibration gives the same text. `quality`: how the fit went, see `quality_of`."""
    document: dict[str, object] = {"schema": SCHEMA} | calibration.to_dict()
    if quality is not None:
        document["quality"] = dict(quality)
    document["checksum"] = _checksum(document)
    return json.dumps(document, allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def quality_of(fit: SensorFit) -> dict[str, object]:
    """What a fit says of itself, for the file: for people, nothing is computed from it."""
    return {
        "poses": len(fit.force_residual_mps2),
        "largest_acc_sigma_mps2": float(fit.acc_sigma_mps2.max()),
        "largest_gyr_matrix_sigma": fit.gyr_sigma,
        "chi_square": fit.chi_square,
        "left_out": list(fit.left_out),
        "remarks": list(fit.remarks),
    }


def write_calibration(calibration: Calibration, path: str | Path, quality: Mapping[str, object] | None = None) -> None:
    """Write the file, or leave the old one as it was. Raises BartrackerError."""
    with atomic_write(path) as stream:
        stream.write(calibration_to_json(calibration, quality).encode())


def read_calibration(path: str | Path) -> Calibration:
    """The calibration in a file.

    Raises:
        BartrackerError: it cannot be read, is of another kind or a newer version, was changed or damaged, or holds what
            cannot be a calibration.
    """
    file, given = checked_file(path), str(path)
    try:
        if file.stat().st_size > _LARGEST_FILE_BYTES:
            raise BartrackerError(given, "is too large for a calibration", "name what bartracker calibrate wrote")
        document: object = json.loads(file.read_bytes().decode())
    except OSError as error:
        raise os_problem(given, error, "read") from None
    except (ValueError, RecursionError):
        raise BartrackerError(given, "is no JSON, or only part of it", _AGAIN) from None
    return parse_calibration(document, given)


def parse_calibration(document: object, given: str) -> Calibration:
    """The calibration in a file's JSON value; `given` names the file. Raises BartrackerError."""
    entries = cast("dict[str, object]", document) if isinstance(document, dict) else {}
    schema = entries.get("schema")
    if not isinstance(schema, str) or not schema.startswith(_FAMILY):
        raise BartrackerError(given, "is no calibration", "name what bartracker calibrate wrote")
    if schema != SCHEMA:
        raise BartrackerError(given, f"is of version {schema.removeprefix(_FAMILY)[:20]}", "update the program")
    if entries.get("checksum") != _checksum(entries):
        raise BartrackerError(given, "was changed or damaged (its checksum is wrong)", _AGAIN)
    return Calibration.from_dict(given, entries)


@cache
def _schema_text() -> str:
    return files("bartracker.exchange").joinpath("calibration.schema.json").read_text(encoding="utf-8")


def calibration_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the file."""
    return cast("dict[str, Any]", json.loads(_schema_text()))


def _checksum(document: Mapping[str, object]) -> str:
    """SHA-256 of the compact JSON of everything else, keys sorted."""
    rest = {key: value for key, value in document.items() if key != "checksum"}
    text = json.dumps(rest, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
