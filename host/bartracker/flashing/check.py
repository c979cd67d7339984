"""A short check on the board itself: the installed firmware is run for some seconds without a host, then started."""

import ast
from dataclasses import dataclass
from typing import Final

from bartracker.errors import BartrackerError
from bartracker.flashing.boards import BoardProfile
from bartracker.flashing.chip_files import WHERE
from bartracker.flashing.prompt import BoardCodeError, BoardPrompt
from bartracker.flashing.settings import FlashSettings
from bartracker.wire import CHIPS

# A chip's oscillator may be 3 % off; counting whole bursts adds to that.
_RATE_TOLERANCE: Final = 0.06
_MV_PER_V: Final = 1000
_REPORT: Final = "report it with what `bartracker check --bundle report.zip` collects"
_RUN: Final = """
import time
from bartracker_fw import VERSION, boards, store, wire
from bartracker_fw.app import App
_a = App(boards.load(store.board_name()))
_a.link.advertise(time.ticks_ms())
_a.step()
_t = time.ticks_us()
_n = _a.sampler.samples
while time.ticks_diff(time.ticks_us(), _t) < %d:
    time.sleep_ms(_a.pause_ms())
    _a.step()
_t = time.ticks_diff(time.ticks_us(), _t)
_n = _a.sampler.samples - _n
_i = _a.imu
_f = _a.fault
_f = {wire.NO_FAULT: "", wire.IMU_SILENT: "silent", wire.IMU_UNKNOWN: "unknown", wire.IMU_NEEDS_FILE: "file"}.get(
    _f, "stuck")
print(repr(("%%d.%%d.%%d" %% VERSION, _i.chip if _i else 0, _i._address if _i else 0, _f, _n * 1e6 / _t,
    _i.rate_hz if _i else 0.0, _a.link._advertised_us, _a.battery.mv)))
"""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing looked at, in words; `remedy` says how to mend what is not ok."""

    name: str
    ok: bool
    text: str
    remedy: str = ""


def check_board(prompt: BoardPrompt, board: BoardProfile, settings: FlashSettings) -> list[CheckResult]:
    """Restart, run the firmware's loop, then leave it running as main.py. Raises BartrackerError when the board goes
    away.
    """
    prompt.restart()
    try:
        said = prompt.run(_RUN % round(settings.measure_s * 1e6), settings.quiet_s + settings.measure_s)
    except BoardCodeError as error:
        return [CheckResult("firmware", False, f"it does not run: {error.problem}", _REPORT)]
    results = _read(said, board, prompt.device)
    printed = prompt.start_main()
    if printed is not None:
        # The error stands after the indented lines of the traceback; what follows is the prompt's greeting.
        trace = printed.partition("Traceback")[2].splitlines()[1:]
        why = next((line for line in trace if line and not line.startswith(" ")), "it came to an end")
        results.append(CheckResult("start", False, f"main.py stopped: {why}", _REPORT))
    return results


def _read(said: str, board: BoardProfile, device: str) -> list[CheckResult]:
    lines = said.strip().splitlines() or [""]
    try:
        answer: object = ast.literal_eval(lines[-1])
    except (ValueError, SyntaxError):
        answer = None
    match answer:
        case (
            str() as version,
            int() as chip_id,
            int() as address,
            str() as fault,
            int() | float() as rate_hz,
            int() | float() as nominal_hz,
            int() as advertised_us,
            int() as battery_mv,
        ):
            pass
        case _:
            raise BartrackerError(device, f"the check ended strangely: {lines[-1][:80]!r}", "repeat the command")
    results = [CheckResult("firmware", True, f"version {version} on a {board.title}")]
    results += _motion_chip(board, chip_id, address, fault, rate_hz, nominal_hz)
    if advertised_us:
        results.append(CheckResult("bluetooth", True, "advertising"))
    else:
        results.append(CheckResult("bluetooth", False, "it does not advertise", "repeat the command"))
    if battery_mv:
        results.append(CheckResult("battery", True, f"{battery_mv / _MV_PER_V:.2f} V"))
    else:
        results.append(CheckResult("battery", True, "none measured; the sensor works, but cannot say how full it is"))
    return results


def _motion_chip(
    board: BoardProfile, chip_id: int, address: int, fault: str, rate_hz: float, nominal_hz: float
) -> list[CheckResult]:
    if fault == "unknown":
        return [CheckResult("chip", False, "the chip on the bus is none that the firmware knows", board.imu_hint)]
    if fault == "file":
        return [CheckResult("chip", False, "the motion chip, a BMI270, waits for its maker's configuration", WHERE)]
    if fault == "stuck":
        return [CheckResult("chip", False, "the motion chip gives no samples", board.imu_hint)]
    if fault or not chip_id:
        return [CheckResult("chip", False, "no motion chip answers", board.imu_hint)]
    found = CheckResult("chip", True, f"{CHIPS.get(chip_id, f'chip {chip_id}')} at 0x{address:02x}")
    text = f"{rate_hz:.0f} samples/s of {nominal_hz:.0f}"
    if abs(rate_hz - nominal_hz) <= _RATE_TOLERANCE * nominal_hz:
        return [found, CheckResult("rate", True, text)]
    return [found, CheckResult("rate", False, f"{text}: too far off", board.imu_hint)]
