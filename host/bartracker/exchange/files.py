"""Opening and replacing files: refusals in plain words, and writing that leaves either the old file or the whole new
one.

No format lives here.
"""

import errno
import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from bartracker.errors import BartrackerError
from bartracker.recording.files import os_problem

_DISK_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


def checked_file(path: str | Path) -> Path:
    """`path` as a Path to a regular file that is there and not empty; BartrackerError otherwise."""
    given = str(path)
    if not given or "\0" in given:
        raise BartrackerError(repr(given), "is no file name", "name a recording (.btr, .npz or .csv)")
    try:
        status = os.stat(given)
    except OSError as error:
        raise os_problem(given, error, "read") from None
    if stat.S_ISDIR(status.st_mode):
        raise BartrackerError(given, "is a folder, not a file", "name a recording in it")
    if not stat.S_ISREG(status.st_mode):
        raise BartrackerError(given, "is a device or pipe, not a file", "save it to a file first")
    if status.st_size == 0:
        raise BartrackerError(given, "is empty", "record or export it again")
    return Path(path)


def write_refusal(given: str, error: OSError) -> BartrackerError:
    """The line for a file that could not be written and of which nothing stays."""
    if error.errno in _DISK_FULL:
        return BartrackerError(given, "the disk is full", "make room or choose another; nothing was changed")
    return os_problem(given, error, "written")


def checked_target(path: str | Path) -> Path:
    """`path`, links followed, as a place for a file; BartrackerError if it is a folder or no name."""
    given = str(path)
    if not given or "\0" in given:
        raise BartrackerError(repr(given), "is no file name", "name the file to write")
    try:
        target = Path(os.path.realpath(given))
        if target.is_dir():
            raise BartrackerError(given, "is a folder, not a file", "name the file to write in it")
    except OSError as error:
        raise write_refusal(given, error) from None
    return target


@contextmanager
def atomic_write(path: str | Path) -> Generator[BinaryIO]:
    """A binary stream whose bytes stand under `path` only once the block has ended well; until then the old file, if
    any, stays.

    A device or pipe is written directly. Raises BartrackerError for whatever the operating system refuses.
    """
    given = str(path)
    target = checked_target(path)
    part: Path | None = None
    try:
        if target.exists() and not target.is_file():
            with target.open("wb") as stream:
                yield stream
            return
        part = target.with_name(f".{target.name[:200]}.{secrets.token_hex(4)}.part")
        with part.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            part.chmod(stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
        part = None
    except OSError as error:
        raise write_refusal(given, error) from None
    finally:
        if part is not None:
            with suppress(OSError):
                part.unlink()
