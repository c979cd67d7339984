"""The analysis of a recording together with the paths of its reps, which the analysis itself does not hold."""

from collections.abc import Sequence

from bartracker.events import Event, RepTrace, SetFinished
from bartracker.pipeline import Pipeline, PipelineSettings
from bartracker.recording.recording import Recording
from bartracker.results import Analysis


def traced_analysis(recording: Recording, settings: PipelineSettings) -> tuple[Analysis, dict[float, RepTrace]]:
    """The analysis of a recording, and the traces of its reps by the beginning of their lifting phases, s. Raises
    BartrackerError.
    """
    pipeline = Pipeline(settings)
    traces: dict[float, RepTrace] = {}

    def keep(events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, SetFinished):
                reps = zip(event.rep_set.reps, event.traces, strict=True)
                traces.update((rep.concentric_start_s, trace) for rep, trace in reps)

    for block in recording.blocks:
        keep(pipeline.push(block))
    keep(pipeline.finish())
    return pipeline.analysis(), traces
