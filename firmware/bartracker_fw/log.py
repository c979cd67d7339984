# Recordings in flash, for when nobody listens: blocks with header, checksum and sequence, each readable by itself.
# A block is written once and is lost at most while it is written. Blocks are taken in turn, so that all wear alike; one
# is used again only after the host has erased its session. docs/protocol.md has the bytes.
# Imports neither machine nor bluetooth: the flash comes in as an object with `blocks`, read(), write() and erase().
import binascii
import struct
from array import array

from micropython import const

BLOCK = const(4096)
_HEADER = const(20)
_SUMMED_FROM = const(4)
_SUM_AT = const(16)
_CLOSED = const(1)
_CHUNK = const(512)
_MAGIC = b"BTLG"
_WIPED = bytes(4)


class FlashLog:
    # flash: `blocks` of BLOCK bytes; read(block, offset, buf), write(block, offset, buf) into erased bytes and
    # erase(block).
    # `used`: blocks with samples; `full`: no room was left for more; `session`: the open one's number, 0 if none;
    # `unprepared`: the next block is still to be erased.
    def __init__(self, flash) -> None:
        self._flash = flash
        self.blocks = flash.blocks
        self.used = 0
        self.full = False
        self.session = 0
        self.unprepared = False
        self._erased = -1
        self._sequences = array("i", [0] * self.blocks)
        self._sessions = array("i", [0] * self.blocks)
        self._buf = bytearray(BLOCK)
        self._at = 0
        self._begins_at = 0
        self._place = 0
        self._sequence = 1
        # Of the session that `find` looked at last.
        self.found = 0
        self.found_last = 0
        self.found_blocks = 0
        self._scan()

    def _scan(self) -> None:
        header = bytearray(_HEADER)
        chunk = bytearray(_CHUNK)
        newest = 0
        for block in range(self.blocks):
            self._flash.read(block, 0, header)
            magic, sequence, session, length, _, crc = struct.unpack("<4sIIHHI", header)
            wiped = magic == _WIPED
            if (magic != _MAGIC and not wiped) or length > BLOCK - _HEADER or not 0 < session <= sequence < 0x3FFFFFFF:
                continue
            if self._sum(block, header, length, chunk) != crc:
                continue
            if sequence > newest:
                newest = sequence
                self._place = (block + 1) % self.blocks
            if not wiped:
                self._sequences[block] = sequence
                self._sessions[block] = session
                self.used += 1
        self._sequence = newest + 1

    def _sum(self, block: int, header: bytearray, length: int, chunk: bytearray) -> int:
        crc = binascii.crc32(memoryview(header)[_SUMMED_FROM:_SUM_AT])
        view = memoryview(chunk)
        done = 0
        while done < length:
            n = min(_CHUNK, length - done)
            self._flash.read(block, _HEADER + done, view[:n])
            crc = binascii.crc32(view[:n], crc)
            done += n
        return crc

    # Writing

    def begin(self, info: bytearray) -> bool:
        # A new session, each block of which begins with the info that holds for it. False: there is no room.
        if not self._free():
            return False
        self.session = self._sequence
        self._at = _HEADER
        self._put(info)
        self._begins_at = self._at
        self.unprepared = True
        return True

    def prepare(self) -> None:
        # Erase the next block ahead: with the writing of one it would take longer than some FIFOs last.
        self.unprepared = False
        if self._erased != self._place and self._free():
            try:
                self._flash.erase(self._place)
                self._erased = self._place
            except OSError:
                return

    def add(self, packet: "memoryview | bytearray") -> bool:
        # One packet into the open session; False: there was no room for it, and the session is closed.
        if self._at + 2 + len(packet) > BLOCK and not self._write(0):
            return False
        self._put(packet)
        return True

    def end(self) -> None:
        # Close the session, if one is open.
        if self.session and self._at > self._begins_at:
            self._write(_CLOSED)
        self.session = 0

    def _put(self, record: "memoryview | bytearray") -> None:
        at = self._at
        struct.pack_into("<H", self._buf, at, len(record))
        self._buf[at + 2 : at + 2 + len(record)] = record
        self._at = at + 2 + len(record)

    def _free(self) -> bool:
        # Go to the next block that may be written.
        for _ in range(self.blocks):
            if not self._sequences[self._place]:
                self.full = False
                return True
            self._place = (self._place + 1) % self.blocks
        self.full = True
        return False

    def _write(self, flags: int) -> bool:
        buf = self._buf
        length = self._at - _HEADER
        self._at = self._begins_at
        if not self._free():
            self.session = 0
            return False
        struct.pack_into("<4sIIHH", buf, 0, _MAGIC, self._sequence, self.session, length, flags)
        view = memoryview(buf)
        crc = binascii.crc32(view[_HEADER : _HEADER + length], binascii.crc32(view[_SUMMED_FROM:_SUM_AT]))
        struct.pack_into("<I", buf, _SUM_AT, crc)
        try:
            if self._erased != self._place:
                self._flash.erase(self._place)
            self._erased = -1
            self._flash.write(self._place, 0, view[: _HEADER + length])
        except OSError:
            self.session = 0
            self.full = True
            return False
        self._sequences[self._place] = self._sequence
        self._sessions[self._place] = self.session
        self.used += 1
        self._sequence += 1
        self._place = (self._place + 1) % self.blocks
        self.unprepared = True
        return True

    # What is there

    def sessions(self) -> int:
        # How many sessions there are, without the open one.
        count = 0
        session = self._after(0)
        while session:
            count += 1
            session = self._after(session)
        return count

    def _after(self, session: int) -> int:
        # The next session's number, 0 if there is none.
        best = 0
        for block in range(self.blocks):
            each: int = self._sessions[block]
            if each > session and each != self.session and (not best or each < best):
                best = each
        return best

    def find(self, place: int) -> bool:
        # The session at this place in the list, oldest first, into found, found_last and found_blocks.
        session = self._after(0)
        while place and session:
            session = self._after(session)
            place -= 1
        self._measure(session)
        return session != 0

    def _measure(self, session: int) -> None:
        self.found = session
        self.found_last = 0
        self.found_blocks = 0
        for block in range(self.blocks):
            if session and self._sessions[block] == session:
                self.found_blocks += 1
                if self._sequences[block] > self.found_last:
                    self.found_last = self._sequences[block]

    def block_of(self, sequence: int) -> int:
        # Where this sequence number stands, -1 if nowhere.
        for block in range(self.blocks):
            if self._sequences[block] == sequence:
                return block
        return -1

    def read(self, block: int, offset: int, buf: "memoryview | bytearray") -> None:
        self._flash.read(block, offset, buf)

    def erase(self, session: int, last: int) -> bool:
        # Give up a closed session whose newest block the host names: one that grew since is kept.
        self._measure(session)
        if not self.found_blocks or session == self.session or self.found_last != last:
            return False
        self.give_up(session)
        return True

    def give_up(self, session: int) -> None:
        # Free the blocks of a closed session.
        for block in range(self.blocks):
            if self._sessions[block] == session:
                self._flash.write(block, 0, _WIPED)
                self._sequences[block] = 0
                self._sessions[block] = 0
                self.used -= 1
        self.full = False
