"""`bartracker flash` where the board or its chip needs something from its owner: which of several boards it is, a
BMI270's configuration, a file with a board's pins.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_board import SimulatedBoard, Traits

from bartracker.cli.program import run
from bartracker.errors import BartrackerError
from bartracker.flashing import FlashReport, FlashSettings, board_named, flash, read_board_file, read_chip_file
from bartracker.flashing.boards import BOARDS
from bartracker.sim.boards import BOARDS as VIRTUAL_BOARDS
from bartracker.sim.chips.bmi270 import STAND_IN

QUICK = FlashSettings(answer_s=20.0, attempts=1, quiet_s=20.0, start_s=0.2, restart_s=20.0)
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "bartracker-board.toml"
AT_CHIP, AT_BOARD = "/bartracker/bmi270.bin", "/bartracker/board.json"


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    folder = tmp_path / "drive"
    folder.mkdir()
    return folder


def put(board: SimulatedBoard, name: str | None = None, **more: object) -> FlashReport:
    """Flash, without the command line."""
    wanted = None if name is None else board_named(name)
    return flash(board.device, wanted, say=lambda _: None, progress=lambda i, _: iter(i), settings=QUICK, **more)


def refusal(call: Callable[[], object]) -> str:
    """The one line that a refused call says."""
    with pytest.raises(BartrackerError) as caught:
        call()
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("name", "chip"),
    [
        ("xiao_esp32s3", "lsm6dsox"),
        ("xiao_esp32s3", None),
        ("xiao_esp32c6", "icm42688p"),
        ("m5sticks3", "bmi270"),
        ("atoms3r", "bmi270"),
        ("m5stickc_plus2", "mpu6886"),
    ],
)
def test_the_board_is_told_by_the_chip_that_is_soldered_to_it(name: str, chip: str | None, drive: Path) -> None:
    with SimulatedBoard(drive, Traits(board=name, chip=chip)) as board:
        report = put(board, given={AT_CHIP: STAND_IN})
        assert report.board == board_named(name)
        assert report.ok is (chip is not None)


def test_host_and_virtual_boards_agree_on_the_pins() -> None:
    assert {board.name for board in BOARDS} == set(VIRTUAL_BOARDS)
    for board in BOARDS:
        if board.built_in is not None:
            assert (board.built_in.scl, board.built_in.sda) == VIRTUAL_BOARDS[board.name].wires


def test_a_bmi270_waits_for_its_configuration_and_keeps_it(drive: Path, tmp_path: Path, capsys) -> None:
    published = tmp_path / "bmi270.py"
    published.write_text(f"from micropython import const\n_CONFIG_DATA = const(\n    {STAND_IN!r}\n)\n")
    with SimulatedBoard(drive, Traits(board="m5sticks3", chip="bmi270")) as board:
        report = put(board)
        assert not report.ok
        (chip,) = (check for check in report.checks if not check.ok)
        assert "waits for its maker's configuration" in chip.text
        assert "--chip-file" in chip.remedy
        assert run(["flash", "--port", board.device, "--chip-file", str(published)]) == 0
        assert "BMI270 at 0x68" in capsys.readouterr().out
        assert board.files()[AT_CHIP] == STAND_IN
        again = put(board)
        assert again.ok
        assert again.installed.copied == again.installed.removed == ()
        assert board.files()[AT_CHIP] == STAND_IN


def test_a_wrong_configuration_leaves_the_chip_silent(drive: Path) -> None:
    with SimulatedBoard(drive, Traits(board="atoms3r", chip="bmi270")) as board:
        report = put(board, given={AT_CHIP: STAND_IN[::-1]})
    assert [check.name for check in report.checks if not check.ok] == ["chip"]


def test_the_configuration_is_found_in_what_is_published(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for text in (
        f"A = const(b'abc')\nCONFIG = const({STAND_IN!r})",
        f"config = {list(STAND_IN)!r}\n",
        f"config = {tuple(STAND_IN)!r}\n",
        "const uint8_t bmi270_config_file[] = {\n" + ",\n ".join(f"0x{byte:02X}" for byte in STAND_IN) + " };\n",
    ):
        path.write_text(text)
        assert read_chip_file(path) == STAND_IN
    path.write_bytes(STAND_IN)
    assert read_chip_file(path) == STAND_IN


@settings(deadline=None, max_examples=40)
@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode) | st.just(bytes(8192)))
def test_files_without_one_are_refused_in_words(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("chip") / "file"
    path.write_bytes(raw)
    line = refusal(lambda: read_chip_file(path))
    assert "no BMI270 configuration of 8192 bytes" in line
    assert "micropython-lib" in line


def test_a_file_that_is_not_there(tmp_path: Path, capsys) -> None:
    assert run(["flash", "--chip-file", str(tmp_path / "none.py")]) == 1
    assert "none.py" in capsys.readouterr().err


def test_a_board_of_ones_own(drive: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'model = "Bar box"\nprocessor = "ESP32S3"\nscl = 48\nsda = 47\nled = 7\nbattery = 4\nbattery_divider = 3\n'
        'axes = ["-y", "x", "z"]\nhold = [[9, 1]]\nring_packets = 64\n'
    )
    with SimulatedBoard(drive, Traits(board="m5sticks3", chip="bmi270")) as board:
        arguments = ["flash", "--port", board.device, "--board", str(mine)]
        (tmp_path / "config.bin").write_bytes(STAND_IN)
        assert run([*arguments, "--chip-file", str(tmp_path / "config.bin")]) == 0
        assert json.loads(board.files()[AT_BOARD])["axes"] == [-2, 1, 3]
        assert board.traits.nvs["bartracker/board"] == "b" + b"generic".hex()
        mine.write_text(mine.read_text().replace("ESP32S3", "ESP32C3").replace("48", "8").replace("47", "6"))
        assert "a Bar box has an ESP32C3" in refusal(
            lambda: flash(
                board.device,
                read_board_file(mine).profile,
                say=lambda _: None,
                progress=lambda i, _: iter(i),
                settings=QUICK,
            )
        )


def test_the_example_is_valid_with_and_without_its_further_lines(tmp_path: Path) -> None:
    own = read_board_file(EXAMPLE)
    assert (own.profile.title, own.profile.chip.name) == ("My board", "ESP32S3")
    path = tmp_path / "full.toml"
    path.write_text(re.sub(r"^# (?=\w+ = )", "", EXAMPLE.read_text(), flags=re.MULTILINE))
    full = json.loads(read_board_file(path).json)
    assert full["hold"] == [[4, 1]]
    assert None not in full.values()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("scl = 6->scl = 60", "scl: give a whole number from 0 to 48"),
        ("scl = 6->scl = 5", "sda: GPIO5 is scl already"),
        ("scl = 6->scl = true", "scl: give a whole number"),
        ("sda = 5->", "sda: give a whole number"),
        ('"ESP32S3"->"RP2040"', "processor: give one of ESP32, ESP32S3, ESP32C3, ESP32C6"),
        ('"My board"->""', "model: give a name"),
        ('# axes = ["x", "y", "z"]->axes = ["y", "x", "z"]', "mirror image"),
        ('# axes = ["x", "y", "z"]->axes = ["x", "y", "w"]', "axes: give three of"),
        ('# axes = ["x", "y", "z"]->axes = 5', "axes: give a list"),
        ("# hold = [[4, 1]]->hold = [[4, 2]]", "hold: give pairs"),
        ("# ring_packets = 128->ring_packets = 100", "ring_packets: give one of 32"),
        ("# led = 21->leds = 21", "leds: this key is not known"),
        ("# led = 21->led = ", "this is no TOML file"),
    ],
)
def test_mistakes_in_a_board_file_are_named(change: str, words: str, tmp_path: Path, capsys) -> None:
    old, _, new = change.partition("->")
    text = EXAMPLE.read_text()
    assert old in text
    path = tmp_path / "board.toml"
    path.write_text(text.replace(old, new))
    assert words in refusal(lambda: read_board_file(path))
    assert run(["flash", "--board", str(path)]) == 2
    assert words in capsys.readouterr().err.replace("\n", " ")
