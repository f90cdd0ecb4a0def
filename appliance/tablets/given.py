"""What an officer says of an alert, as it stands in a message: four kinds of answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from appliance.domain.decision import Disposal, Engagement, Ethnicity, Outcome, Undo, Verdict
from appliance.tablets.envelope import Id, Message, Time, Words

LONGEST_STOP_MIN = 1440


class VerdictGiven(Message):
    """The operator's answer. Silence on the verdict is never a yes."""

    stage: Literal["verdict"]
    verdict: Verdict = Verdict.NOT_VIABLE

    @property
    def said(self) -> Verdict:
        """The answer in the domain's own words."""
        return self.verdict


class EngagementGiven(Message):
    """The answer of the officer who went to speak to the person."""

    stage: Literal["engagement"]
    engagement: Engagement

    @property
    def said(self) -> Engagement:
        """The answer in the domain's own words."""
        return self.engagement


class OutcomeGiven(Message):
    """What became of a person who was stopped."""

    stage: Literal["outcome"]
    disposal: Disposal
    minutes: int = Field(ge=0, le=LONGEST_STOP_MIN)
    force_used: bool
    leaflet_given: bool
    ethnicity: Ethnicity | None = Field(default=None, repr=False)

    @property
    def said(self) -> Outcome:
        """The answer in the domain's own words."""
        return Outcome(
            self.disposal, self.minutes, self.force_used, self.leaflet_given, self.ethnicity
        )


class UndoGiven(Message):
    """An earlier decision of this tablet is taken back."""

    stage: Literal["undo"]
    undoes: Id

    @property
    def said(self) -> Undo:
        """The answer in the domain's own words."""
        return Undo(self.undoes)


class Answer(Message):
    """What an officer made of an alert."""

    alert_id: Id
    officer: Words = Field(repr=False)
    decided_at: Time
    answer: VerdictGiven | EngagementGiven | OutcomeGiven | UndoGiven = Field(discriminator="stage")
