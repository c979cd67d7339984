# The part of the flash that holds recordings: a data partition named "bartracker".
from esp32 import Partition

from bartracker_fw.log import BLOCK


class PartitionFlash:
    # partition: a Partition; without a type, for the stubs let it take no memoryviews.
    def __init__(self, partition) -> None:
        self._partition = partition
        self.blocks = partition.info()[3] // BLOCK

    def read(self, block: int, offset: int, buf: "memoryview | bytearray") -> None:
        self._partition.readblocks(block, buf, offset)

    def write(self, block: int, offset: int, buf: "memoryview | bytearray | bytes") -> None:
        # With an offset the driver programs without erasing.
        self._partition.writeblocks(block, buf, offset)

    def erase(self, block: int) -> None:
        self._partition.ioctl(6, block)


def find() -> "PartitionFlash | None":
    # None: the board's partition table has no place for recordings.
    found = Partition.find(Partition.TYPE_DATA, label="bartracker")
    return PartitionFlash(found[0]) if found else None
