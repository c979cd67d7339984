"""The raw log of a session (.btr): append-only, checksummed, crash-safe; docs/recording.md. Other makers' files are
exchange's.
"""

from bartracker.recording.merging import Merged, merge_recordings
from bartracker.recording.reader import decode_recording, read_recording
from bartracker.recording.recording import RecordedEvent, Recording, RecordingMetadata
from bartracker.recording.writer import RecordingWriter

__all__ = [
    "Merged",
    "RecordedEvent",
    "Recording",
    "RecordingMetadata",
    "RecordingWriter",
    "decode_recording",
    "merge_recordings",
    "read_recording",
]
