"""Who is on a list, in numbers: what the log and the public may know of it."""

from __future__ import annotations

from collections import Counter
from datetime import timezone
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.oversight.entries import Listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.watchlist import Ground, Watchlist

PLACES: Final = (0, 25, 50, 75, 100)


def listed(watchlist: Watchlist, bundle_sha256: str) -> Listed:
    """Count a list; each entry is read once, and nothing of it is held.

    Args:
        watchlist: The list.
        bundle_sha256: Of the file that it came in.
    """
    day = watchlist.head.made_at.astimezone(timezone.utc).date()
    grounds: Counter[Ground] = Counter()
    under_18 = overrides = images = 0
    ages: list[int] = []
    gauged = watchlist.head.pictures
    for subject in watchlist.subjects:
        grounds[subject.ground] += 1
        under_18 += subject.under_age(day)
        overrides += subject.ground_override is not None
        images += len(subject.images)
        # A picture may bear the desk's day, which begins before that of UTC.
        ages += [max(0, (day - image.taken_on).days) for image in subject.images if image.taken_on]
    return Listed(
        watchlist_id=watchlist.id,
        bundle=bundle_sha256,
        subjects=len(watchlist.subjects),
        grounds=dict(grounds),
        under_18=under_18,
        overrides=overrides,
        images=images,
        undated=images - len(ages),
        taken_days_ago=_spread(ages),
        quality=(gauged.quality or ()) if gauged else (),
        refused_images=gauged.refused if gauged else None,
    )


def _spread(values: Sequence[int]) -> tuple[int, ...]:
    if not values:
        return ()
    return tuple(np.percentile(values, PLACES, method="inverted_cdf").tolist())
