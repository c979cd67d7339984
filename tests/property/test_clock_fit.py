"""The fit of the device's clock: whatever the delays, the truth lies within what it claims."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartracker.links.clock_fit import ClockFit, ClockFitSettings

WRAP = 1 << 32


def exchange(fit: ClockFit, device, host_s: float, there_s: float, held_s: float, back_s: float):
    """One exchange begun at host time `host_s`; `device` gives the device's us (u32) at a host time."""
    arrived = host_s + there_s
    answered = arrived + held_s
    return fit.add(host_s, device(arrived), device(answered), answered + back_s)


def clock(offset_s: float, skew: float):
    """A device whose clock shows (host - offset) / (1 + skew)."""
    return lambda host_s: round((host_s - offset_s) / (1 + skew) * 1e6) % WRAP


delays = st.floats(0.0005, 0.4)


@given(
    offset_s=st.floats(-1e5, 1e5),
    skew=st.floats(-150e-6, 150e-6),
    start_s=st.floats(0.0, 1e5),
    journeys=st.lists(st.tuples(delays, st.floats(0.0, 0.05), delays, st.floats(0.05, 20.0)), min_size=1, max_size=80),
)
@settings(deadline=None, max_examples=60)
def test_the_true_time_lies_within_the_claimed_interval(offset_s, skew, start_s, journeys) -> None:
    fit, device = ClockFit(), clock(offset_s, skew)
    host_s = start_s
    for there_s, held_s, back_s, pause_s in journeys:
        estimate = exchange(fit, device, host_s, there_s, held_s, back_s)
        assert estimate is not None
        true_s = estimate.device_us / 1e6 * (1 + skew) + offset_s
        wraps = round((host_s - true_s) / (WRAP / 1e6))
        true_s += wraps * WRAP / 1e6 * (1 + skew)
        assert abs(estimate.host_s - true_s) <= estimate.half_width_s + 2e-5
        assert abs(estimate.skew - skew) <= estimate.skew_half_width + 1e-9
        # Half the shortest round trip, and what two crystals may drift apart since then.
        assert estimate.half_width_s <= estimate.shortest_rtt_s / 2 + (host_s - start_s) * 4e-4 + 1e-6
        host_s += there_s + held_s + back_s + pause_s
    assert (fit.refused, fit.restarts) == (0, 0)


def test_two_minutes_of_usual_bluetooth_give_milliseconds_and_a_skew() -> None:
    rng = np.random.default_rng(1)
    fit, device = ClockFit(), clock(1234.5, 60e-6)
    for number in range(120):
        there_s, back_s = 0.006 + rng.exponential(0.02, 2)
        estimate = exchange(fit, device, 50.0 + 2.0 * number, there_s, 0.001, back_s)
    assert estimate is not None
    assert estimate.skew == pytest.approx(60e-6, abs=80e-6)
    assert estimate.to_host_s(device(280.0)) == pytest.approx(280.0, abs=0.008)
    assert estimate.half_width_s < 0.03


def test_one_bad_exchange_in_three_does_no_harm() -> None:
    """A packet that waited half a second on its way back says little; it must not pull the line."""
    fit, device = ClockFit(), clock(10.0, 0.0)
    for number in range(60):
        back_s = 0.5 if number % 3 == 0 else 0.010
        estimate = exchange(fit, device, 100.0 + number, 0.010, 0.0, back_s)
    assert estimate is not None
    assert estimate.to_host_s(device(200.0)) == pytest.approx(200.0, abs=1e-4)


def test_the_devices_clock_wraps() -> None:
    fit, device = ClockFit(), clock(-(WRAP - 5_000_000) / 1e6, 0.0)
    for number in range(20):
        estimate = exchange(fit, device, float(number), 0.01, 0.0, 0.01)
    assert fit.restarts == 0
    assert estimate is not None
    assert estimate.to_host_s(device(19.5)) == pytest.approx(19.5, abs=1e-4)


def test_a_restart_of_the_device_begins_anew() -> None:
    fit = ClockFit()
    for number in range(10):
        exchange(fit, clock(0.0, 0.0), 10.0 + number, 0.01, 0.0, 0.01)
    estimate = exchange(fit, clock(18.0, 0.0), 21.0, 0.01, 0.0, 0.03)
    assert fit.restarts == 1
    assert estimate is not None
    assert estimate.exchanges == 1
    assert estimate.to_host_s(clock(18.0, 0.0)(21.0)) == pytest.approx(21.0, abs=0.02)


@pytest.mark.parametrize(
    ("t1", "t2", "t3", "t4"),
    [
        (10.0, 5_000_000, 4_000_000, 10.1),  # answered before it came
        (10.0, 5_000_000, 5_000_000, 9.9),  # arrived before it was sent
        (10.0, 5_000_000, 5_500_000, 10.1),  # held longer than it was away
        (10.0, 5_000_000, 5_000_000, 14.0),  # much too slow
        (float("nan"), 5_000_000, 5_000_000, 10.1),
    ],
)
def test_impossible_exchanges_are_refused_and_counted(t1, t2, t3, t4) -> None:
    fit = ClockFit()
    assert fit.add(t1, t2, t3, t4) is None
    exchange(fit, clock(0.0, 0.0), 20.0, 0.01, 0.0, 0.01)
    before = fit.estimate
    assert fit.add(t1, t2, t3, t4) == before
    assert fit.refused == 2


def test_only_so_many_exchanges_are_kept() -> None:
    fit = ClockFit(ClockFitSettings(exchanges=8))
    for number in range(30):
        estimate = exchange(fit, clock(0.0, 0.0), float(number), 0.01, 0.0, 0.01)
    assert estimate is not None
    assert estimate.exchanges == 8
