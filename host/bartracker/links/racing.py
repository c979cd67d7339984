"""Coroutines side by side: the first one ends the others. Nothing of Bluetooth here."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def first_of(*works: Coroutine[Any, Any, object]) -> None:
    """Run until the first one ends, then cancel the others. Raises what that one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            await cancelled(task)


async def quiet(task: "asyncio.Task[Any]") -> None:
    """Wait for a task without cancelling it and without raising what it raises."""
    await asyncio.wait([task])


async def cancelled(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait for its end; what it raises was looked at before, or does not matter any more."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
