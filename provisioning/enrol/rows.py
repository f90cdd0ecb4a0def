"""What the desk says of each picture and each person: the rows of its report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

UNUSABLE = "No picture can be used."
"""Said once of a person, after what is wrong with each picture."""

Verdict = Literal["taken", "refused", "review", "quarantined"]


@dataclass(frozen=True)
class Row:
    """One picture of one person, or a person as a whole where `picture` is empty."""

    reference: str = field(repr=False)
    """Whose; empty where a line of the table could not be read at all."""
    picture: str = field(repr=False)
    """The file's name, for the desk's eyes only; empty: the person as a whole."""
    verdict: Verdict
    reason: str = field(default="", repr=False)
    """In plain words, with the measured number; of a picture that was taken, what to know of it."""
    mend: str = ""
    measures: Mapping[str, float] = field(default_factory=dict, repr=False)
    """What the gate measured: its names are those of `gate.MEASURES`."""
    thumbnail: bytes = field(default=b"", repr=False)
    """JPEG; empty where no face was found."""
    line: int | None = None
    """Of the table."""
    kind: str = field(default="", repr=False)
    """The sentence under which a refusal is counted; empty: the reason itself."""

    def judged(self, verdict: Verdict, reason: str, mend: str, kind: str = "") -> Row:
        """Say something else of the same picture."""
        return replace(self, verdict=verdict, reason=reason, mend=mend, kind=kind)
