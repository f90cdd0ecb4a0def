"""From a passing's template to a candidate: exact search, then a rule that needs evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from appliance.domain.candidate import Candidate
from appliance.domain.scores import Scores
from appliance.matching.crowding import Crowding
from appliance.matching.forecast import Wish
from appliance.matching.peaks import Peaks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    import numpy.typing as npt

    from appliance.domain.deployment import Deployment
    from appliance.domain.face import Floats, Ints
    from appliance.domain.watchlist import Watchlist
    from appliance.machine import Gallery
    from appliance.matching.calibration import Calibration
    from appliance.settings import MatchingSettings

NOBODY = -1.0
"""The score of no runner-up: the lowest that a cosine can be."""
NEVER_S = int(np.iinfo(np.int64).max)


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
        self.calibration = calibration
        self.settings = settings
        self.clock = clock
        self.scores: dict[str, Scores] = {}
        """How near strangers came, by deployment; for whoever asks when looking has ended."""
        self._peaks = Peaks()
        self._evidence: dict[int, Evidence] = {}
        self._closed = False
        self.require_fit(watchlist, deployment)
        self._hold(watchlist, deployment)
        gallery.load(watchlist.templates)
        self.require_open()

    def require_fit(self, watchlist: Watchlist, deployment: Deployment) -> float:
        """Refuse a list and an authority that may not be searched under now; from any thread.

        Returns:
            The threshold that would be in force.

        Raises:
            LapsedError: one of the two is not in force.
            TrustError: the authority does not cover the list.
            SettingsError: the threshold that is set lies below a floor.
        """
        now, authority = self.clock(), deployment.authority
        deployment.require_open(now)
        watchlist.require_live(now)
        authority.require_covers(watchlist)
        wish, setting = Wish.of(authority), self.settings.threshold
        return wish.threshold(self.calibration, len(watchlist.owners), setting)

    def _hold(self, watchlist: Watchlist, deployment: Deployment) -> None:
        self.watchlist = watchlist
        self._gone = np.zeros(len(watchlist.subjects), np.bool_)
        """(S,): subjects who can be no candidates any more."""
        self._templates = len(watchlist.owners)
        self._crowding = Crowding(watchlist.templates, watchlist.owners)
        self._next_end_s = int(watchlist.expires.min(initial=NEVER_S))
        self.extend(deployment)

    def extend(self, deployment: Deployment) -> None:
        """Go on with the held list under another word of the force.

        Raises:
            ApplianceError: as `require_fit`; the deployment so far stays.
        """
        self.threshold = self.require_fit(self.watchlist, deployment)
        sure = self.settings.sure_score
        sure = self.calibration.strong_from if sure is None else sure
        self.sure_score = max(self.threshold, sure)
        self.deployment = deployment

    def take(self, watchlist: Watchlist, deployment: Deployment) -> None:
        """Search the list that the gallery has staged from now on, instead of the held one.

        No evidence of the old list counts for the new one. The old one is left as it is.

        Raises:
            ApplianceError: as `require_fit`; the held list stays in force.
            ValueError: the gallery has not staged it whole.
        """
        self.require_fit(watchlist, deployment)
        self.gallery.swap()
        self._evidence.clear()
        self._crowding.erase()
        self._hold(watchlist, deployment)

    def withdraw(self, subjects: Ints) -> None:
        """Take subjects of the held list out: no search finds them any more.

        Args:
            subjects: Their numbers, in any order.
        """
        fresh = subjects[~self._gone[subjects]]
        if not len(fresh):
            return
        self._gone[fresh] = True
        rows = np.flatnonzero(np.isin(self.watchlist.owners, fresh)).astype(np.int32)
        self.gallery.strike(rows)
        self._crowding.strike(rows)
        if self.watchlist.templates.flags.writeable:
            self.watchlist.templates[rows] = 0
        for number in [n for n, e in self._evidence.items() if self._gone[e.subject]]:
            del self._evidence[number]

    def require_open(self) -> None:
        """Refuse to look when the authority or the list is not in force; take out who has ended.

        Raises:
            EndedError: the authority or the list has ended, or contact was lost.
            LapsedError: the authority has not begun, or is for another place.
        """
        now = self.clock()
        self.deployment.require_open(now)
        self.watchlist.require_live(now)
        now_s = now.timestamp()
        if now_s >= self._next_end_s:
            ended = self.watchlist.expires <= now_s
            self.withdraw(np.flatnonzero(ended).astype(np.int32))
            self._next_end_s = int(self.watchlist.expires[~ended].min(initial=NEVER_S))

    def __call__(self, passings: Ints, probes: Floats, quality: Floats) -> list[Candidate | None]:
        """Search each probe, and name a candidate where the evidence suffices.

        Args:
            passings: (P,), numbers of the passings.
            probes: (P, D), rows of length 1.
            quality: (P,), of the newest shot, 0 to 1.
        """
        self.require_open()
        scores, rows = self.gallery.search(probes)
        sound = probes.any(axis=1)  # a spoilt shot is no evidence of anything
        self._peaks.note(passings[sound], scores[sound, 0])  # the cosine, as it was calibrated
        scores, rows = self._allow(scores, rows)
        owners = self.watchlist.owners[rows]
        same = owners == owners[:, :1]
        others = np.where(same | self._gone[owners], NOBODY, scores).max(axis=1)
        candidates = [
            self._weigh(int(passings[i]), int(owners[i, 0]), scores[i, 0], others[i], quality[i])
            for i in range(len(probes))
        ]
        for number, candidate in zip(passings, candidates, strict=True):
            if candidate is not None:
                self._peaks.name(int(number))
        return candidates

    def _allow(self, scores: Floats, rows: Ints) -> tuple[Floats, Ints]:
        """Take off what is allowed for crowded entries, where it may matter; best first again."""
        near = scores >= self.threshold
        if not near.any():
            return scores, rows  # as of nearly everybody: nothing is reckoned for them
        scores[near] -= self._crowding(rows[near])
        order = np.argsort(-scores, axis=1, kind="stable")
        return np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)

    def _weigh(
        self, passing: int, subject: int, score: np.float32, other: np.float32, quality: np.float32
    ) -> Candidate | None:
        if not score >= self.threshold or self._gone[subject]:
            return None  # a threshold may be so low that rows of zeros reach it
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

    def near(self, passings: Ints) -> npt.NDArray[np.bool_]:
        """Tell which passings have been like somebody on a shot, candidates or not yet.

        Args:
            passings: (P,), their numbers.
        """
        return np.array([int(number) in self._evidence for number in passings], np.bool_)

    def forget(self, passings: Iterable[int]) -> None:
        """Drop the evidence of passings that have ended, and count how near they came."""
        for number in passings:
            self._evidence.pop(number, None)
            best = self._peaks.take(number)
            if best is not None:
                held = self.deployment.authority.deployment_id
                self.scores.setdefault(held, Scores()).add(best, self._templates)

    def close(self) -> None:
        """Erase the gallery and everything remembered. A second call does nothing."""
        if not self._closed:
            self._closed = True
            self._evidence.clear()
            self._crowding.erase()
            self.gallery.erase()
            self.watchlist.erase()
