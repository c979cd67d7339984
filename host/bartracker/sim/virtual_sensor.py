"""A whole virtual sensor: the firmware's own files in a MicroPython VM, a board and a chip model around it, and a
Bluetooth controller in front. On a virtual clock (fast, repeatable) or in real time, in a thread of its own.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from bartracker.sim.boards import VirtualBoard, virtual_board
from bartracker.sim.chips.base import MotionSource
from bartracker.sim.chips.bmi270 import STAND_IN
from bartracker.sim.chips.catalogue import Chip, make_chip
from bartracker.sim.drive import Drive
from bartracker.sim.flash_model import FlashModel, PowerCut
from bartracker.sim.virtual_time import LockstepClock, VirtualTimeLoop
from bartracker.sim.vm import FirmwareError, MicroPythonVm
from bartracker.sim.vm_ble import BleController
from bartracker.sim.vm_clock import RealClock, VirtualClock, VmClock, VmStopped
from bartracker.sim.vm_devices import POWER_ON, WATCHDOG_RESET, BoardState, VmDevices, VmReset, WatchdogBite

ClockKind: TypeAlias = Literal["virtual", "real"]

_RUN_FIRMWARE: Final = "import main\n"
# As MicroPython starts a board.
_START_FROM_DRIVE: Final = """
_names = {"__name__": "__main__"}
for _file in ("/boot.py", "/main.py"):
    exec(open(_file).read(), _names)
"""
_JOIN_S: Final = 10.0
_US: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class SensorCounters:
    """`produced`: samples the chip put into its FIFO; `overwritten`: those that its FIFO lost."""

    produced: int
    overwritten: int


class VirtualSensor:
    """One sensor. `start` switches it on, `stop` cuts its power; what it keeps in its non-volatile storage (boot count,
    settings) survives into the next `start`.

    Args:
        board: one of `boards.BOARD_NAMES`; the firmware finds the name where the flasher would have noted it. A
            `VirtualBoard` is one that only its file describes.
        chip: one of `chips.CHIP_NAMES`.
        source: what the sensor feels, by time since it was last switched on.
        ble: the radio.
        clock: "virtual": time goes on only in `run_for`; "real": at once, in its own thread; a loop: as that one's.
        speed: with the real clock: times as fast.
        seed: of the chip's errors and noise.
        rate_error: the chip's true rate is (1 + this) times nominal; None: drawn, within 2 %.
        battery_mv: voltage of the cell.
        log_blocks: size of the flash for recordings, 4096 bytes each; 0: none.
        keep_history: keep all samples of the chip for comparison.
        program: what runs in the VM; the firmware's main.py if not given.
        firmware: folder of the firmware's files; the project's own if not given.
        files: what the flasher has put into the board's folder /bartracker; the stand-in for the BMI270's configuration
            if not given.
        drive: its file system; what lies there is started as MicroPython does it, and again after a reset, also by the
            watchdog.
    """

    def __init__(
        self,
        board: str | VirtualBoard,
        chip: str,
        source: MotionSource,
        ble: BleController,
        *,
        clock: ClockKind | VirtualTimeLoop = "virtual",
        speed: float = 1.0,
        seed: int = 0,
        rate_error: float | None = None,
        battery_mv: int = 3900,
        log_blocks: int = 64,
        keep_history: bool = False,
        program: str = _RUN_FIRMWARE,
        firmware: Path | None = None,
        files: Mapping[str, bytes] | None = None,
        drive: Drive | None = None,
    ) -> None:
        spec = board if isinstance(board, VirtualBoard) else virtual_board(board)
        self._make_chip: Callable[[], Chip] = lambda: make_chip(chip, source, seed=seed, rate_error=rate_error)
        self.chip = self._make_chip()
        self.board = BoardState(
            wires=spec.wires,
            device_id=seed.to_bytes(8, "little", signed=True)[:4] + b"\xb7\x01",
            adc_uv={} if spec.battery_pin is None else {spec.battery_pin: battery_mv * 1000 // spec.battery_divider},
            nvs={"bartracker/board": "b" + (board if isinstance(board, str) else "generic").encode().hex()},
            flash=FlashModel(log_blocks),
            drive=drive,
        )
        self._files = {"bmi270.bin": STAND_IN} if files is None else files
        self._ble = ble
        self._clock_kind: ClockKind | VirtualTimeLoop = clock
        self._speed = speed
        self._clock: VmClock = VirtualClock()
        self._keep_history = keep_history
        self._program = program if drive is None else _START_FROM_DRIVE
        self._firmware = firmware
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._finished = threading.Event()
        self._ran = False
        self.output = ""

    @property
    def counters(self) -> SensorCounters:
        """What the chip has produced since the sensor was switched on."""
        return SensorCounters(self.chip.produced.samples, self.chip.produced.overwritten)

    @property
    def running(self) -> bool:
        """Whether the firmware runs."""
        return self._thread is not None and not self._finished.is_set()

    @property
    def now_s(self) -> float:
        """Time since the sensor was switched on, s."""
        return self._clock.now_us() / _US

    def start(self) -> None:
        """Switch on. The board's and the chip's volatile state begin anew."""
        if self._thread is not None:
            raise RuntimeError("the virtual sensor is on already")
        self.chip = self._make_chip()
        self.chip.produced.keep = self._keep_history
        self._clock = self._new_clock()
        self._failure = None
        self.output = ""
        self._finished.clear()
        self._thread = threading.Thread(target=self._run, name="virtual sensor", daemon=True)
        self._thread.start()

    def run_for(self, seconds: float) -> None:
        """Virtual clock: let this much time pass on the sensor and wait for it. Raises FirmwareError if the firmware
        fell over, and whatever the radio raised.
        """
        clock = self._clock
        if not isinstance(clock, VirtualClock):
            raise TypeError("run_for needs a virtual clock")
        clock.run_until(clock.now_us() + round(seconds * _US), lambda: self.running)
        self.check()

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for the program to end by itself. Raises like `check`."""
        self._finished.wait(timeout_s)
        self.check()

    def check(self) -> None:
        """Raise what ended the firmware, if anything did: FirmwareError with MicroPython's traceback."""
        if self._failure is not None:
            raise self._failure

    def stall(self, seconds: float, *, in_burst: bool = False) -> None:
        """Let the firmware lose this much time the next time it sleeps, or amid reading a FIFO (a pause of its memory
        collector).
        """
        if in_burst:
            self.board.burst_stall_us += round(seconds * _US)
        else:
            self.board.stall_us += round(seconds * _US)

    def stop(self) -> None:
        """Cut the power. Raises what ended the firmware before."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if not self._finished.is_set():
            self.board.reset_cause = POWER_ON
        self._clock.stop()
        thread.join(_JOIN_S)
        self.check()

    def _run(self) -> None:
        try:
            again = self.board.drive is not None and self._ran
            self._ran = True
            while True:
                if again:
                    self._ble.reset()
                again = self._resets()
                if not again:
                    break
        except VmStopped:
            pass
        except PowerCut:
            self.board.reset_cause = POWER_ON
        except WatchdogBite:
            self.board.reset_cause = WATCHDOG_RESET
            self._failure = FirmwareError("firmware", "the watchdog was not fed in time and reset the board")
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread by `check`
            # On a board nobody feeds the watchdog any more.
            self.board.reset_cause = WATCHDOG_RESET
            self._failure = error
        finally:
            self._finished.set()
            self._clock.ended()

    def _resets(self) -> bool:
        """Run the firmware from one reset to the next; False: its program came to its end."""
        devices = VmDevices(self.board, self._clock, [self.chip], self._ble)
        vm = MicroPythonVm(devices, self._firmware, self._files, self.board.drive)
        try:
            vm.run(self._program)
        except VmReset:
            return True
        except WatchdogBite:
            if self.board.drive is None:
                raise
            self.board.reset_cause = WATCHDOG_RESET
            return True
        finally:
            self.output += vm.output
        return False

    def _new_clock(self) -> VmClock:
        if isinstance(self._clock_kind, VirtualTimeLoop):
            return LockstepClock(self._clock_kind)
        return VirtualClock() if self._clock_kind == "virtual" else RealClock(self._speed)
