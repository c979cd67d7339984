"""`bartracker flash` before it reaches a prompt: the port, why it cannot be opened, tools, MicroPython's image."""

import fcntl
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from simulated_board import SimulatedBoard, Traits

from bartracker.errors import BartrackerError
from bartracker.flashing import FlashReport, FlashSettings, board_named, flash
from bartracker.flashing.micropython_image import run_tool, write_image
from bartracker.flashing.ports import SerialPort, choose_port, guess_board

XIAO = SerialPort("/dev/ttyACM0", (0x303A, 0x4001))
STICK = SerialPort("/dev/ttyACM1", (0x1A86, 0x55D4))
MODEM = SerialPort("/dev/ttyUSB0", (0x12D1, 0x1001))
CONSOLE = SerialPort("/dev/ttyS0", None)
QUICK = FlashSettings(answer_s=20.0, attempts=1, quiet_s=20.0, start_s=0.2, restart_s=20.0)


def put(device: str | None, name: str | None = None, **more: object) -> FlashReport:
    """Flash, without the command line."""
    wanted = None if name is None else board_named(name)
    return flash(device, wanted, say=lambda _: None, progress=lambda i, _: iter(i), settings=QUICK, **more)


def refusal(call: Callable[[], object]) -> str:
    """The one line that a refused call says."""
    with pytest.raises(BartrackerError) as caught:
        call()
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    folder = tmp_path / "drive"
    folder.mkdir()
    return folder


def test_the_only_board_is_found() -> None:
    ports = [CONSOLE, MODEM, XIAO]
    assert choose_port(None, None, ports) == XIAO
    assert choose_port(None, board_named("m5stickc_plus2"), [XIAO, STICK]) == STICK
    assert choose_port("/dev/ttyS0", None, ports) == CONSOLE
    assert choose_port("/dev/elsewhere", None, ports) == SerialPort("/dev/elsewhere", None)
    assert guess_board(STICK) == board_named("m5stickc_plus2")
    assert guess_board(XIAO) is None
    assert guess_board(MODEM) is None


def test_no_board_and_two_boards() -> None:
    line = refusal(lambda: choose_port(None, None, [CONSOLE, MODEM]))
    assert "no sensor board was found on USB (other USB serial ports: /dev/ttyUSB0)" in line
    assert "--port" in line
    line = refusal(lambda: choose_port(None, board_named("xiao_esp32s3"), [STICK]))
    assert "no XIAO ESP32S3 was found" in line
    line = refusal(lambda: choose_port(None, None, [XIAO, STICK]))
    assert (
        "2 boards were found: /dev/ttyACM0 (XIAO ESP32S3 or M5StickS3 or AtomS3R), /dev/ttyACM1 (M5StickC Plus2)"
        in line
    )
    assert "say which with --port" in line


def test_ports_that_are_none(tmp_path: Path) -> None:
    line = refusal(lambda: put(str(tmp_path / "ttyACM9")))
    assert "there is no such serial port" in line
    (tmp_path / "file").write_bytes(b"")
    assert "this is no serial port" in refusal(lambda: put(str(tmp_path / "file")))
    assert "there is no such serial port" in refusal(lambda: put("nonsense://port"))


def test_port_in_use(drive: Path) -> None:
    with SimulatedBoard(drive) as board:
        other = os.open(board.device, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(other, fcntl.LOCK_EX)
        line = refusal(lambda: put(board.device))
        os.close(other)
        assert "another program is using this port" in line
        assert put(board.device).ok


def _without_rights_of_root() -> None:
    """In the child: root may no longer pass over file permissions, so the test means the same for every user."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    drop_from_bounding_set, override_read_write = 24, 1
    if os.geteuid() == 0 and libc.prctl(drop_from_bounding_set, override_read_write, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


@pytest.mark.skipif(sys.platform != "linux", reason="rights of root can be dropped on Linux only")
def test_permission_denied(drive: Path) -> None:
    with SimulatedBoard(drive) as board:
        os.chmod(board.device, 0)
        command = [sys.executable, "-m", "bartracker", "flash", "--port", board.device]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, preexec_fn=_without_rights_of_root)
    assert done.returncode == 1
    assert done.stdout == ""
    expected = "this user may not open it; sudo usermod -aG dialout $USER, then log out and in again"
    assert done.stderr == f"bartracker: {board.device}: {expected}\n"


def test_missing_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mpremote" else find(name))
    assert refusal(lambda: put(None)) == 'flash: mpremote is not installed; pip install "bartracker[flash]"'


def image(path: Path, chip_id: int) -> Path:
    """The header of an image for a chip, and some more."""
    path.write_bytes(b"\xe9" + bytes(11) + chip_id.to_bytes(2, "little") + bytes(2000))
    return path


class FakeEsptool:
    """Takes the place of esptool, which wants a chip's boot loader; brings a mute board to life. `fail_at` fails."""

    def __init__(self, board: SimulatedBoard, fail_at: str = "") -> None:
        self.calls: list[list[str]] = []
        self._board = board
        self._fail_at = fail_at

    def __call__(self, arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        self.calls.append(list(arguments))
        if self._fail_at in arguments:
            said = "esptool v5\nConnecting......\n\nA fatal error occurred: No serial data received.\nhelp: ...\n"
            return subprocess.CompletedProcess(list(arguments), 2, said)
        if "write-flash" in arguments:
            self._board.traits.mute = False
        return subprocess.CompletedProcess(list(arguments), 0, "")


def test_micropython_is_written_first(drive: Path, tmp_path: Path) -> None:
    path = image(tmp_path / "micropython.bin", 0)
    with SimulatedBoard(drive, Traits("m5stickc_plus2", "mpu6886", mute=True)) as board:
        esptool = FakeEsptool(board)
        report = put(board.device, "m5stickc_plus2", image=path, run=esptool)
    assert report.ok
    start = ["esptool", "--chip", "esp32", "--port", board.device]
    assert esptool.calls[0] == [*start, "erase-flash"]
    assert esptool.calls[1][:5] == start
    assert esptool.calls[1][-3:] == ["write-flash", "0x1000", str(path)]


def test_esptool_fails(drive: Path, tmp_path: Path) -> None:
    path = image(tmp_path / "micropython.bin", 9)
    with SimulatedBoard(drive, Traits(mute=True)) as board:
        line = refusal(lambda: put(board.device, "xiao_esp32s3", image=path, run=FakeEsptool(board, "write-flash")))
    assert "esptool failed: A fatal error occurred: No serial data received" in line
    assert "BOOT" in line


def test_the_real_esptool_understands_the_line(tmp_path: Path) -> None:
    calls: list[subprocess.CompletedProcess[str]] = []

    def run(arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        calls.append(run_tool(arguments))
        # As if it had gone well, so that the next line is tried too.
        return subprocess.CompletedProcess(list(arguments), 0, "")

    board = board_named("xiao_esp32s3")
    write_image(image(tmp_path / "micropython.bin", 9), board, str(tmp_path / "ttyACM9"), run, lambda _: None)
    assert len(calls) == 2
    for done in calls:
        assert done.returncode != 0
        assert "Could not open" in done.stdout
        assert "sage:" not in done.stdout


def test_images_that_do_not_fit(drive: Path, tmp_path: Path) -> None:
    with SimulatedBoard(drive, Traits(mute=True)) as board:
        esptool = FakeEsptool(board)

        def refused(path: Path, name: str | None = "xiao_esp32s3") -> str:
            return refusal(lambda: put(board.device, name, image=path, run=esptool))

        assert "there is no such file" in refused(tmp_path / "absent.bin")
        line = refused(image(tmp_path / "classic.bin", 0))
        assert "this image is for an ESP32, a XIAO ESP32S3 has an ESP32S3" in line
        assert "ESP32_GENERIC_S3" in line
        (tmp_path / "page.bin").write_bytes(b"<!DOCTYPE html>" * 100)
        assert "this is no MicroPython image" in refused(tmp_path / "page.bin")
        assert "say it with --board" in refused(image(tmp_path / "s3.bin", 9), None)
        assert esptool.calls == []


def test_board_that_stays_silent_after_writing(drive: Path, tmp_path: Path) -> None:
    class Useless(FakeEsptool):
        def __call__(self, arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
            return subprocess.CompletedProcess(list(arguments), 0, "")

    impatient = FlashSettings(answer_s=0.2, attempts=1, restart_s=0.1)
    with SimulatedBoard(drive, Traits(mute=True)) as board:
        line = refusal(
            lambda: flash(
                board.device,
                board_named("xiao_esp32s3"),
                image=image(tmp_path / "s3.bin", 9),
                say=lambda _: None,
                progress=lambda i, _: iter(i),
                settings=impatient,
                run=Useless(board),
            )
        )
    assert "MicroPython was written, but the board does not answer" in line
