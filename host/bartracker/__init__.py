"""Bar velocity, tempo and path from an open inertial sensor on the barbell.

    recording = bartracker.read("squat.btr")
    analysis = bartracker.analyze(recording, exercise="squat")
    motion = bartracker.estimate_motion(t_s, acc_mps2, gyr_radps)

Names load on first use, so that `import bartracker` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bartracker.api import analyze
    from bartracker.coaching import Targets, Tempo
    from bartracker.errors import BartrackerError
    from bartracker.exchange.reading import read
    from bartracker.motion import Motion, MotionSettings, estimate_motion
    from bartracker.recording.recording import Recording
    from bartracker.results import Analysis, Rep, RepSet

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "BartrackerError",
    "Motion",
    "MotionSettings",
    "Recording",
    "Rep",
    "RepSet",
    "Targets",
    "Tempo",
    "__version__",
    "analyze",
    "estimate_motion",
    "read",
]

_HOME = {
    "analyze": "bartracker.api",
    "Targets": "bartracker.coaching",
    "Tempo": "bartracker.coaching",
    "BartrackerError": "bartracker.errors",
    "read": "bartracker.exchange.reading",
    "Motion": "bartracker.motion",
    "MotionSettings": "bartracker.motion",
    "estimate_motion": "bartracker.motion",
    "Recording": "bartracker.recording.recording",
    "Analysis": "bartracker.results",
    "Rep": "bartracker.results",
    "RepSet": "bartracker.results",
}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'bartracker' has no attribute {name!r}")
