"""What a van counts while it looks: for the tablets each second, for the log every ten minutes."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from appliance.domain.decision import Disposal, Engagement, Verdict
from appliance.oversight.figures import Counted
from appliance.tablets import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.domain.tally import Tally
    from appliance.tablets.broker import Link

EVERY_S: Final = 600.0
NUMBERS: Final = (
    "frames", "dropped_frames", "bad_frames", "detections", "faces_seen", "erased", "unencoded",
    "overflow", "alerts",
)  # fmt: skip


class Span:
    """One process that looks under one authority. Only its own thread may call it.

    Args:
        tally: Counts what is seen, and maybe more than this span.
        say: Takes what has been counted.
        clock: Gives the monotonic time in seconds.
    """

    def __init__(
        self,
        tally: Tally,
        say: Callable[[Counted], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tally, self._say, self._clock = tally, say, clock
        self.begin("")

    def begin(self, deployment_id: str) -> None:
        """Count from here on, under this authority."""
        self._deployment_id, self._id = deployment_id, uuid4().hex
        self._before = self._numbers(), self._seen(), self._deleted()
        self._looked_s, self._beat_s = 0.0, self._clock()
        self._due_s = self._beat_s + EVERY_S

    def tend(self, deployment_id: str, *, looking: bool) -> None:
        """Say what was counted, when it is time, or when it is another deployment.

        Args:
            deployment_id: Under which somebody is looked for now.
            looking: Whether every camera has given frames since the last time.
        """
        if deployment_id != self._deployment_id:
            self.end()
            self.begin(deployment_id)
        beat_s = self._clock()
        self._looked_s += (beat_s - self._beat_s) * looking
        self._beat_s = beat_s
        if beat_s >= self._due_s:
            self._due_s = beat_s + EVERY_S
            self._tell(final=False)

    def end(self) -> None:
        """Say what the span came to."""
        self._tell(final=True)

    def _tell(self, *, final: bool) -> None:
        numbers, seen, deleted = self._before
        counted = {
            "deployment_id": self._deployment_id,
            "span": self._id,
            "final": final,
            "looked_s": round(self._looked_s, 1),
            **{name: count - numbers[name] for name, count in self._numbers().items()},
            "seen_to_tablet_ms": dict(self._seen() - seen),
            "deletion_ms": dict(self._deleted() - deleted),
        }
        self._say(Counted.model_validate(counted))

    def _numbers(self) -> dict[str, int]:
        return {name: getattr(self._tally, name) for name in NUMBERS}

    def _seen(self) -> Counter[int]:
        return Counter(self._tally.seen_to_tablet_ms.taken())

    def _deleted(self) -> Counter[int]:
        return Counter(self._tally.deletion_ms.taken())


def misheard(link: Link) -> Counter[str]:
    """Count what went wrong between van and tablets, since the link began."""
    return Counter(unseen=link.unseen, refused=link.refused, unheard=link.unheard)


def told(deployment_id: str | None, tally: Tally, link: Link, before: Counter[str]) -> wire.Tally:
    """Put what was counted as the tablets hear it.

    Args:
        deployment_id: Under which somebody is looked for; None where nobody is.
        tally: What was seen.
        link: Knows alerts and answers.
        before: What the link had misheard before this deployment.
    """
    times_ms = tally.seen_to_tablet_ms.summary()
    return wire.Tally(
        deployment_id=deployment_id,
        faces_seen=tally.faces_seen,
        erased=tally.erased,
        seen_to_tablet_p50_ms=times_ms["p50"],
        seen_to_tablet_p99_ms=times_ms["p99"],
        **(misheard(link) - before),
        **_answered(link.counts(deployment_id or "")),
    )


def _answered(counts: Counter[str]) -> dict[str, int]:
    each = {said.value: counts[said.value] for kind in (Verdict, Engagement) for said in kind}
    outcomes = sum(counts[disposal.value] for disposal in Disposal)
    return {**each, "alerts": counts["alert"], "outcomes": outcomes, "undone": counts["undo"]}
