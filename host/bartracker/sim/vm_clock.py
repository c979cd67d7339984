"""The virtual sensor's clock: as fast as the computer can and exactly repeatable, or real time. Integers, microseconds
since the sensor was switched on.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

_SLICE_S = 0.004


class VmStopped(Exception):  # noqa: N818 - it is no error
    """The VM was told to end; unwinds the firmware."""


class VmClock(Protocol):
    """What the virtual devices ask of a clock."""

    def now_us(self) -> int:
        """Time now, us."""
        ...

    def spend(self, us: int) -> None:
        """Something took time that a real device would wait for (a bus transfer)."""
        ...

    def catch_up(self) -> None:
        """Let the world around be as late as this clock, before something leaves the sensor. May raise VmStopped."""
        ...

    def sleep(self, us: int, pending: Callable[[], bool]) -> int:
        """Wait; returns what is left, us, when `pending` says that something wants to be handled first. Raises
        VmStopped.
        """
        ...

    def stop(self) -> None:
        """Let every `sleep` raise VmStopped."""
        ...

    def ended(self) -> None:
        """The firmware has ended."""
        ...


class VirtualClock:
    """Time goes on only while the firmware sleeps or a bus is busy, and only as far as `run_until` allows."""

    def __init__(self) -> None:
        self._now_us = 0
        self._limit_us = 0
        self._stopped = False
        self._parked = False
        self._changed = threading.Condition()

    def now_us(self) -> int:
        return self._now_us

    def spend(self, us: int) -> None:
        self._now_us += us

    def catch_up(self) -> None:
        pass

    def sleep(self, us: int, pending: Callable[[], bool]) -> int:
        if self._stopped:
            raise VmStopped
        if pending():
            return us
        end_us = self._now_us + us
        if end_us <= self._limit_us:
            self._now_us = end_us
            return 0
        with self._changed:
            self._now_us = max(self._now_us, self._limit_us)
            limit_us = self._limit_us
            self._parked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopped or self._limit_us > limit_us)
            self._parked = False
            if self._stopped:
                raise VmStopped
        return max(end_us - self._now_us, 1)

    def run_until(self, us: int, alive: Callable[[], bool]) -> None:
        """Let the firmware run up to a time and wait for it; returns early when it is no longer alive."""
        with self._changed:
            self._limit_us = max(us, self._limit_us + 1)
            self._parked = False
            self._changed.notify_all()
            while alive() and not self._parked:
                self._changed.wait(0.05)

    def ended(self) -> None:
        """The firmware has ended: wake whoever waits for it."""
        with self._changed:
            self._changed.notify_all()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


class RealClock:
    """The computer's own monotonic clock, or one `speed` times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._start_ns = time.monotonic_ns()
        self._stop = threading.Event()

    def now_us(self) -> int:
        return int((time.monotonic_ns() - self._start_ns) * self._speed) // 1000

    def spend(self, us: int) -> None:
        pass

    def catch_up(self) -> None:
        pass

    def sleep(self, us: int, pending: Callable[[], bool]) -> int:
        end_us = self.now_us() + us
        while not pending():
            left_us = end_us - self.now_us()
            if left_us <= 0:
                return 0
            if self._stop.wait(min(left_us / 1e6, _SLICE_S) / self._speed):
                raise VmStopped
        return max(end_us - self.now_us(), 0)

    def stop(self) -> None:
        self._stop.set()

    def ended(self) -> None:
        pass
