"""What a healthy sensor has to reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SelfTestSettings:
    """Times and limits of the self-test.

    Attributes:
        quiet_s: it must lie still for so long before it is measured, s; patience_s: after so long it is measured
            however it lies, s.
        measure_s: length of the measurement, s; an Allan deviation needs 60.
        moved_radps, moved_mps2: means of 50 ms that stray farther than this from their median are motion, no noise.
        moved_share: so much of the measurement may be motion, 1: a step beside the table.
        same_s: identical samples for longer than this are a chip that stands still, s.
        rate_share: the chip's rate may be so far from what it is set to: oscillators are within 3 %, some 5 %.
        told_rate_share: the rate that the sensor tells may be so far from the one by its own time stamps: 0.01 % of
            the firmware and as much of a minute of stamps.
        noise_factor: noise may be so many times the data sheet's typical value; below the reciprocal it is no noise.
        force_share: |specific force| at rest may be so far from standard gravity without calibration: scale 1 %, bias
            of 20 to 40 mg an axis, and where on earth.
        rate_radps: what a gyroscope at rest may read, rad/s: beyond every data sheet (20 deg/s).
        offset_s: the sensor's clock must be known to this, s.
        skew: the two clocks may differ by this share and what the fit leaves open: two crystals of 20 ppm, and warmth.
        resent_share: so much of the packets may need to be fetched again, 1; above it a set with a weaker radio fails.
        battery_mv: below this a set may not be finished, mV.
        heap_kib: so much memory must be free in the sensor, KiB: a connection's buffers and a command take less than 8.
        heap_lost_kib: a set may leave so much less of it, KiB: what the host wrote and was not collected yet.
        record_s: length of the recording in the sensor, s.
        recorded_share: so much of the samples due in that time may be missing at its ends, 1: commands wait for bursts.
    """

    quiet_s: float = 2.0
    patience_s: float = 20.0
    measure_s: float = 62.0
    moved_radps: float = 0.01
    moved_mps2: float = 0.1
    moved_share: float = 0.02
    same_s: float = 0.5
    rate_share: float = 0.05
    told_rate_share: float = 0.0003
    noise_factor: float = 2.0
    force_share: float = 0.06
    rate_radps: float = 0.35
    offset_s: float = 0.1
    skew: float = 100e-6
    resent_share: float = 0.1
    battery_mv: int = 3400
    heap_kib: int = 24
    heap_lost_kib: int = 16
    record_s: float = 3.0
    recorded_share: float = 0.3
