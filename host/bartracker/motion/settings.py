"""Parameters of the motion stage, each with its unit, range and reason; no computing lives here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """Model of what a sensor on a barbell can do and how far it may be trusted. Pairs are vertical, horizontal.

    gravity_mps2: what specific force at rest must read.
    sample_age: how old the motion is that a sample tells, in sampling periods: 0 for a chip that samples in an instant,
        0.5 for one that averages until the next is due (0-0.5). Between the two without knowing (docs/motion.md).

    First attitude (VQF, Laidig and Seel 2023):
    gyr_bias_clip_dps, gyr_bias_sigma_dps: largest and usual turn-on bias, deg/s; consumer chips reach 3 deg/s, above
        VQF's own 2.
    lean_sigma_rad, lean_time_s: how far it leans beyond what the accelerometer's errors make it, 1 sigma, and for how
        long one look counts (VQF's own time constant). online_lean_sigma_rad: the same of its online form.

    Stillness; only a bar on rack or floor passes, a held bar does not:
    still_window_s: span that must be still, s (0.2-0.5).
    still_acc_mps2, still_gyr_radps: largest standard deviation over that span, all axes together, after averaging to
        10 ms. Measured at rest: LSM6DSO and MPU6886 models 0.02 and 0.0015, a real MPU6050 0.09 and 0.0016; the
        slowest lifts exceed one of the two.
    still_force_mps2: largest difference of specific force from gravity then; as wide as the worst bias and scale error.
    still_velocity_mps: standard uncertainty of "velocity is zero" then.

    The sensor's errors, constant over a segment, 1 sigma:
    acc_bias_mps2: turn-on bias of each accelerometer axis (consumer chips: up to 40 mg).
    acc_scale, acc_cross: scale and cross-axis errors of the accelerometer (data sheets: 1 %).
    calibrated_share: how likely a sensor of which nothing is known is a calibrated one (0: the errors above hold),
    calibrated_ratio: and what part that leaves of the accelerometer's bias, and of its scale and cross-axis errors,
        1 sigma (below 1).
    gyr_bias_radps: turn-on bias of each gyroscope axis.
    gyr_scale: scale and cross-axis errors of the gyroscope.
    gyr_delay_s: how much later than the accelerometer the gyroscope tells of a motion (their filters differ).
    dynamic_scale: what a set cannot tell of the accelerometer's scale: part of every velocity and displacement that may
        be wrong.

    What they are not:
    acc_density: white noise of acceleration as velocity random walk, m/s per sqrt(s); more than a chip's own (0.001),
        for it stands for all small errors that are not constant.
    dynamic_error: part of the acceleration that is wrong (aliasing, vibration), dynamic_correlation_s: for how long, s.
    bias_sigma_mps2, bias_walk_mps2: bias of vertical acceleration besides, and its random walk, m/s^2 per sqrt(s)
        (warming, tilt that moves with the bar). quick_bias_sigma_mps2: in a quick look, which takes the rest as known.
    gyr_density: random walk of tilt, rad per sqrt(s). turn_error: part of a rotation that is wrong. online_tilt_walk:
        random walk of tilt besides, online, where no later sample corrects what the model gets wrong: it forgets.
    tilt_sigma_rad: tilt of the first attitude at the start of a segment.

    Clipped and lost samples, impacts:
    clipped_excess_mps2, clipped_excess_radps: what may hide above a clipped sample, 1 sigma.
    lost_acc_mps2, lost_turn_radps: what a bar may have done in a run of lost samples beyond the interpolation, 1 sigma.
    impact_acc_mps2: more than this no arm gives; it is a contact with floor or rack, sampled too slowly to be
        integrated.
    impact_error: part of the velocity change beyond it that may be wrong.

    Ringing (bar whip and structure, 5-12 Hz) after a contact:
    contact_acc_mps2: acceleration that tells a contact. set_down_mps: a bar that comes down faster is dropped and
        bounces: that is movement.
    ringing_mps, ringing_swings: velocity rings if it turns beyond this on alternating sides of zero so many times.
    ringing_s: for how long after the last contact; ringing_average_s: span over which it averages out, a period and a
        half.

    Whip and contacts:
    quick_s: velocity that changes within this time (standard deviation of a Gaussian; half is let through at 4 Hz) may
        be the bar's whip (5-12 Hz) or what a contact left. quick_error: part of it that may be wrong.

    Places:
    rest_height_m: how equal the heights of two rests on the same rack or floor are, 1 sigma (0.02-0.1: hooks
        and the two ends of a bar differ by centimetres).
    same_height_gate: a height further than this many sigma from every known one of its kind is another place.
    reach_m, reach_time_s: a bar stays within reach: 1 sigma of the distance from the middle of its path, and for how
        long one look counts. online_reach_m: the same online and in what is smoothed of the stream, which know less of
        the sensor. reach_rest_s: smoothed height needs the reach only this far from a rest in time; nearer, it would
        pull a path that is not even about its middle. centre_sigma_m: how far that middle may be from the start.

    The start of a segment, 1 sigma:
    start_velocity_mps, start_position_m: of a recording, where a bar is at rest or nearly so.
    segment_velocity_mps, segment_position_m: after a gap.
    """

    gravity_mps2: float = 9.81
    sample_age: float = 0.35
    gyr_bias_clip_dps: float = 8.0
    gyr_bias_sigma_dps: float = 1.5
    lean_sigma_rad: float = 0.006
    lean_time_s: float = 3.0
    online_lean_sigma_rad: float = 0.02
    still_window_s: float = 0.3
    still_acc_mps2: float = 0.10
    still_gyr_radps: float = 0.003
    still_force_mps2: float = 1.0
    still_velocity_mps: float = 0.002
    acc_bias_mps2: float = 0.2
    acc_scale: float = 0.006
    acc_cross: float = 0.005
    calibrated_share: float = 0.5
    calibrated_ratio: tuple[float, float] = (0.2, 0.5)
    gyr_bias_radps: float = 0.03
    gyr_scale: float = 0.005
    gyr_delay_s: float = 0.002
    dynamic_scale: float = 0.007
    acc_density: tuple[float, float] = (0.005, 0.012)
    dynamic_error: float = 0.003
    dynamic_correlation_s: float = 0.2
    bias_sigma_mps2: float = 0.01
    bias_walk_mps2: float = 0.002
    quick_bias_sigma_mps2: float = 0.03
    gyr_density: float = 0.001
    online_tilt_walk: float = 0.004
    turn_error: float = 0.003
    tilt_sigma_rad: float = 0.06
    clipped_excess_mps2: float = 250.0
    clipped_excess_radps: float = 10.0
    lost_acc_mps2: float = 3.0
    lost_turn_radps: float = 1.0
    impact_acc_mps2: float = 40.0
    impact_error: float = 0.3
    contact_acc_mps2: float = 30.0
    set_down_mps: float = 1.2
    ringing_mps: float = 0.05
    ringing_swings: int = 2
    ringing_s: float = 0.3
    ringing_average_s: float = 0.15
    quick_s: float = 0.06
    quick_error: float = 0.35
    rest_height_m: float = 0.05
    same_height_gate: float = 3.0
    reach_m: tuple[float, float] = (0.8, 1.0)
    online_reach_m: tuple[float, float] = (0.5, 0.3)
    reach_time_s: float = 1.0
    reach_rest_s: float = 10.0
    centre_sigma_m: float = 3.0
    start_velocity_mps: float = 0.1
    start_position_m: float = 0.01
    segment_velocity_mps: float = 0.5
    segment_position_m: float = 0.5
