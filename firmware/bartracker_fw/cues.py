# Light, sound and shaking: patterns that the host asks for, of 100 ms steps on what the board has; and between them the
# light's own flashes, whose number says how the sensor is (docs/faults.md).
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
# Steps of a round of flashes: 3 s.
_ROUND = const(30)


class Cues:
    # `outputs`: wire.LIGHT, wire.SOUND and wire.SHAKE, as far as the board has them. `flashes`: of the light in a round
    # while no pattern is played; 15 is on and off without a pause.
    def __init__(self, board: Board) -> None:
        self._led_on = board.led_on
        self._led = None if board.led is None else Pin(board.led, Pin.OUT, value=1 - board.led_on)
        self._buzzer = None if board.buzzer is None else PWM(Pin(board.buzzer), freq=_TONE_HZ, duty_u16=0)
        self._motor = None if board.vibration is None else Pin(board.vibration, Pin.OUT, value=0)
        self.outputs = 0 if self._led is None else wire.LIGHT
        if self._buzzer is not None:
            self.outputs |= wire.SOUND
        if self._motor is not None:
            self.outputs |= wire.SHAKE
        self.flashes = 0
        self._round = 0
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
        self._set(self.outputs, False)
        self._to = outputs & self.outputs
        self._bits = bits
        self._length = length
        self._left = repeat
        self._steps = 0
        self._since_us = 0
        self._round = 0

    def step(self, passed_us: int) -> None:
        # Called every loop with the time since the last call.
        if self._left:
            self._set(self._to, bool(self._bits >> self._steps & 1))
        self._since_us += passed_us
        if self._since_us < _STEP_US:
            return
        # One step a call: after a stall a pattern is late, not cut.
        self._since_us = min(self._since_us - _STEP_US, _STEP_US)
        if self._left:
            self._play_on()
        elif self._led is not None:
            self._flash_on()

    def _play_on(self) -> None:
        self._steps += 1
        if self._steps == self._length:
            self._steps = 0
            self._left -= 1
        if not self._left:
            self._set(self._to, False)

    def _flash_on(self) -> None:
        self._set(wire.LIGHT, not self._round & 1 and self._round < 2 * self.flashes)
        self._round = self._round + 1 if self._round < _ROUND - 1 else 0

    def dark(self) -> None:
        # Before sleep: nothing shines, sounds or shakes.
        self._left = 0
        self._round = 0
        self._set(self.outputs, False)

    def _set(self, outputs: int, on: bool) -> None:
        if self._led is not None and outputs & wire.LIGHT:
            self._led.value(self._led_on if on else 1 - self._led_on)
        if self._buzzer is not None and outputs & wire.SOUND:
            self._buzzer.duty_u16(_LOUD if on else 0)
        if self._motor is not None and outputs & wire.SHAKE:
            self._motor.value(1 if on else 0)
