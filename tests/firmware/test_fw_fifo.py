"""FIFO decoders against the bytes of the chip models: under CPython, and the same in MicroPython. Here ST's and the
MPUs'; whatever bytes come, no decoder breaks.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from fifo_rig import START_US, Sink, Still, bmi, icm
from hypothesis import given, settings
from hypothesis import strategies as st

from bartracker.sim.chips import make_chip
from bartracker.sim.chips.lsm6dso import Lsm6dso
from bartracker.sim.chips.mpu6 import Mpu6

WORD = 7


def lsm(code: int = 6, *, stamp_last: bool = False) -> Lsm6dso:
    """A chip at 416 Hz (code 6) with time stamps in its FIFO."""
    chip = make_chip("lsm6dso", Still(), seed=3)
    assert isinstance(chip, Lsm6dso)
    chip.produced.keep = True
    chip.stamp_last = stamp_last
    for register, value in ((0x19, 0x20), (0x09, code * 17), (0x10, code << 4 | 4), (0x11, code << 4 | 12)):
        chip.write(1000, register, bytes([value]))
    chip.write(1000, 0x0A, b"\x86")
    return chip


def drain_lsm(chip: Lsm6dso, now_us: int, fifo: Any, sink: Sink, chunk: int = 36) -> None:
    status = chip.read(now_us, 0x3A, 2)
    if status[1] & 0x48:
        fifo.overrun()
    words = status[0] | (status[1] & 3) << 8
    raw = chip.read(now_us, 0x78, words * WORD)
    for at in range(0, words, chunk):
        part = raw[at * WORD : (at + chunk) * WORD]
        fifo.decode(part, len(part) // WORD, sink)


@settings(deadline=None, max_examples=40)
@given(
    pauses_us=st.lists(st.integers(0, 150_000), min_size=1, max_size=25),
    chunk=st.integers(1, 60),
    code=st.sampled_from([4, 5, 6, 7]),
    stamp_last=st.booleans(),
)
def test_lsm6dso_samples_are_exact_in_any_chunks(
    pauses_us: list[int], chunk: int, code: int, stamp_last: bool, firmware: Callable[[str], Any]
) -> None:
    chip = lsm(code, stamp_last=stamp_last)
    fifo = firmware("imu.lsm6ds").TaggedFifo({4: 384, 5: 192, 6: 96, 7: 48}[code])
    sink = Sink()
    now_us = 1000
    for pause_us in pauses_us:
        now_us += pause_us
        drain_lsm(chip, now_us, fifo, sink, chunk)
    assert sink.taken == chip.produced.counts().tolist()


@pytest.mark.parametrize("stamp_last", [False, True])
@pytest.mark.parametrize("outage_us", [700_000, 1_300_000, 5_000_000])
def test_lsm6dso_overflow_loses_an_exact_number(
    outage_us: int, stamp_last: bool, firmware: Callable[[str], Any]
) -> None:
    chip = lsm(stamp_last=stamp_last)
    fifo = firmware("imu.lsm6ds").TaggedFifo(96)
    sink = Sink()
    now_us = 1000
    for pause_us in (50_000, 50_000, outage_us, 50_000, 50_000, 50_000):
        now_us += pause_us
        drain_lsm(chip, now_us, fifo, sink)
    history = chip.produced.counts().tolist()
    assert len(sink.taken) == len(history)
    assert all(got is None or got == true for got, true in zip(sink.taken, history, strict=True))
    missing = sink.taken.count(None)
    assert chip.produced.overwritten <= missing <= chip.produced.overwritten + 9


@settings(deadline=None, max_examples=60)
@given(lost=st.sets(st.integers(0, 230), max_size=6))
def test_lsm6dso_single_missing_words_cost_their_sample_only(lost: set[int], firmware: Callable[[str], Any]) -> None:
    chip = lsm()
    now_us = 1000 + 250_000
    status = chip.read(now_us, 0x3A, 2)
    words = status[0] | (status[1] & 3) << 8
    raw = chip.read(now_us, 0x78, words * WORD)
    kept = [raw[i * WORD : (i + 1) * WORD] for i in range(words) if i not in lost or raw[i * WORD] >> 3 == 4]
    sink = Sink()
    firmware("imu.lsm6ds").TaggedFifo(96).decode(b"".join(kept), len(kept), sink)
    history = chip.produced.counts().tolist()
    whole = [taken for taken in sink.taken if taken is not None]
    assert len(whole) >= len(history) - len(lost)
    assert all(taken in history for taken in whole)


def test_lsm6dso_bytes_that_no_fifo_holds_are_refused(firmware: Callable[[str], Any]) -> None:
    with pytest.raises(OSError):
        firmware("imu.lsm6ds").TaggedFifo(96).decode(bytes(14), 2, Sink())


def mpu() -> Mpu6:
    chip = make_chip("mpu6886", Still(), seed=3)
    assert isinstance(chip, Mpu6)
    chip.produced.keep = True
    for register, value in ((0x6B, 1), (0x1A, 1), (0x19, 1), (0x1B, 0x18), (0x1C, 0x18), (0x23, 0x18), (0x6A, 0x44)):
        chip.write(1000, register, bytes([value]))
    return chip


def test_mpu6886_frames_become_samples(firmware: Callable[[str], Any]) -> None:
    chip = mpu()
    sink = Sink()
    for now_us in (50_000, 120_000, 123_000, 200_000):
        count = int.from_bytes(chip.read(now_us, 0x72, 2), "big")
        firmware("imu.mpu6").decode(chip.read(now_us, 0x74, count), count // 14, sink)
    assert sink.taken == chip.produced.counts().tolist()
    assert len(sink.taken) > 90


def test_lsm6ds3trc_words_become_samples_and_the_pattern_says_when_they_are_out_of_step(
    firmware: Callable[[str], Any],
) -> None:
    chip = make_chip("lsm6ds3trc", Still(), seed=3)
    chip.produced.keep = True
    for register, value in ((0x08, 0x09), (0x10, 0x64), (0x11, 0x6C), (0x0A, 6 << 3 | 6)):
        chip.write(1000, register, bytes([value]))
    sink = Sink()
    for now_us in (50_000, 51_000, 300_000):
        status = chip.read(now_us, 0x3A, 4)
        words = status[0] | (status[1] & 7) << 8
        assert status[2] == words % 6 == 0
        firmware("imu.lsm6ds3").decode(chip.read(now_us, 0x3E, 2 * words), words // 6, sink)
    assert sink.taken == chip.produced.counts().tolist()
    assert len(sink.taken) > 100
    chip.read(350_000, 0x3E, 2)
    assert chip.read(350_000, 0x3C, 1) == b"\x01"


@settings(deadline=None, max_examples=200)
@given(raw=st.binary(min_size=1, max_size=320))
def test_no_bytes_break_a_decoder(raw: bytes, firmware: Callable[[str], Any]) -> None:
    decoders = (
        lambda: firmware("imu.lsm6ds").TaggedFifo(96).decode(raw, len(raw) // 7, Sink()),
        lambda: firmware("imu.icm42688").StampedFifo(3750).decode(raw, len(raw) // 16, Sink()),
        lambda: firmware("imu.bmi270").HeaderFifo().decode(raw, len(raw), Sink()),
        lambda: firmware("imu.mpu6").decode(raw, len(raw) // 14, Sink()),
        lambda: firmware("imu.lsm6ds3").decode(raw, len(raw) // 12, Sink()),
    )
    for decode in decoders:
        with contextlib.suppress(OSError):
            decode()


def test_micropython_decodes_the_same(firmware: Callable[[str], Any], in_vm: Callable[[str], Any]) -> None:
    chip = lsm()
    status = chip.read(300_000, 0x3A, 2)
    words = status[0] | (status[1] & 3) << 8
    tagged = chip.read(300_000, 0x78, words * WORD)
    other = mpu()
    count = int.from_bytes(other.read(100_000, 0x72, 2), "big")
    frames = other.read(100_000, 0x74, count)
    third, fourth = icm(), bmi()
    packets = third.read(START_US + 150_000, 0x30, int.from_bytes(third.read(START_US + 150_000, 0x2E, 2), "big"))
    headed = fourth.read(START_US + 150_000, 0x26, 1000)
    out = in_vm(
        f"""
from bartracker_fw.imu import bmi270, icm42688, lsm6ds, mpu6
import struct
class Sink:
    def __init__(self):
        self.buf, self.at, self.taken = bytearray(12), 0, []
    def push(self):
        self.taken.append(list(struct.unpack("<6h", self.buf)))
    def skip(self, n):
        self.taken.extend([None] * n)
sinks = [Sink(), Sink(), Sink(), Sink()]
lsm6ds.TaggedFifo(96).decode({tagged!r}, {words}, sinks[0])
mpu6.decode({frames!r}, {count // 14}, sinks[1])
icm42688.StampedFifo(3750).decode({packets!r}, {len(packets) // 16}, sinks[2])
bmi270.HeaderFifo().decode({headed!r}, 1000, sinks[3])
print(json.dumps([sink.taken for sink in sinks]))
"""
    )
    assert out == [device.produced.counts().tolist() for device in (chip, other, third, fourth)]
