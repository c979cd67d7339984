"""What any exception becomes: one line on stderr and an exit code; a fault of bartracker's own goes to the log."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

from bartracker.cli import console, log
from bartracker.cli.options import WrongUseError
from bartracker.errors import BartrackerError

_LOGGER = logging.getLogger("bartracker")


class Outcome:
    """The exit code of a command, and the one place where failures are told."""

    def __init__(self) -> None:
        self.code = 0

    @contextmanager
    def of(self, given: object) -> Generator[None]:
        """Work on `given`: what it raises is told in one line and ends there; Ctrl-C and a closed pipe pass through."""
        try:
            yield
        except BartrackerError as error:
            self._tell(error, 2 if isinstance(error, WrongUseError) else 1)
        except BrokenPipeError:
            raise
        except MemoryError:
            remedy = "close other programs or give a shorter recording"
            self._tell(BartrackerError(str(given), "out of memory", remedy))
        except OSError as error:
            from bartracker.recording.files import os_problem

            _LOGGER.warning("%s", given, exc_info=True)
            self._tell(os_problem(str(error.filename or given), error, "used"))
        except Exception as error:
            _LOGGER.exception("%s", given)
            problem = f"bartracker failed by a fault of its own ({type(error).__name__}: {error})"
            remedy = f"report it with what `bartracker check --bundle report.zip` collects; {log.where()}"
            self._tell(BartrackerError(str(given), problem, remedy))

    def _tell(self, error: BartrackerError, code: int = 1) -> None:
        console.say_error(error)
        self.code = max(self.code, code)
