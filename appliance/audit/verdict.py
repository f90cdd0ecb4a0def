"""What an audit of deletion came to: numbers, forms and places, and no face."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from appliance.audit.sieve import Needle


@dataclass
class Verdict:
    """Grows while the audit goes on."""

    planted: int = 0
    """Faces of nobody that have passed."""
    pictures: int = 0
    """In which they were shown, many in each."""
    found_while_in_view: int = 0
    """Of them, those of which something was found in memory before they had passed."""
    seen: Counter[str] = field(default_factory=Counter[str])
    """In view, how many needles of each form were found."""
    left: Counter[str] = field(default_factory=Counter[str])
    """Afterwards, how many of each form at each place."""
    caught: dict[str, bool] = field(default_factory=dict[str, bool])
    """Builds that keep something on purpose: whether it was found."""
    deletion_ms: Mapping[str, float | None] = field(default_factory=dict[str, "float | None"])
    """By the appliance's own measure, from when a passing is decided until it is overwritten."""
    swapped_kb: int = 0
    """Of the appliance's memory, what lay in swap, where nobody can look for a face."""
    core_bytes: int = 0
    """How long a core file may be; -1 for any length."""
    files: int = 0
    """Written by the appliance; every byte was looked through."""
    crashes: int = 0
    """Times that it was killed with faces in view, as by a fault of its own."""
    searches: int = 0
    """Times that its whole memory was looked through."""
    seconds: float = 0.0
    _guilty: set[int] = field(default_factory=set[int], repr=False)

    @property
    def residues(self) -> int:
        """Planted faces, or whole pictures, of which something was found after they had passed."""
        return len(self._guilty)

    @property
    def proven(self) -> bool:
        """Whether all was found in view, nothing afterwards, and each spoilt build caught."""
        whole = self.planted == self.found_while_in_view and not self.residues
        return whole and not self.swapped_kb and not self.core_bytes and all(self.caught.values())

    @property
    def sentence(self) -> str:
        """All of it in a line."""
        if self.proven:
            return (
                f"deletion: 0 residues of {self.planted} passings, each of which was found while "
                "it was in view"
            )
        return (
            f"deletion NOT proven: {self.residues} residues of {self.planted} passings, "
            f"{self.found_while_in_view} found while in view"
        )

    def see(self, found: Iterable[Needle]) -> None:
        """Count what was found while faces were in view."""
        some = [*found]
        self.found_while_in_view += len({one.face for one in some} - {-1})
        self.seen.update(one.form for one in some)

    def blame(self, place: str, found: Iterable[Needle]) -> None:
        """Count what was found though its passing was over."""
        for one in found:
            self.left[f"{one.form} in {place}"] += 1
            self._guilty.add(one.face)

    def document(self) -> dict[str, object]:
        """Write it down, with stable keys."""
        return {
            "planted": self.planted,
            "pictures": self.pictures,
            "found_while_in_view": self.found_while_in_view,
            "residues": self.residues,
            "deletion_ms": dict(self.deletion_ms),
            "spoilt_builds_caught": dict(self.caught),
            "in_view": dict(sorted(self.seen.items())),
            "left": dict(sorted(self.left.items())),
            "swapped_kb": self.swapped_kb,
            "core_bytes": self.core_bytes,
            "files_written": self.files,
            "crashes_in_view": self.crashes,
            "searches_of_memory": self.searches,
            "seconds": round(self.seconds, 1),
            "proven": self.proven,
        }
