"""Months of training: the library of sessions, and what its numbers say over time. Numbers of one set are made
upstream; here they are kept, compared and read. Pages of numbers are pure functions over plain tables (progress.py,
strength.py, readiness.py, associations.py, suggestions.py, agreement.py); only the library touches disk.
"""

from bartracker.history.library import Library
from bartracker.history.places import usual_folder

__all__ = ["Library", "usual_folder"]
