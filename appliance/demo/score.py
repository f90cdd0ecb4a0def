"""Which of a film's alerts are true, where somebody knows who is in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.demo.film import Truth
    from appliance.domain.alert import Alert


@dataclass
class Score:
    """Counts alerts, and for known films the true and the false ones."""

    truth: Truth | None
    began_ns: int = 0
    """The film's first frame, on the clock of `Alert.taken_ns`."""
    true: int = 0
    false: int = 0
    withdrawn_s: float | None = None
    """From the notice of a withdrawal until van and tablets knew."""
    subjects: Counter[str] = field(default_factory=Counter[str], repr=False)
    """Alerts for each reference."""

    def count(self, alert: Alert) -> bool | None:
        """Count an alert; None where nobody knows whether it is true."""
        self.subjects[alert.subject.reference] += 1
        if self.truth is None:
            return None
        seconds = (alert.taken_ns - self.began_ns) / 1e9
        true = self.truth(seconds, alert.place, alert.subject.reference)
        self.true += true
        self.false += not true
        return true
