"""What a virtual sensor remembers from one run to the next (sim://...?memory=FILE): its NVS, as JSON."""

import json
from pathlib import Path
from typing import cast

from bartracker.errors import BartrackerError
from bartracker.exchange.files import atomic_write
from bartracker.recording.files import os_problem


def read_memory(path: str, nvs: dict[str, str]) -> None:
    """Fill `nvs` with what was remembered; a file that is not there yet changes nothing. Raises BartrackerError."""
    try:
        document: object = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except OSError as error:
        raise os_problem(path, error, "read") from None
    except (ValueError, RecursionError):
        document = None
    entries = cast("dict[str, object]", document) if isinstance(document, dict) else None
    if entries is None or not all(isinstance(value, str) for value in entries.values()):
        raise BartrackerError(
            path, "is no virtual sensor's memory", "name another file; it is made where there is none"
        )
    nvs.update(cast("dict[str, str]", entries))


def write_memory(path: str, nvs: dict[str, str]) -> None:
    """Remember it. Raises BartrackerError."""
    with atomic_write(path) as file:
        file.write((json.dumps(nvs, indent=1, sort_keys=True) + "\n").encode())
