"""Time base: true period from jittered stamps, holes, segments, hops that do not depend on how samples arrive."""

from dataclasses import fields

import numpy as np
import pytest

from bartracker.packed_hops import PackedHops
from bartracker.samples import StampedBlock
from bartracker.timebase import Hop, TimeBase


def block(index: np.ndarray, stamp_s: np.ndarray) -> StampedBlock:
    n = len(index)
    no = np.zeros(n, bool)
    ramp = np.repeat(index[:, None].astype(float), 3, axis=1)
    return StampedBlock(index.astype(np.int64), stamp_s, ramp, -ramp, no, no, float("nan"))


def jittered(rate_hz: float, count: int, jitter_s: float) -> tuple[np.ndarray, np.ndarray]:
    index = np.arange(count)
    return index, 5.0 + index / rate_hz + np.random.default_rng(1).normal(0, jitter_s, count)


@pytest.mark.parametrize("rate_hz", [52.0, 98.0, 204.0, 408.0, 985.0])
def test_period_is_the_devices_own_not_the_nominal_one(rate_hz: float) -> None:
    index, stamp = jittered(rate_hz, int(12 * rate_hz), 0.0002)
    timebase = TimeBase(nominal_rate_hz=rate_hz / 0.98)
    timebase.push(block(index, stamp))
    assert timebase.period_s == pytest.approx(1 / rate_hz, rel=1e-4)


def test_a_stamp_for_each_packet_only_is_enough() -> None:
    index, stamp = jittered(203.3, 4000, 0.0005)
    stamp[np.arange(4000) % 19 != 0] = np.nan
    timebase = TimeBase(nominal_rate_hz=200)
    hops = timebase.push(block(index, stamp)) + timebase.flush()
    t_s = np.concatenate([hop.t_s for hop in hops])
    assert timebase.period_s == pytest.approx(1 / 203.3, rel=1e-4)
    assert np.abs(t_s[400:] - (5.0 + index[400:] / 203.3)).max() < 0.0005


def test_time_rises_across_hops() -> None:
    index, stamp = jittered(100.0, 3000, 0.003)
    t_s = np.concatenate([hop.t_s for hop in TimeBase().push(block(index, stamp))])
    assert (np.diff(t_s) > 0).all()


def test_a_short_hole_is_bridged_marked_and_reported() -> None:
    index, stamp = jittered(100.0, 1000, 0.0)
    keep = (index < 500) | (index >= 512)
    timebase = TimeBase(100.0)
    hops = timebase.push(block(index[keep], stamp[keep])) + timebase.flush()
    whole = np.concatenate([hop.sample_index for hop in hops])
    assert np.array_equal(whole, np.arange(1000))
    lost = np.concatenate([hop.lost for hop in hops])
    assert np.flatnonzero(lost).tolist() == list(range(500, 512))
    # The test signal is a ramp, which linear interpolation restores.
    assert np.allclose(np.concatenate([hop.acc_mps2[:, 0] for hop in hops]), whole)
    assert [gap.lost_samples for gap in timebase.gaps] == [12]
    assert timebase.gaps[0].from_s == pytest.approx(10.0, abs=0.001)
    assert sum(hop.starts_segment for hop in hops) == 1


def test_a_long_hole_starts_a_segment() -> None:
    index, stamp = jittered(100.0, 2000, 0.0)
    keep = (index < 500) | (index >= 900)
    timebase = TimeBase(100.0)
    hops = timebase.push(block(index[keep], stamp[keep])) + timebase.flush()
    assert not np.concatenate([hop.lost for hop in hops]).any()
    assert [int(hop.sample_index[0]) for hop in hops if hop.starts_segment] == [0, 900]
    assert timebase.gaps[0].lost_samples == 400


def test_an_absurd_hole_costs_nothing() -> None:
    index = np.concatenate([np.arange(100), np.arange(100) + 2**40])
    stamp = np.concatenate([np.arange(100), np.arange(100) + 200]) / 100.0
    timebase = TimeBase(100.0)
    hops = timebase.push(block(index, stamp)) + timebase.flush()
    assert sum(len(hop) for hop in hops) == 200
    assert timebase.gaps[0].lost_samples == 2**40 - 100


def test_a_jump_of_the_clock_starts_a_segment() -> None:
    index, stamp = jittered(100.0, 1000, 0.0)
    stamp[500:] += 3.0
    timebase = TimeBase(100.0)
    hops = timebase.push(block(index, stamp))
    assert [int(hop.sample_index[0]) for hop in hops if hop.starts_segment] == [0, 500]
    assert hops[-1].t_s[-1] == pytest.approx(stamp[-1], abs=0.001)


def test_old_and_repeated_samples_are_ignored() -> None:
    index, stamp = jittered(100.0, 300, 0.0)
    timebase = TimeBase(100.0)
    hops = timebase.push(block(index[:200], stamp[:200]))
    hops += timebase.push(block(index[100:300], stamp[100:300])) + timebase.flush()
    assert np.array_equal(np.concatenate([hop.sample_index for hop in hops]), index)


@pytest.mark.parametrize("nominal", [None, 100.0])
def test_cutting_the_input_changes_no_bit(nominal: float | None) -> None:
    index, stamp = jittered(101.3, 1500, 0.0005)
    keep = (index % 400 > 11) & ((index < 900) | (index > 1250))
    index, stamp = index[keep], stamp[keep]

    def run(cuts: np.ndarray) -> list[Hop]:
        timebase = TimeBase(nominal)
        hops: list[Hop] = []
        for part in np.split(np.arange(len(index)), cuts):
            hops += timebase.push(block(index[part], stamp[part]))
        return hops + timebase.flush()

    whole = run(np.array([], int))
    for seed in range(5):
        cuts = np.sort(np.random.default_rng(seed).integers(0, len(index), 60))
        pieces = run(cuts)
        assert len(pieces) == len(whole)
        for a, b in zip(pieces, whole, strict=True):
            assert a.t_s.tobytes() == b.t_s.tobytes()
            assert a.acc_mps2.tobytes() == b.acc_mps2.tobytes()
            assert a.period_s == b.period_s
            assert a.starts_segment == b.starts_segment


def test_nothing_in_nothing_out() -> None:
    assert TimeBase().flush() == []
    assert TimeBase().push(block(np.array([], int), np.array([]))) == []


def test_packed_hops_are_the_same_to_the_bit() -> None:
    index, stamp = jittered(101.3, 1500, 0.0005)
    keep = (index % 400 > 11) & ((index < 900) | (index > 1250))
    timebase = TimeBase()
    hops = [*timebase.push(block(index[keep], stamp[keep])), *timebase.flush()]
    again = PackedHops.of(hops).hops()
    assert len(again) == len(hops)
    for a, b in zip(again, hops, strict=True):
        for field in fields(Hop):
            one, other = getattr(a, field.name), getattr(b, field.name)
            assert type(one) is type(other)
            assert np.array_equal(one, other)
            assert np.asarray(one).dtype == np.asarray(other).dtype
