"""What the panel says to the van: that it is lit, shows what it was told, and what its button did.

Believed only as the answer to a state that this very link has told: a retained word, a replayed
one or one under a clock that jumped answers nothing, acknowledges and closes nothing. Darkness is
believed from anybody.
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
from appliance.tablets.envelope import parse, topics

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
        self.topics = (topics(van).panel,)
        """Where the panel speaks."""
        self.on_word: Callable[[Word | None], None] | None = None
        """Gets each word; None where the panel is dark or can no longer be heard."""
        self.on_close: Callable[[], None] | None = None
        """Is told once for each time that the panel's button was held."""
        self.on_acknowledge: Callable[[float], None] | None = None
        """Is told once for each alert look that was acknowledged with the button: when it was told,
        on our own monotonic clock."""
        self.refused = 0
        """Messages that were not what they should be."""
        self._clock = clock
        self._lock = Lock()
        self._closing, self._acknowledged = False, ""
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
            shown = parse(wire.PanelEvent, message.payload).data
        except InputError:
            self.refused += 1
            _log.warning("A message from the panel was refused.")
            return
        lamp, told_s = self._find(shown.answers)
        self._order(shown, known=lamp is not None)
        self._acknowledge(shown.acknowledged)
        if not shown.lit or shown.lamp is Lamp.OFF:
            self._pass_on(None)
        elif lamp is shown.lamp:
            self._pass_on(Word(shown.lamp, shown.factory, told_s))

    def _find(self, event_id: str | None) -> tuple[Lamp | None, float]:
        with self._lock:
            told = {event_id: (lamp, told_s) for event_id, lamp, told_s in self._told}
        return told.get(event_id or "", (None, 0.0))

    def _order(self, shown: wire.Shown, *, known: bool) -> None:
        # A panel whose lamp is broken closes all the same. It repeats its order until it has heard
        # of the end, so only the first word of each counts.
        if not shown.close:
            self._closing = False
        elif known and not self._closing and self.on_close is not None:
            self._closing = True
            self.on_close()

    def _acknowledge(self, event_id: str | None) -> None:
        # The panel repeats it, too, until it is told another look.
        lamp, told_s = self._find(event_id)
        if event_id is None or lamp is not Lamp.ALERT or event_id == self._acknowledged:
            return
        self._acknowledged = event_id
        if self.on_acknowledge is not None:
            self.on_acknowledge(told_s)

    def _pass_on(self, word: Word | None) -> None:
        if self.on_word is not None:
            self.on_word(word)
