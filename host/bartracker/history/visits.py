"""Sets grouped into visits: what of them tells of strength, the best full rep at each load. Pure."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bartracker.history.tables import SetTable
from bartracker.samples import FloatArray, IntArray

DAY_S: Final = 86400.0
UNSTATED_SIGMA_MPS: Final = 0.03
"""Where a device states no uncertainty: what good ones are off by (Renner 2024: 0.01-0.04 m/s)."""


@dataclass(frozen=True, slots=True)
class Visits:
    """The best full rep at each load of each visit, in order of time. day (V,): days since 1970; session_id (V,);
    first (V + 1,): where each visit's points begin in load_kg, velocity_mps, sigma_mps (P,).
    """

    day: FloatArray
    session_id: IntArray
    first: IntArray
    load_kg: FloatArray
    velocity_mps: FloatArray
    sigma_mps: FloatArray

    def __len__(self) -> int:
        return len(self.day)


def visits_of(table: SetTable) -> Visits:
    """Group sets into visits; sets without load, velocity or uncertainty are left out."""
    good = (table.load_kg > 0) & np.isfinite(table.best_mean_velocity_mps) & (table.full_reps > 0)
    index = np.flatnonzero(good)
    start = _visit_start(table.session_id[index], table.started_s[index])
    order = np.lexsort((-table.best_mean_velocity_mps[index], table.load_kg[index], table.session_id[index], start))
    index, start = index[order], start[order]
    session, load = table.session_id[index], table.load_kg[index]
    new_visit = np.append(True, session[1:] != session[:-1])[: len(index)]
    new_load = new_visit | np.append(True, load[1:] != load[:-1])[: len(index)]
    kept = np.flatnonzero(new_load)
    sigma = table.best_sigma_mps[index[kept]]
    begins = np.flatnonzero(new_visit[kept])
    return Visits(
        day=start[kept][begins] / DAY_S,
        session_id=session[kept][begins],
        first=np.append(begins, len(kept)).astype(np.int64),
        load_kg=load[kept],
        velocity_mps=table.best_mean_velocity_mps[index[kept]],
        sigma_mps=np.where(np.isfinite(sigma) & (sigma > 0), sigma, UNSTATED_SIGMA_MPS),
    )


def _visit_start(session: IntArray, started_s: FloatArray) -> FloatArray:
    """Earliest start of each set's session (N,)."""
    _, place = np.unique(session, return_inverse=True)
    first = np.full(int(place.max(initial=-1)) + 1, np.inf)
    np.minimum.at(first, place, started_s)
    return first[place]
