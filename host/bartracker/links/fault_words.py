"""What a sensor's faults, remarks and restarts are called before a person (docs/faults.md)."""

from typing import Final

from bartracker.wire.status import ResetCause, SensorFault, SensorRemarks

FAULT_WORDS: Final = {
    SensorFault.IMU_SILENT: "its motion chip does not answer",
    SensorFault.IMU_UNKNOWN: "its motion chip is not one it knows",
    SensorFault.FIFO: "its motion chip's buffer ran over",
    SensorFault.SELF_TEST: "its self-test failed",
    SensorFault.LOW_BATTERY: "its battery is nearly empty",
    SensorFault.IMU_NEEDS_FILE: "its motion chip waits for the maker's configuration (bartracker flash --chip-file)",
    SensorFault.NEWER: "one that its newer firmware knows and this program does not: update the program",
}
REMARK_WORDS: Final = {
    SensorRemarks.SETTINGS_LOST: "its settings were damaged; it runs on 200 Hz, 16 g and 2000 deg/s",
    SensorRemarks.LOG_FULL: "its memory for recordings is full: bartracker sync",
    SensorRemarks.RESTING: "it failed at several starts in a row and rests now, without its motion chip: leave it on "
    "for half a minute, then switch it off and on; if that does not help, bartracker flash",
    SensorRemarks.CALIBRATION_LOST: "the calibration it kept was damaged and is not used: bartracker calibrate",
}
_LOW_MV: Final = 3400
"""Below this a supply that went away was the battery's, most likely: it reads low under the radio's load."""


def restart_words(cause: ResetCause | None, battery_mv: int | None) -> str:
    """Why a sensor restarted in a set; '' where its firmware does not say. `battery_mv`: as it last told."""
    if cause is None:
        return ""
    words = f" {cause.words}"
    if cause is ResetCause.POWER and battery_mv is not None:
        words += f" (battery {battery_mv / 1000:.2f} V before"
        words += ": charge it)" if battery_mv <= _LOW_MV else ")"
    return words
