"""What is known of a set besides its motion, and the parameters by which its numbers are measured. No computing."""

from dataclasses import dataclass, field

from bartracker.results import Mount


@dataclass(frozen=True, slots=True)
class NumberSettings:
    """Parameters of the numbers beyond the phases' own; each with unit, range and why.

    Pauses:
    hold_speed_mps: the bar is held where |v_z| is below this; that of a phase's bound (0.03).
    least_pause_s: stillness of a shorter pause is that of the turn itself and is not given (0.1-0.5).

    Sticking region:
    sticking_peak_share, sticking_sigmas: a dip between two peaks counts when it is deeper than this share of the
        phase's peak and than this many standard uncertainties of velocity; tremor and noise make shallower ones.

    Smoothness (Balasubramanian et al. 2012, 2015):
    sparc_cutoff_hz, sparc_least_amplitude, sparc_padding: highest frequency, share of the spectrum's largest amplitude
        below which it ends, and powers of two by which the profile is padded with zeros.

    Force and power:
    force_window_s: acceleration is the change of velocity over this time; whip and ringing of the bar (5-100 Hz) are
        not part of it (0.05-0.2).

    The bar's axis:
    axis_share: least share of all turning that is about one axis for it to be the bar's (0.7-0.95). A bar in the hands
        rolls about its axis far more than it tilts or yaws.
    axis_turning_radps: least rms rate about it; below, noise and tremor decide (0.05-0.2).
    axis_inclination_rad: a bar's axis is level; an axis further than this from level is not the bar's (0.1-0.4).
    askew_cosine: a sensor none of whose axes lies along the bar as closely as this cosine (0.8: 37 degrees) tells no
        direction along it (0.75-0.95).
    attitude_sigma_rad: 1 sigma by which inclination wanders within a lift; that of VQF against an optical reference.
    """

    hold_speed_mps: float = 0.03
    least_pause_s: float = 0.2
    sticking_peak_share: float = 0.05
    sticking_sigmas: float = 2.0
    sparc_cutoff_hz: float = 10.0
    sparc_least_amplitude: float = 0.05
    sparc_padding: int = 4
    force_window_s: float = 0.1
    axis_share: float = 0.8
    axis_turning_radps: float = 0.1
    axis_inclination_rad: float = 0.25
    askew_cosine: float = 0.8
    attitude_sigma_rad: float = 0.006


@dataclass(frozen=True, slots=True)
class LiftContext:
    """load_kg: bar and plates, None if not told. mount: where the sensor sits, None if not told.
    sensor_from_middle_m: how far along the bar from its middle, positive where the sensor's own axis along the bar
    points away from it; None if not told.
    """

    load_kg: float | None = None
    mount: Mount | None = None
    sensor_from_middle_m: float | None = None
    numbers: NumberSettings = field(default_factory=NumberSettings)
