"""What a quality measure is worth: false non-matches among what is left when the worst is refused.

An error versus reject curve (ISO/IEC 29794-1; Grother and Tabassi 2007): probes are put in the
order of a measure, and a share of them is refused from its lower end. Failures to acquire are
refused first of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.evaluation.degradation import compared

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from appliance.evaluation.degradation import Bench, Compared
    from appliance.evaluation.resample import Estimate
    from appliance.evaluation.sightings import Sightings

    Reals = npt.NDArray[np.floating]

SHARES = (0.0, 0.05, 0.1, 0.2, 0.3)


@dataclass(frozen=True)
class Rejected:
    """How a measure ranks."""

    measure: str
    fnmr: tuple[Estimate, ...]
    """By SHARES: of the probes that are left."""


def reject(bench: Bench, sights: Sightings, measures: Mapping[str, Reals]) -> tuple[Rejected, ...]:
    """Refuse the worst probes by each measure.

    Args:
        bench: What is compared with.
        sights: (P,), spoilt.
        measures: Of each sight by the measure's name: (P,), more is better.
    """
    of = compared(bench, sights)
    tried = np.flatnonzero((of.mated > 0) & bench.plain.acquired)
    return tuple(
        Rejected(name, tuple(_fnmr(bench, kept, of) for kept in _kept(tried, values, sights)))
        for name, values in measures.items()
    )


def _kept(
    tried: npt.NDArray[np.intp], values: Reals, sights: Sightings
) -> list[npt.NDArray[np.intp]]:
    ranked = np.where(sights.found, np.nan_to_num(values, nan=-np.inf), -np.inf)[tried]
    order = tried[np.argsort(ranked, kind="stable")]
    return [order[round(share * len(order)) :] for share in SHARES]


def _fnmr(bench: Bench, kept: npt.NDArray[np.intp], of: Compared) -> Estimate:
    owners, subjects = bench.plain.owners[kept], bench.plain.subjects
    counts = (of.mated[kept] - of.matched[kept], of.mated[kept])
    return bench.drawn.share(*(np.bincount(owners, one, subjects) for one in counts)).estimate()
