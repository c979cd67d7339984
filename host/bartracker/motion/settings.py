"""Parameters of the motion stage, each with its unit, range and reason; no computing lives here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """Model of what a sensor on a barbell can do and how far it may be trusted.

    gravity_mps2: what specific force at rest must read.

    Attitude (VQF, Laidig and Seel 2023):
    gyr_bias_clip_dps, gyr_bias_sigma_dps: largest and usual turn-on bias, deg/s; consumer chips reach 3 deg/s, above
        VQF's own 2.

    Stillness; only a bar on rack or floor passes, a held bar does not:
    still_window_s: span that must be still, s (0.2-0.5).
    still_acc_mps2, still_gyr_radps: largest standard deviation over that span, all axes together, after averaging to
        10 ms. Measured at rest: LSM6DSO and MPU6886 models 0.02 and 0.0015, a real MPU6050 0.09 and 0.0016; the
        slowest lifts exceed one of the two.
    still_force_mps2: largest difference of specific force from gravity then; as wide as the worst bias and scale error.
    still_velocity_mps: standard uncertainty of "velocity is zero" then.

    Velocity and position (Kalman filter and smoother, per world axis):
    sensor_bias_sigma_mps2, sensor_bias_walk_mps2: turn-on bias of each accelerometer axis, 1 sigma (consumer chips: up
        to 40 mg), and its random walk, m/s^2 per sqrt(s) (warming); they act on the vertical.
    bias_sigma_mps2: bias of world acceleration besides, 1 sigma; vertical (1 % of scale times gravity), horizontal
        (tilt).
    bias_walk_mps2: its random walk, m/s^2 per sqrt(s); vertical, horizontal.
    bias_turn_mps2: how much of the bias a rotation of 1 rad turns into another axis, m/s^2.
    acc_density: white noise of world acceleration as velocity random walk, m/s per sqrt(s); vertical, horizontal.
    dynamic_error: part of the acceleration that is wrong (scale, alignment, aliasing of impacts), vertical, horizontal.
    dynamic_correlation_s: how long such an error lasts, s.
    clipped_excess_mps2: what may hide above a clipped sample, 1 sigma.
    lost_acc_mps2: what a bar may have done in a run of lost samples beyond the interpolation, 1 sigma.
    impact_acc_mps2: more than this no arm gives; it is a contact with floor or rack, sampled too slowly to be
        integrated.
    impact_error: part of the velocity change beyond it that may be wrong.
    rest_height_m: how equal the heights of two rests on the same rack or floor are, 1 sigma.
    same_height_gate: a height further than this many sigma from every known one of its kind is another place.
    reach_m, reach_time_s: soft bound of position: 1 sigma of the distance from the place of the first rest, and for
        how long one look counts; vertical, horizontal. online_reach_m: the same online, tighter, since there no equal
        heights are known.
    segment_velocity_mps, segment_position_m: what is known of both at the start of a segment, 1 sigma.
    """

    gravity_mps2: float = 9.81
    gyr_bias_clip_dps: float = 8.0
    gyr_bias_sigma_dps: float = 1.5
    still_window_s: float = 0.3
    still_acc_mps2: float = 0.10
    still_gyr_radps: float = 0.003
    still_force_mps2: float = 1.0
    still_velocity_mps: float = 0.002
    sensor_bias_sigma_mps2: float = 0.35
    sensor_bias_walk_mps2: float = 0.0002
    bias_sigma_mps2: tuple[float, float] = (0.15, 0.5)
    bias_walk_mps2: tuple[float, float] = (0.003, 0.05)
    bias_turn_mps2: tuple[float, float] = (0.03, 0.3)
    acc_density: tuple[float, float] = (0.01, 0.05)
    dynamic_error: tuple[float, float] = (0.01, 0.03)
    dynamic_correlation_s: float = 0.2
    clipped_excess_mps2: float = 150.0
    lost_acc_mps2: float = 3.0
    impact_acc_mps2: float = 40.0
    impact_error: float = 0.3
    rest_height_m: float = 0.03
    same_height_gate: float = 3.0
    reach_m: tuple[float, float] = (1.5, 2.0)
    online_reach_m: tuple[float, float] = (0.5, 1.0)
    reach_time_s: float = 1.0
    segment_velocity_mps: float = 0.5
    segment_position_m: float = 0.5
