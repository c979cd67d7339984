"""Garbage of the window is collected in the window's thread alone."""

import gc
import threading

from bartracker.ui.window.collecting import collect_due, collected_here


class Cycle:
    """Dead only once the collector has found it; notes in which thread that was."""

    died_in: list[str]

    def __init__(self, died_in: list[str]) -> None:
        self.died_in, self.itself = died_in, self

    def __del__(self) -> None:
        self.died_in.append(threading.current_thread().name)


def test_a_busy_thread_collects_nothing_and_the_frame_does():
    died_in: list[str] = []

    def busy() -> None:
        keep = [[number] for number in range(200_000)]
        assert keep

    with collected_here():
        Cycle(died_in)
        thread = threading.Thread(target=busy, name="busy")
        thread.start()
        thread.join()
        assert died_in == []
        keep = [[number] for number in range(2_000)]
        collect_due()
        assert died_in == [threading.main_thread().name]
        assert keep


def test_what_was_collected_automatically_before_is_so_again():
    gc.enable()
    with collected_here():
        assert not gc.isenabled()
    assert gc.isenabled()
