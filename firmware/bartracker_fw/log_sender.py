# Blocks of the log on their way to the host: as many parts a burst as the stack takes.
# Imports neither machine nor bluetooth.
from micropython import const

from bartracker_fw import wire
from bartracker_fw.log import BLOCK, FlashLog

_PART = const(232)
_PARTS_PER_BURST = const(12)


class LogSender:
    def __init__(self, log: FlashLog) -> None:
        self._log = log
        self._buf = bytearray(wire.LOG_HEADER_LENGTH + _PART)
        self._sequence = 0
        self._left = 0
        self._block = -1
        self._offset = 0

    @property
    def busy(self) -> bool:
        return self._left > 0

    def begin(self, sequence: int, blocks: int) -> None:
        # Send these blocks, those of them that are there.
        self._sequence = sequence
        self._left = blocks
        self._block = -1
        self._offset = 0

    def stop(self) -> None:
        self._left = 0

    def step(self, link) -> None:
        longest = min(_PART, link.mtu - wire.NOTIFY_OVERHEAD - wire.LOG_HEADER_LENGTH)
        parts = _PARTS_PER_BURST
        view = memoryview(self._buf)
        while parts and self._left and longest > 0:
            if self._block < 0:
                self._block = self._log.block_of(self._sequence)
                if self._block < 0:
                    self._next()
                    continue
            n = min(longest, BLOCK - self._offset)
            wire.put_log_header(self._buf, self._offset, self._sequence)
            self._log.read(self._block, self._offset, view[wire.LOG_HEADER_LENGTH : wire.LOG_HEADER_LENGTH + n])
            if not link.send_log(view[: wire.LOG_HEADER_LENGTH + n]):
                return
            parts -= 1
            self._offset += n
            if self._offset == BLOCK:
                self._next()

    def _next(self) -> None:
        self._block = -1
        self._offset = 0
        self._sequence += 1
        self._left -= 1
