"""The desk's memory of whom it took off, by marks that only the force's key can make again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from appliance.domain.watchlist import Line, Part
from appliance.domain.withdrawal import Commitment
from appliance.errors import InputError
from provisioning import disk

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

FILE_BYTES = 64 << 20


class Mark(Part):
    """That somebody was taken off, and perhaps why they may be listed again."""

    withdrawn_at: AwareDatetime
    reinstated_at: AwareDatetime | None = None
    reason: Line | None = Field(default=None, repr=False)


MARKS = TypeAdapter(dict[Commitment, Mark])


class Marks:
    """Whoever was taken off stays off until somebody gives a reason.

    Args:
        file: Where it is written down.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def withdraw(self, mark: bytes, at: datetime) -> None:
        """Remember that somebody was taken off."""
        self._save({**self._all(), mark.hex(): Mark(withdrawn_at=at)})

    def reinstate(self, mark: bytes, at: datetime, reason: str) -> None:
        """Let somebody be listed again.

        Raises:
            InputError: the reason is no line of text.
        """
        held = self._all()
        if mark.hex() in held:
            try:
                new = Mark(
                    withdrawn_at=held[mark.hex()].withdrawn_at, reinstated_at=at, reason=reason
                )
            except ValidationError:
                raise InputError("The reason is no line of text.", mend="Say why.") from None
            self._save({**held, mark.hex(): new})

    def barred(self) -> frozenset[bytes]:
        """Give the marks of those who may not be listed."""
        return frozenset(
            bytes.fromhex(mark) for mark, one in self._all().items() if one.reinstated_at is None
        )

    def _all(self) -> dict[str, Mark]:
        if not self._file.exists():
            return {}
        try:
            return MARKS.validate_json(disk.read(self._file, FILE_BYTES))
        except ValidationError:
            raise InputError(
                f"{self._file.name} is damaged.", mend="Restore the desk's folder."
            ) from None

    def _save(self, marks: dict[str, Mark]) -> None:
        disk.write(self._file, MARKS.dump_json(marks))
