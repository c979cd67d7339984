"""Virtual time for a whole conversation: an event loop whose clock jumps to the next timer as soon as nothing can run,
and a sensor's clock in step with it. Radio, host link and reader share one thread; each VM has its own, and only one
runs at a time, so that a run is fast and repeatable.
"""

import asyncio
import math
import selectors
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from bartracker.sim.vm_clock import VmStopped

_T = TypeVar("_T")
_US_PER_S: Final = 1_000_000
# Of the computer's own time: a VM that neither parks nor asks for so long hangs.
_HANG_S: Final = 60.0


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time, s since it was made. Use one thread for it and everything but the VMs."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._turn = threading.Condition()
        self._running_vms = 0
        self._clocks: list[LockstepClock] = []
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Virtual time, s."""
        return self._now_s

    @property
    def now_us(self) -> int:
        """The same in microseconds."""
        return round(self._now_s * _US_PER_S)

    def finish(self) -> None:
        """Cancel what still runs, and close the loop. The VMs must have ended."""
        if self.is_closed():
            return
        tasks = asyncio.all_tasks(self)
        for task in tasks:
            task.cancel()
        if tasks:
            self.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.run_until_complete(self.shutdown_asyncgens())
        self.close()

    def call_from_vm(self, coroutine: Coroutine[Any, Any, _T], timeout_s: float) -> _T:
        """Run a coroutine in the loop for a VM, which waits for it. Raises what it raises."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self)
        # The VM counts as running from the moment its answer is there, not from when its thread has noticed.
        future.add_done_callback(lambda _: self.count_vm(1))
        self.count_vm(-1)
        return future.result(timeout_s)

    def count_vm(self, change: int) -> None:
        """A VM has begun (1) or ceased (-1) to run."""
        with self._turn:
            self._running_vms += change
            self._turn.notify_all()

    def add_clock(self, clock: "LockstepClock") -> None:
        """A VM joins; it runs already."""
        with self._turn:
            self._clocks.append(clock)
            self._running_vms += 1

    def drop_clock(self, clock: "LockstepClock") -> None:
        """A VM has ended."""
        with self._turn:
            self._clocks.remove(clock)
            self._running_vms -= 1
            self._turn.notify_all()

    def park(self, clock: "LockstepClock") -> None:
        """Called by a VM whose clock has said what it waits for: wait until it is let go."""
        with self._turn:
            self._running_vms -= 1
            self._turn.notify_all()
            self._turn.wait_for(lambda: clock.wish is None or clock.stopped)
            if clock.wish is not None:
                clock.wish = None
                self._running_vms += 1

    def wake(self) -> None:
        """Let VMs look whether they were stopped."""
        with self._turn:
            self._turn.notify_all()

    def advance(self, timeout_s: float | None, arrived: Callable[[], bool]) -> None:
        """Nothing can run before `timeout_s` from now: let a VM run that is due before, or go to that time. `arrived`:
        a VM has left work for the loop.
        """
        self._let_vms_park()
        if arrived():
            return
        target_s = math.inf if timeout_s is None else self._now_s + timeout_s
        with self._turn:
            due = min(
                ((clock.due_us(self.now_us), i) for i, clock in enumerate(self._clocks) if clock.wish), default=None
            )
            if due is not None and due[0] / _US_PER_S <= target_s:
                self._now_s = max(self._now_s, due[0] / _US_PER_S)
                self._clocks[due[1]].wish = None
                self._running_vms += 1
                self._turn.notify_all()
            elif math.isinf(target_s):
                raise RuntimeError("virtual time stands still: nothing can run, and nothing is due")
            else:
                self._now_s = target_s
        self._let_vms_park()

    def _let_vms_park(self) -> None:
        with self._turn:
            if not self._turn.wait_for(lambda: not self._running_vms, _HANG_S):
                raise RuntimeError("a VM hangs: it neither sleeps nor ends")


class _JumpingSelector(selectors.BaseSelector):
    """Asks the operating system only what is ready now; waiting is the loop's."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._inner = selectors.DefaultSelector()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        self._inner.close()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._inner.select(0)
        if ready or timeout == 0:
            return ready
        self._loop.advance(timeout, lambda: bool(self._inner.select(0)))
        return self._inner.select(0)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a parked VM waits for: its end, or from `earliest_us` on for `pending` to say that there is work."""

    earliest_us: int
    end_us: int
    pending: Callable[[], bool]


class LockstepClock:
    """A `VmClock` in step with a `VirtualTimeLoop`; 0 is when it was made."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._origin_us = loop.now_us
        self._now_us = 0
        self.wish: _Wish | None = None
        self.stopped = False
        loop.add_clock(self)

    def now_us(self) -> int:
        return self._now_us

    def spend(self, us: int) -> None:
        self._now_us += us

    def catch_up(self) -> None:
        if self._loop.now_us - self._origin_us < self._now_us:
            self._park(self._now_us, _never)

    def sleep(self, us: int, pending: Callable[[], bool]) -> int:
        end_us = self._now_us + us
        self._park(end_us, pending)
        return max(0, end_us - self._now_us)

    def stop(self) -> None:
        self.stopped = True
        self._loop.wake()

    def ended(self) -> None:
        self._loop.drop_clock(self)

    def due_us(self, now_us: int) -> int:
        """When the parked VM is to run, on the loop's clock."""
        wish = self.wish
        assert wish is not None
        return max(now_us, self._origin_us + (wish.earliest_us if wish.pending() else wish.end_us))

    def _park(self, end_us: int, pending: Callable[[], bool]) -> None:
        if self.stopped:
            raise VmStopped
        self.wish = _Wish(self._now_us, end_us, pending)
        self._loop.park(self)
        if self.stopped:
            raise VmStopped
        self._now_us = max(self._now_us, self._loop.now_us - self._origin_us)


def _never() -> bool:
    return False


class _DrivenQueue(Generic[_T]):
    """A queue whose reader runs the loop while it waits."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._items: deque[_T] = deque()
        self._awaited = False

    def put(self, item: _T) -> None:
        self._items.append(item)
        if self._awaited:
            self._loop.stop()

    def get(self) -> _T:
        self._awaited = True
        while not self._items:
            self._loop.run_forever()
        self._awaited = False
        return self._items.popleft()

    def qsize(self) -> int:
        return len(self._items)


class VirtualTimeRunner:
    """A `LinkRunner` without a thread: whoever waits for the link runs the loop."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._task: asyncio.Task[None] | None = None

    def queue(self) -> _DrivenQueue[Any]:
        return _DrivenQueue(self._loop)

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._task = self._loop.create_task(work())

    def result(self, future: Future[_T]) -> _T:
        future.add_done_callback(lambda _: self._loop.stop())
        while not future.done():
            self._loop.run_forever()
        return future.result()

    def join(self, timeout_s: float) -> None:
        if self._task is not None and not self._task.done():
            self._loop.run_until_complete(asyncio.wait([self._task], timeout=timeout_s))
