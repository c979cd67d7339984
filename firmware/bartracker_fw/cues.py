# Light, sound and shaking that the host asks for: patterns of 100 ms steps on what the board has.
from machine import PWM, Pin
from micropython import const

from bartracker_fw import wire
from bartracker_fw.boards.profile import Board

_STEP_US = const(100_000)
_TONE_HZ = const(2700)
_LOUD = const(32768)
# On (1) and off in steps of a tenth of a second, first step lowest: one long, two short, three short, long and short.
_PATTERNS = (0b0111, 0b0101, 0b010101, 0b01000111)
_LENGTHS = (5, 5, 7, 10)
_BLINK = const(0b01)


class Cues:
    # `outputs`: wire.LIGHT and wire.SOUND, as far as the board has them.
    def __init__(self, board: Board) -> None:
        self._led_on = board.led_on
        self._led = None if board.led is None else Pin(board.led, Pin.OUT, value=1 - board.led_on)
        self._buzzer = None if board.buzzer is None else PWM(Pin(board.buzzer), freq=_TONE_HZ, duty_u16=0)
        self.outputs = (0 if self._led is None else wire.LIGHT) | (0 if self._buzzer is None else wire.SOUND)
        self._to = 0
        self._bits = 0
        self._length = 1
        self._steps = 0
        self._left = 0
        self._since_us = 0

    def play(self, outputs: int, pattern: int, repeat: int) -> None:
        # One of _PATTERNS, so many times; ends what was played.
        self._begin(outputs, _PATTERNS[pattern], _LENGTHS[pattern], repeat)

    def identify(self, seconds: int) -> None:
        self._begin(self.outputs, _BLINK, 2, seconds * 5)

    def _begin(self, outputs: int, bits: int, length: int, repeat: int) -> None:
        self._set(False)
        self._to = outputs & self.outputs
        self._bits = bits
        self._length = length
        self._left = repeat
        self._steps = 0
        self._since_us = 0

    def step(self, passed_us: int) -> None:
        # Called every loop with the time since the last call.
        if not self._left:
            return
        self._set(bool(self._bits >> self._steps & 1))
        self._since_us += passed_us
        if self._since_us < _STEP_US:
            return
        # One step a call: after a stall a pattern is late, not cut.
        self._since_us = min(self._since_us - _STEP_US, _STEP_US)
        self._steps += 1
        if self._steps == self._length:
            self._steps = 0
            self._left -= 1
        if not self._left:
            self._set(False)

    def _set(self, on: bool) -> None:
        if self._led is not None and self._to & wire.LIGHT:
            self._led.value(self._led_on if on else 1 - self._led_on)
        if self._buzzer is not None and self._to & wire.SOUND:
            self._buzzer.duty_u16(_LOUD if on else 0)
