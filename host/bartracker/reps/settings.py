"""Parameters of segmentation and of the numbers, each with its unit, range and reason. The definitions themselves are
docs/metrics.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RepSettings:
    """What counts as a phase, a rep and a set.

    Definitions (changing one changes every number; see docs/metrics.md):
    phase_velocity_mps, phase_peak_share: a phase window is where speed exceeds the larger of this and this share of
        its peak.
    bridged_dip_s: shorter dips below that do not end a window.

    Segmentation:
    smallest_movement_m: movements shorter than this are swaying and tremor.
    smallest_range_m: movements shorter than this are steps, unracking or settling (0.08-0.15).
    shortest_lift_s: a shorter rise is a bounce off floor or rack; the fastest partial lifts take 0.2 s.
    slowest_peak_mps: a movement whose peak is slower than this is drift or swaying.
    matching_range: a rep's lowering and lifting are one pair when the smaller range is at least this share of the
        larger.
    returned_share: a bar that has come back by less than this share of its rise is in the catch of a clean or snatch,
        not on its way down.
    pull_peak_mps, catch_within_s: the pull of a clean or snatch is at least this fast, and the fall into the catch
        follows this soon.
    longest_turn_s: a longer halt between two phases separates them.
    partial_share: share of the set's median range below which a rep is partial.
    set_gap_s: a longer time without a rep ends the set; clusters rest up to 30 s.
    pick_up_after_rest_s: a row's first rise starts within this time after the bar lay truly still: the pick-up.
    recent_s: span of past motion smoothed when a rep is announced.
    settle_s: how long the bar must have ended its upward phase before the rep is announced.
    swing_back_share, look_for_s: the recent past is smoothed when online velocity has come back by this share of its
        last swing, and then at every second hop for this long.
    before_set_s: motion kept before the first rep, for the bias learned at rest.
    level_sigma_m: how equal the heights are at which a lifter's reps start and end, 1 sigma.

    Numbers:
    edge_slope_mps2: least steepness assumed where speed crosses a window's threshold; bounds the uncertainty of its
        time.
    """

    phase_velocity_mps: float = 0.03
    phase_peak_share: float = 0.05
    bridged_dip_s: float = 0.1
    smallest_movement_m: float = 0.03
    smallest_range_m: float = 0.10
    shortest_lift_s: float = 0.15
    slowest_peak_mps: float = 0.10
    matching_range: float = 0.6
    returned_share: float = 0.6
    pull_peak_mps: float = 0.9
    catch_within_s: float = 0.4
    longest_turn_s: float = 12.0
    partial_share: float = 0.7
    set_gap_s: float = 45.0
    pick_up_after_rest_s: float = 1.5
    recent_s: float = 15.0
    settle_s: float = 0.12
    swing_back_share: float = 0.6
    look_for_s: float = 0.8
    before_set_s: float = 30.0
    level_sigma_m: float = 0.02
    edge_slope_mps2: float = 0.15
