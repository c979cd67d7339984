"""Turning a foreign file of samples into a recording of our own, without loss. The .btr format itself lives in
recording/.
"""

import secrets
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

from bartracker.errors import BartrackerError
from bartracker.exchange.files import checked_target, write_refusal
from bartracker.exchange.reading import read
from bartracker.recording import RecordingWriter
from bartracker.recording.format import MAGIC
from bartracker.recording.recording import Recording, RecordingMetadata


def import_recording(source: str | Path, target: str | Path, metadata: RecordingMetadata | None = None) -> Recording:
    """Write the samples of `source` (.npz, .csv) to the new .btr `target` and return them as read.

    What `metadata` says wins over what the source says of itself; the source's name is kept in `metadata.source` unless
    that is given. `read(target)` gives the same samples, stamps and sample numbers. Raises BartrackerError if the
    source cannot be read, the target exists or cannot be written; no half-written target stays.
    """
    recording = read(source)
    with suppress(OSError), Path(source).open("rb") as stream:
        if stream.read(len(MAGIC)) == MAGIC:
            raise BartrackerError(
                str(source), "is a bartracker recording already", "use it as it is; copy it to rename it"
            )
    if checked_target(target).exists():
        raise BartrackerError(str(target), "exists already and was left as it is", "choose another name")
    known = _merged(recording.metadata, metadata or RecordingMetadata())
    known = replace(known, source=known.source or Path(source).name)
    part = Path(target).with_name(f".{Path(target).name[:200]}.{secrets.token_hex(4)}.part")
    try:
        with RecordingWriter.create(
            part,
            known,
            calibration=recording.calibration_parameters,
            nominal_rate_hz=recording.nominal_rate_hz,
            chip=recording.chip,
        ) as writer:
            for sentence in recording.problems:
                writer.append_event(float("nan"), "import", sentence)
            for block in recording.blocks:
                writer.append_samples(block)
        part.replace(target)
    except BartrackerError as error:
        if isinstance(error.__cause__, OSError):
            raise write_refusal(str(target), error.__cause__) from None
        raise BartrackerError(str(target), error.problem, error.remedy) from None
    except OSError as error:
        raise write_refusal(str(target), error) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return replace(recording, metadata=known)


def _merged(old: RecordingMetadata, new: RecordingMetadata) -> RecordingMetadata:
    told = {entry.name: getattr(new, entry.name) for entry in fields(new) if getattr(new, entry.name) is not None}
    return replace(old, **told | {"extra": {**old.extra, **new.extra}})
