"""What the tablets say to the van: that they hold an alert, and what an officer decided."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, TypeVar

from appliance.errors import InputError
from appliance.tablets import say, wire
from appliance.tablets.envelope import parse, tablet_in, topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client, MQTTMessage

    from appliance.domain.decision import Decision
    from appliance.tablets.outbox import Outbox

E = TypeVar("E", wire.AckEvent, wire.DecisionEvent)
REMEMBERED = 1024
"""Decisions known by their source and id, so that a repeated one counts once."""

_log = logging.getLogger(__name__)


class Answers:
    """Hears the tablets, in the link's thread.

    Args:
        van: The van's name.
        outbox: Where the alerts wait that a tablet may acknowledge.
        on_decision: Gets each decision once.
        on_seen: Gets an alert's id and the seconds from the camera's moment to the arrival of the
            first tablet's word, both on the monotonic clock.
    """

    def __init__(
        self,
        van: str,
        outbox: Outbox,
        on_decision: Callable[[Decision], None],
        on_seen: Callable[[str, float], None],
    ) -> None:
        self._van, self._topics, self._outbox = van, topics(van), outbox
        self.topics = (self._topics.ack, self._topics.decision)
        """Where the tablets speak."""
        self._on_decision, self._on_seen = on_decision, on_seen
        self._known: deque[tuple[str, str]] = deque(maxlen=REMEMBERED)
        self.refused = 0
        """Messages that were not what they should be."""

    def attach(self, client: Client) -> None:
        """Have a client's messages brought here."""
        client.message_callback_add(self._topics.ack, self._acknowledged)
        client.message_callback_add(self._topics.decision, self._decided)

    def subscribe(self, client: Client) -> None:
        """Ask the broker for them; once for each connection."""
        client.subscribe([(topic, 1) for topic in self.topics])

    def _acknowledged(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        arrived_s = time.monotonic()
        event = self._read(wire.AckEvent, message)
        alert = self._outbox.acknowledge(event.data.alert_id) if event else None
        if alert:
            self._on_seen(alert.id, arrived_s - alert.taken_ns / 1e9)

    def _decided(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        event = self._read(wire.DecisionEvent, message)
        if event is None:
            return
        # The van's word goes out only after the decision is in safe hands, and again whenever a
        # tablet that has not heard it repeats itself.
        if (event.source, event.id) not in self._known:
            self._on_decision(event.decision(tablet_in(message.topic), bytes(message.payload)))
            self._known.append((event.source, event.id))
        client.publish(self._topics.decision_ack, say.pack_decision_ack(event, self._van), qos=1)

    def _read(self, kind: type[E], message: MQTTMessage) -> E | None:
        try:
            return parse(kind, message.payload)
        except InputError:
            self.refused += 1
            _log.warning("A message from a tablet was refused.")
            return None
