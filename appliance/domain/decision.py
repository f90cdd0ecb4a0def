"""A decision: what an officer made of an alert. Only the tablet link builds one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Verdict(str, Enum):
    """What the officer says of the two pictures. The default is the first."""

    NOT_VIABLE = "not_viable"
    VIABLE = "viable"


@dataclass(frozen=True)
class Decision:
    """One officer's answer to one alert."""

    alert_id: str
    officer: str = field(repr=False)
    decided_at: datetime
    verdict: Verdict = Verdict.NOT_VIABLE
