"""Where a live link's coroutine runs, and how whoever reads the link waits for it. No link is made here."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

_T = TypeVar("_T")


class LinkQueue(Protocol[_T]):
    """Items from the link's loop to its reader."""

    def put(self, item: _T) -> None:
        """Add one; in the loop."""
        ...

    def get(self) -> _T:
        """Take the oldest one; waits."""
        ...

    def qsize(self) -> int:
        """How many wait."""
        ...


class LinkRunner(Protocol):
    """Runs one coroutine in an event loop."""

    def queue(self) -> LinkQueue[Any]:
        """A new queue out of the loop."""
        ...

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin; once."""
        ...

    def result(self, future: Future[_T]) -> _T:
        """Wait for something that the coroutine sets."""
        ...

    def join(self, timeout_s: float) -> None:
        """Wait for the coroutine's end, s; does nothing where it was never begun."""
        ...


class ThreadRunner:
    """A loop and thread of its own: how links run for a user."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def queue(self) -> LinkQueue[Any]:
        return SimpleQueue()

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._thread = threading.Thread(target=lambda: asyncio.run(work()), name="bartracker-ble", daemon=True)
        self._thread.start()

    def result(self, future: Future[_T]) -> _T:
        return future.result()

    def join(self, timeout_s: float) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)
