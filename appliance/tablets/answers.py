"""What the tablets say to the van: I am here, I have shown this alert, an officer has decided.

Nothing is taken on trust. The topic names the tablet, since the broker lets each write only below
its own name; the event must come from the same, and an answer must be signed with its key. Any
other message changes nothing, and is counted. So is what a tablet says beyond its ration, unread.
What one has the broker keep would come again at each connection, and fill its memory: it is erased.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from appliance.errors import InputError
from appliance.log import fields
from appliance.tablets import course, say, wire
from appliance.tablets.entry import stray
from appliance.tablets.envelope import parse, tablet_in, topics
from appliance.tablets.ration import LINES, WORDS, Ration
from appliance.tablets.refusal import Flaw, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client, MQTTMessage

    from appliance.domain.decision import Decision
    from appliance.tablets.outbox import Outbox
    from appliance.tablets.proof import Roster
    from appliance.tablets.register import Register

E = TypeVar("E", wire.AckEvent, wire.HelloEvent, wire.DecisionEvent)

_log = logging.getLogger(__name__)


class Answers:
    """Hears the tablets, in the link's thread.

    Args:
        van: The van's name.
        outbox: Where the alerts wait that a tablet may have shown, or lack.
        register: Which alerts went out, and what was answered already.
        roster: Whose tablets may decide.
        on_decision: Gets each decision once, when it is on the disk.
        on_seen: Gets an alert's id and the seconds from the camera's moment to the arrival of the
            word of the first tablet that shows it, both on the monotonic clock.
    """

    def __init__(
        self,
        van: str,
        outbox: Outbox,
        register: Register,
        roster: Roster,
        on_decision: Callable[[Decision], None],
        on_seen: Callable[[str, float], None],
    ) -> None:
        self._van, self._outbox, self._register, self._roster = van, outbox, register, roster
        self._on_decision, self._on_seen = on_decision, on_seen
        self._decision_ack = topics(van).decision_ack
        self._hears = {
            f"{topics(van).ack}/+": self._shown,
            f"{topics(van).hello}/+": self._greeted,
            f"{topics(van).decision}/+": self._decided,
        }
        self.topics = tuple(self._hears)
        """Where the tablets speak."""
        self.refused = 0
        """Messages that were not what they should be."""
        self.unheard = 0
        """Messages that were not read, because their tablet said too many."""
        self._erased: set[str] = set()
        """Topics on which our own empty word will be heard next."""
        self._words, self._floods, self._faults = Ration(WORDS), Ration(LINES), Ration(LINES)

    def attach(self, client: Client) -> None:
        """Have a client's messages brought here."""
        for topic in self.topics:
            client.message_callback_add(topic, self._heard)

    def subscribe(self, client: Client) -> None:
        """Ask the broker for them; once for each connection."""
        client.subscribe([(topic, 1) for topic in self.topics])

    def _heard(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        arrived_s, tablet = time.monotonic(), tablet_in(message.topic)
        if self._passes_over(client, message):
            return
        if not self._words.grants(tablet):
            self.unheard += 1
            if self._floods.grants(tablet):
                # By its name: whoever reads this must find it, or have it revoked.
                _log.warning("A tablet says too much to be heard out.", extra=fields(tablet=tablet))
            return
        hear = self._hears[f"{message.topic.rpartition('/')[0]}/+"]
        try:
            hear(client, message, arrived_s)
        except InputError as error:
            self.refused += 1
            if self._faults.grants(tablet):
                _log.warning("A message from a tablet was refused.", exc_info=error)

    def _passes_over(self, client: Client, message: MQTTMessage) -> bool:
        """Erase what a tablet has left with the broker, which nobody says now; hear no echo."""
        if message.retain:
            self.refused += 1
            self._erased.add(message.topic)
            client.publish(message.topic, b"", qos=1, retain=True)
            if self._faults.grants(tablet := tablet_in(message.topic)):
                _log.warning("A tablet had the broker keep a word.", extra=fields(tablet=tablet))
            return True
        echo = not message.payload and message.topic in self._erased
        self._erased -= {message.topic} if echo else set()
        return echo

    def _shown(self, _client: Client, message: MQTTMessage, arrived_s: float) -> None:
        receipt = _read(wire.AckEvent, message).data
        # A page that is not in sight has shown it to nobody: the van goes on sending.
        alert = self._outbox.acknowledge(receipt.alert_id) if receipt.shown_at else None
        if alert:
            self._on_seen(alert.id, arrived_s - alert.taken_ns / 1e9)
            self._register.sync(alert.id)

    def _greeted(self, _client: Client, message: MQTTMessage, _arrived_s: float) -> None:
        self._outbox.lacking(_read(wire.HelloEvent, message).data.holds)

    def _decided(self, client: Client, message: MQTTMessage, _arrived_s: float) -> None:
        event, payload = _read(wire.DecisionEvent, message), bytes(message.payload)
        tablet = tablet_in(message.topic)
        reply = partial(self._reply, client, tablet, event)
        try:
            said = event.decision(tablet, payload)
            # What is held in the same bytes was believed before, and is often said again.
            if not self._holds(said):
                self._roster.check(payload, event, tablet)
            self._take(said)
        except RefusedError as refused:
            reply(refused.flaw)
            raise
        reply(None)

    def _reply(
        self, client: Client, tablet: str, event: wire.DecisionEvent, flaw: Flaw | None
    ) -> None:
        # Only after the answer is on the disk, or can never be; and again whenever a tablet that
        # has not heard it repeats itself. Nowhere but to the tablet that the broker vouches for.
        receipt = say.pack_decision_ack(event, self._van, flaw)
        client.publish(f"{self._decision_ack}/{tablet}", receipt, qos=0)

    def _holds(self, decision: Decision) -> bool:
        entry = self._register.entry(decision.alert_id)
        known = entry.knows(decision) if entry else None
        return known is not None and known.event == decision.event

    def _take(self, decision: Decision) -> None:
        entry = self._register.entry(decision.alert_id)
        if entry is None:
            raise stray()
        known = entry.knows(decision)
        if known is None:
            course.require_fits(entry.answers, decision)
            self._register.take(decision)
            self._on_decision(decision)
            words = course.following(entry.answers, decision)
        else:
            _require_same(known, decision)
            # A van that was killed meanwhile may have told nobody else.
            words = course.again(entry.answers, known)
        for word in words:
            self._outbox.decide(word)


def _require_same(known: Decision, again: Decision) -> None:
    # Signed anew it is other bytes, and the same answer.
    if replace(known, event=b"") != replace(again, event=b""):
        raise RefusedError(
            "A tablet gives two answers under one id.",
            Flaw.OTHER_ANSWER,
            mend="Reload the tablet's page.",
        )


def _read(kind: type[E], message: MQTTMessage) -> E:
    event = parse(kind, message.payload)
    if event.source != f"lfr/tablet/{tablet_in(message.topic)}":
        raise InputError("A tablet speaks for another.", mend="Find out whose it is.")
    return event
