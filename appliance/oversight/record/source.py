"""From a log that is whole to the record of a deployment; nothing is told of one that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import InputError
from appliance.oversight import merkle
from appliance.oversight.record.gather import Stories
from appliance.oversight.record.make import make
from appliance.oversight.record.record import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from appliance.oversight.proof import Proof
    from appliance.oversight.record.gather import Story
    from appliance.oversight.record.record import Record


def draw(
    proof: Proof,
    deployment_id: str | None = None,
    size: int | None = None,
    follow: Callable[[Iterator[bytes]], Iterable[bytes]] = iter,
) -> Record:
    """Make the record of a deployment from a log, all of which is looked through.

    Whoever has the same log gets the same record, bit by bit.

    Args:
        proof: The log.
        deployment_id: None for the one that was opened last.
        size: Make it of so many entries, as when the log was no longer; None for all.
        follow: Sees each entry go by, to tell how far it is.

    Raises:
        TrustError: the log is not whole.
        InputError: nothing stands in it of this deployment, the log is shorter, or no deployment
            can have been as it says.
    """
    stories, edge = Stories(), merkle.Edge()
    wanted = proof.checkpoint.size if size is None else size
    stories.take(_first(follow(proof.entries()), wanted, edge))
    if edge.size < wanted:
        raise InputError(
            f"The log has only {edge.size} entries.", mend="Say --size as the record prints it."
        )
    names = list(stories.known)
    chosen = deployment_id or (names[-1] if names else "")
    if chosen not in stories.known or stories.last_at is None:
        raise InputError(
            f"Nothing stands in the log of {chosen or 'any deployment'}.",
            mend=f"It knows {', '.join(names[-5:]) or 'none'}.",
        )
    log = Log(origin=proof.checkpoint.origin, entries=edge.size, root=edge.root.hex())
    return _made(stories.known[chosen], log, stories.last_at)


def _made(story: Story, log: Log, made_at: datetime) -> Record:
    try:
        return make(story, log, made_at)
    except (ValueError, ArithmeticError):
        raise InputError(
            f"What the log says of {story.opened.deployment_id} does not fit together.",
            mend="Keep the log as evidence: no program of ours has written that.",
        ) from None


def _first(entries: Iterable[bytes], wanted: int, edge: merkle.Edge) -> Iterator[bytes]:
    """Give the first entries; the rest is looked through and not read."""
    for entry in entries:
        if edge.size < wanted:
            for _ in edge.add(merkle.leaf(entry)):
                pass
            yield entry
