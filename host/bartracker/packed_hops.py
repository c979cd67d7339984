"""Hops on their way to another process."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bartracker.samples import BoolArray, FloatArray, IntArray
from bartracker.timebase import Hop


@dataclass(frozen=True, slots=True)
class PackedHops:
    """Hops as a few long arrays, to be handed to another process: thousands of short ones are slow to pickle, and
    nothing else runs meanwhile. lengths, period_s, starts_segment: (M,), one a hop.
    """

    lengths: IntArray
    period_s: FloatArray
    starts_segment: BoolArray
    sample_index: IntArray
    t_s: FloatArray
    acc_mps2: FloatArray
    gyr_radps: FloatArray
    lost: BoolArray
    acc_clipped: BoolArray
    gyr_clipped: BoolArray

    @staticmethod
    def of(hops: Sequence[Hop]) -> "PackedHops":
        """Of at least one hop."""
        return PackedHops(
            lengths=np.array([len(hop) for hop in hops]),
            period_s=np.array([hop.period_s for hop in hops]),
            starts_segment=np.array([hop.starts_segment for hop in hops]),
            sample_index=np.concatenate([hop.sample_index for hop in hops]),
            t_s=np.concatenate([hop.t_s for hop in hops]),
            acc_mps2=np.concatenate([hop.acc_mps2 for hop in hops]),
            gyr_radps=np.concatenate([hop.gyr_radps for hop in hops]),
            lost=np.concatenate([hop.lost for hop in hops]),
            acc_clipped=np.concatenate([hop.acc_clipped for hop in hops]),
            gyr_clipped=np.concatenate([hop.gyr_clipped for hop in hops]),
        )

    def hops(self) -> list[Hop]:
        """The hops as they were."""
        ends = np.cumsum(self.lengths).tolist()
        places = [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        return [
            Hop(
                sample_index=self.sample_index[place],
                t_s=self.t_s[place],
                period_s=period_s,
                acc_mps2=self.acc_mps2[place],
                gyr_radps=self.gyr_radps[place],
                lost=self.lost[place],
                acc_clipped=self.acc_clipped[place],
                gyr_clipped=self.gyr_clipped[place],
                starts_segment=starts,
            )
            for place, period_s, starts in zip(
                places, self.period_s.tolist(), self.starts_segment.tolist(), strict=True
            )
        ]
