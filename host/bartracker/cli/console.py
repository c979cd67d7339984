"""Words to the user, one line each: errors, remarks and progress on stderr, results on stdout."""

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

MOST_REMARKS = 8

_T = TypeVar("_T")


def forgive_encoding() -> None:
    """Print a stand-in for what the terminal's encoding lacks instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def one_line(text: object) -> str:
    """`text` with line breaks and other control characters made visible."""
    return "".join(
        repr(char)[1:-1] if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in str(text)
    )


def say_error(error: object) -> None:
    """One line `bartracker: ...` on stderr."""
    _say(f"bartracker: {one_line(error)}")


def say_remark(given: object, text: str) -> None:
    """A remark that is no error, on stderr."""
    _say(f"{one_line(given)}: {one_line(text)}")


def say_remarks(given: object, texts: Sequence[str]) -> None:
    """Remarks on stderr; of a great many the first and the last, which sum up."""
    shown = list(texts)
    if len(texts) > MOST_REMARKS:
        half = MOST_REMARKS // 2
        shown[half:-half] = [f"({len(texts) - 2 * half} remarks more)"]
    for text in shown:
        say_remark(given, text)


def say_result(line: str) -> None:
    """One line of result on stdout."""
    print(one_line(line))


def say_picture(text: str) -> None:
    """Several lines as they are, on stderr: a QR code."""
    _say(text)


def _say(line: str) -> None:
    try:
        print(line, file=sys.stderr, flush=True)
    except OSError:
        # Nobody can be told any more.
        return


def progress(items: Sequence[_T], what: str) -> Iterator[_T]:
    """Go through `items` under a progress bar on stderr, if that is a terminal and there is more than one."""
    if len(items) < 2 or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as bar:
        yield from bar.track(items, description=what)


def join_words(words: Iterable[str]) -> str:
    """'a, b or c'."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
