"""The log file: faults and warnings that would only confuse on the screen, kept for a bug report."""

import logging
import logging.handlers
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

_LOGGER = logging.getLogger("bartracker")
_MAX_BYTES = 500_000
_OLD_FILES = 2


def folder() -> Path:
    """The folder of the log files; it need not exist."""
    from platformdirs import user_log_path

    return user_log_path("bartracker", appauthor=False)


def files() -> list[Path]:
    """The log files there are, newest first."""
    return sorted(path for path in folder().glob("bartracker.log*") if path.is_file())


class _LazyFile(logging.Handler):
    """Opens the log at its first record: a run without trouble leaves no file. What can't be written is let go."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.problem: str | None = None
        self._file: logging.handlers.RotatingFileHandler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if self._file is None and self.problem is None:
            try:
                self._file = self._open()
            except OSError as error:
                self.problem = error.strerror or str(error)
        if self._file is not None:
            self._file.emit(record)

    @staticmethod
    def _open() -> logging.handlers.RotatingFileHandler:
        path = folder() / "bartracker.log"
        if not path.is_absolute():
            raise OSError("this user has no home folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(
            path, maxBytes=_MAX_BYTES, backupCount=_OLD_FILES, encoding="utf-8", errors="backslashreplace"
        )
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(threadName)s: %(message)s"))
        return file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()


@contextmanager
def to_file() -> Generator[None]:
    """While inside, warnings and log records of every library go to the log file instead of the screen."""
    handler = _LazyFile()
    root = logging.getLogger()
    raise_before, logging.raiseExceptions = logging.raiseExceptions, False
    root.addHandler(handler)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()
        logging.raiseExceptions = raise_before


def where() -> str:
    """Words that say where the details of a fault just logged are."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _LazyFile) and handler.problem is not None:
            return f"its log {folder()} could not be written ({handler.problem})"
    return f"details are in {folder() / 'bartracker.log'}"


def note_thread_fault(fault: threading.ExceptHookArgs) -> None:
    """A `threading.excepthook` that writes to the log."""
    if fault.exc_value is not None:
        _LOGGER.error("in a thread", exc_info=(fault.exc_type, fault.exc_value, fault.exc_traceback))
