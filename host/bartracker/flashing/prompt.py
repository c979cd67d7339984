"""MicroPython's prompt behind a serial port, through mpremote: run code, write files, restart. What goes wrong on the
way is a BartrackerError. Nothing here knows bartracker's firmware.
"""

import contextlib
import errno
import importlib
import io
import logging
import struct
import time
from collections.abc import Generator
from types import TracebackType
from typing import Any, Final, Protocol, Self

from bartracker.errors import BartrackerError
from bartracker.flashing.ports import why_not_opened
from bartracker.flashing.settings import FlashSettings

_LOGGER: Final = logging.getLogger(__name__)
_CHUNK_BYTES: Final = 256
_CTRL_D: Final = b"\x04"
_SOFT_RESET: Final = b"soft reboot\r\n"
_PROMPT: Final = b">>> "
_POLL_S: Final = 0.02


class NoPromptError(BartrackerError):
    """The port is open but no MicroPython answers."""


class BoardCodeError(BartrackerError):
    """Code that the board was given raised; `problem` is the last line of MicroPython's traceback."""


class _Serial(Protocol):
    write_timeout: float | None
    in_waiting: int

    def read(self, size: int) -> bytes: ...
    def write(self, data: bytes) -> int | None: ...
    def close(self) -> None: ...


class _Transport(Protocol):
    """What is used of mpremote's SerialTransport."""

    serial: _Serial

    def enter_raw_repl(self, soft_reset: bool = True, timeout_overall: float = 10) -> None: ...
    def exit_raw_repl(self) -> None: ...
    def exec_raw(self, command: str, timeout: float = 10) -> tuple[bytes, bytes]: ...
    def fs_writefile(self, dest: str, data: bytes, chunk_size: int = 256) -> None: ...
    def close(self) -> None: ...


class BoardPrompt:
    """An open prompt on the port `device`; a context manager that closes it. Every method raises BartrackerError when
    the board goes away.
    """

    def __init__(self, device: str, settings: FlashSettings) -> None:
        """Open the port and take the prompt, ending what runs. Raises BartrackerError, NoPromptError."""
        self.device = device
        self._settings = settings
        self._serial_module: Any = importlib.import_module("mpremote.transport_serial")
        self._errors: Any = importlib.import_module("mpremote.transport")
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                self._transport: _Transport = self._serial_module.SerialTransport(device, timeout=settings.answer_s)
        except (self._errors.TransportError, ValueError):
            raise why_not_opened(device) from None
        try:
            self._transport.serial.write_timeout = settings.quiet_s
            self._take_prompt(settings.attempts)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port; a board that has gone is no error."""
        with contextlib.suppress(OSError):
            self._transport.close()
            return
        with contextlib.suppress(OSError):
            self._transport.serial.close()

    def run(self, code: str, quiet_s: float | None = None) -> str:
        """Run code on the board and return what it printed; `quiet_s` is the longest silence. Raises BoardCodeError."""
        with self._guarded("no answer from the board"):
            out, error = self._transport.exec_raw(code, quiet_s or self._settings.quiet_s)
        if error:
            raise self._code_error(error.decode("utf-8", "replace"))
        return out.decode("utf-8", "replace")

    def write_file(self, path: str, data: bytes) -> None:
        """Write a file on the board. Raises BartrackerError when its flash is full."""
        with self._guarded(f"the board went away while {path} was copied"):
            self._transport.fs_writefile(path, data, _CHUNK_BYTES)

    def restart(self) -> None:
        """Soft reset: memory empty, devices off; main.py is not run."""
        with self._guarded("the board did not come back after a restart"):
            self._transport.exit_raw_repl()
        self._take_prompt(1)

    def start_main(self) -> str | None:
        """Soft reset that runs main.py. None: it was still running when the watch ended, and goes on; else what it
        printed before it stopped.
        """
        with self._guarded("the board did not come back after a restart"):
            port = self._transport.serial
            self._transport.exit_raw_repl()
            port.write(_CTRL_D)
            end_s = time.monotonic() + self._settings.start_s
            text = b""
            while time.monotonic() < end_s:
                if port.in_waiting:
                    text += port.read(port.in_waiting)
                else:
                    time.sleep(_POLL_S)
                printed, prompt, _ = text.partition(_SOFT_RESET)[2].partition(_PROMPT)
                if prompt:
                    return printed.decode("utf-8", "replace")
        return None

    def _take_prompt(self, attempts: int) -> None:
        for _ in range(attempts):
            said = io.StringIO()
            try:
                with contextlib.redirect_stdout(said):
                    self._transport.enter_raw_repl(soft_reset=True, timeout_overall=self._settings.answer_s)
            except (self._errors.TransportError, OSError) as error:
                _LOGGER.info("%s: no prompt: %s %s", self.device, error, said.getvalue())
            else:
                return
        raise NoPromptError(self.device, "no MicroPython answers there", "press the board's reset button, try again")

    @contextlib.contextmanager
    def _guarded(self, problem: str) -> Generator[None]:
        remedy = "plug the board in again and repeat the command: it goes on where it stopped"
        try:
            yield
        except self._errors.TransportExecError as error:
            raise self._code_error(error.error_output) from None
        except (self._errors.TransportError, OSError, struct.error) as error:
            _LOGGER.info("%s: %s", self.device, error, exc_info=True)
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                problem, remedy = "the board's flash is full", "delete files on it that are not bartracker's, try again"
            raise BartrackerError(self.device, problem, remedy) from None

    def _code_error(self, trace: str) -> BoardCodeError:
        _LOGGER.warning("%s: %s", self.device, trace)
        lines = trace.strip().splitlines() or ["an error without a name"]
        return BoardCodeError(self.device, lines[-1].strip(), "reset the board and repeat the command")
