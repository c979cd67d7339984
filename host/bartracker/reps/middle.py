"""The lifting phase of the bar's middle, where the sensor's distance from it is told: the sensor's own path less what
the bar's tilting and yawing add to it.

The learned axis has no sign. A person gives it: of the axes printed on the sensor the one that lies most along the bar
counts, and the distance is positive where that one points away from the middle.
"""

import numpy as np

from bartracker.motion.rotation import matrix
from bartracker.motion.smoothed_motion import SmoothedMotion
from bartracker.reps.bar_axis import BarAxis, angle_about
from bartracker.reps.context import NumberSettings
from bartracker.reps.measure import Numbers, concentric_path
from bartracker.reps.phases import Phase
from bartracker.samples import FloatArray


def outward_axis(axis: BarAxis, settings: NumberSettings) -> FloatArray | None:
    """The bar's axis (3,) in the sensor frame with the sign that the sensor's own axis along the bar gives it; None
    where the sensor sits so askew that no axis of its own lies along the bar.
    """
    along = float(axis.axis_s[int(np.abs(axis.axis_s).argmax())])
    return None if abs(along) < settings.askew_cosine else axis.axis_s * np.sign(along)


def measure_middle(
    motion: SmoothedMotion,
    phase: Phase,
    axis: BarAxis,
    sensor_from_middle_m: float,
    settings: NumberSettings,
    of_sensor: Numbers,
) -> Numbers:
    """Range, mean velocity, horizontal deviation and drift of the bar's middle within the sensor's own lifting phase.

    sensor_from_middle_m: signed as this module's head says. of_sensor: the same phase's numbers at the sensor.
    """
    outward = outward_axis(axis, settings)
    if outward is None:
        return Numbers({}, {})
    inside = (motion.t_s >= phase.start_s) & (motion.t_s < phase.end_s)
    along_w = matrix(motion.quat_ws[inside]) @ outward
    shift = -sensor_from_middle_m * (along_w - along_w[0])
    _, path, _ = concentric_path(motion, phase)
    aside = np.hypot(*(path + shift)[:, :2].T)
    range_m = phase.range_m + float(shift[-1, 2])
    # The lever turns what is wrong of the bar's attitude into a way.
    turned = float(np.abs(angle_about(motion.quat_ws[inside], axis)).max())
    mistaken = axis.sigma_rad * 2.0 * np.sin(0.5 * min(turned, np.pi))
    lever_sigma_m = abs(sensor_from_middle_m) * float(np.hypot(settings.attitude_sigma_rad, mistaken))
    range_sigma_m = float(np.hypot(of_sensor.sigma["rom_m"], lever_sigma_m))
    mean_sigma_mps = float(np.hypot(of_sensor.sigma["mean_velocity_mps"], lever_sigma_m / phase.duration_s))
    aside_sigma_m = float(np.hypot(of_sensor.sigma["horizontal_drift_m"], lever_sigma_m))
    return Numbers(
        {
            "middle_rom_m": range_m,
            "middle_mean_velocity_mps": range_m / phase.duration_s,
            "middle_horizontal_deviation_m": float(aside.max()),
            "middle_horizontal_drift_m": float(aside[-1]),
        },
        {
            "middle_rom_m": range_sigma_m,
            "middle_mean_velocity_mps": mean_sigma_mps,
            "middle_horizontal_deviation_m": aside_sigma_m,
            "middle_horizontal_drift_m": aside_sigma_m,
        },
    )
