"""Bar velocity, tempo and path from an open inertial sensor on the barbell.

    recording = bartracker.read("squat.btr")
    analysis = bartracker.analyze(recording, exercise="squat")
    profile = bartracker.load_velocity_profile([analysis], exercise="squat")
    motion = bartracker.estimate_motion(t_s, acc_mps2, gyr_radps)

Names load on first use, so that `import bartracker` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bartracker.api import analyze
    from bartracker.coaching import TargetBook, Targets, Tempo
    from bartracker.coaching.profile import LoadVelocityProfile, load_velocity_profile
    from bartracker.errors import BartrackerError
    from bartracker.exchange.analysis_json import read_analysis_json
    from bartracker.exchange.reading import read
    from bartracker.exchange.targets_toml import read_targets
    from bartracker.motion import Motion, MotionSettings, estimate_motion
    from bartracker.recording.recording import Recording
    from bartracker.results import Analysis, Rep, RepSet

__version__ = "0.1.0"

__all__ = [
    "Analysis",
    "BartrackerError",
    "LoadVelocityProfile",
    "Motion",
    "MotionSettings",
    "Recording",
    "Rep",
    "RepSet",
    "TargetBook",
    "Targets",
    "Tempo",
    "__version__",
    "analyze",
    "estimate_motion",
    "load_velocity_profile",
    "read",
    "read_analysis_json",
    "read_targets",
]

_HOME = {
    "analyze": "bartracker.api",
    "LoadVelocityProfile": "bartracker.coaching.profile",
    "TargetBook": "bartracker.coaching",
    "Targets": "bartracker.coaching",
    "Tempo": "bartracker.coaching",
    "load_velocity_profile": "bartracker.coaching.profile",
    "BartrackerError": "bartracker.errors",
    "read_analysis_json": "bartracker.exchange.analysis_json",
    "read_targets": "bartracker.exchange.targets_toml",
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
