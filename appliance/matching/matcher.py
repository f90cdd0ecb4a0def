"""From a passing's template to a candidate: exact search, then a rule that needs evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.domain.candidate import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from appliance.domain.deployment import Deployment
    from appliance.domain.face import Floats, Ints
    from appliance.domain.watchlist import Watchlist
    from appliance.machine import Gallery
    from appliance.matching.calibration import Calibration
    from appliance.settings import MatchingSettings

NOBODY = -1.0
"""The score of no runner-up: the lowest that a cosine can be."""


@dataclass
class Evidence:
    """On how many shots a passing pointed to one subject."""

    subject: int
    hits: int = 0


class Match:
    """Templates in, candidates out. Cannot be made without an open deployment.

    Raises:
        LapsedError: the authority or the list is not in force.
        TrustError: the authority does not cover the list.
        SettingsError: the threshold that is set lies below a floor.
    """

    def __init__(
        self,
        gallery: Gallery,
        watchlist: Watchlist,
        deployment: Deployment,
        calibration: Calibration,
        settings: MatchingSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self.gallery = gallery
        self.watchlist = watchlist
        self.deployment = deployment
        self.calibration = calibration
        self.settings = settings
        self.clock = clock
        self._evidence: dict[int, Evidence] = {}
        deployment.authority.require_covers(watchlist)
        floor = deployment.authority.threshold_floor
        self.threshold = calibration.in_force(settings.threshold, floor)
        sure = settings.sure_score
        self.sure_score = max(self.threshold, calibration.strong_from if sure is None else sure)
        self.require_open()
        gallery.load(watchlist.templates)

    def require_open(self) -> None:
        """Refuse to look when the authority or the list is not in force.

        Raises:
            LapsedError: which of the two, and what to do.
        """
        now = self.clock()
        self.deployment.require_open(now)
        self.watchlist.require_live(now)

    def __call__(self, passings: Ints, probes: Floats, quality: Floats) -> list[Candidate | None]:
        """Search each probe, and name a candidate where the evidence suffices.

        Args:
            passings: (P,), numbers of the passings.
            probes: (P, D), rows of length 1.
            quality: (P,), of the newest shot, 0 to 1.
        """
        self.require_open()
        scores, rows = self.gallery.search(probes)
        owners = self.watchlist.owners[rows]
        others = np.where(owners == owners[:, :1], NOBODY, scores).max(axis=1)
        return [
            self._weigh(int(passings[i]), int(owners[i, 0]), scores[i, 0], others[i], quality[i])
            for i in range(len(probes))
        ]

    def _weigh(
        self, passing: int, subject: int, score: np.float32, other: np.float32, quality: np.float32
    ) -> Candidate | None:
        if not score >= self.threshold or self._ended(subject):
            return None
        evidence = self._evidence.get(passing)
        if evidence is None or evidence.subject != subject:
            evidence = self._evidence[passing] = Evidence(subject)
        evidence.hits += 1
        settings = self.settings
        sure = score >= self.sure_score and quality >= settings.sure_quality
        if evidence.hits < settings.hits and not sure:
            return None
        band = self.calibration.band(float(score))
        return Candidate(subject, float(score), float(other), band, self.threshold)

    def _ended(self, subject: int) -> bool:
        return bool(self.clock().timestamp() >= self.watchlist.expires[subject])

    def forget(self, passings: Iterable[int]) -> None:
        """Drop the evidence of passings that have ended."""
        for number in passings:
            self._evidence.pop(number, None)

    def close(self) -> None:
        """Erase the gallery and everything remembered."""
        self._evidence.clear()
        self.watchlist.erase()
        self.gallery.erase()
