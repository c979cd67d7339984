"""A place for recordings on a board that had none: the partition table byte for byte, and `flash --with-log` on a
simulated board whose flash memory a stand-in for esptool keeps.
"""

import contextlib
import hashlib
import itertools
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_board import SimulatedBoard, Traits

from bartracker.cli.program import run as bartracker
from bartracker.errors import BartrackerError
from bartracker.flashing import FlashSettings, board_named, flash
from bartracker.flashing.micropython_image import run_tool, write_image
from bartracker.flashing.partition_table import Partition, decode_table, encode_table, with_log

QUICK = FlashSettings(answer_s=20.0, attempts=1, quiet_s=20.0, start_s=0.2, restart_s=20.0)
MB = 1 << 20
# What MicroPython's generic images of today bring (ports/esp32/partitions-4MiBplus.csv), and those of before.
PLUS = (
    Partition(1, 2, 0x9000, 0x6000, "nvs"),
    Partition(1, 1, 0xF000, 0x1000, "phy_init"),
    Partition(0, 0, 0x10000, 0x210000, "factory"),
)
BEFORE = (
    *PLUS[:2],
    Partition(0, 0, 0x10000, 0x1F0000, "factory"),
    Partition(1, 0x81, 0x200000, 0x600000, "vfs"),
)
# By hand, from ESP-IDF's description of the table: magic, type, subtype, offset, size, label, flags.
GOLDEN = bytes.fromhex(
    "aa500102" "00900000" "00600000" "6e76730000000000" "0000000000000000" "00000000"
    "aa500101" "00f00000" "00100000" "7068795f696e6974" "0000000000000000" "00000000"
    "aa500000" "00000100" "00002100" "666163746f727900" "0000000000000000" "00000000"
    "aa500181" "00002200" "00001000" "7666730000000000" "0000000000000000" "00000000"
    "aa500140" "00003200" "00004000" "62617274726163" "6b6572000000000000" "00000000"
)  # fmt: skip


def test_the_table_byte_for_byte() -> None:
    table = encode_table(with_log(PLUS, 8 * MB, "board"))
    assert len(table) == 0xC00
    assert table[: len(GOLDEN)] == GOLDEN
    end = len(GOLDEN)
    assert table[end : end + 32] == b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(GOLDEN).digest()
    assert set(table[end + 32 :]) == {0xFF}


def test_what_micropython_brings_is_kept_and_the_file_system_shrinks() -> None:
    made = with_log(BEFORE, 8 * MB, "board")
    assert made[:3] == BEFORE[:3]
    assert made[3] == Partition(1, 0x81, 0x200000, MB, "vfs")
    assert made[4] == Partition(1, 0x40, 0x300000, 4 * MB, "bartracker")
    assert with_log(made, 8 * MB, "board") == made
    small = with_log(PLUS, 4 * MB, "board")
    assert small[-1].end == 4 * MB
    assert small[-1].size == 0xE0000


def test_no_room_is_said() -> None:
    with pytest.raises(BartrackerError, match="flash of 3 MB has no room for recordings"):
        with_log(PLUS, 3 * MB, "board")
    beyond = (*BEFORE[:3], Partition(1, 0x81, 0x200000, MB, "vfs"), Partition(1, 0x40, 0x310000, MB, "other"))
    with pytest.raises(BartrackerError, match="no room"):
        with_log(beyond, 8 * MB, "board")


@given(st.integers(3, 64), st.integers(0x10, 0x300))
def test_any_table_comes_back_and_nothing_overlaps(megabytes: int, app_sectors: int) -> None:
    table = (*PLUS[:2], Partition(0, 0, 0x10000, app_sectors * 0x1000, "factory"))
    try:
        made = with_log(table, megabytes * MB, "board")
    except BartrackerError:
        return
    assert decode_table(encode_table(made), "table") == made
    assert all(a.end <= b.offset for a, b in itertools.pairwise(made))
    assert made[-1].end <= megabytes * MB


@given(st.binary(max_size=0xC00))
def test_any_bytes_are_a_table_or_refused(raw: bytes) -> None:
    with contextlib.suppress(BartrackerError):
        assert decode_table(raw, "image")


def test_a_damaged_table_is_refused() -> None:
    raw = bytearray(encode_table(PLUS))
    raw[5] ^= 1
    with pytest.raises(BartrackerError, match="wrong checksum"):
        decode_table(bytes(raw), "image")


class FlashOfBoard:
    """Takes the place of esptool: a flash of `megabytes`, into which it writes; `fail_at` fails once."""

    def __init__(self, board: SimulatedBoard, megabytes: int, fail_at: str = "") -> None:
        self.data = bytearray(b"\xff" * (megabytes * MB))
        self.calls: list[list[str]] = []
        self._board = board
        self._fail_at = fail_at

    def __call__(self, arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        self.calls.append(list(arguments))
        failed = self._fail_at != "" and self._fail_at in arguments
        said = ""
        if "flash-id" in arguments:
            said = f"esptool v5\nDetected flash size: {len(self.data) // MB}MB\n"
        elif "erase-flash" in arguments:
            self.data[:] = b"\xff" * len(self.data)
        elif "write-flash" in arguments:
            at, raw = int(arguments[-2], 16), Path(arguments[-1]).read_bytes()
            raw = raw[: len(raw) // 2] if failed else raw
            self.data[at : at + len(raw)] = raw
            self._board.traits.mute = failed
        if failed:
            self._fail_at = ""
            said = "A fatal error occurred: The chip stopped responding."
        return subprocess.CompletedProcess(list(arguments), 2 if failed else 0, said)


def image(path: Path, chip_id: int, flash_offset: int, table: bytes) -> Path:
    """An image with its header, its table where it belongs, and an app."""
    raw = bytearray(b"\xff" * (0x10000 - flash_offset)) + bytes(range(256)) * 64
    raw[:24] = b"\xe9" + bytes(11) + struct.pack("<H", chip_id) + bytes(10)
    raw[0x8000 - flash_offset : 0x8000 - flash_offset + len(table)] = table
    path.write_bytes(raw)
    return path


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    folder = tmp_path / "drive"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("name", "chip", "chip_id", "offset"),
    [("xiao_esp32s3", "lsm6dsox", 9, 0), ("m5stickc_plus2", "mpu6886", 0, 0x1000)],
)
def test_flash_with_log_mends_a_broken_one(
    name: str, chip: str, chip_id: int, offset: int, drive: Path, tmp_path: Path
) -> None:
    path = image(tmp_path / "micropython.bin", chip_id, offset, encode_table(PLUS))
    before = path.read_bytes()
    with SimulatedBoard(drive, Traits(name, chip, mute=True)) as board:
        esptool = FlashOfBoard(board, 8, fail_at="write-flash")

        def put() -> bool:
            return flash(
                board.device,
                board_named(name),
                image=path,
                log=True,
                say=lambda _: None,
                progress=lambda items, _: iter(items),
                settings=QUICK,
                run=esptool,
            ).ok

        with pytest.raises(BartrackerError, match="The chip stopped responding"):
            put()
        assert put()
    assert path.read_bytes() == before
    table = decode_table(bytes(esptool.data[0x8000:0x8C00]), "flash")
    assert [each.label for each in table] == ["nvs", "phy_init", "factory", "vfs", "bartracker"]
    written, at = bytearray(before), 0x8000 - offset
    written[at : at + 0xC00] = encode_table(table)
    assert esptool.data[offset : offset + len(written)] == written
    assert esptool.calls[-1][8:10] == ["--flash-size", "8MB"]


def test_nothing_is_erased_where_it_does_not_fit(drive: Path, tmp_path: Path) -> None:
    board_profile = board_named("xiao_esp32s3")
    bare = image(tmp_path / "bare.bin", 9, 0, b"")
    fine = image(tmp_path / "fine.bin", 9, 0, encode_table(PLUS))
    with SimulatedBoard(drive, Traits(mute=True)) as board:
        for path, megabytes, words in ((bare, 8, "partition table"), (fine, 2, "no room for recordings")):
            esptool = FlashOfBoard(board, megabytes)
            with pytest.raises(BartrackerError, match=words):
                write_image(path, board_profile, board.device, esptool, lambda _: None, log=True)
            assert [call[5:] for call in esptool.calls] == [["flash-id"]]


def test_the_real_esptool_understands_the_lines(tmp_path: Path) -> None:
    path = image(tmp_path / "micropython.bin", 9, 0, encode_table(PLUS))
    said: list[str] = []

    def run(arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        done = run_tool(arguments)
        assert done.returncode != 0
        said.append(done.stdout)
        return subprocess.CompletedProcess(list(arguments), 0, "Detected flash size: 8MB")

    write_image(path, board_named("xiao_esp32s3"), str(tmp_path / "ttyACM9"), run, lambda _: None, log=True)
    assert len(said) == 3
    for text in said:
        assert "Could not open" in text
        assert "sage:" not in text


def test_the_option_alone_erases_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert bartracker(["flash", "--with-log"]) == 2
    assert "give --micropython IMAGE; the board is erased" in capsys.readouterr().err
