"""What the van says to its tablets, panel and force, over whichever connection there is.

What is said of an alert goes out in the order in which it was decided: no alert may follow its own
withdrawal.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING
from uuid import uuid4

from appliance.domain.lamp import Lamp
from appliance.tablets import wire
from appliance.tablets.connection import properties
from appliance.tablets.envelope import CONTENT_TYPE, topics
from appliance.tablets.say import (
    pack_state,
    pack_tally,
    pack_will,
    pack_withdrawal,
    pack_withdrawn,
)

if TYPE_CHECKING:
    from paho.mqtt.client import Client

    from appliance.tablets.outbox import Outbox
    from appliance.tablets.witness import Witness

HANGS_S = 1.5
"""A van that looks tells its state once a second; one that does not, hangs."""
REPEAT_S = 1.2
"""A bit more than a van on duty takes to tell its state anew; it is silent while it starts."""


class Publisher:
    """Any thread may call it; none waits for the broker.

    Args:
        van: The van's name.
        outbox: The alerts that are under way, and what is taken back of them.
        witness: Is told of each state, so that it can tell the panel's answer to it.
    """

    def __init__(self, van: str, outbox: Outbox, witness: Witness) -> None:
        self._van, self._topics = van, topics(van)
        self._outbox, self._witness = outbox, witness
        self._lock = Lock()
        self._state: wire.State | None = None
        self._tally: wire.Tally | None = None
        self._told_s = self._heard_s = 0.0
        self._tells_withdrawn = True
        """Whether a tablet may hold something for taken back that no longer is."""
        self._client: Client | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._client is not None

    def prepare(self, client: Client) -> None:
        """Give a client its last will, before it connects."""
        client.will_set(self._topics.state, pack_will(self._van), qos=1, retain=True)

    def begin(self, client: Client) -> None:
        """Say everything that counts now over a new connection."""
        self._outbox.restart()
        with self._lock:
            self._client, self._tells_withdrawn = client, True
            self._say_state()
            self._say_tally()
            self._say_news()
            self._say_alerts()

    def end(self) -> None:
        """Say nothing more, because the connection is gone."""
        self._client = None

    def turn(self) -> None:
        """Say what has become due."""
        with self._lock:
            self._say_news()
            self._say_alerts()
            # A panel takes silence for a fault, and its answers are what a Lit lives on: whoever
            # opens cameras has no time to talk, and is not gone.
            if self._witness.on_word and self._lives() and _since_s(self._told_s) > REPEAT_S:
                self._say_state()

    def alerts(self) -> None:
        """Say the alerts that are due."""
        with self._lock:
            self._say_alerts()

    def withdrawals(self) -> None:
        """Say what is newly taken back, and all that is."""
        with self._lock:
            self._say_news()

    def state(self, state: wire.State) -> None:
        """Say what the van is doing; it is said again over each new connection."""
        with self._lock:
            self._state, self._heard_s = state, time.monotonic()
            self._say_state()

    def last(self, lamp: Lamp) -> None:
        """Say that the van goes; whoever comes later still learns why its deployment had ended."""
        ended = self._state.ended if self._state else None
        self.state(wire.State(lamp=lamp, ended=ended))

    def tally(self, tally: wire.Tally) -> None:
        """Say what has been counted, where it has changed."""
        with self._lock:
            if tally != self._tally:
                self._tally = tally
                self._say_tally()

    def _lives(self) -> bool:
        # Repeated for ever, the word of a van that hangs would keep its lamp as it was.
        opening = self._state is not None and self._state.lamp is Lamp.READY
        return opening or _since_s(self._heard_s) < HANGS_S

    def _say_alerts(self) -> None:
        client = self._client
        if client is not None:
            for letter in self._outbox.due():
                more = properties(CONTENT_TYPE, self._outbox.life_s(letter))
                client.publish(self._topics.alert, letter.payload, qos=1, properties=more)

    def _say_news(self) -> None:
        client = self._client
        if client is None:
            return
        news = self._outbox.news()
        for withdrawal in (*news, *self._outbox.words()):
            payload = pack_withdrawal(withdrawal, self._van)
            client.publish(self._topics.withdrawal, payload, qos=1)
        if news:
            self._say_withdrawn(client)

    def _say_withdrawn(self, client: Client) -> None:
        told = self._outbox.withdrawn
        if told or self._tells_withdrawn:
            client.publish(self._topics.withdrawn, pack_withdrawn(told, self._van), qos=0)
        self._tells_withdrawn = bool(told)

    def _say_state(self) -> None:
        client = self._client
        if client is not None and self._state is not None:
            event_id = str(uuid4())
            self._witness.note(event_id, self._state.lamp)
            # A page that hears the van's time shows what has waited for it: nothing that is gone.
            self._say_withdrawn(client)
            payload = pack_state(self._state, self._van, event_id)
            # Said again in a second, and not behind the alerts that wait for a slow broker: it is
            # by the time in it that a tablet knows which of them is over.
            client.publish(self._topics.state, payload, qos=0, retain=True)
            self._told_s = time.monotonic()

    def _say_tally(self) -> None:
        if self._client is not None and self._tally is not None:
            payload = pack_tally(self._tally, self._van)
            self._client.publish(self._topics.tally, payload, qos=1, retain=True)


def _since_s(moment_s: float) -> float:
    return time.monotonic() - moment_s
