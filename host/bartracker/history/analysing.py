"""A recording becomes numbers for the library: the one pipeline, the curves of its reps, and the version that made
them.
"""

import hashlib
from functools import cache
from importlib import resources

import numpy as np

from bartracker import __version__
from bartracker.api import settings_for
from bartracker.events import RepTrace
from bartracker.history.values import CURVE_POINTS, Analysed
from bartracker.recording.recording import Recording
from bartracker.samples import FloatArray
from bartracker.session_edits import Edit, edited
from bartracker.traced_analysis import traced_analysis

# The rooms and files whose code a number passes through on its way.
_ROOMS = ("calibration", "coaching", "motion", "recording", "reps", "wire")
_FILES = (
    "api.py",
    "packed_hops.py",
    "pipeline.py",
    "recording_health.py",
    "results.py",
    "samples.py",
    "session_edits.py",
    "timebase.py",
    "traced_analysis.py",
)


@cache
def made_by() -> str:
    """The version that makes numbers now: bartracker's, and a digest of the code they pass through."""
    package = resources.files("bartracker")
    files = [package.joinpath(name) for name in _FILES]
    for room in _ROOMS:
        entries = sorted(package.joinpath(room).iterdir(), key=lambda entry: entry.name)
        files += [entry for entry in entries if entry.name.endswith(".py")]
    text = b"".join(file.name.encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n") for file in files)
    return f"bartracker {__version__} code {hashlib.sha256(text).hexdigest()[:12]}"


def analyse(
    recording: Recording,
    exercise: str | None = None,
    load_kg: float | None = None,
    edits: tuple[Edit, ...] = (),
) -> Analysed:
    """What `bartracker.analyze` finds, corrected by `edits`, with the curves of its reps. Raises BartrackerError."""
    found, traces = traced_analysis(recording, settings_for(recording, exercise=exercise, load_kg=load_kg))
    by_start = {start_s: curve for start_s, trace in traces.items() if (curve := _curve(trace)) is not None}
    analysis = edited(found, edits)
    reps = [(each.index, rep) for each in analysis.sets for rep in each.reps if rep.concentric_start_s in by_start]
    curves = {(number, rep.index): by_start[rep.concentric_start_s] for number, rep in reps}
    return Analysed(analysis, curves, made_by(), edits)


def _curve(trace: RepTrace) -> FloatArray | None:
    if len(trace.t_s) < 2 or trace.t_s[-1] <= trace.t_s[0]:
        return None
    share = (trace.t_s - trace.t_s[0]) / (trace.t_s[-1] - trace.t_s[0])
    curve: FloatArray = np.interp(np.linspace(0.0, 1.0, CURVE_POINTS), share, trace.vel_z_mps)
    return curve if bool(np.isfinite(curve).all()) else None
