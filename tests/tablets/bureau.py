"""Answers with all that stands behind them, and a line that brings messages."""

import json

from paho.mqtt.client import MQTTMessage

from appliance.tablets.answers import Answers
from appliance.tablets.outbox import Outbox
from appliance.tablets.proof import Roster
from appliance.tablets.register import Register
from tests.tablets.conftest import make_alert
from tests.tablets.events import as_bytes
from tests.tablets.talk import VAN


class Line:
    """Stands for the client: brings messages, and keeps what is sent."""

    def __init__(self, answers):
        self.said, self._ears, self.asked = [], {}, []
        answers.attach(self)
        answers.subscribe(self)

    def message_callback_add(self, topic, hear):
        self._ears[topic] = hear

    def subscribe(self, topics):
        self.asked = topics

    def publish(self, topic, payload, qos, *, retain=False):
        data = json.loads(payload)["data"] if payload else retain
        self.said.append((topic.removeprefix(f"lfr/1/{VAN}/"), data, qos))

    def bring(self, leaf, message, tablet="tablet-7", *, retain=False):
        topic = f"lfr/1/{VAN}/{leaf}"
        brought = MQTTMessage(topic=f"{topic}/{tablet}".encode())
        brought.retain = retain
        brought.payload = message if isinstance(message, bytes) else as_bytes(message)
        self._ears[f"{topic}/+"](self, None, brought)


class Bureau:
    """Answers with all that stands behind them, on a disk that outlives them."""

    def __init__(self, folder, clock):
        self.decisions, self.seen = [], []
        self.outbox = Outbox(VAN, clock)
        self.register = Register(folder / "ledger", clock)
        self.answers = Answers(
            VAN,
            self.outbox,
            self.register,
            Roster(folder / "van", clock),
            self.decisions.append,
            lambda *seen: self.seen.append(seen),
        )
        self.line = Line(self.answers)

    def send(self, alert_id="alert-1"):
        """Have an alert under way, as the link does."""
        alert = make_alert(alert_id)
        self.register.note(alert)
        self.outbox.put(alert)
        self.outbox.due()

    def state(self):
        """Say all that a message could change."""
        ids = [letter.stamp.id for letter in self.outbox.due()]
        entry = self.register.entry("alert-1")
        return ids, self.outbox.withdrawn, entry, list(self.decisions), list(self.line.said)
