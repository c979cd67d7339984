"""FIFO decoders of the ICM-42688-P and the BMI270 against the bytes of their models: exact in any chunks, exact about
what was lost.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fifo_rig import START_US, Sink, Still, bmi, icm
from hypothesis import given, settings
from hypothesis import strategies as st

from bartracker.sim.chips import make_chip
from bartracker.sim.chips.bmi270 import STAND_IN
from bartracker.sim.chips.icm42688p import Icm42688p


def drain_icm(chip: Icm42688p, now_us: int, fifo: Any, sink: Sink, chunk: int, elapsed_us: int = 0) -> None:
    packets = int.from_bytes(chip.read(now_us, 0x2E, 2), "big") // 16
    raw = chip.read(now_us, 0x30, packets * 16)
    for at in range(0, packets, chunk):
        part = raw[at * 16 : (at + chunk) * 16]
        assert fifo.decode(part, len(part) // 16, sink, elapsed_us) == len(part) // 16
        elapsed_us = 0


@settings(deadline=None, max_examples=30)
@given(
    pauses_us=st.lists(st.integers(0, 120_000), min_size=1, max_size=25),
    chunk=st.integers(1, 40),
    code=st.sampled_from([8, 7, 15, 6]),
)
def test_icm42688_samples_are_exact_in_any_chunks(
    pauses_us: list[int], chunk: int, code: int, firmware: Callable[[str], Any]
) -> None:
    chip = icm(code)
    fifo = firmware("imu.icm42688").StampedFifo({8: 18750, 7: 9375, 15: 3750, 6: 1875}[code])
    sink = Sink()
    now_us = START_US
    for pause_us in pauses_us:
        now_us += pause_us
        drain_icm(chip, now_us, fifo, sink, chunk)
    assert sink.taken == chip.produced.counts().tolist()
    assert sink.overflows == 0


@settings(deadline=None, max_examples=40)
@given(outage_us=st.integers(300_000, 6_000_000), mistake_us=st.integers(-200_000, 200_000))
def test_icm42688_overflow_loses_an_exact_number(
    outage_us: int, mistake_us: int, firmware: Callable[[str], Any]
) -> None:
    chip = icm()
    fifo = firmware("imu.icm42688").StampedFifo(3750)
    sink = Sink()
    now_us = START_US
    for pause_us in (50_000, outage_us, 50_000, 50_000):
        now_us += pause_us
        # The first of the samples still there is 128 periods old.
        passed_us = max(1, outage_us - 256_000 + mistake_us) if pause_us == outage_us else 0
        drain_icm(chip, now_us, fifo, sink, 32, passed_us)
    history = chip.produced.counts().tolist()
    assert len(sink.taken) == len(history)
    assert all(got is None or got == true for got, true in zip(sink.taken, history, strict=True))
    assert sink.taken.count(None) == chip.produced.overwritten
    assert sink.overflows == (chip.produced.overwritten > 0)


def test_icm42688_samples_of_a_gyroscope_that_starts_are_none(firmware: Callable[[str], Any]) -> None:
    chip = make_chip("icm42688p", Still(), seed=3)
    chip.produced.keep = True
    for register, value in ((0x54, 0x29), (0x4F, 15), (0x50, 15), (0x5F, 0x0F), (0x4E, 0x0F)):
        chip.write(1000, register, bytes([value]))
    chip.write(2000, 0x16, b"\x40")
    sink = Sink()
    drain_icm(chip, 100_000, firmware("imu.icm42688").StampedFifo(3750), sink, 128)
    history = chip.produced.counts()
    invalid = (history[:, 3:] == -32768).all(axis=1)
    assert 20 < invalid.sum() < 25
    expected = [None if none else row for none, row in zip(invalid.tolist(), history.tolist(), strict=True)]
    assert sink.taken == expected


@settings(deadline=None, max_examples=40)
@given(
    pauses_us=st.lists(st.integers(0, 150_000), min_size=1, max_size=20),
    chunk=st.integers(13, 300),
    code=st.sampled_from([8, 9, 10, 11]),
    sensor_time=st.booleans(),
)
def test_bmi270_samples_are_exact_in_any_chunks(
    pauses_us: list[int], chunk: int, code: int, sensor_time: bool, firmware: Callable[[str], Any]
) -> None:
    chip = bmi(code)
    chip.write(START_US, 0x48, bytes([sensor_time << 1]))
    fifo = firmware("imu.bmi270").HeaderFifo()
    sink = Sink()
    now_us = START_US
    for pause_us in [*pauses_us, 1000]:
        now_us += pause_us
        while int.from_bytes(chip.read(now_us, 0x24, 2), "little"):
            # A frame that the chunk cuts comes again whole; past the end come the chip's time and empty frames.
            fifo.decode(chip.read(now_us, 0x26, chunk), chunk, sink)
    assert sink.taken == chip.produced.counts().tolist()


@pytest.mark.parametrize("lost", [1, 100, 254, 255, 2000])
def test_bmi270_says_how_many_were_overwritten(lost: int, firmware: Callable[[str], Any]) -> None:
    chip = bmi()
    fifo = firmware("imu.bmi270").HeaderFifo()
    sink = Sink()
    now_us = START_US
    while chip.produced.overwritten < lost:
        now_us += 1000
        length = int.from_bytes(chip.read(now_us, 0x24, 2), "little")
    raw = chip.read(now_us, 0x26, length + 2)
    assert fifo.decode(raw, len(raw), sink) == (0 if lost >= 255 else length)
    assert (fifo.skipped, fifo.lost, sink.overflows) == (True, lost >= 255, 1)
    assert sink.taken == ([] if fifo.lost else [None] * lost + chip.produced.counts().tolist()[lost:])


def test_bmi270_frames_of_one_part_and_of_a_change_are_no_samples(firmware: Callable[[str], Any]) -> None:
    both = bytes([0x8C]) + bytes(range(12))
    raw = bytes([0x48, 0, 0, 0, 0]) + both + bytes([0x84]) + bytes(6) + bytes([0x88]) + bytes(6) + both[:9]
    sink = Sink()
    assert firmware("imu.bmi270").HeaderFifo().decode(raw, len(raw), sink) == len(raw) - 9
    sample = np.frombuffer(bytes([6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5]), "<i2").tolist()
    assert sink.taken == [sample, None, None]


def test_bmi270_needs_the_right_configuration_awake() -> None:
    for wrong in (STAND_IN[:-1] + b"x", STAND_IN[:4096]):
        chip = make_chip("bmi270", Still(), seed=3)
        chip.write(10_000, 0x7C, b"\x00")
        chip.write(11_000, 0x5E, wrong)
        chip.write(12_000, 0x59, b"\x01")
        assert chip.read(60_000, 0x21, 1) == b"\x02"
    chip = make_chip("bmi270", Still(), seed=3)
    chip.write(10_000, 0x7C, b"\x00")
    chip.write(10_300, 0x5E, STAND_IN)
    chip.write(12_000, 0x59, b"\x01")
    assert chip.read(60_000, 0x21, 1) == b"\x02"
