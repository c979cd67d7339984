"""One SQLite file safely: opened, migrated, written in transactions; what SQLite refuses in plain words. No tables
are known here.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bartracker.errors import BartrackerError
from bartracker.history.schema import APPLICATION_ID, VERSION, application_of, migrate, version_of
from bartracker.recording.files import os_problem

_RESTORE = "put a backup in its place (docs/history.md)"


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """How the file is used.

    busy_s: how long to wait for another process that writes (a long import holds the lock for well under a second).
    cache_kib: memory for pages of the file.
    """

    busy_s: float = 30.0
    cache_kib: int = 32_768


class Database:
    """A connection whose writes are all or nothing. Close it; a closed file is whole and may be copied."""

    def __init__(self, path: Path, settings: DatabaseSettings | None = None) -> None:
        """Open or make the file and bring its tables to this version. Raises BartrackerError."""
        settings = settings or DatabaseSettings()
        self.path = path
        if path.parent.exists() and not path.parent.is_dir():
            raise BartrackerError(str(path.parent), "is a file, not a folder", "name the library's folder")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise os_problem(str(path.parent), error, "made") from None
        with self._in_words():
            self.connection = sqlite3.connect(path, timeout=settings.busy_s, isolation_level=None)
        try:
            with self._in_words():
                self.connection.row_factory = sqlite3.Row
                self.connection.execute("PRAGMA foreign_keys = ON")
                self.connection.execute("PRAGMA secure_delete = ON")
                self.connection.execute(f"PRAGMA cache_size = {-settings.cache_kib}")
                if (version_of(self.connection), application_of(self.connection)) != (VERSION, APPLICATION_ID):
                    with self.writing() as connection:
                        migrate(connection, str(path))
                # Only a file known to be a library is changed to write-ahead logging.
                self.connection.execute("PRAGMA journal_mode = WAL")
                self.connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        with self._in_words():
            self.connection.close()

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """One write transaction: committed when the block ends well, else rolled back. Waits for other writers."""
        with self._in_words():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """One view of the file that no other process changes while the block runs."""
        with self._in_words():
            self.connection.execute("BEGIN")
            try:
                yield self.connection
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    @contextmanager
    def _in_words(self) -> Generator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise refusal(str(self.path), error) from None


def refusal(given: str, error: sqlite3.Error) -> BartrackerError:
    """The line for what SQLite refused; a fault of bartracker's own (wrong SQL) is raised as it is."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return BartrackerError(given, "the disk is full", "make room and try again; nothing was changed")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return BartrackerError(given, "another bartracker is writing to it", "try again when it has finished")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return BartrackerError(given, "is damaged or no library", _RESTORE)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return BartrackerError(given, "cannot be opened for writing", "change its rights or name another folder")
    if code == sqlite3.SQLITE_IOERR:
        return BartrackerError(
            given, "could not be read or written", "check the disk and the space on it; nothing was changed"
        )
    if isinstance(error, sqlite3.DatabaseError) and ("no such" in str(error) or "malformed" in str(error)):
        return BartrackerError(given, f"is damaged ({error})", _RESTORE)
    raise error
