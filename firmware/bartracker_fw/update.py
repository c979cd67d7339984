# A new firmware on its way into the slot that is not used: a manifest, then the files that differ, each checked against
# its SHA-256 when it has come and once more in flash, then a switch of slots that is one write. Works in small pieces,
# a step of the loop each, so that the watchdog is fed; only while nothing streams, for it allocates.
# Imports neither machine nor bluetooth.
import hashlib
import os
import struct

from micropython import const

from bartracker_fw import wire
from bartracker_fw.manifest import (
    BATTERY,
    FINE,
    FLASH_FAULT,
    NO_SPACE,
    ON_TRIAL,
    WRONG_HASH,
    WRONG_MANIFEST,
    WRONG_PROCESSOR,
    loads,
    read_manifest,
)

IDLE = const(0)
MANIFEST = const(1)
CHECKING = const(2)
RECEIVING = const(3)
READY = const(4)

LEAST_PERCENT = const(20)
_MOST_MANIFEST = const(8192)
_HEAD = const(8)
_CHUNK = const(0x16)
# Folders of a slot and what the file system needs besides: blocks.
_SPARE_BLOCKS = const(10)
# A flash that does not keep what is written is not worn down further.
_MOST_ROUNDS = const(3)
_HEALTHY_S = const(10)
_RESTART_S = const(2)
_IS_FOLDER = const(0x4000)


class Updater:
    # boot: the module boot.py, or what stands for it. machine_code: sys.implementation._mpy, which compiled files this
    # MicroPython loads. root: before every path, for tests elsewhere.
    def __init__(self, boot, machine_code: int, root: str = "") -> None:
        self._boot = boot
        self._mpy = machine_code
        self._root = root
        self.slot: int = boot.chosen()
        self.phase = IDLE
        self.problem = FINE
        self.restart_due = False
        # A host has been answered.
        self.heard = False
        self._trial = boot.state() > 1
        self._healthy_s = 0
        self._ready_s = 0
        self._sum = b""
        self._manifest = bytearray(0)
        self._files: list[tuple[str, int, bytes]] = []
        # The file being received (-1: the manifest) or checked, what has come of it, and whether anything was missing.
        self._file = 0
        self._buf = bytearray(0)
        self._at = 0
        self._complete = True
        self._rounds = 0

    @property
    def busy(self) -> bool:
        return self.phase in (CHECKING, RECEIVING)

    def second(self, radio: bool) -> None:
        # Once a second of the loop. radio: connected, or advertising. A new firmware that lives so long is kept, once a
        # host has had an answer from it: only then can the next one come.
        if self.restart_due:
            self._ready_s += 1
        if self._trial:
            self._healthy_s = self._healthy_s + 1 if radio else 0
            if self._healthy_s >= _HEALTHY_S and self.heard:
                self._trial = False
                self._boot.save(self._boot.state() & 1)

    @property
    def restarts(self) -> bool:
        # The reply to "activate" has had its time.
        return self._ready_s >= _RESTART_S

    # What the host asks for

    def about(self) -> bytes:
        # The rest of the reply to "update ask".
        left = self._boot.state() >> 1
        try:
            space = self._space()
        except OSError:
            space = 0
        head = struct.pack("<HBBI", self._mpy & 0xFFFF, self.slot, left, space)
        return head + self._active_sum()[:8]

    def position(self) -> bytes:
        # The rest of the reply to "update begin" and "update position": what is due next.
        return struct.pack("<BBHI", self.phase, self.problem, self._file + 1, self._at)

    def begin(self, size: int, digest: bytes, percent: int) -> int:
        # Returns FINE or why not. The update that is going on already goes on where it was.
        if percent != wire.UNKNOWN_PERCENT and percent < LEAST_PERCENT:
            return BATTERY
        if self._boot.state() > 1:
            return ON_TRIAL
        if not 0 < size <= _MOST_MANIFEST:
            return WRONG_MANIFEST
        if self.phase != IDLE and digest == self._sum:
            self.problem = FINE
            return FINE
        self._sum = bytes(digest)
        self._files = []
        self._manifest = bytearray(size)
        self._expect(-1, self._manifest)
        self.phase = MANIFEST
        self.problem = FINE
        return FINE

    def activate(self) -> int:
        # Use the new slot from the next start on. Returns FINE or why not.
        if self.phase != READY:
            return self.problem or WRONG_HASH
        folder = self._folder(self._target())
        try:
            _write(folder + "/manifest.new", self._manifest)
            os.rename(folder + "/manifest.new", folder + self._boot.MANIFEST)
            self._boot.save(self._target() | (self._boot.TRIES + 1) << 1)
        except OSError:
            self.problem = FLASH_FAULT
            return FLASH_FAULT
        self.phase = IDLE
        self.restart_due = True
        return FINE

    # What comes

    def take(self, raw: bytes) -> None:
        # A chunk. One that is not due is let go: the host asks for the position and goes on from there.
        if self.phase not in (MANIFEST, RECEIVING) or len(raw) <= _HEAD or raw[0] != _CHUNK:
            return
        _, _, number, at = struct.unpack_from("<BBHI", raw, 0)
        size = len(raw) - _HEAD
        if number != self._file + 1 or at != self._at or size > len(self._buf) - at:
            return
        self._buf[at : at + size] = raw[_HEAD:]
        self._at += size
        if self._at == len(self._buf):
            self._arrived()

    def step(self) -> None:
        # One file looked at, if that is what is due.
        if self.phase == CHECKING:
            try:
                self._check()
            except OSError:
                self._fail(FLASH_FAULT)

    def _expect(self, file: int, buf: bytearray) -> None:
        self._file = file
        self._buf = buf
        self._at = 0

    def _fail(self, problem: int) -> None:
        # What stands in the other slot stays there, and is not used.
        self.phase = IDLE
        self.problem = problem
        self._files = []
        self._expect(-1, bytearray(0))

    def _arrived(self) -> None:
        if self._file < 0:
            self._take_manifest()
            return
        path, _, digest = self._files[self._file]
        if hashlib.sha256(self._buf).digest() != digest:
            self.problem = WRONG_HASH
            self._at = 0
            return
        if not loads(path, self._buf, self._mpy):
            self._fail(WRONG_PROCESSOR)
            return
        self.problem = FINE
        try:
            self._put(path, self._buf)
        except OSError as error:
            self._fail(NO_SPACE if error.errno in (28, 51) else FLASH_FAULT)
            return
        self._complete = False
        self._expect(self._file + 1, bytearray(0))
        self.phase = CHECKING

    def _take_manifest(self) -> None:
        if hashlib.sha256(self._manifest).digest() != self._sum:
            self.problem = WRONG_HASH
            self._at = 0
            return
        files, problem = read_manifest(bytes(self._manifest), self._mpy)
        try:
            if not problem and self._needs(files) > self._space():
                problem = NO_SPACE
            if problem:
                self._fail(problem)
                return
            self._files = files
            self._clear()
        except OSError:
            self._fail(FLASH_FAULT)
            return
        self._rounds = 0
        self._complete = True
        self._expect(0, bytearray(0))
        self.phase = CHECKING

    def _check(self) -> None:
        # One file: it is right, or the used slot has it, or it has to come. Only a round in which every file was right
        # in flash ends it.
        if self._file == len(self._files):
            self._rounds += 1
            if self._complete:
                self.phase = READY
            elif self._rounds > _MOST_ROUNDS:
                self._fail(FLASH_FAULT)
            self._complete = True
            self._file = 0
            return
        path, size, digest = self._files[self._file]
        if not self._holds(self._target(), path, size, digest):
            self._complete = False
            if not self._copied(path, size, digest):
                self._expect(self._file, bytearray(size))
                self.phase = RECEIVING
                return
        self._file += 1

    # Flash

    def _target(self) -> int:
        return 1 - (self._boot.state() & 1)

    def _folder(self, slot: int) -> str:
        return self._root + self._boot.SLOTS[slot]

    def _holds(self, slot: int, path: str, size: int, digest: bytes) -> bool:
        data = _read(self._folder(slot) + "/" + path, size)
        return data is not None and hashlib.sha256(data).digest() == digest

    def _copied(self, path: str, size: int, digest: bytes) -> bool:
        if self.slot == self._boot.NO_SLOT:
            return False
        data = _read(self._folder(self.slot) + "/" + path, size)
        if data is None or hashlib.sha256(data).digest() != digest:
            return False
        self._put(path, data)
        return True

    def _put(self, path: str, data: "bytes | bytearray") -> None:
        at = 0
        while True:
            at = path.find("/", at)
            if at < 0:
                break
            _make_folder(self._folder(self._target()) + "/" + path[:at])
            at += 1
        _write(self._folder(self._target()) + "/" + path, data)

    def _clear(self) -> None:
        # What is there is not whole from now on; what does not belong there goes: a source file would be found before
        # the compiled one.
        folder = self._folder(self._target())
        if _exists(folder + self._boot.MANIFEST):
            os.remove(folder + self._boot.MANIFEST)
        _make_folder(folder)
        kept = [path for path, _, _ in self._files]
        _clean(folder, "", kept)

    def _needs(self, files: "list[tuple[str, int, bytes]]") -> int:
        # Bytes of flash.
        block = os.statvfs(self._root + "/")[0]
        return block * (_SPARE_BLOCKS + sum([(size + block - 1) // block for _, size, _ in files]))

    def _space(self) -> int:
        # Free, and what the slot that is not used has taken, bytes.
        block, _, _, _, free = os.statvfs(self._root + "/")[:5]
        return block * (free + _used(self._folder(self._target()), block))

    def _active_sum(self) -> bytes:
        if self.slot == self._boot.NO_SLOT:
            return bytes(8)
        data = _read(self._folder(self.slot) + self._boot.MANIFEST, 0)
        return bytes(8) if data is None else hashlib.sha256(data).digest()


def _read(path: str, size: int) -> "bytes | None":
    # None: it is not there, or of another size. size 0: whatever it has.
    try:
        if size and os.stat(path)[6] != size:
            return None
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _write(path: str, data: "bytes | bytearray") -> None:
    with open(path, "wb") as file:
        file.write(data)


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def _make_folder(path: str) -> None:
    if not _exists(path):
        os.mkdir(path)


def _is_folder(path: str) -> bool:
    return bool(os.stat(path)[0] & _IS_FOLDER)


def _clean(folder: str, inner: str, kept: "list[str]") -> None:
    for name in os.listdir(folder):
        path = folder + "/" + name
        if not _is_folder(path):
            if inner + name not in kept:
                os.remove(path)
            continue
        within = inner + name + "/"
        _clean(path, within, kept)
        if not [each for each in kept if each.startswith(within)]:
            os.rmdir(path)


def _used(folder: str, block: int) -> int:
    # Blocks of the files in it.
    try:
        names = os.listdir(folder)
    except OSError:
        return 0
    blocks = 0
    for name in names:
        path = folder + "/" + name
        blocks += _used(path, block) if _is_folder(path) else (os.stat(path)[6] + block - 1) // block
    return blocks
