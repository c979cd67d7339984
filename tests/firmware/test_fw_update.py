"""The firmware's update of itself, and boot.py, under CPython: a power cut at every byte and name that it writes, and
whatever lists and parts may come.
"""

import builtins
import hashlib
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartracker.firmware_files import firmware_dir
from bartracker.wire import WireError
from bartracker.wire.update import (
    FirmwarePackage,
    UpdateChunk,
    decode_manifest,
    decode_update_about,
    decode_update_position,
    encode_update_chunk,
    make_package,
)

MPY = 6 | 3 << 8 | 10 << 10
IDLE, MANIFEST, CHECKING, RECEIVING, READY = range(5)
FINE, BATTERY, WRONG_HASH, WRONG_MANIFEST, WRONG_PROCESSOR, NO_SPACE, FLASH_FAULT, ON_TRIAL = range(8)


class PowerCutError(Exception):
    """The power is gone."""


class Rom:
    """Non-volatile storage and flash of a board: what survives. `left`: the power lasts for so many more bytes, names
    and settings.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers: dict[str, int] = {}
        self.left: int | None = None
        self.free_blocks = 1000

    def grant(self, units: int) -> int:
        if self.left is None:
            return units
        granted = min(units, self.left)
        self.left -= granted
        return granted

    def change(self) -> None:
        if not self.grant(1):
            raise PowerCutError

    def open(self, path: str, mode: str = "r") -> Any:
        if "w" not in mode:
            return builtins.open(path, mode)
        self.change()
        return CutFile(self, builtins.open(path, mode))


class CutFile:
    """A file whose writing ends where the power does."""

    def __init__(self, rom: Rom, file: Any) -> None:
        self._rom = rom
        self._file = file

    def write(self, data: bytes) -> int:
        granted = self._rom.grant(len(data))
        self._file.write(data[:granted])
        if granted < len(data):
            raise PowerCutError
        return granted

    def __enter__(self) -> "CutFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


class CutOs:
    """`os` as the firmware uses it."""

    stat = staticmethod(os.stat)
    listdir = staticmethod(os.listdir)

    def __init__(self, rom: Rom) -> None:
        self._rom = rom

    def statvfs(self, _: str) -> tuple[int, ...]:
        return 4096, 4096, 1000, self._rom.free_blocks, self._rom.free_blocks

    def __getattr__(self, name: str) -> Callable[..., None]:
        def change(*arguments: str) -> None:
            self._rom.change()
            getattr(os, name)(*arguments)

        return change


class Board:
    """boot.py and update.py on flash and storage that are there before and after; `boot` begins a new start."""

    def __init__(self, folder: Path, update: Any) -> None:
        self.rom = Rom(folder)
        self._module = update
        update.open, update.os = self.rom.open, CutOs(self.rom)
        self.boot_py: Any = None
        self.updater: Any = None

    def boot(self) -> None:
        rom = self.rom

        class Nvs:
            def __init__(self, _: str) -> None:
                pass

            def get_i32(self, key: str) -> int:
                if key not in rom.numbers:
                    raise OSError(-0x1102)
                return rom.numbers[key]

            def set_i32(self, key: str, value: int) -> None:
                rom.change()
                rom.numbers[key] = value

            def commit(self) -> None:
                pass

        stand_in = {"esp32": types.ModuleType("esp32"), "machine": types.ModuleType("machine")}
        stand_in["esp32"].__dict__["NVS"] = Nvs
        spec = importlib.util.spec_from_file_location("boot_under_test", firmware_dir() / "boot.py")
        assert spec is not None
        assert spec.loader is not None
        self.boot_py = importlib.util.module_from_spec(spec)
        before, path = {name: sys.modules.get(name) for name in stand_in}, list(sys.path)
        sys.modules.update(stand_in)
        try:
            spec.loader.exec_module(self.boot_py)
        finally:
            sys.path[:] = path
            for name, module in before.items():
                sys.modules.pop(name)
                if module is not None:
                    sys.modules[name] = module
        self.boot_py.SLOTS = tuple(str(rom.folder / name.lstrip("/")) for name in self.boot_py.SLOTS)
        self.updater = self._module.Updater(self.boot_py, MPY)

    def start_main(self) -> None:
        """What boot.start does to the count, without running anything."""
        now = self.boot_py.state()
        if now >> 1 == 1:
            self.boot_py.save(1 - (now & 1))
        elif now >> 1:
            self.boot_py.save(now - 2)

    def runs(self) -> dict[str, bytes] | None:
        """Contents of the package that this start runs; None: what lies beside the slots."""
        slot = self.boot_py.chosen()
        return None if slot == self.boot_py.NO_SLOT else files_in(Path(self.boot_py.SLOTS[slot]))

    def begin(self, package: FirmwarePackage, percent: int = 255) -> int:
        return self.updater.begin(len(package.manifest), package.sha256, percent)

    def send(self, package: FirmwarePackage, chunk: int = 50, most: int = 100_000) -> int:
        """Parts and steps until it is ready or gives up; how many bytes were sent."""
        files = [package.manifest, *package.contents.values()]
        sent = 0
        for _ in range(most):
            position = decode_update_position(self.updater.position())
            if position.phase in (IDLE, READY):
                break
            if position.phase == CHECKING:
                self.updater.step()
                continue
            part = files[position.file][position.offset : position.offset + chunk]
            self.updater.take(encode_update_chunk(UpdateChunk(position.file, position.offset, part)))
            sent += len(part)
        return sent


def files_in(slot: Path) -> dict[str, bytes]:
    """The compiled files of a slot."""
    return {path.relative_to(slot).as_posix(): path.read_bytes() for path in sorted(slot.rglob("*.mpy"))}


def small(mark: bytes, *more: str) -> FirmwarePackage:
    """A package of a few bytes."""
    names = ("app", "start", "imu/st", *more)
    head = b"M\x06\x00\x1f"
    contents = {
        f"bartracker_fw/{name}.mpy": head + name.encode() * 3 + (mark if "/" not in name else b"") for name in names
    }
    return make_package("1.2.3", 6, 10, contents)


@pytest.fixture
def board(tmp_path: Path, firmware: Callable[[str], Any]) -> Iterator[Board]:
    """A board with the first of two packages in its first slot."""
    update = firmware("update")
    saved = {name: update.__dict__.get(name) for name in ("open", "os")}
    made = Board(tmp_path, update)
    install(made, small(b"old"))
    made.boot()
    yield made
    del update.open
    update.os = saved["os"]


def install(board: Board, package: FirmwarePackage) -> None:
    folder = board.rom.folder / "bartracker_a"
    for path, data in package.contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "manifest").write_bytes(package.manifest)


OLD, NEW = small(b"old"), small(b"new", "extra")


def test_the_whole_way(board: Board) -> None:
    about = decode_update_about(board.updater.about())
    assert (about.mpy, about.slot, about.starts_left) == (MPY, 0, 0)
    assert about.manifest_start == OLD.sha256[:8]
    assert board.begin(NEW) == FINE
    sent = board.send(NEW)
    # One file is the same: it is copied.
    assert sent == len(NEW.manifest) + sum(map(len, NEW.contents.values())) - len(
        NEW.contents["bartracker_fw/imu/st.mpy"]
    )
    assert board.runs() == OLD.contents
    assert board.updater.activate() == FINE
    assert board.updater.restart_due
    board.boot()
    assert board.runs() == NEW.contents
    assert decode_update_about(board.updater.about()).starts_left == 4
    assert board.begin(OLD) == ON_TRIAL
    board.start_main()
    for _ in range(9):
        board.updater.second(True)
    assert board.boot_py.state() >> 1
    board.updater.second(False)
    for _ in range(9):
        board.updater.second(True)
    assert board.boot_py.state() >> 1
    board.updater.second(True)
    assert board.boot_py.state() >> 1
    board.updater.heard = True
    board.updater.second(True)
    assert board.boot_py.state() == 1
    assert board.begin(OLD) == FINE


def test_three_starts_that_do_not_last_bring_the_old_one_back(board: Board) -> None:
    board.begin(NEW)
    board.send(NEW)
    board.updater.activate()
    for _ in range(3):
        board.boot()
        assert board.runs() == NEW.contents
        board.start_main()
    for _ in range(2):
        board.boot()
        assert board.runs() == OLD.contents
        board.start_main()
    assert board.boot_py.state() == 0
    assert board.begin(NEW) == FINE


def test_the_power_cut_at_every_byte(board: Board) -> None:
    """Whenever it goes, the next start runs the old package or the new one, whole, and the update can be taken up."""
    cut = 0
    finished_with: list[bool] = []
    while True:
        board.rom.numbers.clear()
        for slot in ("bartracker_a", "bartracker_b"):
            for path in sorted((board.rom.folder / slot).rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
        install(board, OLD)
        board.boot()
        board.rom.left = cut
        try:
            board.begin(NEW)
            board.send(NEW)
            board.updater.activate()
            whole = True
        except PowerCutError:
            whole = False
        board.rom.left = None
        board.boot()
        runs = board.runs()
        assert runs in (OLD.contents, NEW.contents), cut
        if runs == OLD.contents:
            assert board.boot_py.state() == 0
            board.begin(NEW)
            board.send(NEW)
            assert board.updater.activate() == FINE
            board.boot()
            assert board.runs() == NEW.contents
        finished_with.append(runs == NEW.contents)
        if whole:
            break
        cut += 1
    assert cut > sum(map(len, NEW.contents.values())) + len(NEW.manifest)
    # The switch is the very last thing that is written.
    assert finished_with == [False] * (len(finished_with) - 1) + [True]


def test_the_power_cut_in_the_writes_of_the_trial(board: Board) -> None:
    for cut in range(6):
        board.rom.numbers["slot"] = 0
        board.boot()
        board.begin(NEW)
        board.send(NEW)
        board.updater.activate()
        board.rom.left = cut
        try:
            for _ in range(6):
                board.boot()
                assert board.runs() in (OLD.contents, NEW.contents)
                board.start_main()
        except PowerCutError:
            pass
        board.rom.left = None
        board.boot()
        assert board.runs() == (OLD.contents if cut >= 3 else NEW.contents)


def test_what_lies_in_the_other_slot_is_trusted_only_by_its_hash(board: Board) -> None:
    other = board.rom.folder / "bartracker_b"
    (other / "bartracker_fw" / "imu").mkdir(parents=True)
    (other / "manifest").write_bytes(b"from before")
    (other / "bartracker_fw" / "app.mpy").write_bytes(bytes(len(NEW.contents["bartracker_fw/app.mpy"])))
    (other / "bartracker_fw" / "start.mpy").write_bytes(NEW.contents["bartracker_fw/start.mpy"])
    # A source file would be found before the compiled one.
    (other / "bartracker_fw" / "app.py").write_bytes(b"raise SystemExit")
    (other / "old").mkdir()
    board.begin(NEW)
    sent = board.send(NEW)
    assert sent < len(NEW.manifest) + sum(map(len, NEW.contents.values())) - len(
        NEW.contents["bartracker_fw/start.mpy"]
    )
    assert board.updater.activate() == FINE
    board.boot()
    assert board.runs() == NEW.contents
    assert {path.name for path in other.rglob("*")} == {
        "manifest",
        "bartracker_fw",
        "imu",
        *(Path(path).name for path in NEW.contents),
    }


def test_flash_that_loses_what_is_written_is_noticed(board: Board) -> None:
    board.begin(NEW)
    spoiled = board.rom.folder / "bartracker_b" / "bartracker_fw" / "app.mpy"
    while not spoiled.exists():
        board.send(NEW, most=1)
    spoiled.write_bytes(b"M\x06" + bytes(len(spoiled.read_bytes()) - 2))
    board.send(NEW)
    assert board.updater.activate() == FINE
    board.boot()
    assert board.runs() == NEW.contents


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda raw: raw.replace(b"mpy 6 10", b"mpy 6 11"), WRONG_PROCESSOR),
        (lambda raw: raw.replace(b"mpy 6 10", b"mpy 7 10"), WRONG_PROCESSOR),
        (lambda raw: raw.replace(b"bartracker_fw/app", b"bartracker_fw/../a"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"bartracker_fw/app", b"/bartracker_fw/app"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"bartracker_fw/app", b"bartracker_fw//app"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"bartracker_fw/app", b"bartracker_fw/.app"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"bartracker_fw/app", b"bartracker_fw/a/b/app"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"bartracker_fw/app", b"bartracker_fw/" + b"a" * 60), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"app.mpy", b"app.py"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"bartracker_fw/app", b"main"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"/app.mpy", b"/extra.mpy"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"start.mpy", b"begin.mpy"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b" 16 ", b" 0 "), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"mpy 6 10", b"mpy 6"), WRONG_MANIFEST),
        (lambda raw: raw.replace(b"firmware 1", b"firmware 2"), WRONG_MANIFEST),
        (lambda raw: raw[:-1], WRONG_MANIFEST),
        (lambda raw: raw + b"\xff\xfe\n", WRONG_MANIFEST),
        (lambda raw: raw + b"00 7 bartracker_fw/more.mpy\n", WRONG_MANIFEST),
        (lambda raw: raw + b"00" * 32 + b" 40000 bartracker_fw/more.mpy\n", WRONG_MANIFEST),
    ],
)
def test_lists_that_are_refused_change_nothing(board: Board, change: Callable[[bytes], bytes], problem: int) -> None:
    raw = change(NEW.manifest)
    assert raw != NEW.manifest
    before = files_in(board.rom.folder)
    forged = FirmwarePackage("1", raw, NEW.contents)
    assert board.begin(forged) == FINE
    board.send(forged)
    position = decode_update_position(board.updater.position())
    assert (position.phase, position.problem) == (IDLE, problem)
    assert board.updater.activate() == problem
    assert not (board.rom.folder / "bartracker_b").exists()
    assert files_in(board.rom.folder) == before
    if problem == WRONG_MANIFEST:
        with pytest.raises(WireError):
            decode_manifest(raw)


def test_room_battery_and_length(board: Board) -> None:
    assert board.begin(NEW, 19) == BATTERY
    assert board.begin(NEW, 20) == FINE
    for length in (0, 8193):
        assert board.updater.begin(length, bytes(32), 255) == WRONG_MANIFEST
    board.rom.free_blocks = 5
    assert board.begin(NEW) == FINE
    board.send(NEW)
    assert decode_update_position(board.updater.position()).problem == NO_SPACE
    assert not (board.rom.folder / "bartracker_b").exists()
    assert board.updater.activate() == NO_SPACE


@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_parts_whatever(board: Board, data: st.DataObject) -> None:
    """Parts that are not due, strange or damaged never make a package ready that is not the one announced."""
    board.boot()
    board.begin(NEW)
    raws = data.draw(
        st.lists(
            st.one_of(
                st.binary(max_size=40),
                st.builds(
                    lambda file, offset, part: encode_update_chunk(UpdateChunk(file, offset, part)),
                    st.integers(0, 7),
                    st.integers(0, 400),
                    st.binary(min_size=1, max_size=300),
                ),
            ),
            max_size=20,
        )
    )
    for raw in raws:
        board.updater.take(raw)
        board.updater.step()
    board.begin(NEW)
    board.send(NEW)
    if decode_update_position(board.updater.position()).phase != READY:
        # A damaged list is asked for again from its beginning.
        board.begin(NEW)
        board.send(NEW)
    assert board.updater.phase == READY
    other = board.rom.folder / "bartracker_b"
    assert files_in(other) == dict(sorted(NEW.contents.items()))
    assert hashlib.sha256(NEW.manifest).digest() == NEW.sha256
