"""The next of what a person may like, and the words that answer: the same in window and terminal."""

from dataclasses import replace

from bartracker.coaching import metrics
from bartracker.coaching.cues import SCHEDULES, SENSOR_CUES, Schedule, SensorCues
from bartracker.ui.preferences import Preferences

_SCHEDULE_WORDS: dict[Schedule, str] = {
    "every": "Every rep is heard",
    "nth": "Every third rep is heard",
    "after": "Only the end of a set is heard",
    "outside": "Only reps that are not good are heard",
    "near-limit": "Reps are heard from near the velocity loss limit on",
}
_SENSOR_WORDS: dict[SensorCues, str] = {
    "off": "No cues on the sensor",
    "light": "The sensor's light shows the cues",
    "sound": "The sensor's buzzer sounds the cues",
    "shake": "The sensor's motor shakes the cues",
}


def next_metric(liked: Preferences) -> tuple[Preferences, str]:
    """Another number, large."""
    metric = metrics.next_metric(metrics.metric_of(liked.metric))
    return replace(liked, metric=metric.key), f"Large: {metric.name}"


def next_units(liked: Preferences) -> tuple[Preferences, str]:
    """Kilograms or pounds."""
    other = "lb" if liked.units == "kg" else "kg"
    return replace(liked, units=other), f"Loads in {other}"


def next_theme(liked: Preferences) -> tuple[Preferences, str]:
    """Dark or light."""
    other = "light" if liked.theme == "dark" else "dark"
    return replace(liked, theme=other), f"Colours for a {other} ground"


def next_sound(liked: Preferences) -> tuple[Preferences, str]:
    """Tones and speech, tones alone, off."""
    if liked.sound and liked.speech:
        return replace(liked, speech=False), "Tones alone"
    if liked.sound:
        return replace(liked, sound=False), "Sound off"
    return replace(liked, sound=True, speech=True), "Tones and spoken numbers"


def next_schedule(liked: Preferences) -> tuple[Preferences, str]:
    """Which reps are heard."""
    schedule = SCHEDULES[(SCHEDULES.index(liked.schedule) + 1) % len(SCHEDULES)]
    return replace(liked, schedule=schedule), _SCHEDULE_WORDS[schedule]


def next_sensor_cues(liked: Preferences) -> tuple[Preferences, str]:
    """What of the sensor plays the cues."""
    chosen = SENSOR_CUES[(SENSOR_CUES.index(liked.sensor_cues) + 1) % len(SENSOR_CUES)]
    return replace(liked, sensor_cues=chosen), _SENSOR_WORDS[chosen]
