"""Cyclic garbage is collected in the window's own thread alone: Qt objects that die in another thread end the program
with a segmentation fault, and Python collects in whichever thread happens to allocate.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def collected_here() -> Generator[None]:
    """While this lasts nothing is collected but by `collect_due`; to be entered and left in the window's thread."""
    before = gc.isenabled()
    gc.disable()
    # What the imports made lives as long as the program: it need not be looked through again and again.
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        if before:
            gc.enable()


def collect_due() -> None:
    """Collect the oldest generation that is due by Python's own thresholds; once a frame."""
    for generation in (2, 1, 0):
        if gc.get_count()[generation] > gc.get_threshold()[generation]:
            gc.collect(generation)
            return
