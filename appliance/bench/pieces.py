"""The events in one direction of a WebSocket that carries MQTT, wherever it was cut."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 1_000_000
"""Characters of an event at the most; what goes on for longer is none."""
_DECODER = json.JSONDecoder()


class Pieces:
    """Takes the pieces as they come; an event may begin in one and end in a later one."""

    def __init__(self) -> None:
        self._rest = ""

    def take(self, piece: str | bytes) -> Iterator[dict[str, Any]]:
        """Give each event that is whole now."""
        # A byte is a character here, so that no letter is lost at a cut; what is asked is ASCII.
        raw = piece.encode() if isinstance(piece, str) else piece
        text, at = self._rest + raw.decode("latin-1"), 0
        while (at := text.find('{"', at)) >= 0:
            try:
                event, at = _DECODER.raw_decode(text, at)
            except ValueError:
                break
            if {"type", "data"} <= event.keys():
                yield event
        # Of what begins with a bracket the other half of its sign may yet come.
        self._rest = text[at:][:LONGEST] if at >= 0 else text[-1:]
        if len(self._rest) == LONGEST:
            self._rest = ""
