"""An executor whose work runs in a process of its own, so that it does not hold this one's interpreter."""

import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class OtherProcess(Executor):
    """One call at a time, in one other process, which is started by the first call. What is called, its arguments and
    its result must be picklable; they never leave this machine's memory.

    Where such a process cannot be had, or it dies (out of memory, a main module that cannot be imported again), the
    call runs here after all: the result is the same, only later.
    """

    def __init__(self, name: str) -> None:
        self._waiting = ThreadPoolExecutor(1, name)
        self._process: ProcessPoolExecutor | None = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """As every executor."""
        return self._waiting.submit(self._run, fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the other process when what was submitted is done."""
        self._waiting.shutdown(wait, cancel_futures=cancel_futures)
        if self._process is not None:
            self._process.shutdown(wait, cancel_futures=cancel_futures)

    def _run(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            if self._process is None:
                # Spawned, not forked: this process has threads.
                self._process = ProcessPoolExecutor(
                    1, multiprocessing.get_context("spawn"), initializer=_leave_interrupts_to_the_parent
                )
            return self._process.submit(fn, *args, **kwargs).result()
        except (BrokenExecutor, OSError):
            self._process = None
            return fn(*args, **kwargs)


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
