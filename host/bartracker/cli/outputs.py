"""Where results go: folders, names that collide, JSON to stdout, and the line that sums an analysis up."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bartracker.cli.options import WrongUseError

if TYPE_CHECKING:
    from bartracker.results import Analysis
    from bartracker.session_edits import Edit


def refuse_same_stems(files: Sequence[Path], suffix: str) -> None:
    """Raise WrongUseError where two inputs would be written to one output."""
    seen: dict[str, Path] = {}
    for path in files:
        other = seen.setdefault(os.path.normcase(path.stem), path)
        if other is not path:
            raise WrongUseError(
                str(path), f"would overwrite {path.stem}{suffix} of {other}", "analyze them into different folders"
            )


def make_folder(folder: Path) -> None:
    """Make the output folder; raises BartrackerError."""
    from bartracker.recording.files import os_problem

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise WrongUseError(str(folder), "is a file, not a folder", "name a folder to write into") from None
    except OSError as error:
        raise os_problem(str(folder), error, "made") from None


def write_json(analysis: "Analysis", target: str, edits: "tuple[Edit, ...]" = ()) -> None:
    """Write the analysis JSON to a path, or to stdout for '-'; `edits`, by which it was corrected, stand in it too.
    Raises BartrackerError.
    """
    from bartracker.edit_files import edited_json
    from bartracker.exchange.files import atomic_write
    from bartracker.recording.files import os_problem

    text = edited_json(analysis, edits)
    if target != "-":
        with atomic_write(target) as stream:
            stream.write(text.encode("utf-8", errors="replace"))
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise os_problem("standard output", error, "written") from None


def summary_lines(analysis: "Analysis") -> list[str]:
    """One line a set in the words of the gym floor."""
    from bartracker.ui import quantities, wording

    lines: list[str] = []
    for one in analysis.sets:
        name = " ".join(filter(None, (wording.exercise(one.exercise), quantities.load(one.load_kg))))
        counts = [
            (one.summary.full_reps, "reps"),
            (one.summary.partial_reps, "partial"),
            (one.summary.failed_reps, "failed"),
        ]
        reps = ", ".join(f"{count} {kind}" for count, kind in counts if count or kind == "reps")
        best = quantities.velocity(one.summary.best_mean_velocity_mps)
        mean = quantities.velocity(one.summary.mean_velocity_mps)
        lines.append(f"{name}, {reps}, mean {mean} m/s, best {best} m/s")
    return lines or ["no reps found"]
