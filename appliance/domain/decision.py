"""A decision: what officers made of an alert. Only the tablet link builds one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime


class Verdict(str, Enum):
    """What an operator says of the two pictures. The default is the first."""

    NOT_VIABLE = "not_viable"
    VIABLE = "viable"


class Engagement(str, Enum):
    """What came of it when an officer went to speak to the person."""

    SAME_PERSON = "same_person"
    NOT_THE_PERSON = "not_the_person"
    LOST = "lost"
    NO_LONGER_WANTED = "no_longer_wanted"
    """It was the person, and the entry should not have been on the list any more."""

    @property
    def stopped(self) -> bool:
        """Whether somebody was stopped, so that there is an outcome to record."""
        return self is not Engagement.LOST


class Disposal(str, Enum):
    """How the stop ended."""

    ARREST = "arrest"
    OTHER_DISPOSAL = "other_disposal"
    NO_ACTION = "no_action"


class Ethnicity(str, Enum):
    """As the officer records it for a person who was stopped, and for nobody else.

    The headings of PACE Code A, Annex B, as the record of a stop has them.
    """

    WHITE = "white"
    MIXED = "mixed"
    ASIAN = "asian"
    BLACK = "black"
    OTHER = "other"
    NOT_STATED = "not_stated"


@dataclass(frozen=True)
class Outcome:
    """What became of a person who was stopped."""

    disposal: Disposal
    minutes: int
    """How long the person was held up, about."""
    force_used: bool
    leaflet_given: bool
    ethnicity: Ethnicity | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Undo:
    """An earlier decision is taken back."""

    undoes: str
    """Its id."""


Answer: TypeAlias = Verdict | Engagement | Outcome | Undo


@dataclass(frozen=True)
class Decision:
    """One officer's answer to one alert."""

    alert_id: str
    officer: str = field(repr=False)
    decided_at: datetime
    answer: Answer = Verdict.NOT_VIABLE
    id: str = ""
    tablet: str = ""
    event: bytes = field(default=b"", repr=False)
    """The tablet's signed word, exactly as it came: for whoever has to prove it."""

    @property
    def word(self) -> str:
        """The answer in one word, to count and to log."""
        answer = self.answer
        if isinstance(answer, Outcome):
            return answer.disposal.value
        return "undo" if isinstance(answer, Undo) else answer.value
