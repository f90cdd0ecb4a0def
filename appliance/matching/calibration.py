"""What a score means: a file per network, from measured false matches to a threshold."""

import importlib
import math
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from appliance.domain.candidate import Band
from appliance.errors import SettingsError

toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

MEND = "Put the file that belongs to this network there: no calibration, no start."

Score = Annotated[float, Field(ge=-1, le=1)]
Rate = Annotated[float, Field(gt=0, lt=1)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class Foretold:
    """How often one comparison of strangers reaches a score."""

    rate: float
    low: float
    high: float
    """95 %; both the rate itself where nobody has reckoned them."""
    drawn_on: bool
    """Whether the score is above all that was counted."""


class Calibration(BaseModel):
    """The scores of one encoder and what they mean. Holds for no other encoder."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )

    pack: str
    model_id: Sha256
    """The encoder's sha256, as `Pack.model_id` gives it."""
    preprocessing: Sha256
    """Of what makes a picture into what the encoder is fed, as `Pack.preprocessing` gives it."""
    source: str = Field(min_length=1)
    """Where the figures come from, in words."""
    measured: bool
    """False: taken from what others have published."""
    points: tuple[tuple[Score, Rate], ...]
    """Score and the share of pairs of strangers that reach it, scores ascending."""
    intervals: tuple[tuple[Rate, Rate], ...] = ()
    """95 % of each point's rate; none where nobody has reckoned them."""
    counted_to: Score | None = None
    """Points above it were not counted but drawn on; None: all were counted."""
    group: str | None = None
    """Within which declared group, the worst, the pairs are; None: of everybody."""
    threshold: Score
    """In force where neither the settings nor the length of the list ask for more."""
    floor: Score
    """No setting may go below it."""
    likely_from: Score
    strong_from: Score

    @model_validator(mode="after")
    def _in_order(self) -> "Calibration":
        for (score, rate), (higher, rarer) in pairwise(self.points):
            if not (score < higher and rate > rarer):
                raise ValueError("a higher score must be rarer among strangers")
        if self.intervals and len(self.intervals) != len(self.points):
            raise ValueError("each point has an interval, or none has")
        for (_, rate), (low, high) in zip(self.points, self.intervals, strict=False):
            if not low <= rate <= high:
                raise ValueError("a rate lies outside its interval")
        if not self.floor <= self.threshold <= self.likely_from <= self.strong_from:
            raise ValueError("floor, threshold, likely_from and strong_from are not in that order")
        return self

    def band(self, score: float) -> Band:
        """Say in words how near a likeness is."""
        if score >= self.strong_from:
            return Band.STRONG
        return Band.LIKELY if score >= self.likely_from else Band.POSSIBLE

    def foretold(self, score: float) -> Foretold | None:
        """Say how often strangers reach a score, on a straight line of logarithms between points.

        Returns:
            None outside the points: nobody answers for that.
        """
        spans = self.intervals or tuple((rate, rate) for _, rate in self.points)
        known = [(at, rate, *span) for (at, rate), span in zip(self.points, spans, strict=True)]
        for (low, *often), (high, *seldom) in pairwise(known):
            if low <= score <= high:
                share = (score - low) / (high - low)
                rate, least, most = (
                    math.exp((1 - share) * math.log(one) + share * math.log(other))
                    for one, other in zip(often, seldom, strict=True)
                )
                drawn_on = self.counted_to is not None and score > self.counted_to
                return Foretold(rate, least, most, drawn_on)
        return None

    def false_match_rate(self, score: float) -> float | None:
        """Say the rate alone; None outside the points."""
        found = self.foretold(score)
        return found.rate if found else None

    def score_of(self, rate: float) -> float | None:
        """Give the lowest score that strangers reach no oftener than so, 1 at most.

        Above the last point it is on the line of the last two, which mostly falls too slowly.

        Returns:
            None where nobody knows how often any score is reached.
        """
        if len(self.points) < 2:  # noqa: PLR2004 - a line has two points
            return None
        if rate >= self.points[0][1]:
            return self.points[0][0]
        spans = [*pairwise(self.points)]
        (low, often), (high, seldom) = next(
            (span for span in spans if span[1][1] <= rate), spans[-1]
        )
        share = math.log(often / rate) / math.log(often / seldom)
        return min(low + share * (high - low), 1.0)

    def in_force(
        self, setting: float | None, authority_floor: float, rate: float | None = None
    ) -> float:
        """Choose the threshold: the highest of what setting, authority and list ask for.

        Args:
            setting: In place of the calibration's own threshold; None: that one.
            authority_floor: Signed.
            rate: As often at most may one comparison of strangers reach it; the longer the list,
                the more seldom. Where nobody knows how often any score is reached, it asks nothing.

        Raises:
            SettingsError: the setting lies below the calibration's floor.
        """
        chosen = self.threshold if setting is None else setting
        if not chosen >= self.floor:
            raise SettingsError(
                f"matching.threshold is below {self.floor}, the floor of the pack {self.pack}.",
                mend="Raise it, or leave it out.",
            )
        seldom = None if rate is None else self.score_of(rate)
        return max(chosen, authority_floor, -1.0 if seldom is None else seldom)


def load_calibration(path: Path, model_id: str) -> Calibration:
    """Read the calibration of the encoder in force.

    Raises:
        SettingsError: there is none, it is not sound, or it is for another encoder.
    """
    try:
        calibration = Calibration.model_validate(toml.loads(path.read_text("utf-8")))
    except OSError as error:
        raise SettingsError(f"The calibration {path} cannot be read.", mend=MEND) from error
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"]) or "order"
        raise SettingsError(f"The calibration {path} is wrong at {field}.", mend=MEND) from error
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"The calibration {path} is not TOML.", mend=MEND) from error
    if calibration.model_id != model_id:
        raise SettingsError(f"The calibration {path} is for another network.", mend=MEND)
    return calibration
