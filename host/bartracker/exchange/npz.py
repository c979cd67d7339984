"""NumPy .npz files of samples: reading with nothing believed before it is checked, and writing. The keys stand in
docs/formats.md.

Arrays are decoded here from their declared type and size, which are held against limits first; pickled objects cannot
enter.
"""

import lzma
import math
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from bartracker.errors import BartrackerError
from bartracker.exchange.assemble import assemble
from bartracker.exchange.columns import collect
from bartracker.exchange.files import atomic_write, checked_file
from bartracker.exchange.raw_samples import LARGEST_SAMPLE_COUNT, RawSamples
from bartracker.recording.contents import ContentError, HeadRecord, decode_head, encode_head
from bartracker.recording.files import os_problem
from bartracker.recording.recording import Recording, RecordingMetadata
from bartracker.samples import BoolArray, FloatArray, IntArray

_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 4096
_LARGEST_WHOLE = 2.0**53
_LONGEST_METADATA = 65_536
_DESCR = re.compile(r"'descr'\s*:\s*'([<>|=]?)([biufU])(\d{1,6})'")
_ORDER = re.compile(r"'fortran_order'\s*:\s*(True|False)")
_SHAPE = re.compile(r"'shape'\s*:\s*\(([\d\s,L]*)\)")
_SIZES = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8)}


class _DamagedError(Exception):
    """A member of the archive that is no plain array; its text says why."""


@dataclass(frozen=True, slots=True)
class _Member:
    """One array's declaration: letter of its kind, dtype text, shape and memory order."""

    kind: str
    dtype: str
    item_bytes: int
    shape: tuple[int, ...]
    fortran: bool


def read_npz(path: str | Path) -> Recording:
    """The recording in an .npz of SI arrays: acc, gyr (N, 3), t (N,) or fs; optional seq, t_arrival, fs_nominal and
    what export adds.

    Raises BartrackerError, naming the key or row, for anything that is missing, damaged, too large, not in SI units or
    out of order.
    """
    file = checked_file(path)
    given = str(path)
    try:
        with zipfile.ZipFile(file) as archive:
            raw = _read_archive(file, given, archive)
    except OSError as error:
        if error.errno is None:
            raise _damaged(given, "its compressed data are damaged") from None
        raise os_problem(given, error, "read") from None
    except _DamagedError as error:
        raise _damaged(given, str(error)) from None
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, UnicodeError, ValueError) as error:
        if isinstance(error, BartrackerError):
            raise
        raise _damaged(given, "is a damaged or truncated zip archive") from None
    except (NotImplementedError, RuntimeError):
        raise BartrackerError(given, "is encrypted or packed in an unusual way", "save it with numpy.savez") from None
    return assemble(raw)


def _damaged(given: str, problem: str) -> BartrackerError:
    return BartrackerError(given, problem, "copy or export it again")


def _read_archive(file: Path, given: str, archive: zipfile.ZipFile) -> RawSamples:
    names = {info.filename.removesuffix(".npy") for info in archive.infolist() if info.filename.endswith(".npy")}
    missing = [key for key in ("acc", "gyr") if key not in names]
    if not names & {"t", "fs", "fs_nominal"}:
        missing.append("t")
    if missing:
        found = ", ".join(sorted(names)[:8]) or "no arrays"
        raise BartrackerError(
            given,
            f"lacks {', '.join(missing)} (holds {found[:120]!r})",
            "a recording holds t (N,) s, acc (N, 3) m/s^2 and gyr (N, 3) rad/s",
        )
    acc_mps2 = _floats(archive, "acc", None, 3)
    count = len(acc_mps2)
    rate_hz = next((_rate(archive, key, given) for key in ("fs_nominal", "fs") if key in names), None)
    problems: tuple[str, ...] = ()
    head = HeadRecord(RecordingMetadata())
    if "metadata" in names:
        head, problems = _metadata(archive)
    return RawSamples(
        path=file,
        t_s=_floats(archive, "t", count) if "t" in names else None,
        acc_mps2=acc_mps2,
        gyr_radps=_floats(archive, "gyr", count, 3),
        sequence=_integers(archive, "seq", count) if "seq" in names else None,
        arrival_s=_floats(archive, "t_arrival", count) if "t_arrival" in names else None,
        stamped=_booleans(archive, "t_stamped", count) if "t_stamped" in names else None,
        acc_clipped=_booleans(archive, "acc_clipped", count) if "acc_clipped" in names else None,
        gyr_clipped=_booleans(archive, "gyr_clipped", count) if "gyr_clipped" in names else None,
        nominal_rate_hz=rate_hz,
        metadata=head.metadata,
        chip=head.chip,
        problems=problems,
    )


def _floats(archive: zipfile.ZipFile, key: str, count: int | None, width: int | None = None) -> FloatArray:
    """(count,) or (count, width) float64; any length up to the limit where count is None."""
    shape = (count,) if width is None else (count, width)
    return _array(archive, key, "fiu", shape).astype(np.float64)


def _integers(archive: zipfile.ZipFile, key: str, count: int) -> IntArray:
    values = _array(archive, key, "iuf", (count,))
    exact = values.astype(np.float64)
    if not np.array_equal(exact, np.rint(exact)) or np.any(np.abs(exact) > _LARGEST_WHOLE):
        raise _DamagedError(f"{key} holds numbers that are no sample count")
    return values.astype(np.int64)


def _booleans(archive: zipfile.ZipFile, key: str, count: int) -> BoolArray:
    values = _array(archive, key, "bu", (count,)).view(np.uint8)
    return values.astype(np.int64) != 0


def _rate(archive: zipfile.ZipFile, key: str, given: str) -> float:
    rate_hz = float(_array(archive, key, "fiu", ()).astype(np.float64).reshape(()))
    if not 1.0 <= rate_hz <= 1e5:
        raise BartrackerError(given, f"{key} is {rate_hz:g}, no sample rate", "give it in Hz")
    return rate_hz


def _metadata(archive: zipfile.ZipFile) -> tuple[HeadRecord, tuple[str, ...]]:
    """What export wrote about the recording; a sentence instead where it does not read."""
    try:
        text = str(_array(archive, "metadata", "U", ()).reshape(())[()])
        return decode_head(text.encode("utf-8")), ()
    except (_DamagedError, ValueError):
        return HeadRecord(RecordingMetadata()), (
            "The file's metadata do not read; exercise, load and notes are unknown.",
        )


def _array(archive: zipfile.ZipFile, key: str, kinds: str, shape: tuple[int | None, ...]) -> NDArray[np.generic]:
    """The array `key` if it is of one of the kinds and of the shape (None: any length up to the limit); _DamagedError
    otherwise.
    """
    with archive.open(f"{key}.npy") as stream:
        member = _declaration(stream, key)
        if member.kind not in kinds:
            raise _DamagedError(f"{key} is of type {member.dtype}, not numbers of the kind it should hold")
        wanted = f"({', '.join('N' if size is None else str(size) for size in shape)})"
        fits = len(member.shape) == len(shape) and all(
            size is None or size == has for size, has in zip(shape, member.shape, strict=True)
        )
        if not fits:
            raise _DamagedError(f"{key} is of shape {member.shape}, not {wanted}")
        if math.prod(member.shape) > 3 * LARGEST_SAMPLE_COUNT or (
            member.shape and member.shape[0] > LARGEST_SAMPLE_COUNT
        ):
            raise _DamagedError(f"{key} claims {member.shape[0]} samples, more than {LARGEST_SAMPLE_COUNT}")
        size = math.prod(member.shape) * member.item_bytes
        data = stream.read(size)
        if len(data) != size or stream.read(1):
            raise _DamagedError(f"{key} is cut off or longer than it says")
    return np.frombuffer(data, dtype=np.dtype(member.dtype)).reshape(member.shape, order="F" if member.fortran else "C")


def _declaration(stream: IO[bytes], key: str) -> _Member:
    """The .npy header, read by pattern: whatever is not one plain type, one order and one shape is refused."""
    start = stream.read(8)
    length_bytes = stream.read(2 if start[6:7] == b"\x01" else 4)
    if start[:6] != _MAGIC or start[6:7] not in (b"\x01", b"\x02", b"\x03") or len(length_bytes) < 2:
        raise _DamagedError(f"{key} is no NumPy array")
    length = int.from_bytes(length_bytes, "little")
    if length > _LONGEST_HEADER:
        raise _DamagedError(f"{key} is no plain array")
    header = stream.read(length).decode("utf-8")
    descr, order, shape = _DESCR.search(header), _ORDER.search(header), _SHAPE.search(header)
    if descr is None:
        raise _DamagedError(f"{key} holds objects or records, not plain numbers")
    if order is None or shape is None:
        raise _DamagedError(f"{key} has a damaged header")
    byte_order, kind, size_text = descr.groups()
    size = int(size_text)
    sizes = tuple(item for item in shape[1].replace("L", "").replace(" ", "").split(",") if item)
    if len(sizes) > 2 or any(len(item) > 12 for item in sizes):
        raise _DamagedError(f"{key} claims an impossible shape")
    if (kind == "U" and size > _LONGEST_METADATA) or (kind != "U" and size not in _SIZES[kind]):
        raise _DamagedError(f"{key} is of type {kind}{size}, which no recording holds")
    item_bytes = 4 * size if kind == "U" else size
    return _Member(
        kind, f"{byte_order}{kind}{size}", item_bytes, tuple(int(item) for item in sizes), order[1] == "True"
    )


def write_samples_npz(recording: Recording, path: str | Path) -> None:
    """Write a recording's samples so that `read_npz` gives the same to the bit. Raises BartrackerError if it cannot be
    written.
    """
    samples = collect(recording, str(path))
    arrays: dict[str, NDArray[np.generic]] = {
        "t": samples.t_s,
        "seq": samples.sample_index,
        "acc": _short(samples.acc_mps2),
        "gyr": _short(samples.gyr_radps),
        "acc_clipped": samples.acc_clipped,
        "gyr_clipped": samples.gyr_clipped,
    }
    if not samples.stamped.all():
        arrays["t_stamped"] = samples.stamped
    if not np.isnan(samples.arrival_s).all():
        arrays["t_arrival"] = samples.arrival_s
    if recording.nominal_rate_hz is not None:
        arrays["fs_nominal"] = np.array(recording.nominal_rate_hz)
    arrays["metadata"] = np.array(_metadata_text(recording, str(path)))
    with atomic_write(path) as stream, zipfile.ZipFile(stream, "w") as archive:
        for key, values in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{key}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(values), allow_pickle=False)


def _short(values: FloatArray) -> NDArray[np.generic]:
    """In single precision where that loses no bit."""
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    return single if np.array_equal(single.astype(np.float64), values) else values


def _metadata_text(recording: Recording, given: str) -> str:
    try:
        return encode_head(HeadRecord(recording.metadata, chip=recording.chip)).decode("utf-8")
    except ContentError as error:
        raise BartrackerError(given, f"the metadata cannot be written: {error}", "correct it") from None
