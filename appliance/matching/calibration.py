"""What a score means: a file per network, from measured false matches to a threshold."""

import importlib
import math
import sys
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


class Calibration(BaseModel):
    """The scores of one encoder and what they mean. Holds for no other encoder."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True
    )

    pack: str
    model_id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The encoder's sha256, as `Pack.model_id` gives it."""
    source: str = Field(min_length=1)
    """Where the figures come from, in words."""
    measured: bool
    """False: taken from what others have published."""
    points: tuple[tuple[Score, Rate], ...]
    """Score and the share of pairs of strangers that reach it, scores ascending."""
    threshold: Score
    """In force where the settings name none."""
    floor: Score
    """No setting may go below it."""
    likely_from: Score
    strong_from: Score

    @model_validator(mode="after")
    def _in_order(self) -> "Calibration":
        for (score, rate), (higher, rarer) in pairwise(self.points):
            if not (score < higher and rate > rarer):
                raise ValueError("a higher score must be rarer among strangers")
        if not self.floor <= self.threshold <= self.likely_from <= self.strong_from:
            raise ValueError("floor, threshold, likely_from and strong_from are not in that order")
        return self

    def band(self, score: float) -> Band:
        """Say in words how near a likeness is."""
        if score >= self.strong_from:
            return Band.STRONG
        return Band.LIKELY if score >= self.likely_from else Band.POSSIBLE

    def false_match_rate(self, score: float) -> float | None:
        """Estimate the share of strangers that reach a score, log-linear between the points.

        Returns:
            None outside the points: nobody has measured there.
        """
        for (low, often), (high, seldom) in pairwise(self.points):
            if low <= score <= high:
                share = (score - low) / (high - low)
                return math.exp((1 - share) * math.log(often) + share * math.log(seldom))
        return None

    def in_force(self, setting: float | None, authority_floor: float) -> float:
        """Choose the threshold: the setting or the default, but never below the authority's.

        Raises:
            SettingsError: the setting lies below the calibration's floor.
        """
        chosen = self.threshold if setting is None else setting
        if not chosen >= self.floor:
            raise SettingsError(
                f"matching.threshold is below {self.floor}, the floor of the pack {self.pack}.",
                mend="Raise it, or leave it out.",
            )
        return max(chosen, authority_floor)


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
