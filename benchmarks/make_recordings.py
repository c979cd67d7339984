"""Makes the committed recordings of tests/recordings anew: virtual sets lifted through the whole sensor (.btr: firmware
in its VM, Bluetooth, link, recorder) and what really happened (.truth.json).

    python benchmarks/make_recordings.py [--output tests/recordings] [--speed 2] [NAME ...]

They are made in (hurried) real time, so the bytes differ from run to run; lift, sensor errors and noise come from the
seed. A set in which the computer did not keep up is made again. Commit what comes out.
"""

import argparse
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import numpy as np

from bartracker.links import open_link
from bartracker.links.link_recorder import LinkRecorder
from bartracker.links.sim_link import SimCounters, SimLink
from bartracker.recording import Recording, read_recording
from bartracker.samples import BoolArray, FloatArray, IntArray
from bartracker.sim.truth import RepTruth

RECORDINGS: Final = {
    "squat_partial": "squat?reps=4&seed=11&rate_hz=100&load_kg=120&touch_and_go=no&partial=3",
    "bench_touch_and_go": "bench?reps=5&seed=12&rate_hz=100&load_kg=80&touch_and_go=yes&chip=mpu6886",
    "ohp_lost_packets": "ohp?reps=4&seed=14&rate_hz=100&load_kg=50&loss=0.03",
    "deadlift_dead_stop": "deadlift?reps=4&seed=14&rate_hz=100&load_kg=160&touch_and_go=no",
    "row_failed": "row?reps=5&seed=15&rate_hz=100&load_kg=80&failed=5&chip=mpu6886",
    "clean_drops": "clean?reps=3&seed=16&rate_hz=100&load_kg=90",
    "snatch_sleeve": "snatch?reps=3&seed=17&rate_hz=100&load_kg=70&mount=sleeve",
    "demo_squat": "squat?reps=5&seed=6&rate_hz=200&load_kg=140&tempo=3-1-X-1&fast_eccentric=4"
    "&forward_drift_m=0.07&velocity_loss=0.06",
}
TRUTH_SCHEMA: Final = "bartracker.truth/1"
ATTEMPTS: Final = 3


def make(name: str, folder: Path, speed: float) -> None:
    """Write one recording and its truth into the folder, over what is there."""
    path = folder / f"{name}.btr"
    for _ in range(ATTEMPTS):
        path.unlink(missing_ok=True)
        link = open_link(f"sim://{RECORDINGS[name]}&speed={speed:g}")
        assert isinstance(link, SimLink)
        try:
            link.record_to(LinkRecorder(path))
            for _ in link.items():
                pass
            counters, truth, rate_hz = link.counters, link.truth, link.true_rate_hz
        finally:
            link.close()
        print(f"{path}: {counters.received} samples, {counters.lost} lost", flush=True)
        if kept_up(counters, "&loss=" in RECORDINGS[name]):
            document = truth_document(read_recording(path), truth, rate_hz)
            path.with_suffix(".truth.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
            return
    raise SystemExit(f"{name}: this computer does not keep up; close other programs, or give --speed 1")


def kept_up(counters: SimCounters, lossy: bool) -> bool:
    """Whether exactly what was wished for was lost."""
    return not counters.overwritten and (counters.lost > 0) is lossy


def truth_document(recording: Recording, reps: tuple[RepTruth, ...], true_rate_hz: float) -> dict[str, object]:
    """JSON-able truth, rounded to microseconds and micrometres. Times are s since the recording's first sample.

    `reps`: rows of `sim.truth.RepTruth`; what was clipped and lost is the recording's.
    """
    index = np.concatenate([block.sample_index for block in recording.blocks])
    stamps = np.concatenate([block.stamp_s for block in recording.blocks])
    clipped = np.concatenate([block.acc_clipped | block.gyr_clipped for block in recording.blocks])
    known = np.isfinite(stamps)
    every: IntArray = np.arange(int(index[0]), int(index[-1]) + 1)
    t_s: FloatArray = np.interp(every, index[known], stamps[known])
    lost: BoolArray = ~np.isin(every, index)
    rows: list[dict[str, object]] = []
    for rep in reps:
        inside: BoolArray = (t_s >= rep.t_con0) & (t_s < rep.t_con1)
        row = replace(
            rep,
            clipped=bool(clipped[np.isin(index, every[inside])].any()),
            lost_samples=int(lost[inside].sum()),
        )
        rows.append({key: round(value, 6) if isinstance(value, float) else value for key, value in asdict(row).items()})
    first = reps[0]
    return {
        "schema": TRUTH_SCHEMA,
        "exercise": recording.metadata.exercise,
        "order": "eccentric-first" if first.t_ecc0 < first.t_con0 else "concentric-first",
        "load_kg": recording.metadata.load_kg,
        "duration_s": round(float(t_s[-1]), 6),
        "samples": len(every),
        "lost_samples": int(lost.sum()),
        "true_rate_hz": round(true_rate_hz, 6),
        "reps": rows,
    }


def main() -> None:
    """Make all recordings, or those named."""
    parser = argparse.ArgumentParser(description="Make the committed recordings anew.")
    default = Path(__file__).parents[1] / "tests" / "recordings"
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(RECORDINGS)}; all if none is given")
    parser.add_argument("--output", type=Path, default=default, help="folder to write to")
    parser.add_argument("--speed", type=float, default=2.0, help="times as fast as real time")
    args = parser.parse_args()
    if unknown := set(args.names) - set(RECORDINGS):
        parser.error(f"no such recording: {', '.join(sorted(unknown))}")
    folder: Path = args.output
    folder.mkdir(parents=True, exist_ok=True)
    for name in args.names or RECORDINGS:
        make(name, folder, args.speed)


if __name__ == "__main__":
    main()
