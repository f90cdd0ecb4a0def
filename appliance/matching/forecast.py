"""False alerts foretold before anybody is looked for: threshold, list and faces to be expected.

False matches of one comparison x templates x faces, each face counted as one comparison with every
template. A passing shows several shots, which makes more of it, and mostly needs two of them, which
makes less. The rate is that of strangers within the worst group, as if list and street were all of
that group: rather too many are foretold than too few.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.domain.deployment import Authority
    from appliance.matching.calibration import Calibration, Foretold

ROUND = 1 + 1e-6
"""A rate that went to a score and back has lost this much at most."""
NO_MATCH = 1.0
"""A threshold that no two pictures reach."""


@dataclass(frozen=True)
class Wish:
    """How many false alerts are allowed, among how many faces."""

    faces: int = 1_000
    false_alerts: float = 1.0
    floor: float = -1.0
    """Signed: no alert below it."""

    @classmethod
    def of(cls, authority: Authority) -> Wish:
        """Read what was signed."""
        most = authority.expected_faces, authority.most_false_alerts
        return cls(*most, authority.threshold_floor)

    def threshold(
        self, calibration: Calibration, templates: int, setting: float | None = None
    ) -> float:
        """Choose the threshold for a list: the longer it is, the higher.

        Args:
            calibration: Of the network that the list is made for.
            templates: With how many each face is compared.
            setting: The van's own `matching.threshold`.

        Raises:
            SettingsError: the setting lies below the calibration's floor.
        """
        most_often = self.false_alerts / (self.faces * max(templates, 1))
        return calibration.in_force(setting, self.floor, most_often)


@dataclass(frozen=True)
class Forecast:
    """What a wish and a list come to with one network."""

    pack: str
    group: str | None
    """Whose rate binds; None: everybody's."""
    threshold: float
    templates: int
    wish: Wish
    comparison: Foretold | None
    """Of one comparison at the threshold; None where nobody answers for that."""
    false_alerts: tuple[float, float, float] | None
    """Among the faces, with the interval of 95 % that follows from that of the rate."""

    @property
    def kept(self) -> bool | None:
        """Whether the wish is kept, were all as foretold; None where nobody knows."""
        if self.false_alerts is None:
            return None
        return self.false_alerts[0] <= ROUND * self.wish.false_alerts

    def lines(self) -> list[str]:
        """Say it to whoever is to sign."""
        first = (
            f"With {self.pack} and {self.templates:,} templates the van alerts from "
            f"{self.threshold:.3f} on."
        )
        return [first, *self._foretold()]

    def figures(self) -> tuple[str, str]:
        """Give the number of false alerts and its interval, for a table."""
        if self.false_alerts is None:
            return "-", "-"
        value, low, high = map(_number, self.false_alerts)
        drawn = self.comparison is not None and self.comparison.drawn_on
        return value + "*" * drawn, f"{low} to {high}"

    def _foretold(self) -> list[str]:
        if self.threshold >= NO_MATCH:
            return ["No score is as rare as this list and these faces need: none alerts."]
        if self.comparison is None or self.false_alerts is None:
            return ["How many false alerts that gives is not known: nobody has measured."]
        value, low, high = map(_number, self.false_alerts)
        mean, wished = self.wish.faces / self.false_alerts[0], _number(self.wish.false_alerts)
        drawn = " The rate is drawn on beyond all that was counted." * self.comparison.drawn_on
        bound = f", by the rate within {self.group}, the worst group" if self.group else ""
        told = (
            f"False alerts foretold: {value} among {self.wish.faces:,} faces (95 %: {low} to "
            f"{high}), one in {mean:,.0f}{bound}; wished: {wished} at most.{drawn}"
        )
        return [told]

    def record(self) -> dict[str, Any]:
        """Give it as JSON's own types."""
        return {**asdict(self), "kept": self.kept}


def foresee(
    calibration: Calibration, wish: Wish, templates: int, setting: float | None = None
) -> Forecast:
    """Foretell what a list of so many templates comes to.

    Raises:
        SettingsError: the setting lies below the calibration's floor.
    """
    threshold = wish.threshold(calibration, templates, setting)
    found, alerts = calibration.foretold(threshold), None
    if found is not None:
        value, low, high = (
            wish.faces * -math.expm1(templates * math.log1p(-rate))
            for rate in (found.rate, found.low, found.high)
        )
        alerts = (value, low, high)
    told = calibration.pack, calibration.group
    return Forecast(*told, threshold, templates, wish, found, alerts)


def _number(value: float) -> str:
    """Write a number that may be small, with two figures."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004 - two figures
