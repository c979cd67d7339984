"""The ghost: one's best rep, with its path and its velocity, to lift against. Pure; which recording it comes from is
decided by who asks, how it runs by a view.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bartracker.errors import BartrackerError
from bartracker.events import RepTrace
from bartracker.pipeline import PipelineSettings
from bartracker.recording.recording import Recording
from bartracker.results import Rep, RepSet
from bartracker.session_edits import Edit, edited
from bartracker.traced_analysis import traced_analysis


@dataclass(frozen=True, slots=True, eq=False)
class Ghost:
    """A rep, the path and velocity of its lifting phase, and where it comes from: "set 1 rep 3 of monday.btr"."""

    rep: Rep
    trace: RepTrace
    origin: str


def ghost_of(
    recording: Recording,
    settings: PipelineSettings,
    edits: Sequence[Edit] = (),
    *,
    name: str,
    wanted: Callable[[RepSet], bool] = lambda one: True,
) -> Ghost:
    """The fastest full rep of a recording as corrected by `edits`, by mean velocity, of the sets that are wanted.

    Raises:
        BartrackerError: it has none. `name` is what the recording is called.
    """
    analysis, traces = traced_analysis(recording, settings)
    full = [
        (rep.mean_velocity_mps, one.index, rep, trace)
        for one in edited(analysis, edits).sets
        if wanted(one)
        for rep in one.reps
        if rep.kind == "full" and rep.mean_velocity_mps is not None
        if (trace := traces.get(rep.concentric_start_s)) is not None and len(trace.t_s)
    ]
    fastest = max(full, key=lambda each: each[0], default=None)
    if fastest is None:
        raise BartrackerError(name, "has no full rep to lift against", "name a recording with one, or the lift on it")
    _, set_index, rep, trace = fastest
    return Ghost(rep, trace, f"set {set_index} rep {rep.index} of {name}")
