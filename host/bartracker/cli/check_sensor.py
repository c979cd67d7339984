"""`bartracker check calibration` and `check noise`: a sensor at rest, held against its calibration or data sheet."""

from typing import TYPE_CHECKING

import numpy as np

from bartracker.cli import console
from bartracker.cli.calibrate import connected, opened
from bartracker.cli.calibrations import CalibrationChoice, parse_calibration_option

if TYPE_CHECKING:
    from bartracker.calibration import Calibration
    from bartracker.calibration.allan import AllanDeviation
    from bartracker.links import Link
    from bartracker.live_calibration import CalibrationState, Source

_TAUS_S = (0.1, 1.0, 10.0, 100.0, 1000.0)
_AXES = ("accelerometer x", "accelerometer y", "accelerometer z", "gyroscope x", "gyroscope y", "gyroscope z")


def check_calibration(sensor: str, calibration: str | None) -> int:
    """Judge a sensor that lies still for some seconds; 0 if its calibration is good. Raises BartrackerError."""
    from bartracker.calibration.check import WORDS
    from bartracker.live_calibration import CalibrationSession

    asked = parse_calibration_option(calibration)
    link = opened(sensor)
    session = CalibrationSession(link, lambda: connected(link), used=lambda source: calibration_of(link, source, asked))
    remark = ""

    def show(state: "CalibrationState") -> None:
        nonlocal remark
        if state.stage == "leading" and not remark:
            remark = "lay it on something firm and let go; turning it over once checks more"
            console.say_remark(state.label, remark)
        if state.remark not in ("", remark):
            remark = state.remark
            console.say_remark(state.label, remark)

    state = session.run(show)
    result = state.result
    assert result is not None
    console.say_result(f"{link.label}: {WORDS[result.verdict]}")
    for reason in result.reasons:
        console.say_result(f"  {reason}")
    if state.calibrated_utc is not None:
        console.say_result(f"  calibrated {state.calibrated_utc}")
    return int(result.verdict != "good")


def calibration_of(link: "Link", source: "Source", asked: "Calibration | None") -> "Calibration":
    """The one that was named, recorded, or kept for the sensor; none if there is none. Raises BartrackerError."""
    from bartracker.calibration import IDENTITY, Calibration
    from bartracker.exchange.calibration_folder import check_sensor

    recording = link.recording
    if asked is None and recording is not None:
        if recording.calibration_parameters is None:
            return IDENTITY
        return Calibration.from_dict(link.label, recording.calibration_parameters)
    if source.sensor_id is None:
        return asked or IDENTITY
    if asked is not None:
        check_sensor(asked, source.sensor_id, f"calibration {asked.name!r}")
        return asked
    return CalibrationChoice(None).of_link(link, source.sensor_id, source.chip) or IDENTITY


def check_noise(sensor: str, minutes: float) -> int:
    """Allan deviation of a sensor at rest, beside its data sheet. Raises BartrackerError."""
    from bartracker.calibration.allan import allan_deviation
    from bartracker.calibration.data_sheet import STATED_NOISE
    from bartracker.samples import StampedBlock
    from bartracker.self_test.resting import longest_part
    from bartracker.timebase import Hop, TimeBase

    link = opened(sensor)
    hops: list[Hop] = []
    try:
        source = connected(link)
        timebase = TimeBase(source.rate_hz)
        for item in link.items():
            if isinstance(item, StampedBlock):
                hops += timebase.push(item)
                if hops and hops[-1].t_s[-1] - hops[0].t_s[0] >= 60 * minutes and link.recording is None:
                    break
        hops += timebase.flush()
    finally:
        link.close()
    values, period_s = longest_part(hops)
    found = allan_deviation(values, period_s)
    stated = STATED_NOISE.get(source.chip or "")
    densities = [stated.acc_mps2] * 3 + [stated.gyr_radps] * 3 if stated else [np.nan] * 6
    console.say_result(f"{link.label}: {len(values) * period_s / 60:.1f} min at {1 / period_s:.2f} Hz")
    for axis in range(6):
        console.say_result(_axis_line(found, axis, float(densities[axis])))
    return 0


def _axis_line(found: "AllanDeviation", axis: int, stated: float) -> str:
    """Density, instability and the curve, in mg or deg/s."""
    from bartracker.samples import STANDARD_GRAVITY_MPS2

    unit, size = ("ug", STANDARD_GRAVITY_MPS2 * 1e-6) if axis < 3 else ("mdps", float(np.radians(1e-3)))
    density = found.one_sided_density[axis] / size
    beside = f" ({density / (stated / size):.1f} of the data sheet's)" if np.isfinite(stated) else ""
    curve = ", ".join(
        f"{tau:g} s {np.interp(tau, found.tau_s, found.deviation[:, axis]) / size:.3g}"
        for tau in _TAUS_S
        if found.tau_s[0] <= tau <= found.tau_s[-1]
    )
    return (
        f"{_AXES[axis]:15}  {density:.3g} {unit}/rtHz{beside}, bias instability {found.instability[axis] / size:.3g} "
        f"{unit} at {found.instability_tau_s[axis]:.0f} s; Allan deviation: {curve}"
    )
