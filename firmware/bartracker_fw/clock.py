# Time on the device: ticks_us extended to 32 bits, and the time of every sample from its index.
# Integers below 2^30 only, 32-bit values as 16-bit halves: nothing here is allocated after construction.
# Imports neither machine nor bluetooth.
from micropython import const

_TICKS_MASK = const(0x3FFFFFFF)
_TICKS_HALF = const(0x20000000)
_Q = const(14)
_Q_MASK = const(0x3FFF)
# Bursts in a window, at first and in the end.
_FIRST_WINDOW = const(8)
_LAST_WINDOW = const(32)
# Samples between the two ends of the slope, at most: with 2^14 they stay below 2^30.
_LONGEST_BASE = const(20000)
_LONGEST_STEP = const(8192)
_LONGEST_GAP_US = const(0x3FFFFFF)
# A chip's oscillator is within 3 % of its nominal rate; a wilder estimate is noise. Period // 16 leaves a margin.
_PERIOD_SHARE = const(16)
_FAR_US = const(0x1FFFFFFF)


def difference_us(hi: int, lo: int, from_hi: int, from_lo: int) -> int:
    # Signed difference of two 32-bit times, held within +-2^29 us.
    d = (hi - from_hi) & 0xFFFF
    if d >= 0x8000:
        d -= 0x10000
    if d >= 0x1FFF:
        return _FAR_US
    if d < -0x1FFF:
        return -_FAR_US
    return (d << 16) + lo - from_lo


class DeviceClock:
    # Microseconds since boot, 32 bits (71.6 min), out of ticks_us, which wraps every 17.9 min: call `advance` more
    # often than every 8 min.
    def __init__(self, ticks) -> None:
        self.hi = 0
        self.lo = 0
        self._ticks = ticks
        self.at_hi = 0
        self.at_lo = 0

    def advance(self, ticks) -> None:
        self.at(ticks)
        self._ticks = ticks
        self.hi = self.at_hi
        self.lo = self.at_lo

    def at(self, ticks) -> None:
        # Time of a tick value close to now, into at_hi and at_lo.
        d = (((ticks - self._ticks) & _TICKS_MASK) ^ _TICKS_HALF) - _TICKS_HALF
        lo = self.lo + (d & 0xFFFF)
        self.at_lo = lo & 0xFFFF
        self.at_hi = (self.hi + (d >> 16) + (lo >> 16)) & 0xFFFF


class SampleClock:
    # Index and time of the next packet's first sample. Each time the FIFO is emptied its newest sample is between 0 and
    # 1 period old. The youngest one of a window lies (nearly) on the line of the samples' times: two of them, far
    # apart, give its slope, the last one its place.
    def __init__(self) -> None:
        self.index_hi = 0
        self.index_lo = 0
        self.us_hi = 0
        self.us_lo = 0
        self._fraction = 0
        self.period_q14 = 0
        self._whole = 0
        self._nominal_q14 = 0
        self._window = _FIRST_WINDOW
        self._seen = 0
        self._samples = 0
        self._youngest_us = 0
        self._youngest_hi = 0
        self._youngest_lo = 0
        self._youngest_n = 0
        self._anchored = False
        self._anchor_hi = 0
        self._anchor_lo = 0
        self._anchor_n = 0

    def set_period(self, period_q14: int) -> None:
        # Start anew with a nominal period in 2^-14 us (below 65 ms); index and time go on.
        self._nominal_q14 = period_q14
        self._take_period(period_q14)
        self._window = _FIRST_WINDOW
        self._seen = 0
        self._samples = 0
        self._anchored = False

    def _take_period(self, period_q14: int) -> None:
        spread = self._nominal_q14 // _PERIOD_SHARE
        if period_q14 > self._nominal_q14 + spread:
            period_q14 = self._nominal_q14 + spread
        if period_q14 < self._nominal_q14 - spread:
            period_q14 = self._nominal_q14 - spread
        self.period_q14 = period_q14
        self._whole = period_q14 >> _Q

    def advance(self, n: int) -> None:
        # Move on by n samples.
        while n > 0:
            step = n if n < _LONGEST_STEP else _LONGEST_STEP
            n -= step
            lo = self.index_lo + step
            self.index_lo = lo & 0xFFFF
            self.index_hi = (self.index_hi + (lo >> 16)) & 0xFFFF
            fraction = self._fraction + step * (self.period_q14 & _Q_MASK)
            self._fraction = fraction & _Q_MASK
            self._shift(step * self._whole + (fraction >> _Q))
            self._samples += step

    def _shift(self, us: int) -> None:
        lo = self.us_lo + (us & 0xFFFF)
        self.us_lo = lo & 0xFFFF
        self.us_hi = (self.us_hi + (us >> 16) + (lo >> 16)) & 0xFFFF

    def age_us(self, us_hi: int, us_lo: int, n: int) -> int:
        # How old sample number n from here (the next is 0) is at a time; negative if it is still to come.
        due = n * self._whole + ((self._fraction + n * (self.period_q14 & _Q_MASK)) >> _Q)
        return difference_us(us_hi, us_lo, self.us_hi, self.us_lo) - due

    def due(self, us_hi: int, us_lo: int) -> int:
        # How many samples from here on are due at a time, for gaps up to a minute.
        us = difference_us(us_hi, us_lo, self.us_hi, self.us_lo)
        if us < 0:
            return 0
        if us > _LONGEST_GAP_US:
            us = _LONGEST_GAP_US
        return (us << 4) // (self.period_q14 >> 10) + 1

    def observe(self, us_hi: int, us_lo: int, n: int) -> None:
        # The newest of n samples from here on had just been taken at this time.
        age = self.age_us(us_hi, us_lo, n - 1)
        if self._seen == 0 or age < self._youngest_us:
            self._youngest_us = age
            self._youngest_hi = us_hi
            self._youngest_lo = us_lo
            self._youngest_n = self._samples + n - 1
        self._seen += 1
        if self._seen < self._window:
            return
        self._seen = 0
        n = self._youngest_n
        if not self._anchored:
            self._anchor()
            self._shift(self._youngest_us)
            return
        if self._window < _LAST_WINDOW:
            self._window <<= 1
        us = difference_us(self._youngest_hi, self._youngest_lo, self._anchor_hi, self._anchor_lo)
        passed = n - self._anchor_n
        if 0 < passed <= 0xFFFF and us > 0:
            self._take_period(us // passed << _Q | (us % passed << _Q) // passed)
        age = self.age_us(self._youngest_hi, self._youngest_lo, n - self._samples)
        # A sample cannot be read before it is taken; whether one was read at once is less sure.
        self._shift(age if age < 0 or age > self._whole >> 2 else age >> 2)
        if passed > _LONGEST_BASE:
            self._anchor()

    def _anchor(self) -> None:
        self._anchored = True
        self._anchor_hi = self._youngest_hi
        self._anchor_lo = self._youngest_lo
        self._anchor_n = self._youngest_n - self._samples
        self._samples = 0
