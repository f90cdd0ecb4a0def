"""The sealed copies of the outbox: what a van that is killed leaves to the one that starts anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.tablets.letter import Letter, unseal

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.tablets.recall import Recall
    from appliance.tablets.strongbox import Strongbox

RECALL: Final = "-"
"""Names what is taken back; no alert is called so."""
MARK: Final = b"recall\n"
"""Begins it; an alert begins with a brace."""
SLACK_BYTES: Final = 64 * 1024
"""Beside twice what is recalled; more of what has come since is put together anew."""


class Keeping:
    """Copies of alerts and of what is taken back. Not for two threads at once.

    Args:
        open_box: Opens what they lie in; None where nothing can be kept.
    """

    def __init__(self, open_box: Callable[[], Strongbox | None]) -> None:
        self._open_box = open_box
        self._box: Strongbox | None = None
        self._room_bytes = 0
        """How much may be added to what is recalled before it is put together anew."""
        self.opened = False

    def open(self) -> None:
        """Take what they lie in; once is enough."""
        if not self.opened:
            self.opened, self._box = True, self._open_box()

    def restore(self, recall: Recall) -> list[Letter]:
        """Give the alerts that were left, oldest first, and have it recalled what was taken back.

        An alert of which nothing is recalled may have been withdrawn, and is not given.
        """
        pieces = self._box.load() if self._box else []
        recalled = [piece.removeprefix(MARK) for piece in pieces if piece.startswith(MARK)]
        try:
            left = [unseal(piece) for piece in pieces if not piece.startswith(MARK)]
            recall.restore(recalled)
        except ValueError:
            # Another version of the van has written it.
            self.destroy()
            return []
        left.sort(key=lambda letter: letter.stamp.taken_ns)
        known = [letter for letter in left if recall.knows(letter.stamp.id)]
        for letter in known:
            letter.heard = recall.heard(letter.stamp.id)
        return known

    def keep(self, letter: Letter, recall: Recall) -> None:
        """Keep an alert, and before it what is recalled of it."""
        self.remember(recall)
        if self._box:
            self._box.put(letter.stamp.id, letter.sealed)

    def remember(self, recall: Recall) -> None:
        """Keep what is newly recalled; it costs the same however much is recalled."""
        more = recall.changes()
        if self._box is None or not more:
            return
        self._room_bytes -= len(more)
        if self._room_bytes < 0 or not self._box.add(RECALL, MARK + more):
            whole = recall.sealed
            kept = self._box.put(RECALL, MARK + whole)
            self._room_bytes = SLACK_BYTES + 2 * len(whole) if kept else 0

    def drop(self, alert_id: str) -> None:
        """Destroy an alert's copy."""
        if self._box:
            self._box.drop(alert_id)

    def destroy(self) -> None:
        """Destroy all copies and their key."""
        self._room_bytes = 0
        if self._box:
            self._box.destroy()

    def close(self) -> None:
        """Leave them to the next process."""
        if self._box:
            self._box.close()
        self._box = None
