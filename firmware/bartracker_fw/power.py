# The battery, a LiPo cell behind a voltage divider on an ADC pin; and sleep.
import esp32
import machine
from machine import ADC, Pin, deepsleep
from micropython import const

from bartracker_fw import wire

# Below this no cell is connected to the divider (or it is long dead): say "unknown".
_LEAST_MV = const(2500)
_EMPTY_MV = const(3300)
# Voltage at rest of a LiPo cell, mV: at 0, 10, ... 100 %.
_CURVE = (3300, 3600, 3680, 3730, 3770, 3800, 3850, 3910, 3980, 4070, 4180)


def percent_of(mv: int) -> int:
    if mv < _LEAST_MV:
        return wire.UNKNOWN_PERCENT
    if mv <= _EMPTY_MV:
        return 0
    for i in range(10):
        low = _CURVE[i]
        high = _CURVE[i + 1]
        if mv < high:
            return i * 10 + (mv - low) * 10 // (high - low)
    return 100


class Battery:
    # `divider`: battery voltage over pin voltage. No pin: the board cannot know.
    def __init__(self, pin: "int | None", divider: int) -> None:
        self._adc = None if pin is None else ADC(Pin(pin), atten=ADC.ATTN_11DB)
        self._divider = divider
        self.mv = 0
        self.percent = wire.UNKNOWN_PERCENT

    def read(self) -> None:
        adc = self._adc
        if adc is None:
            return
        mv = adc.read_uv() // 1000 * self._divider
        if mv < _LEAST_MV:
            self.mv = 0
        elif self.mv == 0:
            self.mv = mv
        else:
            # Radio bursts pull the voltage down for a moment: follow slowly.
            self.mv += (mv - self.mv) // 4
        self.percent = percent_of(self.mv)

    def low(self) -> bool:
        return self.mv != 0 and self.mv <= _EMPTY_MV


def failed(cause: int, battery_low: bool) -> bool:
    # Whether a reset ended what ran before against its will, rather than a person at the switch or the prompt. A
    # brown-out is counted as "power on": what tells it is a battery that is nearly empty.
    if cause == machine.PWRON_RESET:
        return battery_low
    return cause not in (machine.DEEPSLEEP_RESET, machine.SOFT_RESET)


def reset_cause() -> int:
    # As MicroPython counts them and the wire does: 0 unknown, 1 power on or brown-out, 2 reset button, crash or
    # program, 3 watchdog, 4 deep sleep, 5 at the prompt.
    cause = machine.reset_cause()
    return cause if 0 <= cause < 256 else 0


def nap(ms: int) -> None:
    # Light sleep: memory, pins and the motion chip go on. The radio has to be off.
    machine.lightsleep(ms)


def sleep_until_high(pin: int) -> None:
    # All off until this pin goes high; then the board starts anew. Does not return.
    esp32.wake_on_ext1((Pin(pin, Pin.IN),), esp32.WAKEUP_ANY_HIGH)
    deepsleep()
