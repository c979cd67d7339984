"""A calibration or its check in words: what to do now, what came out and what it means. Pure; no drawing here."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bartracker.calibration.check import CheckResult, Verdict
from bartracker.calibration.guide import GuideMessage
from bartracker.calibration.model import ACC_BIAS, GYR_BIAS
from bartracker.calibration.solver import SensorFit
from bartracker.coaching.verdict import Level
from bartracker.live_calibration import CalibrationState
from bartracker.samples import STANDARD_GRAVITY_MPS2
from bartracker.ui import wording
from bartracker.ui.start_page import Choice

_MG_MPS2 = STANDARD_GRAVITY_MPS2 / 1000
_SIGMAS_95 = 1.96
_LEAVE = Choice("Esc", "leave it", "leave")
_CALIBRATE = Choice("C", "calibrate it now", "calibrate")
_VERDICTS: dict[Verdict, tuple[str, Level]] = {
    "good": ("Good: its calibration still holds", "good"),
    "drifted": ("Drifted: calibrate it again", "watch"),
    "damaged": ("The sensor is damaged: use another one", "off"),
    "uncalibrated": ("It has no calibration yet", "watch"),
}
_SAID_LEVELS: dict[str, Level] = {
    "pose": "good",
    "done": "good",
    "again": "watch",
    "lost": "watch",
    "restless": "watch",
}


@dataclass(frozen=True, slots=True)
class CalibrationPage:
    """What stands in large, and below it; `level`: of a judgement, None while there is none."""

    title: str
    lines: tuple[str, ...]
    choices: tuple[Choice, ...]
    level: Level | None = None


def calibration_page(state: CalibrationState) -> CalibrationPage:
    """The page for a state."""
    match state.stage:
        case "connecting":
            words = state.remark or "Looking for the sensor. Switch it on and bring it near."
            return CalibrationPage("Connecting", (words,), (_LEAVE,))
        case "leading":
            return _leading(state)
        case "found" if state.result is not None:
            return _checked(state, state.result)
        case "found":
            lines = () if state.fit is None else tuple(result_words(state.fit))
            choices = (
                Choice("Enter", "keep it: it is used from now on", "keep"),
                Choice("Esc", "throw it away", "leave"),
            )
            return CalibrationPage("Good. That is all it needs.", lines, choices, "good")
        case "keeping":
            return CalibrationPage("Keeping it", (), ())
        case "kept":
            on = Choice("Enter", "go on", "leave")
            return CalibrationPage("Kept", (wording.capital(state.kept) + ".",), (on,), "good")
        case "failed":
            return _failed(state)


def said_words(message: GuideMessage) -> tuple[str, Level | None]:
    """What the guide said, as a sentence, and what to think of it."""
    return wording.capital(message.text) + ".", _SAID_LEVELS.get(message.code)


def result_words(fit: SensorFit) -> Iterator[str]:
    """How good a calibration is and what it mends, a sentence each."""
    made = fit.calibration
    force_mg = _SIGMAS_95 * float(fit.acc_sigma_mps2.max()) / _MG_MPS2
    turn_percent = _SIGMAS_95 * 100 * fit.gyr_sigma
    yield (
        f"Forces are now right to {force_mg:.1f} thousandths of gravity, whichever way it points, "
        f"and turns to {turn_percent:.2f} %. Both hold in 95 of 100 cases."
    )
    bias_mg = float(np.abs(made.acc_bias_mps2).max()) / _MG_MPS2
    scale_percent = 100 * float(np.abs(made.acc_matrix.diagonal() - 1).max())
    rate_dps = float(np.degrees(np.abs(made.gyr_bias_radps).max()))
    sigmas = () if made.covariance is None else np.sqrt(np.diagonal(made.covariance)).tolist()
    bias_within = f" (to {_SIGMAS_95 * max(sigmas[ACC_BIAS]) / _MG_MPS2:.1f})" if sigmas else ""
    rate_within = f" (to {np.degrees(_SIGMAS_95 * max(sigmas[GYR_BIAS])):.3f})" if sigmas else ""
    yield (
        f"As bought it was off by up to {bias_mg:.0f}{bias_within} thousandths of gravity and {scale_percent:.1f} %, "
        f"and seemed to turn by {rate_dps:.2f}{rate_within} degrees a second at rest. That is taken out from now on."
    )
    for remark in (*fit.left_out, *fit.remarks):
        yield wording.capital(remark) + "."


def _leading(state: CalibrationState) -> CalibrationPage:
    if state.checks:
        lines = ("Turning it over once, and letting go again, checks more.",)
        return CalibrationPage("Lay it on something firm and let go of it", lines, (_LEAVE,))
    prompt = "" if state.progress is None else wording.capital(state.progress.prompt)
    lines = (state.remark,) if state.remark else ()
    return CalibrationPage(prompt, lines, (_LEAVE,))


def _checked(state: CalibrationState, result: CheckResult) -> CalibrationPage:
    title, level = _VERDICTS[result.verdict]
    lines = [wording.capital(reason) + "." for reason in result.reasons]
    if state.calibrated_utc is not None:
        lines.append(f"It was calibrated on {state.calibrated_utc[:10]}.")
    again = (_CALIBRATE,) if result.verdict in ("drifted", "uncalibrated") else ()
    return CalibrationPage(title, tuple(lines), (Choice("Enter", "go on", "leave"), *again), level)


def _failed(state: CalibrationState) -> CalibrationPage:
    error = state.error
    lines = () if error is None else (wording.capital(error.problem) + ".", f"What to do: {error.remedy}.")
    choices = (Choice("Enter", "try again", "again"), _LEAVE)
    return CalibrationPage("That did not work", lines, choices, "off")
