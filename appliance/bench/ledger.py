"""What the bench counts beside the tally."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from appliance.domain.tally import Tally

if TYPE_CHECKING:
    from appliance.domain.passing import Passing


@dataclass
class Ledger(Tally):
    """A tally that counts every passing, good enough to encode or not."""

    passings: int = 0
    sights: int = 0
    """Detections that belong to a passing."""

    @override
    def settle(self, passing: Passing, erased_ms: float) -> None:
        super().settle(passing, erased_ms)
        self.passings += 1
        self.sights += passing.sights
