"""Each measurement against its limit, in words. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bartracker.calibration.allan import allan_deviation
from bartracker.calibration.data_sheet import STATED_NOISE
from bartracker.links.clock_fit import ClockEstimate
from bartracker.links.sensor_link import LinkHealth, LinkState
from bartracker.samples import STANDARD_GRAVITY_MPS2
from bartracker.self_test.findings import Finding, Verdict
from bartracker.self_test.resting import RestResult
from bartracker.self_test.settings import SelfTestSettings
from bartracker.wire import SensorInfo
from bartracker.wire.status import SensorFault, Status

_MG = STANDARD_GRAVITY_MPS2 / 1000
_NEITHER_MOVED = "the sensor moved: lay it on something firm and let go of it"
_SHORTEST_S = 60.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came over the link: `health` at its end, the sensor's status at the beginning and after streaming."""

    info: SensorInfo
    health: LinkHealth
    first_status: Status | None
    last_status: Status | None
    rest: RestResult | None


def judged(heard: Heard, settings: SelfTestSettings) -> Iterator[Finding]:
    """All but the flash log."""
    yield _chip(heard)
    yield from _at_rest(heard, settings)
    yield _clock(heard.health.clock, settings)
    yield from _counters(heard)
    yield _heap(heard, settings)
    yield from _notifications(heard, settings)
    yield _battery(heard.last_status, settings)


def _verdict(good: bool) -> Verdict:
    return "pass" if good else "fail"


def _chip(heard: Heard) -> Finding:
    info = heard.info
    text = f"{info.chip} (ID {info.chip_id}) at {info.acc_range_g} g and {info.gyr_range_dps} deg/s"
    status = heard.last_status
    fault = status.fault if status else SensorFault.NONE
    if fault in (SensorFault.NONE, SensorFault.LOW_BATTERY):
        return Finding("chip", "pass", text, "known, without a fault")
    return Finding("chip", "fail", f"{text}, fault: {fault.name.lower().replace('_', ' ')}", "known, without a fault")


def _at_rest(heard: Heard, settings: SelfTestSettings) -> Iterator[Finding]:
    rest = heard.rest
    if rest is None or not len(rest.values):
        for name in ("samples", "rate", "rest", "gravity", "turning at rest", "noise"):
            yield Finding(name, "fail" if name == "samples" else "not available", "too few samples came")
        return
    same = f"the same values for at most {rest.same_s:.2f} s" if rest.same_s else "they change all the time"
    yield Finding("samples", _verdict(rest.same_s <= settings.same_s), same, f"{settings.same_s:g} s at most")
    yield _rate(rest, heard, settings)
    moved = f"{100 * rest.moved_share:.0f} % of {rest.seconds:.0f} s"
    still = rest.moved_share <= settings.moved_share
    limit = f"{100 * settings.moved_share:.0f} % at most"
    yield Finding("rest", _verdict(still), f"in motion {moved}" + ("" if still else f"; {_NEITHER_MOVED}"), limit)
    if not still:
        for name in ("gravity", "turning at rest", "noise"):
            yield Finding(name, "not available", "it did not lie still")
        return
    yield from _means(rest, settings)
    yield from _noise(rest, heard.info.chip, settings)


def _rate(rest: RestResult, heard: Heard, settings: SelfTestSettings) -> Finding:
    rate_hz, nominal_hz = 1 / rest.period_s, heard.info.nominal_rate_hz
    text = f"{rate_hz:.2f} Hz by its own clock, {100 * (rate_hz / nominal_hz - 1):+.2f} % from {nominal_hz:g} Hz"
    good = abs(rate_hz / nominal_hz - 1) <= settings.rate_share
    limit = f"{100 * settings.rate_share:g} % off"
    told_hz = heard.last_status.rate_hz if heard.last_status else None
    if told_hz and rest.seconds >= _SHORTEST_S:
        share = told_hz / rate_hz - 1
        good &= abs(share) <= settings.told_rate_share
        text += f"; it tells {told_hz:.2f} Hz ({1e6 * share:+.0f} ppm)"
        limit += f", told within {1e6 * settings.told_rate_share:.0f} ppm"
    return Finding("rate", _verdict(good), text, limit)


def _means(rest: RestResult, settings: SelfTestSettings) -> Iterator[Finding]:
    acc, gyr = np.split(rest.values.mean(axis=0), 2)
    force = float(np.sqrt(acc @ acc))
    off = force - STANDARD_GRAVITY_MPS2
    good = abs(off) <= settings.force_share * STANDARD_GRAVITY_MPS2
    limit = f"{1000 * settings.force_share:.0f} mg off, uncalibrated"
    yield Finding("gravity", _verdict(good), f"{force:.3f} m/s^2, {off / _MG:+.0f} mg from gravity", limit)
    turning = float(np.degrees(np.abs(gyr).max()))
    limit_dps = float(np.degrees(settings.rate_radps))
    text = f"{turning:.2f} deg/s on the axis that is furthest off"
    yield Finding("turning at rest", _verdict(turning <= limit_dps), text, f"{limit_dps:.0f} deg/s")


def _noise(rest: RestResult, chip: str, settings: SelfTestSettings) -> Iterator[Finding]:
    stated = STATED_NOISE.get(chip)
    length_s = len(rest.values) * rest.period_s
    if stated is None or length_s < _SHORTEST_S:
        why = f"only {length_s:.0f} s came without a loss" if stated else f"no data sheet's noise is known for {chip}"
        yield Finding("noise", "not available", why)
        return
    density = allan_deviation(rest.values, rest.period_s).one_sided_density
    lowest, highest = 1 / settings.noise_factor, settings.noise_factor
    limit = f"{lowest:g} to {highest:g} times the data sheet's"
    for name, part, of, unit in (
        ("accelerometer noise", density[:3] / (_MG / 1000), stated.acc_mps2 / (_MG / 1000), "ug/rtHz"),
        ("gyroscope noise", np.degrees(density[3:]) * 1000, float(np.degrees(stated.gyr_radps)) * 1000, "mdps/rtHz"),
    ):
        times = part / of
        good = bool((times >= lowest).all() and (times <= highest).all())
        worst = int(np.argmax(np.abs(np.log(np.maximum(times, 1e-9)))))
        text = (
            f"{'xyz'[worst]} is furthest off: {part[worst]:.3g} {unit}, {times[worst]:.2f} of the data sheet's {of:.3g}"
        )
        yield Finding(name, _verdict(good), text, limit)


def _clock(clock: ClockEstimate | None, settings: SelfTestSettings) -> Finding:
    limit = f"known within {1000 * settings.offset_s:g} ms, drift of {1e6 * settings.skew:.0f} ppm beyond what is open"
    if clock is None:
        return Finding("clock", "fail", "no exchange of time stamps came through", limit)
    good = clock.half_width_s <= settings.offset_s and abs(clock.skew) <= settings.skew + clock.skew_half_width
    text = (
        f"offset within {1000 * clock.half_width_s:.1f} ms by {clock.exchanges} exchanges, shortest round trip "
        f"{1000 * clock.shortest_rtt_s:.1f} ms, drift {1e6 * clock.skew:+.0f} ppm within "
        f"{1e6 * clock.skew_half_width:.0f} ppm"
    )
    return Finding("clock", _verdict(good), text, limit)


def _counters(heard: Heard) -> Iterator[Finding]:
    first, last = heard.first_status, heard.last_status
    if first is None or last is None:
        yield Finding("firmware's counters", "not available", "no status came")
        return
    overflows = last.fifo_overflows - first.fifo_overflows & 0xFFFF
    dropped = last.packets_dropped - first.packets_dropped & 0xFFFFFFFF
    retries = last.notify_retries - first.notify_retries & 0xFFFFFFFF
    text = f"{overflows} FIFO overflows, {dropped} packets thrown away, {retries} notifications tried again"
    yield Finding("firmware's counters", _verdict(not overflows and not dropped), text, "no overflow, none thrown away")


def _heap(heard: Heard, settings: SelfTestSettings) -> Finding:
    """Free memory after the set against that before it: the sensor measures when it starts and when a set has ended."""
    first, last = heard.first_status, heard.last_status
    before, after = (None if each is None else each.heap_kib for each in (first, last))
    if before is None or after is None:
        return Finding("heap", "not available", "the firmware does not tell it: bartracker flash")
    lost = before - after
    good = after >= settings.heap_kib and lost <= settings.heap_lost_kib
    limit = f"{settings.heap_kib} KiB free at least, {settings.heap_lost_kib} KiB fewer at most"
    return Finding("heap", _verdict(good), f"{after} KiB free after the set, {before} KiB before it", limit)


def _notifications(heard: Heard, settings: SelfTestSettings) -> Iterator[Finding]:
    statistics, health = heard.health.statistics, heard.health
    seconds = statistics.samples / heard.info.nominal_rate_hz
    rate = statistics.packets / seconds if seconds else 0.0
    whole = not (statistics.lost_samples or statistics.resets or statistics.jumps or statistics.errors)
    text = (
        f"{statistics.samples} samples in {statistics.packets} packets ({rate:.1f}/s), {statistics.lost_samples} lost"
    )
    if health.reconnects or statistics.resets:
        text += f", connection lost {health.reconnects} times, {statistics.resets} restarts"
    given_up = health.state is LinkState.FAILED
    text += ", then the sensor was lost" if given_up else ""
    good = whole and not health.reconnects and not given_up and statistics.samples > 0
    yield Finding("notifications", _verdict(good), text, "none lost, connection kept")
    share = health.missed_packets / (statistics.packets or 1)
    text = f"{health.missed_packets} packets ({100 * share:.1f} %) did not come at first"
    limit = f"{100 * settings.resent_share:g} % at most"
    yield Finding("radio", _verdict(share <= settings.resent_share), text, limit)


def _battery(status: Status | None, settings: SelfTestSettings) -> Finding:
    limit = f"{settings.battery_mv / 1000:.1f} V at least"
    if status is None or status.battery_mv is None:
        return Finding("battery", "not available", "this board does not measure it")
    good = status.battery_mv >= settings.battery_mv and status.fault is not SensorFault.LOW_BATTERY
    percent = "" if status.battery_percent is None else f", {status.battery_percent} %"
    return Finding("battery", _verdict(good), f"{status.battery_mv / 1000:.2f} V{percent}", limit)
