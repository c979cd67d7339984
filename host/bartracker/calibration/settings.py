"""Parameters of the calibration room, each with unit and reason; no computing lives here."""

from dataclasses import dataclass, field
from typing import Final

DOUBTFUL_GRAVITY_SHARE: Final = 0.02
"""|specific force| of a still, healthy, uncalibrated consumer sensor is within 40 mg of bias and 1 % of scale of
gravity; an average over poses is within this share.
"""


@dataclass(frozen=True, slots=True)
class StillSettings:
    """When a sensor lies still, and what of that counts as a pose.

    window_s: span that must be still, s (0.3-1).
    acc_mps2, gyr_radps: largest standard deviation over it, three axes together, after averaging to 10 ms. Chips on a
        table: 0.02 and 0.0015, the noisiest (MPU6050) 0.09 and 0.0016; a hand that tries to hold still: 0.01 rad/s.
    turning_radps: largest difference of the mean rates of the window's halves: a hand turns slowly.
    shortest_s: a pose is at least so long, s: noise averages below 0.2 mg.
    longest_s: longer ones are cut, so that a bias that drifts is that of one time.
    edge_s: left out at both ends, s: setting down rings, taking up begins unseen.
    longest_turn_s: a turn between poses that takes longer has gathered too much noise.
    """

    window_s: float = 0.5
    acc_mps2: float = 0.11
    gyr_radps: float = 0.004
    turning_radps: float = 0.003
    shortest_s: float = 1.5
    longest_s: float = 10.0
    edge_s: float = 0.1
    longest_turn_s: float = 20.0


@dataclass(frozen=True, slots=True)
class SolverSettings:
    """What is believed before the fit, how far samples are trusted, and what a fit must show to be accepted; 1 sigma.

    acc_bias_mps2, acc_matrix, gyr_matrix: of any specimen, before. Twice what data sheets say, so that a bad one fits.
    acc_drift_mps2: what its bias may drift in 100 s of calibrating (warming by 2 K at 0.5 mg/K).
    acc_floor_mps2: what a pose's mean may be off besides noise: flicker, a table that gives.
    gyr_floor_radps: the same of its mean rate.
    gyr_density: noise of an integrated rate, rad per sqrt(s).
    turn_share: part of a rotation that may be wrong (nonlinearity, aliasing of a hand's tremor).
    outlier_sigma: a pose further off than this was not still, or a sample there is wrong; it is left out.
    most_left_out: largest share of poses left out; with more the data contradict the model.
    fewest_poses: below it nothing is solved.
    worst_acc_mps2: largest standard uncertainty of a calibrated force of 1 g, whatever its direction.
    worst_gyr_matrix: largest standard uncertainty of an element of the gyroscope's matrix.
    worst_residual: largest reduced chi-square of the fit.
    g_sensitivity_sigma: rates at rest that follow gravity count as g-sensitivity above so many sigma.
    g_sensitivity_poses: and with at least so many poses.
    """

    acc_bias_mps2: float = 0.5
    acc_matrix: float = 0.015
    gyr_matrix: float = 0.015
    acc_drift_mps2: float = 0.01
    acc_floor_mps2: float = 0.0015
    gyr_floor_radps: float = 0.0001
    gyr_density: float = 0.0001
    turn_share: float = 0.0003
    outlier_sigma: float = 5.0
    most_left_out: float = 0.34
    fewest_poses: int = 6
    worst_acc_mps2: float = 0.012
    worst_gyr_matrix: float = 0.0015
    worst_residual: float = 16.0
    g_sensitivity_sigma: float = 4.0
    g_sensitivity_poses: int = 9


@dataclass(frozen=True, slots=True)
class GuideSettings:
    """How a person is led.

    pose_s: so long a pose must lie before the next is asked for, s.
    poses: so many different ones at least; the six sides and some that lean.
    most_poses: then it is given up.
    different_rad: poses closer than this are one and the same.
    side_rad: how far from an axis a pose may be and still be that side.
    impatient_s: no stillness for so long, and the guide says so, s; again after as long.
    free_rad: a pose that the picture proposes is so far from all that are known.
    shaken_share: force this far from gravity tells nothing of where up is.
    """

    pose_s: float = 2.5
    poses: int = 10
    most_poses: int = 30
    different_rad: float = 0.35
    side_rad: float = 0.6
    impatient_s: float = 12.0
    free_rad: float = 0.5
    shaken_share: float = 0.4
    still: StillSettings = field(default_factory=StillSettings)
    solver: SolverSettings = field(default_factory=SolverSettings)


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """The check before training: what counts as good, as drifted and as damaged.

    needed_s: rest that is enough, s; patience_s: for so long it is waited for, s.
    drifted_mps2: |specific force| at rest this far from gravity, and 2 sigma of what is known, is drift: 6 mg is what a
        consumer chip may change in a year.
    moved_radps: the gyroscope reads this far from its calibrated bias at rest: a remark, for each rest mends it.
    damaged_share: force this far from gravity is no drift: more than the worst bias and scale of a healthy chip.
    damaged_rate_radps: rate at rest beyond every data sheet (20 deg/s).
    damaged_noise: noise so many times the data sheet's.
    still: a pose may be shorter than one to calibrate by.
    """

    needed_s: float = 6.0
    patience_s: float = 20.0
    drifted_mps2: float = 0.06
    moved_radps: float = 0.01
    damaged_share: float = 0.1
    damaged_rate_radps: float = 0.35
    damaged_noise: float = 5.0
    still: StillSettings = field(default_factory=lambda: StillSettings(shortest_s=0.6))
