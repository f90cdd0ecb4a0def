"""What the appliance asks the child that opens lists, and what that answers: one line of JSON each.

After the answer's line come the commitments of all that is taken back, as they are: a JSON of
thousands of lines would keep the thread that looks waiting.
"""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 -- pydantic reads it
from typing import Final, Literal

from pydantic import AwareDatetime, Field

from appliance.domain.deployment import Authority  # noqa: TC001 -- pydantic reads it
from appliance.domain.ending import End, EndedError
from appliance.domain.watchlist import MAX_SUBJECTS, Part, Reference
from appliance.errors import (
    ApplianceError,
    InputError,
    LapsedError,
    MachineError,
    SettingsError,
    TrustError,
)

FAMILIES: Final[dict[str, type[ApplianceError]]] = {
    family.__name__: family
    for family in (SettingsError, MachineError, TrustError, LapsedError, InputError)
}
LINE_BYTES: Final = 4 * 1024 * 1024
"""More than the longest answer."""
MAX_REVOKED: Final = 10_000


class Request(Part):
    """What the child is to do, on its standard input; it stays open until the memory is locked."""

    parent: int
    memory: int
    """The descriptor of the memory that the list comes into."""
    folder: Path
    keyring: Path
    root: Path
    van: str
    model_id: str
    held_sha256: str
    """Which bundle the appliance holds already; that one is not opened again."""
    wall: AwareDatetime
    cpus: tuple[int, ...] = ()


class Refusal(Part):
    """One of our errors, on its way to the parent."""

    family: Literal["SettingsError", "MachineError", "TrustError", "LapsedError", "InputError"]
    what: str
    mend: str
    end: End | None = None

    @classmethod
    def of(cls, error: ApplianceError) -> Refusal:
        """Take an error apart; of one that is more exact, the family is told."""
        family = next(name for name, kind in FAMILIES.items() if isinstance(error, kind))
        end = error.end if isinstance(error, EndedError) else None
        return cls.model_validate(
            {"family": family, "what": str(error), "mend": error.mend, "end": end}
        )

    def error(self) -> ApplianceError:
        """Put the error together again."""
        if self.end is not None:
            return EndedError(self.end)
        return FAMILIES[self.family](self.what, mend=self.mend)


class Found(Part):
    """Which list is in force."""

    generation: str
    authority: Authority
    bundle_sha256: str
    key_id: str
    valid_until: AwareDatetime
    opened: bool
    """Whether it lies in the memory; the one that is held already does not."""
    refused: str = ""
    """Why this is not the newest one."""


class Answer(Part):
    """What became of it."""

    found: Found | None = None
    refusal: Refusal | None = None
    withdrawn: int = Field(default=0, ge=0, le=MAX_SUBJECTS)
    """How many commitments follow."""
    revoked: tuple[Reference, ...] = Field(default=(), max_length=MAX_REVOKED)
    """Authorities that are taken back; told with a refusal, too."""
