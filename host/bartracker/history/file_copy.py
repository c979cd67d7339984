"""Copying files so that a name stands only for a whole file."""

import hashlib
import os
import shutil
from pathlib import Path

from bartracker.recording.files import os_problem

_CHUNK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Digest of a file's content, hexadecimal. Raises BartrackerError."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise os_problem(str(path), error, "read") from None


def copied(source: Path, target: Path) -> Path | None:
    """Copy a file to a place named by its content; None where it was there already. Raises OSError, then nothing
    stays.
    """
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with source.open("rb") as reading, part.open("wb") as writing:
            shutil.copyfileobj(reading, writing, _CHUNK_BYTES)
            writing.flush()
            os.fsync(writing.fileno())
        part.replace(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return target
