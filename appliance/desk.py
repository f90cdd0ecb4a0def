"""The desk, wired: the networks of the pack, the workers, and the shards they write."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from provisioning.desk.gate import Gate

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console

    from provisioning.desk.merge import Enrolled
    from provisioning.desk.terms import Terms


@dataclass(frozen=True)
class EnrolWishes:
    """What is to be enrolled, and how."""

    source: Path = field(repr=False)
    """A folder of pictures, or a table as CSV."""
    folder: Path
    """Where the shards are written, encrypted; what an earlier try left of this shard is replaced."""
    recipient: str
    """The desk's own one-time recipient for this list (`age1...`)."""
    terms: Terms = field(repr=False)
    """What holds for everybody in a folder; in a table each line says its own."""
    made_at: datetime
    """The desk's time: ages are reckoned from it."""
    pack: str = "auto"
    models: Path | None = None
    gate: Gate = Gate()
    thumbnails: Literal["auto", "large", "medium", "small"] = "auto"
    workers: int | None = None
    """None: one a core."""
    shard: tuple[int, int] = (1, 1)
    """The third of sixteen is (3, 16)."""


def enrol(wishes: EnrolWishes, identity: str, console: Console) -> Enrolled:
    """Enrol everybody on this computer, and gather what came of it.

    Args:
        wishes: What, and how.
        identity: Opens what is encrypted to `wishes.recipient`.
        console: Where progress is shown.

    Raises:
        ApplianceError: the table cannot be read, the networks are not here, or nobody can be used.
    """
    raise NotImplementedError


def enrol_shard(wishes: EnrolWishes, console: Console) -> None:
    """Enrol one shard only, for a job runner: nothing here can open what it writes.

    Raises:
        ApplianceError: as `enrol`.
    """
    raise NotImplementedError


def gather(folder: Path, identity: str) -> Enrolled:
    """Open all shards of a list.

    Raises:
        InputError: one is missing, damaged, or of another list.
    """
    raise NotImplementedError
