"""The course of an alert through its officers' hands: which answer may follow, and who must know.

Of several answers the weightiest stands: a stop (or that there can be none) over a verdict, a no
over a yes. The first of equals stands until it is taken back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from appliance.domain.decision import Engagement, Outcome, Undo, Verdict
from appliance.domain.withdrawal import Why
from appliance.errors import InputError
from appliance.tablets.refusal import Flaw, RefusedError
from appliance.tablets.wire import Withdrawal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.decision import Decision

UNDO: Final = timedelta(seconds=10)
"""For so long an answer may be taken back."""
SLACK: Final = timedelta(seconds=5)
"""A tablet's clock may have been put right in between."""
MOST_ANSWERS: Final = 32
"""Of one tablet to one alert: three times what an officer gives who takes each of them back. No
tablet takes the others' room, and all together fill no disk."""
_MEND = "Reload the tablet's page."


def require_fits(known: Sequence[Decision], new: Decision) -> None:
    """Refuse an answer that cannot follow those that are known.

    Args:
        known: What has been answered to this alert, in order.
        new: Its next answer.

    Raises:
        RefusedError: it takes back what it may not, or is one of too many.
        InputError: it takes back what is not here, or tells of a stop that nobody has made. What
            it speaks of may yet come.
    """
    if sum(one.tablet == new.tablet for one in known) >= MOST_ANSWERS:
        raise _lasting("is one of too many to one alert")
    if isinstance(new.answer, Undo):
        _require_undoable(known, new, new.answer.undoes)
    elif isinstance(new.answer, Outcome) and not _has_stop(known):
        raise _refusal("tells of a stop that nobody has made")


def standing(known: Sequence[Decision]) -> list[Decision]:
    """Give the answers that nobody has taken back."""
    gone = {(one.tablet, one.answer.undoes) for one in known if isinstance(one.answer, Undo)}
    return [
        one
        for one in known
        if not isinstance(one.answer, Undo) and (one.tablet, one.id) not in gone
    ]


def final(known: Sequence[Decision]) -> Verdict | Engagement | None:
    """Give the weightiest of what was made of an alert, and stands; None where nothing does."""
    found = _weightiest(standing(known))
    answer = found.answer if found else None
    return answer if isinstance(answer, Verdict | Engagement) else None


def outcome(known: Sequence[Decision]) -> Outcome | None:
    """Give what stands of how a stop ended: the first that was said."""
    said = (one.answer for one in standing(known))
    return next((answer for answer in said if isinstance(answer, Outcome)), None)


def counted(known: Sequence[Decision]) -> list[str]:
    """Say in words what counts of one alert: at each stage one answer, and each that was undone.

    Of verdicts a no counts more than a yes; of equals the first. What was taken back counts as
    undone alone.

    Args:
        known: What has been answered to it, in order.
    """
    stands = standing(known)
    stages = [
        [one for one in stands if isinstance(one.answer, kind)]
        for kind in (Verdict, Engagement, Outcome)
    ]
    first = [max(stage, key=_weight).word for stage in stages if stage]
    return first + [one.word for one in known if isinstance(one.answer, Undo)]


def following(known: Sequence[Decision], new: Decision) -> list[Withdrawal]:
    """Say what the tablets must hear of an answer.

    Args:
        known: What had been answered to this alert before.
        new: The answer, which fits.
    """
    if isinstance(new.answer, Undo):
        undone = next(one for one in known if _is(one, new.tablet, new.answer.undoes))
        back = _told(undone, Why.UNDONE)
        still = _weightiest(standing([*known, new]))
        # Whoever opens the card again on the first word must close it on the second.
        again = _told(still, Why.DECIDED) if back and still else []
        return back + again
    stood = _weightiest(standing(known))
    heavier = stood is None or _weight(new) > _weight(stood)
    return _told(new, Why.DECIDED) if heavier else []


def again(known: Sequence[Decision], repeated: Decision) -> list[Withdrawal]:
    """Say what the tablets must still hear of an answer that is known already.

    Args:
        known: What has been answered to this alert.
        repeated: One of these.
    """
    if isinstance(repeated.answer, Undo):
        return following(known, repeated)
    stands = _weightiest(standing(known)) is repeated
    return _told(repeated, Why.DECIDED) if stands else []


def _require_undoable(known: Sequence[Decision], new: Decision, undoes: str) -> None:
    undone = next((one for one in known if _is(one, new.tablet, undoes)), None)
    if undone is None:
        raise _refusal("takes back what its tablet has not said")
    if undone not in standing(known):
        raise _lasting("takes back what stands no more")
    if not -SLACK <= new.decided_at - undone.decided_at <= UNDO + SLACK:
        raise _lasting("takes back what stands for too long already")
    left = [one for one in standing([*known, new]) if isinstance(one.answer, Outcome)]
    if left and not _has_stop([*known, new]):
        raise _lasting("takes back a stop of which more is told")


def _has_stop(known: Sequence[Decision]) -> bool:
    """Tell whether somebody was stopped: of nobody else may anything be told, ethnicity least."""
    return any(_stopped(one) for one in standing(known))


def _is(decision: Decision, tablet: str, decision_id: str) -> bool:
    return (decision.tablet, decision.id) == (tablet, decision_id)


def _stopped(decision: Decision) -> bool:
    return isinstance(decision.answer, Engagement) and decision.answer.stopped


def _weightiest(decisions: Sequence[Decision]) -> Decision | None:
    return max(decisions, key=_weight) if any(_weight(one) for one in decisions) else None


def _weight(decision: Decision) -> int:
    if isinstance(decision.answer, Engagement):
        return 3
    weights = {Verdict.NOT_VIABLE: 2, Verdict.VIABLE: 1}
    return weights[decision.answer] if isinstance(decision.answer, Verdict) else 0


def _told(decision: Decision, why: Why) -> list[Withdrawal]:
    """Put it as the tablets hear it; of what became of a stop they hear nothing."""
    answer = decision.answer
    if not isinstance(answer, Verdict | Engagement):
        return []
    return [
        Withdrawal(
            alert_id=decision.alert_id,
            reason=why,
            tablet=decision.tablet,
            decision_id=decision.id,
            answer=answer,
        )
    ]


def _refusal(fault: str) -> InputError:
    return InputError(f"A tablet's answer {fault}.", mend=_MEND)


def _lasting(fault: str) -> RefusedError:
    return RefusedError(f"A tablet's answer {fault}.", Flaw.DOES_NOT_FIT, mend=_MEND)
