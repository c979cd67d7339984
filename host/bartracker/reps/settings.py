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
    lesser_share, lesser_peak_share: once the set's full reps are known, partial and failed ones among them may be as
        small as this share of their range, if as fast as this share of their peak; never below lesser_range_m.
    shortest_lift_s: no lift is shorter.
    thrown_times: a rise shorter than this many times its peak velocity over gravity was thrown: a bounce off floor or
        rack. Thrown straight up it would be 1; arms would have to accelerate and brake at more than gravity.
    slowest_peak_mps: a movement whose peak is slower than this is drift or swaying.
    matching_range: a rep's lowering and lifting are one pair when the smaller range is at least this share of the
        larger.
    returned_share: a bar that has come back by less than this share of its rise is in the catch of a clean or snatch,
        not on its way down.
    pull_peak_mps, catch_within_s: the pull of a clean or snatch is at least this fast, and the fall into the catch
        follows this soon.
    pick_up_within_s, pick_up_peak_mps: a lift not told that begins so soon after true rest, and is no faster, may only
        bring the bar to where a row starts. Gripping takes up to 4 s, walking out mostly longer; a pull is faster.
    longest_turn_s: a longer halt between two phases separates them.
    order_range_m: live, the order is not taken before so large a movement: drift makes up to 0.2 m of a walk-out.
    partial_share: share of the set's median range below which a rep is partial.
    failed_peak_share: a short lift slower than this share of the usual peak velocity has failed; one that was cut short
        on purpose is nearly as fast as the others.
    set_gap_s: a longer time without a rep ends the set; clusters rest up to 30 s.
    longest_hold_s: the same while the bar is still up after a lift and has not lain still since (60-300).
    recent_s: span of past motion smoothed when a rep is announced.
    settle_s: how long the bar must have ended its upward phase before the rep is announced.
    swing_back_share, look_for_s: the recent past is smoothed when online velocity has come back by this share of its
        last swing, and then at every second hop for this long.
    hold_s, hold_spread_mps: a hold is quiet for so long: velocity varies by less than this.
    hold_beside_mps, hold_share: the lift it borders is faster than this, and the hold slower than this share of it; a
        slow lift is as quiet as a hold.
    hold_sigma_mps: how fast a held bar moves, 1 sigma.
    before_set_s: motion kept before the first rep, for the bias learned at rest.
    rest_noise_times, rest_floor_share: the bar lies still where its sensor's spread is below so many times that of its
        quietest rests, of which this share is quieter (1.5-4; 0.05-0.3).
    rest_windows: fewer moments of rest show no noise yet (5-50).
    level_sigma_m: how equal the heights are at which a lifter's reps start and end, 1 sigma.
    unsure_range_m, lock_out_sigma_m: live, a lift from below whose range is less sure than the first is held to have
        ended where the set's full reps did, within the second (1 sigma).

    Numbers:
    edge_slope_mps2: least steepness assumed where speed crosses a window's threshold; bounds the uncertainty of its
        time.
    bound_share: part of a sampling period by which a bound, interpolated between samples, is off, 1 sigma (0.1-0.3).
    level_evidence, least_doubt: how equal the heights of a set's lock-outs or starts come out says how far motion's
        uncertainty of heights may be believed; what motion states counts as much as so many of them, and of it no less
        than this part is kept.
    """

    phase_velocity_mps: float = 0.03
    phase_peak_share: float = 0.05
    bridged_dip_s: float = 0.1
    smallest_movement_m: float = 0.03
    smallest_range_m: float = 0.10
    lesser_range_m: float = 0.05
    lesser_share: float = 0.2
    lesser_peak_share: float = 0.3
    shortest_lift_s: float = 0.12
    thrown_times: float = 1.5
    slowest_peak_mps: float = 0.07
    matching_range: float = 0.6
    returned_share: float = 0.6
    pull_peak_mps: float = 0.9
    catch_within_s: float = 0.4
    pick_up_within_s: float = 5.0
    pick_up_peak_mps: float = 1.2
    longest_turn_s: float = 12.0
    order_range_m: float = 0.25
    partial_share: float = 0.7
    failed_peak_share: float = 0.6
    set_gap_s: float = 45.0
    longest_hold_s: float = 120.0
    recent_s: float = 15.0
    settle_s: float = 0.12
    swing_back_share: float = 0.6
    look_for_s: float = 0.8
    hold_s: float = 0.2
    hold_spread_mps: float = 0.04
    hold_beside_mps: float = 0.3
    hold_share: float = 0.25
    hold_sigma_mps: float = 0.05
    before_set_s: float = 30.0
    rest_noise_times: float = 2.5
    rest_floor_share: float = 0.1
    rest_windows: int = 10
    level_sigma_m: float = 0.02
    unsure_range_m: float = 0.04
    lock_out_sigma_m: float = 0.03
    edge_slope_mps2: float = 0.15
    bound_share: float = 0.2
    level_evidence: float = 1.0
    least_doubt: float = 0.3
