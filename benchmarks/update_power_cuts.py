"""An update over Bluetooth on the file system that a board has, LittleFS, on flash whose power is cut: the firmware's
own update.py and boot.py, run here, on a NOR model that keeps what was erased and programmed until then. After each
cut the next start must find the old firmware or the new one whole, and the update, repeated, must come to its end.

    pip install littlefs-python
    python benchmarks/update_power_cuts.py [--step 3001] [--json results.json]

Cuts are `step` bytes of flash apart, and at every byte of the last 40, where the switch is.
"""

import argparse
import contextlib
import functools
import importlib
import importlib.util
import json
import os
import sys
import types
from pathlib import Path
from typing import Any, Final

from bartracker.firmware_files import firmware_dir
from bartracker.flashing.package import build_package
from bartracker.wire.update import (
    FirmwarePackage,
    UpdateChunk,
    UpdatePhase,
    decode_update_position,
    encode_update_chunk,
    make_package,
)

_BLOCK: Final = 4096
_BLOCKS: Final = 128
# As MicroPython's VfsLfs2 mounts it.
_GEOMETRY: Final = {
    "block_size": _BLOCK,
    "block_count": _BLOCKS,
    "read_size": 32,
    "prog_size": 32,
    "cache_size": 128,
    "lookahead_size": 32,
}
_MPY: Final = 6 | 3 << 8 | 10 << 10
_UNKNOWN_PERCENT: Final = 255
_CHUNK: Final = 236
_LAST: Final = 40
_EIO: Final = -5


class _PowerCutError(Exception):
    """The power is gone."""


class _Flash:
    """What survives: bytes of NOR flash and the numbers in NVS. `left`: bytes that the power lasts for."""

    def __init__(self, data: bytearray) -> None:
        self.buffer = data
        self.in_size = len(data)
        self.numbers: dict[str, int] = {}
        self.left: int | None = None
        self.written = 0
        self.dead = False

    def grant(self, units: int) -> int:
        granted = 0 if self.dead else units if self.left is None else min(units, self.left)
        if self.left is not None:
            self.left -= granted
        self.dead = self.dead or granted < units
        self.written += granted
        return granted

    def read(self, _: Any, block: int, offset: int, size: int) -> bytearray:
        at = block * _BLOCK + offset
        return self.buffer[at : at + size]

    def prog(self, _: Any, block: int, offset: int, data: bytes) -> int:
        granted = self.grant(len(data))
        at = slice(block * _BLOCK + offset, block * _BLOCK + offset + granted)
        bits = int.from_bytes(self.buffer[at]) & int.from_bytes(data[:granted])
        self.buffer[at] = bits.to_bytes(granted)
        return 0 if granted == len(data) else _EIO

    def erase(self, _: Any, block: int) -> int:
        granted = self.grant(_BLOCK)
        self.buffer[block * _BLOCK : block * _BLOCK + granted] = b"\xff" * granted
        return 0 if granted == _BLOCK else _EIO

    def sync(self, _: Any) -> int:
        return 0


class _Files:
    """`open` and `os` of a board over LittleFS; the power cut comes through as an exception."""

    # Closing a file whose power is gone would end the library: they are kept open.
    kept: Final[list[Any]] = []

    def __init__(self, flash: _Flash, *, new: bool = False) -> None:
        self._flash = flash
        littlefs: Any = importlib.import_module("littlefs")
        self._error: type[Exception] = littlefs.LittleFSError
        self._fs: Any = littlefs.LittleFS(context=flash, mount=not new, **_GEOMETRY)
        if new:
            self._fs.format()
            self._fs.mount()
        self.kept.append(self._fs)

    def do(self, call: Any, *arguments: Any) -> Any:
        """Raises _PowerCutError, OSError."""
        try:
            result = call(*arguments)
        except (OSError, self._error) as error:
            if self._flash.dead:
                raise _PowerCutError from None
            raise OSError(str(error)) from None
        if self._flash.dead:
            raise _PowerCutError
        return result

    def open(self, path: str, mode: str = "r") -> "_File":
        file = self.do(self._fs.open, path, mode)
        self.kept.append(file)
        return _File(self, file)

    def close(self, file: Any) -> None:
        if not self._flash.dead:
            self.do(file.close)

    def stat(self, path: str) -> tuple[int, ...]:
        found = self.do(self._fs.stat, path)
        return (0x4000 if found.type == 2 else 0x8000, 0, 0, 0, 0, 0, found.size)

    def statvfs(self, _: str) -> tuple[int, ...]:
        free = _BLOCKS - int(self._fs.used_block_count)
        return _BLOCK, _BLOCK, _BLOCKS, free, free

    def __getattr__(self, name: str) -> Any:
        return functools.partial(self.do, getattr(self._fs, name))


class _File:
    def __init__(self, files: _Files, file: Any) -> None:
        self._files = files
        self._file = file

    def read(self) -> bytes:
        return bytes(self._files.do(self._file.read))

    def write(self, data: bytes) -> int:
        return int(self._files.do(self._file.write, bytes(data)))

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close(self._file)


class _Start:
    """One start of a board with this flash."""

    def __init__(self, flash: _Flash, *, new: bool = False) -> None:
        left, flash.left = flash.left, None
        self.files = _Files(flash, new=new)
        flash.left = left
        update: Any = importlib.import_module("bartracker_fw.update")
        update.__dict__["open"], update.os = self.files.open, self.files
        self.boot = _boot(flash)
        self.boot.os = self.files
        self.updater: Any = update.Updater(self.boot, _MPY)

    def runs(self) -> dict[str, bytes]:
        """Contents of the slot that this start uses."""
        return dict(self._walk(self.boot.SLOTS[self.boot.chosen()], ""))

    def _walk(self, slot: str, inner: str) -> list[tuple[str, bytes]]:
        found: list[tuple[str, bytes]] = []
        for name in self.files.listdir(slot + inner):
            path = f"{inner}/{name}"
            if self.files.stat(slot + path)[0] & 0x4000:
                found += self._walk(slot, path)
            elif path.endswith(".mpy"):
                with self.files.open(slot + path, "rb") as file:
                    found.append((path[1:], file.read()))
        return found

    def take(self, package: FirmwarePackage) -> int:
        """The whole update; bytes sent."""
        if self.updater.begin(len(package.manifest), package.sha256, _UNKNOWN_PERCENT):
            raise RuntimeError("the update is refused")
        contents = [package.manifest, *package.contents.values()]
        sent = 0
        while (position := decode_update_position(self.updater.position())).phase is not UpdatePhase.READY:
            if position.phase is UpdatePhase.IDLE:
                raise RuntimeError(f"the update is given up: {position.problem.name}")
            if position.phase is UpdatePhase.CHECKING:
                self.updater.step()
                continue
            part = contents[position.file][position.offset :][:_CHUNK]
            self.updater.take(encode_update_chunk(UpdateChunk(position.file, position.offset, part)))
            sent += len(part)
        if self.updater.activate():
            raise RuntimeError("the switch is refused")
        return sent


def _const(value: int) -> int:
    return value


def _boot(flash: _Flash) -> Any:
    class Nvs:
        def __init__(self, _: str) -> None:
            pass

        def get_i32(self, key: str) -> int:
            if key not in flash.numbers:
                raise OSError(key)
            return flash.numbers[key]

        def set_i32(self, key: str, value: int) -> None:
            if not flash.grant(1):
                raise _PowerCutError
            flash.numbers[key] = value

        def commit(self) -> None:
            pass

    for name in ("esp32", "machine", "micropython"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["esp32"].__dict__["NVS"] = Nvs
    sys.modules["micropython"].__dict__["const"] = _const
    spec = importlib.util.spec_from_file_location("boot", firmware_dir() / "boot.py")
    if spec is None or spec.loader is None:
        raise RuntimeError("boot.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=3001, help="bytes of flash from one cut to the next")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sys.path.append(str(firmware_dir()))
    flash = _Flash(bytearray(b"\xff" * _BLOCK * _BLOCKS))
    _boot(flash)
    old = build_package(firmware_dir(), "xtensawin")
    changed = {path: data + b"\0" if "/app" in path or "/link" in path else data for path, data in old.contents.items()}
    new = make_package("9.9.9", 6, 10, {**changed, "bartracker_fw/more.mpy": changed["bartracker_fw/app.mpy"][:900]})
    files = _Start(flash, new=True).files
    for path, data in [*old.contents.items(), ("manifest", old.manifest)]:
        files.makedirs(f"/bartracker_a/{path}".rpartition("/")[0], True)
        with files.open(f"/bartracker_a/{path}", "wb") as file:
            file.write(data)
    clean = bytes(flash.buffer)
    flash = _Flash(bytearray(clean))
    whole_bytes = _Start(flash).take(new)
    total = flash.written
    saved: list[int] = []
    new_runs = 0
    cuts = sorted({*range(0, total, arguments.step), *range(max(0, total - _LAST), total + 1)})
    for cut in cuts:
        flash = _Flash(bytearray(clean))
        flash.left = cut
        with contextlib.suppress(_PowerCutError):
            _Start(flash).take(new)
        flash.left, flash.dead = None, False
        start = _Start(flash)
        runs = start.runs()
        if runs == new.contents:
            new_runs += 1
            continue
        if runs != old.contents:
            raise SystemExit(f"cut after {cut} bytes: neither firmware is whole")
        saved.append(whole_bytes - start.take(new))
        if _Start(flash).runs() != new.contents:
            raise SystemExit(f"cut after {cut} bytes: the repeated update is not whole")
    results = {
        "cuts": len(cuts),
        "old_runs": len(saved),
        "new_runs": new_runs,
        "flash_bytes": total,
        "sent_bytes": whole_bytes,
        "not_sent_again_bytes": round(sum(saved) / max(1, len(saved))),
    }
    print("\n".join(f"{name:22}{value}" for name, value in results.items()))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    sys.stdout.flush()
    # Files of boards without power must not be closed any more.
    os._exit(0)


if __name__ == "__main__":
    main()
