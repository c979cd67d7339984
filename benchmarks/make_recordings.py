"""Makes the committed recordings of tests/recordings anew: simulated sets (.btr) and what really happened
(.truth.json).

    python benchmarks/make_recordings.py [--output tests/recordings]

The same machine makes the same bytes; tests hold that. After a change of the simulator, commit what comes out.
"""

import argparse
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from bartracker.sim import SimulatedSet, simulate_set, truth_document, write_recording
from bartracker.sim.session import AirSettings

RECORDINGS: Final[dict[str, Callable[[], SimulatedSet]]] = {
    "squat_partial": partial(simulate_set, "squat", reps=4, seed=11, load_kg=120, touch_and_go=False, partial=(3,)),
    "bench_touch_and_go": partial(
        simulate_set, "bench", reps=5, seed=12, load_kg=80, touch_and_go=True, chip="mpu6886"
    ),
    "ohp_lost_packets": partial(simulate_set, "ohp", reps=4, seed=14, load_kg=50, air=AirSettings(loss_bursts=3)),
    "deadlift_dead_stop": partial(simulate_set, "deadlift", reps=4, seed=14, load_kg=160, touch_and_go=False),
    "row_failed": partial(simulate_set, "row", reps=5, seed=15, load_kg=80, failed=(5,), chip="mpu6886"),
    "clean_drops": partial(simulate_set, "clean", reps=3, seed=16, load_kg=90),
    "snatch_sleeve": partial(simulate_set, "snatch", reps=3, seed=17, load_kg=70, mount="sleeve"),
    "demo_squat": partial(
        simulate_set,
        "squat",
        reps=5,
        seed=6,
        load_kg=140,
        rate_hz=200,
        tempo="3-1-X-1",
        fast_eccentric=(4,),
        forward_drift_m=0.07,
        velocity_loss=0.06,
    ),
}


def make(name: str, folder: Path) -> None:
    """Write one recording and its truth into the folder, over what is there."""
    simulated = RECORDINGS[name]()
    path = folder / f"{name}.btr"
    path.unlink(missing_ok=True)
    write_recording(simulated, path)
    truth = json.dumps(truth_document(simulated), indent=1) + "\n"
    path.with_suffix(".truth.json").write_text(truth, encoding="utf-8")


def main() -> None:
    """Make all recordings."""
    parser = argparse.ArgumentParser(description="Make the committed recordings anew.")
    default = Path(__file__).parents[1] / "tests" / "recordings"
    parser.add_argument("--output", type=Path, default=default, help="folder to write to")
    folder: Path = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for name in RECORDINGS:
        make(name, folder)
        print(f"{folder / name}.btr")


if __name__ == "__main__":
    main()
