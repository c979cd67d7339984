"""The log in flash: what is written is read, a power cut loses the block being written at most, wear is even."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartracker.sim.flash_model import BLOCK, FlashModel, PowerCut
from bartracker.wire.log import LogBlock, decode_log_block

INFO = bytearray(range(52))
PACKET = 240


class Flash:
    """The firmware's view of the model."""

    def __init__(self, model: FlashModel) -> None:
        self.model = model
        self.blocks = model.blocks

    def read(self, block: int, offset: int, buf: Any) -> None:
        buf[:] = self.model.read(block * BLOCK + offset, len(buf))

    def write(self, block: int, offset: int, buf: Any) -> None:
        self.model.program(block * BLOCK + offset, bytes(buf))

    def erase(self, block: int) -> None:
        self.model.erase(block)


def packet(number: int) -> bytearray:
    return bytearray([number & 0xFF, number >> 8]) * (PACKET // 2)


@pytest.fixture(scope="session")
def make(firmware: Callable[[str], Any]) -> Callable[[FlashModel], Any]:
    return lambda model: firmware("log").FlashLog(Flash(model))


def record(log: Any, packets: range) -> bool:
    assert log.begin(INFO)
    for number in packets:
        if not log.add(packet(number)):
            return False
    log.end()
    return True


def stored(model: FlashModel, log: Any) -> list[LogBlock]:
    """All blocks that the log lists, oldest first, as the host reads them."""
    blocks: list[LogBlock] = []
    for place in range(log.sessions()):
        assert log.find(place)
        for sequence in range(log.found, log.found_last + 1):
            at = log.block_of(sequence)
            if at >= 0:
                blocks.append(decode_log_block(model.read(at * BLOCK, BLOCK)))
    return blocks


def numbers(blocks: list[LogBlock]) -> list[int]:
    return [each[0] | each[1] << 8 for block in blocks for each in block.packets]


def test_what_is_recorded_is_read_by_the_host(make: Callable[[FlashModel], Any]) -> None:
    model = FlashModel(8)
    assert record(make(model), range(40))
    log = make(model)  # after a restart
    blocks = stored(model, log)
    assert numbers(blocks) == list(range(40))
    assert all(block.info == INFO and block.session == 1 for block in blocks)
    assert [block.closed for block in blocks] == [False, False, True]
    assert (log.used, log.sessions(), log.full) == (3, 1, False)
    assert record(log, range(100, 110))
    assert [block.session for block in stored(model, log)] == [1, 1, 1, 4]


def test_only_what_the_host_names_is_erased_and_wear_is_even(make: Callable[[FlashModel], Any]) -> None:
    model = FlashModel(8)
    log = make(model)
    for _ in range(40):
        assert record(log, range(20))  # two blocks
        log.find(0)
        session, last = log.found, log.found_last
        for wrong in ((session, last + 1), (session + 1, last), (session + 1, 0), (0, 0)):
            assert not log.erase(*wrong)
        assert log.sessions() == 1
        assert log.erase(session, last)
        assert log.sessions() == 0
        log = make(model)
        assert (log.used, log.sessions()) == (0, 0)
    assert model.erasures == [10] * 8


def test_a_full_log_says_so_and_overwrites_nothing(make: Callable[[FlashModel], Any]) -> None:
    model = FlashModel(3)
    log = make(model)
    assert not record(log, range(100))
    assert log.full
    assert not log.session
    assert not log.begin(INFO)
    kept = numbers(stored(model, log))
    assert kept == list(range(len(kept)))
    assert len(kept) == 3 * ((BLOCK - 20 - 54) // (PACKET + 2))
    log.find(0)
    assert log.erase(log.found, log.found_last)
    assert record(log, range(5))


def test_an_open_session_is_not_listed(make: Callable[[FlashModel], Any]) -> None:
    log = make(FlashModel(8))
    assert log.begin(INFO)
    for number in range(40):
        log.add(packet(number))
    assert log.used == 2
    assert log.sessions() == 0
    assert not log.find(0)
    assert not log.erase(log.session, 2)


def test_a_power_cut_at_any_byte_loses_the_block_being_written_at_most(make: Callable[[FlashModel], Any]) -> None:
    """At every 7th byte, and at all near the borders, of erasing and programming a block, first and later ones."""
    whole = FlashModel(4)
    log = make(whole)
    assert record(log, range(16))
    before = bytes(whole.data)
    span = BLOCK + BLOCK
    for cut in sorted({*range(0, span, 7), *range(40), *range(BLOCK - 40, BLOCK + 100), *range(span - 300, span)}):
        model = FlashModel(4)
        model.data[:] = before
        log = make(model)
        model.cut_after = cut
        lost = False
        try:
            record(log, range(100, 116))
        except PowerCut:
            lost = True
        model.cut_after = None
        log = make(model)
        found = numbers(stored(model, log))
        assert found == [*range(16), *([] if lost else range(100, 116))]
        # It goes on from there.
        assert record(log, range(200, 203))
        assert numbers(stored(model, make(model)))[-3:] == [200, 201, 202]


def test_a_power_cut_while_a_session_is_erased_leaves_whole_blocks(make: Callable[[FlashModel], Any]) -> None:
    for cut in range(13):
        model = FlashModel(6)
        log = make(model)
        assert record(log, range(40))
        log.find(0)
        model.cut_after = cut
        if cut < 12:
            with pytest.raises(PowerCut):
                log.erase(log.found, log.found_last)
        else:
            assert log.erase(log.found, log.found_last)
        model.cut_after = None
        log = make(model)
        for block in stored(model, log):
            assert numbers([block]) == sorted(numbers([block]))
        if log.sessions():
            log.find(0)
            assert log.erase(log.found, log.found_last)
        assert make(model).used == 0


@settings(deadline=None, max_examples=60)
@given(
    sets=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    erased=st.integers(0, 8),
    cut=st.integers(0, 60_000),
    garbage=st.booleans(),
)
def test_whatever_happens_what_was_written_before_the_cut_is_there(
    sets: list[int], erased: int, cut: int, garbage: bool, make: Callable[[FlashModel], Any]
) -> None:
    model = FlashModel(24)
    if garbage:
        model.data[3 * BLOCK : 4 * BLOCK] = b"BTLG" * (BLOCK // 4)
    log = make(model)
    model.cut_after = cut
    expected: list[list[int]] = []
    first = 0
    try:
        for each in sets:
            expected.append([])
            assert log.begin(INFO)
            for number in range(first, first + each):
                used = log.used
                log.add(packet(number))
                if log.used > used:
                    expected[-1] = list(range(first, number))
            log.end()
            expected[-1] = list(range(first, first + each))
            first += each
            if len(expected) == erased:
                log.find(0)
                gone = log.found
                log.erase(gone, log.found_last)
                expected[0] = []
    except PowerCut:
        pass
    model.cut_after = None
    found = numbers(stored(model, make(model)))
    must = list(itertools.chain(*expected))
    # An interrupted erasure may leave some of the first session.
    assert [each for each in found if each in set(must)] == must or len(expected) == erased
    assert found == sorted(found)
