"""Where the sensor's firmware lies: in the source tree, or inside an installed bartracker."""

from pathlib import Path

from bartracker.errors import BartrackerError


def firmware_dir() -> Path:
    """The folder of the firmware's files. Raises BartrackerError where the installation has none."""
    here = Path(__file__).resolve()
    for folder in (here.parent / "firmware", here.parents[2] / "firmware"):
        if (folder / "main.py").is_file():
            return folder
    raise BartrackerError("firmware", "its files are missing from this installation", "install bartracker anew")
