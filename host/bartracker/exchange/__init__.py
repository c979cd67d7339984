"""Everything in and out: recordings of any format read, samples, reps and analyses written. The formats:
docs/formats.md.
"""

from bartracker.exchange.analysis_json import (
    analysis_schema,
    analysis_to_dict,
    analysis_to_json,
    read_analysis_json,
    write_analysis_json,
)
from bartracker.exchange.btr_import import import_recording
from bartracker.exchange.npz import write_samples_npz
from bartracker.exchange.reading import read
from bartracker.exchange.reps_csv import write_reps_csv
from bartracker.exchange.samples_csv import write_samples_csv

__all__ = [
    "analysis_schema",
    "analysis_to_dict",
    "analysis_to_json",
    "import_recording",
    "read",
    "read_analysis_json",
    "write_analysis_json",
    "write_reps_csv",
    "write_samples_csv",
    "write_samples_npz",
]
