"""How long the window takes to be there, offscreen: `python benchmarks/ui_start.py [--starts 5]`.

Each time `bartracker replay` of a committed recording is started anew. There: the window has painted its first picture
and takes keys. First motion: the first samples are on screen too, which takes what the analysis needs to load.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

DEMO = Path(__file__).parents[1] / "tests" / "recordings" / "demo_squat.btr"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _start()
        return
    found: list[tuple[float, ...]] = []
    for _ in range(arguments.starts):
        began = time.perf_counter()
        command = [sys.executable, __file__, "--child"]
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
            assert child.stdout is not None
            there_processor_s = float(child.stdout.readline())
            there_s = time.perf_counter() - began
            motion_processor_s = float(child.stdout.readline())
            found.append((there_s, there_processor_s, time.perf_counter() - began, motion_processor_s))
    names = ("there", "there, processor", "first motion", "first motion, processor")
    for name, values in zip(names, zip(*found, strict=True), strict=True):
        print(f"{name:>24}: median {statistics.median(values):.2f} s, {min(values):.2f} to {max(values):.2f}")


def _start() -> None:
    from PySide6.QtCore import QTimer

    import bartracker.ui.window.main as shown
    from bartracker.cli.program import run

    class Timed(shown.MainWindow):
        """Says when it was there, and when samples were; then it closes."""

        told = 0

        def on_frame(self) -> None:
            super().on_frame()
            if self.told < (2 if len(self.state.motion) else 1):
                self.told += 1
                QTimer.singleShot(0, self.tell)

        def tell(self) -> None:
            print(time.process_time(), flush=True)
            if self.told == 2:
                self.close()

    shown.MainWindow = Timed
    run(["replay", str(DEMO), "--view", "window"])


if __name__ == "__main__":
    main()
