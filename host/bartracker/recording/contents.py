"""What the records of a .btr hold: metadata and other JSON, stamped payloads, blocks of imported samples. Bytes only,
no files.
"""

import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from bartracker.recording.format import LARGEST_PAYLOAD
from bartracker.recording.recording import RecordedEvent, RecordingMetadata
from bartracker.samples import BoolArray, FloatArray, IntArray, StampedBlock

_ARRIVAL: Final = struct.Struct("<d")
_BLOCK: Final = struct.Struct("<dIBBHq")
_END: Final = struct.Struct("<Q")
_DOUBLE: Final = 1
_STAMPED: Final = 2
_HOLES: Final = 4
_BYTES_AT_MOST: Final = 8 + 8 + 48 + 1
_SAMPLES_AT_MOST: Final = (LARGEST_PAYLOAD - _BLOCK.size) // _BYTES_AT_MOST
# Keeps differences of sample numbers within 64 bits.
_LARGEST_INDEX: Final = 1 << 62
_NUMBER_FIELDS: Final = ("load_kg", "sensor_from_middle_m")
_TEXT_FIELDS: Final = tuple(f.name for f in fields(RecordingMetadata) if f.name not in (*_NUMBER_FIELDS, "extra"))


class ContentError(ValueError):
    """A record is intact but what it says is impossible; the text is for a person."""


@dataclass(frozen=True, slots=True)
class HeadRecord:
    """What is known besides the samples: metadata, and what an imported recording has instead of a sensor's info."""

    metadata: RecordingMetadata
    nominal_rate_hz: float | None = None
    chip: str | None = None


def encode_head(head: HeadRecord) -> bytes:
    """JSON of a metadata record. Raises ContentError for values that JSON or a record cannot hold."""
    value: dict[str, object] = {"metadata": _metadata_fields(head.metadata)}
    if head.nominal_rate_hz is not None:
        value["nominal_rate_hz"] = head.nominal_rate_hz
    if head.chip is not None:
        value["chip"] = head.chip
    return encode_json(value)


def decode_head(payload: bytes) -> HeadRecord:
    """Read a metadata record; unknown fields are ignored. Raises ContentError."""
    value = decode_json(payload)
    rate_hz = _number(value, "nominal_rate_hz")
    if rate_hz is not None and rate_hz <= 0:
        raise ContentError(f"a rate of {rate_hz} Hz")
    return HeadRecord(_metadata(value.get("metadata", {})), rate_hz, _text(value, "chip"))


def encode_event(event: RecordedEvent) -> bytes:
    """Arrival time and JSON. Raises ContentError."""
    return encode_stamped(event.arrival_s, encode_json({"code": event.code, "text": event.text}))


def decode_event(payload: memoryview) -> RecordedEvent:
    """Read an event. Raises ContentError."""
    arrival_s, rest = decode_stamped(payload)
    value = decode_json(bytes(rest))
    code, text = _text(value, "code"), _text(value, "text")
    if not code or text is None:
        raise ContentError("an event without code or text")
    return RecordedEvent(arrival_s, code, text)


def encode_stamped(arrival_s: float, raw: bytes) -> bytes:
    """Host arrival time (s, float64) before the bytes as received."""
    return _ARRIVAL.pack(arrival_s) + raw


def decode_stamped(payload: memoryview) -> tuple[float, memoryview]:
    """Arrival time and the bytes as received. Raises ContentError."""
    if len(payload) < _ARRIVAL.size:
        raise ContentError("a record too short for its time")
    return _ARRIVAL.unpack_from(payload)[0], payload[_ARRIVAL.size :]


def encode_end(records: int) -> bytes:
    """Payload of the last record: how many records stand before it."""
    return _END.pack(records)


def decode_end(payload: memoryview) -> int:
    """How many records stood before the last one. Raises ContentError."""
    if len(payload) < _END.size:
        raise ContentError("an end mark that is too short")
    return _END.unpack_from(payload)[0]


def encode_json(value: Mapping[str, object]) -> bytes:
    """Compact UTF-8 JSON that fits a record. Raises ContentError."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        raw = text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise ContentError(f"not possible in JSON ({error})") from error
    if len(raw) > LARGEST_PAYLOAD - _ARRIVAL.size:
        raise ContentError(f"{len(raw)} bytes of text, at most {LARGEST_PAYLOAD - _ARRIVAL.size} fit")
    return raw


def decode_json(payload: bytes) -> dict[str, object]:
    """A JSON object. Raises ContentError."""
    try:
        value = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ContentError("text that is not JSON") from error
    if not isinstance(value, dict):
        raise ContentError("JSON that is not an object")
    return cast(dict[str, object], value)


def split_block(block: StampedBlock) -> Iterator[bytes]:
    """Payloads that hold a block without loss; several where it is too large for a record. Raises ContentError."""
    check_block(block)
    for start in range(0, len(block), _SAMPLES_AT_MOST):
        yield _encode_block(block, slice(start, start + _SAMPLES_AT_MOST))


def _encode_block(block: StampedBlock, part: slice) -> bytes:
    index, stamp_s = block.sample_index[part], block.stamp_s[part]
    acc, gyr = block.acc_mps2[part], block.gyr_radps[part]
    clipped = block.acc_clipped[part].astype(np.uint8) | (block.gyr_clipped[part].astype(np.uint8) << 1)
    with np.errstate(over="ignore"):
        double = any(not np.array_equal(a, a.astype("<f4").astype(np.float64)) for a in (acc, gyr))
    stamped = not bool(np.isnan(stamp_s).all())
    holes = bool((np.diff(index) != 1).any())
    flags = double * _DOUBLE | stamped * _STAMPED | holes * _HOLES
    real = "<f8" if double else "<f4"
    parts = [_BLOCK.pack(block.arrival_s, len(index), flags, 0, 0, int(index[0]))]
    if holes:
        parts.append(index.astype("<i8").tobytes())
    if stamped:
        parts.append(stamp_s.astype("<f8").tobytes())
    parts += [acc.astype(real).tobytes(), gyr.astype(real).tobytes(), clipped.tobytes()]
    return b"".join(parts)


def decode_block(payload: memoryview) -> StampedBlock:
    """Read a block of samples and check it. Raises ContentError."""
    if len(payload) < _BLOCK.size:
        raise ContentError("a block of samples without its header")
    arrival_s, count, flags, _, _, first_index = _BLOCK.unpack_from(payload)
    real = np.dtype("<f8" if flags & _DOUBLE else "<f4")
    width = (8 if flags & _HOLES else 0) + (8 if flags & _STAMPED else 0) + 6 * real.itemsize + 1
    if count == 0 or len(payload) != _BLOCK.size + count * width:
        raise ContentError(f"a block whose {len(payload)} bytes do not fit its {count} samples")
    at = _BLOCK.size

    def take(kind: np.dtype[np.generic], columns: int) -> NDArray[np.generic]:
        nonlocal at
        values = np.frombuffer(payload, kind, count * columns, at)
        at += values.nbytes
        return values.reshape(count, columns) if columns > 1 else values

    index: IntArray
    if flags & _HOLES:
        index = take(np.dtype("<i8"), 1).astype(np.int64)
    elif abs(first_index) < _LARGEST_INDEX:
        index = np.arange(first_index, first_index + count, dtype=np.int64)
    else:
        raise ContentError("sample numbers beyond counting")
    stamp_s = _no_stamps(count)
    if flags & _STAMPED:
        stamp_s = take(np.dtype("<f8"), 1).astype(np.float64)
    # Any bytes may stand here, a NaN that signals too; check_block refuses them in words.
    with np.errstate(invalid="ignore"):
        acc: FloatArray = take(real, 3).astype(np.float64)
        gyr: FloatArray = take(real, 3).astype(np.float64)
    clipped = take(np.dtype(np.uint8), 1).astype(np.uint8)
    acc_clipped: BoolArray = (clipped & 1).astype(np.bool_)
    gyr_clipped: BoolArray = (clipped & 2).astype(np.bool_)
    block = StampedBlock(index, stamp_s, acc, gyr, acc_clipped, gyr_clipped, arrival_s)
    check_block(block)
    return block


def _no_stamps(count: int) -> FloatArray:
    return np.full(count, np.nan)


def check_block(block: StampedBlock) -> None:
    """Raises ContentError for samples that no sensor gives: wrong shapes, not finite, index or time not rising."""
    count = len(block)
    shapes = (block.stamp_s.shape, block.acc_mps2.shape, block.gyr_radps.shape)
    shapes += (block.acc_clipped.shape, block.gyr_clipped.shape)
    if shapes != ((count,), (count, 3), (count, 3), (count,), (count,)):
        raise ContentError(f"a block whose arrays do not fit together: {shapes}")
    if not (np.isfinite(block.acc_mps2).all() and np.isfinite(block.gyr_radps).all()):
        raise ContentError("samples that are not finite")
    if count and not (block.sample_index[0] > -_LARGEST_INDEX and block.sample_index[-1] < _LARGEST_INDEX):
        raise ContentError("sample numbers beyond counting")
    if bool((block.sample_index[1:] <= block.sample_index[:-1]).any()):
        raise ContentError("sample numbers that do not rise")
    stamps = block.stamp_s[~np.isnan(block.stamp_s)]
    if not np.isfinite(stamps).all() or bool((stamps[1:] < stamps[:-1]).any()):
        raise ContentError("time stamps that are infinite or run backwards")


def _metadata_fields(metadata: RecordingMetadata) -> dict[str, object]:
    value: dict[str, object] = {name: getattr(metadata, name) for name in _TEXT_FIELDS}
    value |= {name: getattr(metadata, name) for name in _NUMBER_FIELDS} | {"extra": metadata.extra or None}
    return {name: entry for name, entry in value.items() if entry is not None}


def _metadata(value: object) -> RecordingMetadata:
    if not isinstance(value, dict):
        raise ContentError("metadata that is not an object")
    entries = cast(dict[str, object], value)
    load_kg = _number(entries, "load_kg")
    if load_kg is not None and load_kg < 0:
        raise ContentError(f"a load of {load_kg} kg")
    extra = entries.get("extra", {})
    if not isinstance(extra, dict):
        raise ContentError("metadata whose extra entries are not an object")
    extras = cast(dict[str, object], extra)
    if not all(isinstance(entry, str) for entry in extras.values()):
        raise ContentError("metadata whose extra entries are not text")
    texts = {name: _text(entries, name) for name in _TEXT_FIELDS}
    return RecordingMetadata(
        load_kg=load_kg,
        sensor_from_middle_m=_number(entries, "sensor_from_middle_m"),
        extra={name: str(entry) for name, entry in extras.items()},
        **texts,
    )


def _text(value: Mapping[str, object], name: str) -> str | None:
    entry = value.get(name)
    if entry is not None and not isinstance(entry, str):
        raise ContentError(f"{name} is not text")
    return entry


def _number(value: Mapping[str, object], name: str) -> float | None:
    entry = value.get(name)
    if entry is None:
        return None
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        raise ContentError(f"{name} is not a number")
    try:
        number = float(entry)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ContentError(f"{name} is not finite")
    return number
