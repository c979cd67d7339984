# MicroPython's time on the virtual sensor's clock; Bluetooth events come in while it sleeps.
import _vm
import bluetooth

_MASK = (1 << 30) - 1
_HALF = 1 << 29


def ticks_us():
    return _vm.call(_vm.TICKS, 1)


def ticks_ms():
    return _vm.call(_vm.TICKS, 1000)


def ticks_diff(end, start):
    return (((end - start) & _MASK) ^ _HALF) - _HALF


def ticks_add(ticks, delta):
    # A sum of 2^30 would be allocated.
    return (ticks + delta) & _MASK if delta < 0 else (ticks - (_MASK - delta) - 1) & _MASK


def sleep_us(us):
    bluetooth._deliver()
    while us > 0:
        us = _vm.call(_vm.SLEEP, us)
        bluetooth._deliver()


def sleep_ms(ms):
    sleep_us(ms * 1000)


def sleep(seconds):
    sleep_us(int(seconds * 1000000))
