"""The virtual board around the VM: answers the mailbox calls of the shims (sim/shims/_vm.py) with the clock, the I2C
bus and its chips, the radio, pins, the battery's voltage, non-volatile storage and the watchdog. No motion, no WASM.
"""

import json
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from bartracker.sim.chips.base import BusStuck, I2cChip, Nack
from bartracker.sim.drive import Drive
from bartracker.sim.flash_model import BLOCK, FlashModel, PowerCut
from bartracker.sim.vm_ble import BleController, BleEvent
from bartracker.sim.vm_clock import VmClock, VmStopped

_MAIL: Final = struct.Struct("<6i")
_ANSWER: Final = struct.Struct("<4i")
_ANSWER_AT: Final = _MAIL.size
_ADDRESS_AT: Final = _ANSWER_AT + _ANSWER.size
_TICKS_MASK: Final = (1 << 30) - 1
_ENODEV: Final = 19
_ETIMEDOUT: Final = 110
_BUS_TIMEOUT_US: Final = 50_000
_BITS_PER_BYTE: Final = 9
_LONG_READ_BYTES: Final = 100
POWER_ON: Final = 1
HARD_RESET: Final = 2
WATCHDOG_RESET: Final = 3
DEEP_SLEEP_RESET: Final = 4
SOFT_RESET: Final = 5
"""Causes of a reset, as MicroPython's `machine.reset_cause` counts them."""
_US: Final = 1_000_000


class GuestMemory(Protocol):
    """The VM's memory during a call."""

    def read(self, address: int, length: int) -> bytes:
        """Copy out."""
        ...

    def write(self, address: int, data: bytes) -> None:
        """Copy in."""
        ...


class VmReset(Exception):  # noqa: N818 - it is no error
    """The firmware has reset the board."""


class WatchdogBite(Exception):  # noqa: N818 - on a board it is a reset, not an error
    """The firmware did not feed its watchdog in time."""


@dataclass(slots=True)
class BoardState:
    """What can be set and seen from outside, and what survives a restart.

    `wires`: (SCL, SDA) the chips hang on; `adc_uv`: voltage at a pin, uV; `nvs`: non-volatile storage, key to text;
    `pins`: last level of each output; `pressed`: pins of the buttons that are held;
    `stall_us`: time that the firmware loses at its next sleep;
    `burst_stall_us`: right after its next long read from the bus; `flash`: the part of it that holds recordings;
    `drive`: its file system, None where the firmware is not started out of one;
    `wake_pin`: what ends the deep sleep that the firmware has gone into; `reset_cause`: of the running start, as
    MicroPython counts them; `napped_us`: spent in light sleep so far; `radio_us`: until the radio is on again.
    """

    wires: tuple[int, int]
    device_id: bytes
    adc_uv: dict[int, int] = field(default_factory=dict[int, int])
    nvs: dict[str, str] = field(default_factory=dict[str, str])
    pins: dict[int, int] = field(default_factory=dict[int, int])
    pressed: set[int] = field(default_factory=set[int])
    stall_us: int = 0
    burst_stall_us: int = 0
    flash: FlashModel = field(default_factory=FlashModel)
    drive: Drive | None = None
    wake_pin: int | None = None
    reset_cause: int = POWER_ON
    napped_us: int = 0
    radio_us: int = 100_000
    i2c_bytes: int = 0
    i2c_transfers: int = 0


class VmDevices:
    """Dispatches the calls of one run of the firmware."""

    def __init__(self, board: BoardState, clock: VmClock, chips: list[I2cChip], ble: BleController) -> None:
        self._board = board
        self._clock = clock
        self._chips = {chip.address: chip for chip in chips}
        self._ble = ble
        self._events: deque[BleEvent] = deque()
        self._watchdog_us = 0
        self._fed_us = 0
        self._operations: dict[int, Callable[[GuestMemory, int, tuple[int, ...]], int]] = {
            1: self._ticks,
            2: self._sleep,
            3: self._i2c_read,
            4: self._i2c_write,
            5: self._poll,
            6: self._notify,
            7: self._indicate,
            8: self._gatts_write,
            9: self._gatts_read,
            11: self._disconnect,
            12: self._pin,
            13: self._adc,
            14: self._watchdog,
            15: self._unique_id,
            30: self._flash_blocks,
            31: self._flash_read,
            32: self._flash_write,
            33: self._flash_erase,
            34: self._wake_pin,
            35: self._off,
            40: self._reset,
            36: self._reset_cause,
            37: self._nap,
            38: self._radio_on,
            39: self._pin_read,
        }

    def call(self, memory: GuestMemory, mail_at: int) -> None:
        """A mailbox call; the answer is left in the mailbox. Raises VmStopped, WatchdogBite."""
        operation, *arguments = _MAIL.unpack(memory.read(mail_at, _MAIL.size))
        result = self._operations[operation](memory, mail_at, tuple(arguments))
        if operation != 5:
            memory.write(mail_at + _ANSWER_AT, struct.pack("<i", result))

    def ask(self, name: str, text: str) -> str:
        """A rare call that carries text both ways."""
        match name:
            case "nvs_get":
                key, _, kind = text.partition("=")
                value = self._board.nvs.get(key, "")
                return "=" + value[1:] if value[:1] == kind else ""
            case "nvs_set":
                key, _, value = text.partition("=")
                if self._board.drive is not None:
                    self._board.drive.change()
                self._board.nvs[key] = value
            case "ble_register":
                services = [(uuid, [(u, int(f)) for u, f in characteristics]) for uuid, characteristics in _json(text)]
                return json.dumps(self._ble.register_services(services))
            case "ble_advertise":
                wish = _json(text)
                if wish is None:
                    self._ble.advertise(None, b"", None)
                else:
                    self._ble.advertise(int(wish[0]), bytes.fromhex(wish[1]), bytes.fromhex(wish[2]) or None)
            case "drive_write" | "drive_change" | "drive_space" | "drive_cut":
                return self._ask_drive(name, text)
            case "ble_config":
                self._ble.configure(_json(text))
            case "ble_secrets":
                self._ble.load_secrets([bytes.fromhex(value) for value in _json(text)])
            case "ble_secret":
                key, value = self._ble.new_secret()
                return f"{key.hex()} {value.hex()}"
            case "ble_kept":
                self._ble.secret_kept(text == "1")
            case "ble_buffer":
                pass
            case _:
                raise KeyError(name)
        return ""

    def _ask_drive(self, name: str, text: str) -> str:
        drive = self._board.drive
        assert drive is not None
        match name:
            case "drive_space":
                return f"{drive.capacity // BLOCK} {drive.free_blocks}"
            case "drive_write":
                self._clock.spend(drive.write_us(int(text)))
                return "full" if int(text) > drive.free_blocks * BLOCK else str(drive.grant(int(text)))
            case "drive_change":
                drive.change()
                return ""
            case _:
                raise PowerCut

    def _ticks(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        return self._clock.now_us() // arguments[0] & _TICKS_MASK

    def _sleep(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        if self._board.stall_us:
            stall_us, self._board.stall_us = self._board.stall_us, 0
            self._clock.spend(stall_us)
        self._bite()
        return self._clock.sleep(arguments[0], self._pending)

    def _bite(self) -> None:
        if self._watchdog_us and self._clock.now_us() - self._fed_us > self._watchdog_us:
            raise WatchdogBite

    def _pending(self) -> bool:
        if not self._events:
            self._events.extend(self._ble.poll_events())
        return bool(self._events)

    def _bus(self, arguments: tuple[int, ...]) -> tuple[I2cChip | None, int]:
        """The chip that answers (after the time on the bus has passed), and the register."""
        pins, hertz, target, _, length = arguments
        self._clock.spend((length + 3) * _BITS_PER_BYTE * _US // hertz)
        self._board.i2c_bytes += length + 3
        self._board.i2c_transfers += 1
        chip = self._chips.get(target >> 8) if (pins >> 8, pins & 0xFF) == self._board.wires else None
        return chip, target & 0xFF

    def _i2c_read(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        now_us = self._clock.now_us()
        chip, register = self._bus(arguments)
        if chip is None:
            return _ENODEV
        try:
            memory.write(arguments[3], chip.read(now_us, register, arguments[4]))
        except Nack:
            return _ENODEV
        except BusStuck:
            self._clock.spend(_BUS_TIMEOUT_US)
            return _ETIMEDOUT
        if self._board.burst_stall_us and arguments[4] >= _LONG_READ_BYTES:
            stall_us, self._board.burst_stall_us = self._board.burst_stall_us, 0
            self._clock.spend(stall_us)
        return 0

    def _i2c_write(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        chip, register = self._bus(arguments)
        if chip is None:
            return _ENODEV
        try:
            chip.write(self._clock.now_us(), register, memory.read(arguments[3], arguments[4]))
        except Nack:
            return _ENODEV
        except BusStuck:
            self._clock.spend(_BUS_TIMEOUT_US)
            return _ETIMEDOUT
        return 0

    def _poll(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        if not self._pending():
            memory.write(mail_at + _ANSWER_AT, bytes(_ANSWER.size))
            return 0
        event = self._events.popleft()
        numbers = [value if isinstance(value, int) else 0 for value in event] + [0, 0, 0]
        address = event[-1]
        memory.write(mail_at + _ANSWER_AT, _ANSWER.pack(*numbers[:4]))
        memory.write(mail_at + _ADDRESS_AT, address if isinstance(address, bytes) else bytes(6))
        return 0

    def _notify(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        connection, handle, address, length, _ = arguments
        self._clock.catch_up()
        return self._ble.notify(connection, handle, memory.read(address, length))

    def _indicate(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        connection, handle, address, length, _ = arguments
        self._clock.catch_up()
        return self._ble.indicate(connection, handle, memory.read(address, length))

    def _gatts_write(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        self._ble.write_value(arguments[0], memory.read(arguments[1], arguments[2]))
        return 0

    def _gatts_read(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        data = self._ble.read_value(arguments[0])[: arguments[2]]
        memory.write(arguments[1], data)
        return len(data)

    def _disconnect(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        self._ble.disconnect(arguments[0])
        return 0

    def _pin(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        self._board.pins[arguments[0]] = arguments[1]
        return 0

    def _pin_read(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        return int(arguments[0] not in self._board.pressed)

    def _adc(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        return self._board.adc_uv.get(arguments[0], 0)

    def _watchdog(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        self._bite()
        self._fed_us = self._clock.now_us()
        if arguments[0]:
            self._watchdog_us = arguments[0] * 1000
        return 0

    def _flash_blocks(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        return self._board.flash.blocks

    def _flash_read(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        at, address, length = arguments[:3]
        memory.write(address, self._board.flash.read(at, length))
        return 0

    def _flash_write(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        at, address, length = arguments[:3]
        self._board.flash.program(at, memory.read(address, length))
        self._clock.spend(self._board.flash.program_us(length))
        return 0

    def _flash_erase(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        self._board.flash.erase(arguments[0])
        self._clock.spend(self._board.flash.erase_us)
        return 0

    def _wake_pin(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        self._board.wake_pin = arguments[0]
        return 0

    def _off(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        self._board.reset_cause = DEEP_SLEEP_RESET
        raise VmStopped

    def _reset(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        self._board.reset_cause = HARD_RESET
        raise VmReset

    def _reset_cause(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        return self._board.reset_cause

    def _nap(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        """Light sleep: nothing comes in."""
        left_us = self._clock.sleep(arguments[0], lambda: False)
        self._board.napped_us += arguments[0] - left_us
        return left_us

    def _radio_on(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        self._clock.spend(self._board.radio_us)
        return 0

    def _unique_id(self, memory: GuestMemory, mail_at: int, arguments: tuple[int, ...]) -> int:
        memory.write(arguments[0], self._board.device_id)
        return 0


def _json(text: str) -> Any:
    return json.loads(text)
