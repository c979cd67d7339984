# Pins, I2C, ADC and watchdog of the virtual board.
import _vm

_ENODEV = 19


class Pin:
    IN = 1
    OUT = 3
    PULL_UP = 2

    def __init__(self, number, mode=IN, pull=None, value=None):
        self.number = number
        self._pulled_up = pull == Pin.PULL_UP
        self._value = 0
        if value is not None:
            self.value(value)

    def value(self, value=None):
        if value is not None:
            self._value = value
            _vm.call(_vm.PIN, self.number, value)
        if self._pulled_up:
            return _vm.call(_vm.PIN_READ, self.number)
        return self._value


class I2C:
    def __init__(self, bus, *, scl, sda, freq=400000, timeout=50000):
        self._pins = scl.number << 8 | sda.number
        self._freq = freq

    def readfrom_mem_into(self, address, register, buf):
        _check(_vm.call(_vm.I2C_READ, self._pins, self._freq, address << 8 | register, _vm.address_of(buf), len(buf)))

    def writeto_mem(self, address, register, buf):
        _check(_vm.call(_vm.I2C_WRITE, self._pins, self._freq, address << 8 | register, _vm.address_of(buf), len(buf)))


def _check(error):
    if error:
        raise OSError(error)


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin, *, atten=0):
        self._number = pin.number

    def read_uv(self):
        return _vm.call(_vm.ADC, self._number)


class WDT:
    def __init__(self, *, timeout):
        _vm.call(_vm.WATCHDOG, timeout)

    def feed(self):
        _vm.call(_vm.WATCHDOG, 0)


def unique_id():
    buf = bytearray(6)
    _vm.call(_vm.UNIQUE_ID, _vm.address_of(buf))
    return bytes(buf)


class PWM:
    # A pin that is high while there is any duty.
    def __init__(self, pin, *, freq=1000, duty_u16=0):
        self._number = pin.number
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        _vm.call(_vm.PIN, self._number, 1 if duty else 0)


PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5


def reset_cause():
    return _vm.call(_vm.RESET_CAUSE)


def lightsleep(ms):
    import bluetooth

    if bluetooth._ble is not None and bluetooth._ble.active():
        raise RuntimeError("light sleep with the radio on")
    us = ms * 1000
    while us > 0:
        us = _vm.call(_vm.NAP, us)


def reset():
    _vm.call(_vm.RESET)


def deepsleep():
    _vm.call(_vm.OFF)
