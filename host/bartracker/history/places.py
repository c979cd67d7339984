"""Where the library lies and what its files are called. A library is one folder: library.sqlite and recordings/."""

from pathlib import Path

DATABASE = "library.sqlite"
RECORDINGS = "recordings"


def usual_folder() -> Path:
    """The user's own library folder; it need not exist."""
    from platformdirs import user_data_path

    return user_data_path("bartracker", appauthor=False) / "history"


def recording_file(sha256: str, suffix: str) -> str:
    """Path of a kept recording inside the library folder, named by its content."""
    return f"{RECORDINGS}/{sha256[:2]}/{sha256}{suffix}"
