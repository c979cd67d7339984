"""Virtual time: the clock jumps where nothing can run, and a VM runs in step with the loop."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from bartracker.sim.virtual_time import LockstepClock, VirtualTimeLoop, VirtualTimeRunner
from bartracker.sim.vm_clock import VmStopped


@pytest.fixture
def loop() -> Iterator[VirtualTimeLoop]:
    made = VirtualTimeLoop()
    yield made
    made.finish()


def test_an_hour_passes_at_once(loop: VirtualTimeLoop) -> None:
    woken: list[float] = []

    async def sleeper(seconds: float) -> None:
        await asyncio.sleep(seconds)
        woken.append(loop.time())

    async def all_of_them() -> None:
        await asyncio.gather(sleeper(3600.0), sleeper(0.5), sleeper(10.0))

    began_s = time.perf_counter()
    loop.run_until_complete(all_of_them())
    assert woken == pytest.approx([0.5, 10.0, 3600.0])
    assert time.perf_counter() - began_s < 60.0


def test_waiting_for_what_never_comes_is_an_error(loop: VirtualTimeLoop) -> None:
    with pytest.raises(RuntimeError, match="virtual time stands still"):
        loop.run_until_complete(loop.create_future())
    loop._ready.clear()


def test_a_vm_runs_in_step_and_wakes_for_events(loop: VirtualTimeLoop) -> None:
    clock = LockstepClock(loop)
    events: list[str] = []
    seen: list[tuple[str, int, float]] = []

    def program() -> None:
        try:
            while True:
                left_us = clock.sleep(50_000, lambda: bool(events))
                seen.append((events.pop() if events else "tick", clock.now_us(), loop.time()))
                clock.spend(1000)
                clock.catch_up()
                assert loop.now_us >= clock.now_us()
                assert left_us >= 0
        except VmStopped:
            clock.ended()

    vm = threading.Thread(target=program)
    vm.start()
    loop.call_later(0.12, events.append, "event")
    loop.run_until_complete(asyncio.sleep(0.2))
    clock.stop()
    vm.join(10.0)
    assert [what for what, *_ in seen] == ["tick", "tick", "event", "tick"]
    assert [us for _, us, _ in seen] == [50_000, 101_000, 120_000, 171_000]
    assert all(at_s == pytest.approx(us / 1e6) for _, us, at_s in seen)


def test_whoever_waits_for_a_link_runs_the_loop(loop: VirtualTimeLoop) -> None:
    runner = VirtualTimeRunner(loop)
    queue = runner.queue()

    async def work() -> None:
        for number in range(3):
            await asyncio.sleep(1.0)
            queue.put(number)

    runner.start(work)
    assert [queue.get() for _ in range(3)] == [0, 1, 2]
    assert loop.time() == pytest.approx(3.0)
    runner.join(1.0)
    assert queue.qsize() == 0
