"""What the chip models share: the motion they feel, the errors of a specimen, the moments at which they sample, and how
they misbehave on demand. Registers and FIFOs stand in one file a chip family.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bartracker.samples import FloatArray
from bartracker.sim.imu import ImuSpec, SensorErrors

CountArray: TypeAlias = NDArray[np.int16]

_NOISE_BLOCK: Final = 1024
_FILTER_TAPS: Final = 8
_WATCH_MPS2_PER_COUNT: Final = 0.01
_US_PER_S: Final = 1e6


class Nack(Exception):  # noqa: N818 - the bus's own word
    """The chip does not acknowledge."""


class BusStuck(Exception):  # noqa: N818 - as above
    """The chip holds a line of the bus down: the transfer ends by a time-out."""


class MotionSource(Protocol):
    """What the sensor feels."""

    def sample(self, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Specific force (N, 3) m/s^2 and angular rate (N, 3) rad/s in the sensor frame at (N,) s since switching on;
        any N, earlier times too.
        """
        ...


class I2cChip(Protocol):
    """A chip on the bus. Times are the board's clock, us."""

    address: int

    def read(self, now_us: int, register: int, length: int) -> bytes:
        """Bytes from a register on. Raises Nack, BusStuck."""
        ...

    def write(self, now_us: int, register: int, data: bytes) -> None:
        """Bytes into a register and the following ones. Raises Nack, BusStuck."""
        ...

    def interrupt(self, now_us: int) -> bool:
        """Whether its pin INT1 is high."""
        ...


@dataclass(slots=True)
class Faults:
    """How the chip misbehaves: `silent`: does not answer; `stuck`: holds the bus; `who_am_i`: says that it is another
    chip; `frozen`: gives the same sample for ever; `noise_only`: feels no motion, nor gravity.
    """

    silent: bool = False
    stuck: bool = False
    who_am_i: int | None = None
    frozen: bool = False
    noise_only: bool = False


@dataclass(slots=True)
class Produced:
    """What the chip sampled into its FIFO: `samples` in all, `overwritten` of them before they were read; `history`:
    their counts, (N, 6) int16 a block, if `keep`.
    """

    keep: bool = False
    samples: int = 0
    overwritten: int = 0
    history: list[CountArray] = field(default_factory=list[CountArray])

    def add(self, counts: CountArray) -> None:
        """Note a block of samples."""
        self.samples += len(counts)
        if self.keep:
            self.history.append(counts)

    def counts(self) -> CountArray:
        """(N, 6) int16 of all samples so far, if they are kept."""
        return np.concatenate(self.history) if self.history else np.empty((0, 6), np.int16)


class Specimen:
    """One chip's sensing element: motion in, counts out, with its own bias, scale, cross-axis and rate errors and
    noise. The same sample number gets the same noise, whatever the blocks.
    """

    def __init__(self, spec: ImuSpec, source: MotionSource, seed: int, rate_error: float | None) -> None:
        self._spec = spec
        self._source = source
        self._seed = seed
        self.errors = SensorErrors.draw(spec, np.random.default_rng([seed, 0x1B0]))
        self.rate_error = self.errors.rate_error if rate_error is None else rate_error

    def counts(
        self,
        t_s: FloatArray,
        first: int,
        rate_hz: float,
        acc_mps2_per_count: float,
        gyr_radps_per_count: float,
        *,
        felt: bool = True,
    ) -> CountArray:
        """(N, 6) int16 at times t_s (N,); `first` is the first one's number since power-up. Not `felt`: noise alone."""
        spec, errors = self._spec, self.errors
        taps_s = ((np.arange(_FILTER_TAPS) + 0.5) / _FILTER_TAPS - 1.0) * spec.filter_samples / rate_hz
        acc = self._filtered(t_s - spec.acc_delay_s, taps_s)[0]
        gyr = self._filtered(t_s - spec.gyr_delay_s, taps_s)[1]
        warm_k = (errors.warming_k * (1 - np.exp(-t_s / errors.warming_s)))[:, None]
        acc = acc @ errors.acc_matrix.T + errors.acc_bias + errors.acc_drift * warm_k
        gyr = gyr @ errors.gyr_matrix.T + errors.gyr_bias + errors.gyr_drift * warm_k
        noise = self._noise(first, len(t_s)) * (0.5 * rate_hz) ** 0.5
        if not felt:
            acc, gyr = np.zeros_like(acc), np.zeros_like(gyr)
        acc = (acc + noise[:, :3] * spec.acc_noise_mps2) / acc_mps2_per_count
        gyr = (gyr + noise[:, 3:] * spec.gyr_noise_radps) / gyr_radps_per_count
        return np.rint(np.hstack([acc, gyr])).clip(-32768, 32767).astype(np.int16)

    def temperature_degc(self, t_s: float) -> float:
        """Of the die."""
        return float(25.0 + self.errors.warming_k * (1 - np.exp(-t_s / self.errors.warming_s)))

    def _filtered(self, t_s: FloatArray, taps_s: FloatArray) -> tuple[FloatArray, FloatArray]:
        all_s = (t_s[:, None] + taps_s).ravel()
        acc, gyr = self._source.sample(all_s)
        shape = (len(t_s), len(taps_s), 3)
        return acc.reshape(shape).mean(axis=1), gyr.reshape(shape).mean(axis=1)

    def _noise(self, first: int, count: int) -> FloatArray:
        start, end = first // _NOISE_BLOCK, (first + max(count, 1) - 1) // _NOISE_BLOCK
        blocks = [
            np.random.default_rng([self._seed, block]).standard_normal((_NOISE_BLOCK, 6))
            for block in range(start, end + 1)
        ]
        offset = first - start * _NOISE_BLOCK
        return np.concatenate(blocks)[offset : offset + count]


class Sampling:
    """The moments at which a chip samples: every 1/rate s after it was started, by its own oscillator."""

    def __init__(self) -> None:
        self.rate_hz = 0.0
        self._start_us = 0.0
        self._taken = 0

    def start(self, now_us: int, rate_hz: float) -> None:
        """Sample at this true rate from now on; 0 stops."""
        self.rate_hz = rate_hz
        self._start_us = float(now_us)
        self._taken = 0

    def due_s(self, now_us: int) -> FloatArray:
        """(N,) s of the samples that have become due since the last call."""
        if self.rate_hz <= 0:
            return np.empty(0)
        due = int((now_us - self._start_us) * self.rate_hz / _US_PER_S)
        numbers = np.arange(self._taken + 1, due + 1)
        self._taken = max(due, self._taken)
        return self._start_us / _US_PER_S + numbers / self.rate_hz


class MotionWatch:
    """A chip's detector of motion: watches the accelerometer at `rate_hz` and notes in `moved` when an axis differs by
    more than `threshold_mps2` from the sample before (or from the first one, with `against_first`) in `samples`
    successive ones.
    """

    def __init__(self, specimen: Specimen) -> None:
        self._specimen = specimen
        self._sampling = Sampling()
        self._threshold_mps2 = 0.0
        self._samples = 1
        self._against_first = False
        self._reference: FloatArray | None = None
        self._beyond = 0
        self._number = 0
        self.moved = False

    def start(
        self, now_us: int, rate_hz: float, threshold_mps2: float, samples: int = 1, *, against_first: bool = False
    ) -> None:
        """Watch from now on; rate 0 ends it. What was noted stays."""
        self._sampling.start(now_us, rate_hz)
        self._threshold_mps2 = threshold_mps2
        self._samples = samples
        self._against_first = against_first
        self._reference = None
        self._beyond = 0

    def advance(self, now_us: int, *, felt: bool = True) -> None:
        """Look at the samples that have become due."""
        t_s = self._sampling.due_s(now_us)
        if not len(t_s):
            return
        counts = self._specimen.counts(t_s, self._number, self._sampling.rate_hz, _WATCH_MPS2_PER_COUNT, 1.0, felt=felt)
        self._number += len(t_s)
        for acc in counts[:, :3] * _WATCH_MPS2_PER_COUNT:
            if self._reference is None:
                self._reference = acc
            beyond = bool((np.abs(acc - self._reference) > self._threshold_mps2).any())
            self._beyond = self._beyond + 1 if beyond else 0
            self.moved = self.moved or self._beyond >= self._samples
            if not self._against_first:
                self._reference = acc


class RegisterChip:
    """What the models share: 128 registers, a sensing element, the samples that are due brought up to date before every
    access. A family's file says what its registers mean.
    """

    def __init__(self, specimen: Specimen, address: int) -> None:
        self.address = address
        self.faults = Faults()
        self.produced = Produced()
        self._specimen = specimen
        self._sampling = Sampling()
        self._watch = MotionWatch(specimen)
        self._registers = bytearray(128)
        self._number = 0
        self._last_counts: CountArray | None = None

    @property
    def true_rate_hz(self) -> float:
        """Samples per second, by the board's clock; 0 while stopped."""
        return self._sampling.rate_hz

    def write(self, now_us: int, register: int, data: bytes) -> None:
        """Bytes into a register and the following ones. Raises Nack, BusStuck."""
        self._answer(now_us)
        for offset, value in enumerate(data):
            self._set(now_us, register + offset, value)

    def interrupt(self, now_us: int) -> bool:
        """Whether INT1 is high: motion was noticed, and it is routed there."""
        self._watch.advance(now_us, felt=not self.faults.noise_only)
        return self._watch.moved and self._routed()

    def _routed(self) -> bool:
        raise NotImplementedError

    def _answer(self, now_us: int) -> None:
        if self.faults.silent:
            raise Nack
        if self.faults.stuck:
            raise BusStuck
        self._watch.advance(now_us, felt=not self.faults.noise_only)
        self._advance(now_us)

    def _due(self, now_us: int) -> tuple[FloatArray, int]:
        """(N,) s of the samples that have become due, and the first one's number since power-up."""
        t_s = self._sampling.due_s(now_us)
        first, self._number = self._number, self._number + len(t_s)
        return t_s, first

    def _sense(self, t_s: FloatArray, first: int, acc_mps2_per_count: float, gyr_radps_per_count: float) -> CountArray:
        """(N, 6) int16 at times (N,) s, as the faults have it."""
        if self.faults.frozen and self._last_counts is not None:
            return np.tile(self._last_counts, (len(t_s), 1))
        counts = self._specimen.counts(
            t_s,
            first,
            self._sampling.rate_hz,
            acc_mps2_per_count,
            gyr_radps_per_count,
            felt=not self.faults.noise_only,
        )
        self._last_counts = counts[-1]
        return counts

    def _set(self, now_us: int, register: int, value: int) -> None:
        raise NotImplementedError

    def _advance(self, now_us: int) -> None:
        """Take the samples that have become due."""
        raise NotImplementedError
