"""A new firmware over Bluetooth, as it is announced, sent and listed: protocol 1.2. Only bytes here; whoever sends them
is in links/.
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

from bartracker.wire.errors import WireError
from bartracker.wire.info import PROTOCOL_MAJOR
from bartracker.wire.packing import member, pack, unpack

UPDATES_SINCE_MINOR: Final = 2
CHUNK_TYPE: Final = PROTOCOL_MAJOR << 4 | 6
NO_SLOT: Final = 255
MOST_MANIFEST_BYTES: Final = 8192
MOST_FILES: Final = 80
MOST_FILE_BYTES: Final = 32768

_ABOUT: Final = struct.Struct("<HBBI8s")
_POSITION: Final = struct.Struct("<BBHI")
_CHUNK: Final = struct.Struct("<BBHI")
CHUNK_HEAD_BYTES: Final = _CHUNK.size
_HEAD: Final = "bartracker firmware 1"
_PATH: Final = re.compile(r"bartracker_fw(?:/[a-z0-9_]+){1,2}\.mpy")
_LONGEST_PATH: Final = 60
_ENTRY: Final = "bartracker_fw/start.mpy"
_GIVEN: Final = "list of firmware files"


@dataclass(frozen=True, slots=True)
class UpdateAsk:
    """What runs, and what fits: the reply's rest is an `UpdateAbout`. Since 1.2."""


@dataclass(frozen=True, slots=True)
class UpdateBegin:
    """A firmware is to come (only while stopped): length of its manifest, and the manifest's SHA-256. One that has come
    in part goes on where it was. The reply's rest is an `UpdatePosition`. Since 1.2.
    """

    manifest_bytes: int
    manifest_sha256: bytes

    def __post_init__(self) -> None:
        # struct would fill it up, or cut it, in silence.
        if len(self.manifest_sha256) != hashlib.sha256().digest_size:
            raise WireError("value", "message", f"a SHA-256 of {len(self.manifest_sha256)} bytes")


@dataclass(frozen=True, slots=True)
class UpdatePositionAsk:
    """What is due next: the reply's rest is an `UpdatePosition`. Since 1.2."""


@dataclass(frozen=True, slots=True)
class UpdateActivate:
    """Use the firmware that has come, and restart. Since 1.2."""


UpdateCommand: TypeAlias = UpdateAsk | UpdateBegin | UpdatePositionAsk | UpdateActivate

UPDATE_COMMANDS: Final[dict[int, tuple[type[UpdateCommand], struct.Struct]]] = {
    13: (UpdateAsk, struct.Struct("<")),
    14: (UpdateBegin, struct.Struct("<H32s")),
    15: (UpdatePositionAsk, struct.Struct("<")),
    16: (UpdateActivate, struct.Struct("<")),
}


@dataclass(frozen=True, slots=True)
class UpdateAbout:
    """What a sensor says of its firmware's place.

    Attributes:
        mpy: which compiled files its MicroPython loads (`sys.implementation._mpy`): version in the lowest byte,
            processor in the upper six bits.
        slot: 0 or 1; `NO_SLOT`: the firmware lies beside them, put there by hand.
        starts_left: a new firmware has so many starts left, plus one, to show that it works; 0: it is kept.
        space: bytes of flash that a new one may take.
        manifest_start: first 8 bytes of the SHA-256 of the running firmware's manifest; zeros: it has none.
    """

    mpy: int
    slot: int
    starts_left: int
    space: int
    manifest_start: bytes

    @property
    def mpy_version(self) -> int:
        """Version of compiled files."""
        return self.mpy & 0xFF

    @property
    def processor(self) -> int:
        """Number of the processor in compiled files: 10 xtensawin, 11 rv32imc, 0 none."""
        return self.mpy >> 10


class UpdatePhase(IntEnum):
    """Where an update stands."""

    IDLE = 0
    MANIFEST = 1
    """The manifest is due."""
    CHECKING = 2
    """The sensor looks at its files: ask again."""
    RECEIVING = 3
    """A file is due."""
    READY = 4
    """All is there, and right in flash."""


class UpdateProblem(IntEnum):
    """Why an update does not go on: detail of a refusal, or of a position."""

    NONE = 0
    BATTERY = 1
    WRONG_HASH = 2
    WRONG_MANIFEST = 3
    WRONG_PROCESSOR = 4
    NO_SPACE = 5
    FLASH_FAULT = 6
    ON_TRIAL = 7


@dataclass(frozen=True, slots=True)
class UpdatePosition:
    """What is due: `file` 0 is the manifest, 1 its first file; `offset` in it, bytes."""

    phase: UpdatePhase
    problem: UpdateProblem
    file: int
    offset: int


@dataclass(frozen=True, slots=True)
class UpdateChunk:
    """A part of a file on its way; written to the update characteristic without response."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class FirmwareFile:
    """A compiled file: `path` in its slot, length in bytes, SHA-256."""

    path: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class FirmwarePackage:
    """A whole firmware: `version` "major.minor.patch", `manifest` the list of its files as it lies on the sensor,
    `contents` path in its slot to bytes, in the manifest's order.
    """

    version: str
    manifest: bytes
    contents: dict[str, bytes]

    @property
    def sha256(self) -> bytes:
        """Of the manifest: it names the whole firmware."""
        return hashlib.sha256(self.manifest).digest()


def make_package(version: str, mpy_version: int, processor: int, contents: dict[str, bytes]) -> FirmwarePackage:
    """A firmware for sensors of that `UpdateAbout`. Raises WireError for what a sensor would refuse."""
    files = [FirmwareFile(path, len(data), hashlib.sha256(data).digest()) for path, data in contents.items()]
    return FirmwarePackage(version, encode_manifest(version, mpy_version, processor, files), contents)


def encode_manifest(version: str, mpy_version: int, processor: int, files: list[FirmwareFile]) -> bytes:
    """Text: a line that says what it is, the version, who loads it, and a line a file. Raises WireError."""
    lines = [_HEAD, f"version {version}", f"mpy {mpy_version} {processor}"]
    lines += [f"{file.sha256.hex()} {file.size} {file.path}" for file in files]
    raw = ("\n".join(lines) + "\n").encode()
    decode_manifest(raw)
    return raw


def decode_manifest(raw: bytes) -> tuple[str, int, int, list[FirmwareFile]]:
    """Version, mpy version, processor and files. Raises WireError for anything that a sensor would not take."""

    def wrong(problem: str) -> WireError:
        return WireError("value", _GIVEN, problem)

    try:
        head, version_line, mpy_line, *rest, last = raw.decode("ascii").split("\n")
        name, version = version_line.split(" ")
        word, mpy_version, processor = mpy_line.split(" ")
        rows = [line.split(" ") for line in rest]
        files = [FirmwareFile(path, int(size), bytes.fromhex(digest)) for digest, size, path in rows]
        numbers = int(mpy_version), int(processor)
    except ValueError as error:
        raise wrong("it is not in the form of one") from error
    if (head, name, word, last) != (_HEAD, "version", "mpy", ""):
        raise wrong("it is not in the form of one")
    paths = [file.path for file in files]
    if len(raw) > MOST_MANIFEST_BYTES or len(files) > MOST_FILES or _ENTRY not in paths:
        raise wrong(f"{len(files)} files are too many, or {_ENTRY} is not among them")
    if len(set(paths)) != len(paths):
        raise wrong("a file is named twice")
    for file in files:
        if not _PATH.fullmatch(file.path) or len(file.path) > _LONGEST_PATH:
            raise wrong(f"the name {file.path!r} is not possible")
        if not 0 < file.size <= MOST_FILE_BYTES or len(file.sha256) != hashlib.sha256().digest_size:
            raise wrong(f"{file.path} has {file.size} bytes, or no checksum")
    return version, *numbers, files


def encode_update_about(about: UpdateAbout) -> bytes:
    """16 bytes, the rest of a reply."""
    return pack(_ABOUT, about.mpy, about.slot, about.starts_left, about.space, about.manifest_start)


def decode_update_about(rest: bytes) -> UpdateAbout:
    """Read the rest of the reply to `UpdateAsk`. Raises WireError."""
    if len(rest) < _ABOUT.size:
        raise WireError("length", "state of the firmware", f"{len(rest)} bytes instead of {_ABOUT.size}")
    return UpdateAbout(*_ABOUT.unpack_from(rest))


def encode_update_position(position: UpdatePosition) -> bytes:
    """8 bytes, the rest of a reply."""
    return pack(_POSITION, position.phase, position.problem, position.file, position.offset)


def decode_update_position(rest: bytes) -> UpdatePosition:
    """Read the rest of the reply to the other commands of an update. Raises WireError."""
    given = "position of an update"
    phase, problem, file, offset = unpack(_POSITION, rest, given)
    return UpdatePosition(member(UpdatePhase, phase, given), member(UpdateProblem, problem, given), file, offset)


def encode_update_chunk(chunk: UpdateChunk) -> bytes:
    """8 bytes and the data."""
    return pack(_CHUNK, CHUNK_TYPE, 0, chunk.file, chunk.offset) + chunk.data


def decode_update_chunk(raw: bytes) -> UpdateChunk:
    """Read what is written to the update characteristic. Raises WireError."""
    given = "part of a firmware"
    if len(raw) <= _CHUNK.size:
        raise WireError("length", given, f"{len(raw)} bytes hold nothing")
    kind, _, file, offset = _CHUNK.unpack_from(raw)
    if kind != CHUNK_TYPE:
        raise WireError("type", given, f"message type {kind:#x}")
    return UpdateChunk(file, offset, raw[_CHUNK.size :])
