"""What the panel says to the van: that it is lit, and shows what it was told.

Believed only as the answer to a state that this very link has told: a retained word, a replayed
one or one under a clock that jumped answers nothing. Darkness is believed from anybody.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from appliance.domain.lamp import Lamp, Word
from appliance.errors import InputError
from appliance.tablets import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client, MQTTMessage

REMEMBERED = 32
"""States whose answer may still come; one is told a second, and one for each change."""

_log = logging.getLogger(__name__)


class Witness:
    """Hears the panel, in the link's thread.

    Args:
        van: The van's name.
        clock: Gives the monotonic time in seconds.
    """

    def __init__(self, van: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.topics = (wire.topics(van).panel,)
        """Where the panel speaks."""
        self.on_word: Callable[[Word | None], None] | None = None
        """Gets each word; None where the panel is dark or can no longer be heard."""
        self.refused = 0
        """Messages that were not what they should be."""
        self._clock = clock
        self._lock = Lock()
        self._told: deque[tuple[str, Lamp, float]] = deque(maxlen=REMEMBERED)

    def note(self, event_id: str, lamp: Lamp) -> None:
        """Remember a state that is about to be told; any thread may."""
        with self._lock:
            self._told.append((event_id, lamp, self._clock()))

    def attach(self, client: Client) -> None:
        """Have a client's messages brought here."""
        client.message_callback_add(self.topics[0], self._shown)

    def subscribe(self, client: Client) -> None:
        """Ask the broker for them; once for each connection."""
        client.subscribe([(topic, 1) for topic in self.topics])

    def lose(self) -> None:
        """Say that the panel can no longer be heard."""
        self._pass_on(None)

    def _shown(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        # What the broker has kept was said to somebody else.
        if message.retain:
            return
        try:
            shown = wire.parse(wire.PanelEvent, message.payload).data
        except InputError:
            self.refused += 1
            _log.warning("A message from the panel was refused.")
            return
        if not shown.lit or shown.lamp is Lamp.OFF:
            self._pass_on(None)
        else:
            self._answered(shown)

    def _answered(self, shown: wire.Shown) -> None:
        with self._lock:
            told = {event_id: (lamp, told_s) for event_id, lamp, told_s in self._told}
        lamp, told_s = told.get(shown.answers or "", (Lamp.OFF, 0.0))
        if lamp is shown.lamp:
            self._pass_on(Word(lamp, shown.factory, told_s))

    def _pass_on(self, word: Word | None) -> None:
        if self.on_word is not None:
            self.on_word(word)
