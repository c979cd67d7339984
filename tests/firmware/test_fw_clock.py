"""The device's clocks: 32 bits out of wrapping ticks, and sample times from when bursts were read."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

TICKS = 1 << 30
WRAP = 1 << 32


@settings(deadline=None, max_examples=100)
@given(start=st.integers(0, TICKS - 1), steps=st.lists(st.integers(0, TICKS // 2 - 1), max_size=60))
def test_device_time_is_ticks_without_their_wrap(start: int, steps: list[int], firmware: Callable[[str], Any]) -> None:
    clock = firmware("clock").DeviceClock(start)
    passed = 0
    for step in steps:
        passed += step
        clock.advance((start + passed) % TICKS)
        assert clock.hi << 16 | clock.lo == passed % WRAP
        clock.at((start + passed - 5000) % TICKS)
        assert clock.at_hi << 16 | clock.at_lo == (passed - 5000) % WRAP
        assert clock.hi << 16 | clock.lo == passed % WRAP


@settings(deadline=None, max_examples=200)
@given(a=st.integers(0, WRAP - 1), b=st.integers(0, WRAP - 1))
def test_differences_are_signed_and_bounded(a: int, b: int, firmware: Callable[[str], Any]) -> None:
    exact = (a - b + WRAP // 2) % WRAP - WRAP // 2
    got = firmware("clock").difference_us(a >> 16, a & 0xFFFF, b >> 16, b & 0xFFFF)
    if abs(exact) < 2**28:
        assert got == exact
    else:
        assert abs(got) >= 2**28 - 2**16
        assert (got > 0) == (exact > 0)


def _simulate(clock_module: Any, rate_hz: float, nominal_hz: float, seconds: float, start_us: int) -> tuple[Any, Any]:
    """Bursts every 50 to 60 ms; returns the errors, us, and indices at the start of each burst."""
    rng = np.random.default_rng(7)
    clock = clock_module.SampleClock()
    clock.us_hi, clock.us_lo = start_us >> 16 & 0xFFFF, start_us & 0xFFFF
    clock.set_period(int(1e6 * 2**14 / nominal_hz))
    taken, t_us = 0, 0.0
    errors: list[float] = []
    indices: list[int] = []
    while t_us < seconds * 1e6:
        t_us += rng.uniform(46_000, 55_000)
        due = int(t_us * 1e-6 * rate_hz) + 1
        true_us = start_us + taken / rate_hz * 1e6
        errors.append(((clock.us_hi << 16 | clock.us_lo) - true_us + WRAP / 2) % WRAP - WRAP / 2)
        indices.append(clock.index_hi << 16 | clock.index_lo)
        clock.advance(due - taken)
        taken = due
        at = int(start_us + t_us) % WRAP
        clock.observe(at >> 16, at & 0xFFFF, 0)
    return clock, (np.array(errors), np.array(indices))


@pytest.mark.parametrize("nominal_hz", [104.0, 208.0, 416.0, 833.0, 1000.0])
@pytest.mark.parametrize("error", [-0.02, -0.0003, 0.02])
def test_rate_and_times_are_found(nominal_hz: float, error: float, firmware: Callable[[str], Any]) -> None:
    rate_hz = nominal_hz * (1 + error)
    clock, (errors_us, indices) = _simulate(firmware("clock"), rate_hz, nominal_hz, 60.0, 0)
    assert clock.period_q14 == pytest.approx(1e6 * 2**14 / rate_hz, rel=1e-4)
    period_us = 1e6 / rate_hz
    assert np.abs(errors_us[200:]).max() < 0.6 * period_us
    assert np.abs(errors_us[400:]).max() < 0.4 * period_us
    assert (np.diff(indices) >= 0).all()


def test_sample_times_survive_the_wrap_of_the_clock(firmware: Callable[[str], Any]) -> None:
    module = firmware("clock")
    _, (plain_us, _) = _simulate(module, 417.3, 416.0, 40.0, 0)
    _, (wrapped_us, _) = _simulate(module, 417.3, 416.0, 40.0, WRAP - 20_000_000)
    assert np.abs(plain_us - wrapped_us).max() <= 2


def test_samples_due_after_a_gap(firmware: Callable[[str], Any]) -> None:
    clock = firmware("clock").SampleClock()
    clock.set_period(int(1e6 * 2**14 / 200))
    assert [clock.due(us >> 16, us & 0xFFFF) for us in (0, 4_990, 5_010, 1_000_100, 30_000_100)] == [1, 1, 2, 201, 6001]
    clock.advance(0x12345)
    assert (clock.index_hi, clock.index_lo) == (1, 0x2345)
    assert clock.due(0, 0) == 0


def test_micropython_gives_the_same_numbers(firmware: Callable[[str], Any], in_vm: Callable[[str], Any]) -> None:
    program = """
from bartracker_fw.clock import DeviceClock, SampleClock
device = DeviceClock(1073741000)
clock = SampleClock()
clock.set_period(int(1000000 * 16384 / 416))
out, ticks = [], 1073741000
for i in range(300):
    ticks = (ticks + 46000 + i * 7919 % 9000) & 1073741823
    device.advance(ticks)
    clock.advance(18 + i * 31 % 5)
    clock.observe(device.hi, device.lo, 3)
    out.append([device.hi, device.lo, clock.us_hi, clock.us_lo, clock.index_lo, clock.period_q14])
"""
    firmware("clock")
    space: dict[str, Any] = {}
    exec(program, space)
    assert in_vm(program + "print(json.dumps(out))\n") == space["out"]
