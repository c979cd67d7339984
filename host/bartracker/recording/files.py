"""Words for what an operating system refuses. No formats here."""

import errno

from bartracker.errors import BartrackerError


def os_problem(given: str, error: OSError, doing: str) -> BartrackerError:
    """The line for a person when `doing` ("read", "written") failed for `given`."""
    if isinstance(error, FileNotFoundError):
        if doing == "read":
            return BartrackerError(given, "there is no such file", "check the path")
        return BartrackerError(given, "its folder does not exist", "create the folder or choose another")
    if isinstance(error, FileExistsError):
        return BartrackerError(
            given, "a file of this name is already there and was left as it is", "choose another name"
        )
    if isinstance(error, IsADirectoryError):
        return BartrackerError(given, "this is a folder", "name a file")
    if isinstance(error, NotADirectoryError):
        return BartrackerError(given, "part of this path is a file, not a folder", "check the path")
    if isinstance(error, PermissionError):
        right = "read" if doing == "read" else "write"
        return BartrackerError(
            given, f"permission to {right} it is missing", "change its rights or choose another place"
        )
    if error.errno in (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return BartrackerError(given, "the disk is full", "make room; what was written so far is whole")
    reason = error.strerror or type(error).__name__
    return BartrackerError(given, f"it could not be {doing} ({reason})", "check the disk and the path")
