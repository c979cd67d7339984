"""Targets by exercise and athlete from a TOML file; keys and values are checked in coaching/target_book.py."""

import tomllib
from pathlib import Path

from bartracker.coaching import TargetBook, parse_book
from bartracker.errors import BartrackerError
from bartracker.exchange.files import checked_file
from bartracker.recording.files import os_problem

_LARGEST_FILE_BYTES = 1_000_000


def read_targets(path: str | Path) -> TargetBook:
    """The targets in a file as docs/metrics.md describes it.

    Raises:
        BartrackerError: it cannot be read or says something that is not allowed; naming the key and what is.
    """
    file, given = checked_file(path), str(path)
    try:
        if file.stat().st_size > _LARGEST_FILE_BYTES:
            raise BartrackerError(given, "is too large for targets", "name a small TOML file")
        document = tomllib.loads(file.read_bytes().decode())
    except OSError as error:
        raise os_problem(given, error, "read") from None
    except UnicodeDecodeError:
        raise BartrackerError(given, "is no text in UTF-8", "write the targets as a TOML file") from None
    except tomllib.TOMLDecodeError as error:
        raise BartrackerError(given, f"is no TOML: {error}", "mend that line") from None
    except RecursionError:
        raise BartrackerError(given, "is nested too deeply", "write sections and keys") from None
    return parse_book(document, given)
