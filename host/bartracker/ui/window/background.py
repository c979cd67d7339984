"""Work of the window that may take long (disk, scan, export), done in one thread beside it; the results come back in
the window's own thread at a frame.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bartracker.errors import BartrackerError
from bartracker.ui.page_export import session_page

if TYPE_CHECKING:
    from bartracker.ui.window.main import MainWindow

_T = TypeVar("_T")


class Background:
    """Jobs one after the other."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "bartracker-window")
        self._jobs: list[tuple[Future[object], Callable[[object], None], Callable[[BartrackerError], None]]] = []

    def do(
        self, job: Callable[[], object], done: Callable[[object], None], failed: Callable[[BartrackerError], None]
    ) -> None:
        """Run `job`; tell `done` its result, or `failed` why there is none, at a later frame."""
        self._jobs.append((self._executor.submit(job), done, failed))

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._jobs)

    def collect(self) -> None:
        """Tell what has ended; once a frame. Raises what a job raised beyond BartrackerError."""
        ended = [job for job in self._jobs if job[0].done()]
        self._jobs = [job for job in self._jobs if job not in ended]
        for future, done, failed in ended:
            try:
                result = future.result()
            except BartrackerError as error:
                failed(error)
            else:
                done(result)

    def close(self) -> None:
        """Let what was begun end, and tell nobody."""
        self._jobs = []
        self._executor.shutdown(wait=True)


class Exports:
    """Pictures and pages of what is shown."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window

    def picture(self) -> None:
        """The window as it looks, as PNG."""
        window = self._window
        image = window.grab().toImage()
        path = self._path(".png")

        def save() -> object:
            if not image.save(str(path)):
                raise BartrackerError(str(path), "cannot be written", "start bartracker in a folder of your own")
            return path

        window.background.do(save, self._said, window.refuse)

    def page(self) -> None:
        """All sets on one page that needs nothing else."""
        window = self._window
        state, units = window.state, window.preferences.units
        path = self._path(".html")

        def save() -> object:
            from bartracker.exchange.files import atomic_write

            with atomic_write(path) as stream:
                stream.write(session_page(state, units).encode("utf-8"))
            return path

        window.background.do(save, self._said, window.refuse)

    def _said(self, path: object) -> None:
        self._window.say(f"Kept as {path}")

    def _path(self, suffix: str) -> Path:
        """A name that is not taken yet."""
        window = self._window
        stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(window.state.label).stem).strip("-")
        base = f"bartracker-{stem or 'session'}"
        folder = window.folder
        path, number = folder / f"{base}{suffix}", 1
        while path.exists():
            number += 1
            path = folder / f"{base}-{number}{suffix}"
        return path
