"""A tablet without a screen, for demo and bench: it hears, acknowledges and signs as the page."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from appliance.domain.withdrawal import Why
from appliance.errors import InputError, MachineError
from appliance.tablets import wire
from appliance.tablets.clock import Clock
from appliance.tablets.connection import cut, dial, hang_up, turn
from appliance.tablets.envelope import head, topics
from appliance.tablets.pen import Notebook, Signer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from paho.mqtt.client import Client, MQTTMessage
    from typing_extensions import Self

    from appliance.settings import TabletSettings
    from appliance.tablets.envelope import Message

AGAIN_S = 3.0
"""A decision that the van has not confirmed is said again so often."""
RECONNECT_S = 0.5
KEPT = timedelta(hours=24, minutes=10)
"""A day after the longest life of an alert: then the van holds nothing to which an answer fits."""
OFFICER = "Nobody: this is a trial"


class Look(str, Enum):
    """How an alert stands on the screen when it comes."""

    NEW = "new"
    """With sound, as it is shown once."""
    AGAIN = "again"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Sighting:
    """An alert that came, and when, on the monotonic clock."""

    alert: wire.AlertEvent = field(repr=False)
    look: Look
    heard_ns: int
    shown_ns: int


def _nobody(_sighting: Sighting) -> None:
    """Look at nothing."""


class Handheld:
    """One tablet on the line, in a thread of its own until the context ends.

    Args:
        settings: Where the broker is, and the tablet's certificate for it.
        van: Whose alerts it hears.
        tablet: Its name, which its certificates give it.
        signer: Its key; without one it cannot decide.
        notebook: What it knew before; None where it is new.
        on_sighting: Is given each alert that comes, in the tablet's thread, after it was shown.
    """

    def __init__(
        self,
        settings: TabletSettings,
        van: str,
        tablet: str,
        signer: Signer | None = None,
        notebook: Notebook | None = None,
        on_sighting: Callable[[Sighting], None] = _nobody,
    ) -> None:
        self._settings, self._tablet, self._signer = settings, tablet, signer
        self._said, self._on_sighting = topics(van), on_sighting
        self._notebook = notebook or Notebook()
        self.refused = 0
        """Messages that were not what they should be."""
        self.clock = Clock()
        """The van's time, by which alerts are over and answers are dated."""
        self.lost: dict[str, str] = {}
        """Answers that the van will never hold, by id, and why: its own word, or `too_old`."""
        self._screen: dict[str, datetime] = {}
        self._closed: set[str] = set()
        self._sent_s: dict[str, float] = {}
        self._lock, self._stopping = Lock(), Event()
        self._client: Client | None = None
        self._pool = ThreadPoolExecutor(1, tablet)
        self._talk: Future[None] = Future()

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            MachineError: nobody answers, or the broker refuses us. A later loss mends itself.
            SettingsError: a file for TLS cannot be used.
        """
        self._talk = self._pool.submit(self._run, self._connect())
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._pool.shutdown()
        self._talk.result()

    @property
    def showing(self) -> tuple[str, ...]:
        """The alerts that can be judged now, oldest first."""
        now = self.clock.now()
        with self._lock:
            return tuple(i for i, at in self._screen.items() if at > now and i not in self._closed)

    @property
    def undelivered(self) -> int:
        """How many answers the van has not confirmed."""
        return len(self._notebook.pending)

    def decide(self, alert_id: str, answer: Message, officer: str = OFFICER) -> str:
        """Answer an alert; it is said until the van has it or refuses it for good. Any thread may.

        Args:
            alert_id: Which.
            answer: One of the four kinds of `given`.
            officer: Who decides.

        Returns:
            The decision's id.

        Raises:
            InputError: this tablet has no key.
        """
        if self._signer is None:
            raise InputError("The tablet has no key to sign with.", mend="Give it a signer.")
        now = self.clock.now().isoformat()
        data = {"alert_id": alert_id, "officer": officer, "decided_at": now}
        event = self._signer.sign(
            self._event("decision", {**data, "answer": answer.model_dump(mode="json")})
        )
        with self._lock:
            self._notebook.note("given", event)
        self._deliver()
        return str(event["id"])

    def _event(self, kind: str, data: Mapping[str, object]) -> dict[str, object]:
        now, what = self.clock.now().isoformat(), f"uk.police.lfr.{kind}.v1"
        said = head(f"tablet/{self._tablet}", time=now, type=what, data=data)
        return {**said, "datacontenttype": "application/json"}

    def _say(self, client: Client, topic: str, event: Mapping[str, object]) -> None:
        client.publish(f"{topic}/{self._tablet}", json.dumps(event).encode(), qos=1)

    def _connect(self) -> Client:
        client = dial(self._settings, self._prepare)
        ours = f"{self._said.decision_ack}/{self._tablet}"
        said = self._said
        heard = (said.alert, said.withdrawal, said.withdrawn, said.state, ours)
        client.subscribe([(topic, 1) for topic in heard])
        holds = list(self.showing[-wire.MOST_HELD :])
        self._say(client, self._said.hello, self._event("hello", {"holds": holds}))
        self._sent_s.clear()
        self._client = client
        return client

    def _prepare(self, client: Client) -> None:
        client.on_message = self._hear

    def _run(self, first: Client) -> None:
        client: Client | None = first
        while client is not None:
            while turn(client) and not self._stopping.is_set():
                self._deliver()
            self._client = None
            if self._stopping.is_set():
                hang_up(client)
            else:
                cut(client)
            client = self._reconnect()

    def _reconnect(self) -> Client | None:
        while not self._stopping.wait(RECONNECT_S):
            with suppress(MachineError):
                return self._connect()
        return None

    def _deliver(self) -> None:
        client, now_s = self._client, time.monotonic()
        if client is None:
            return
        with self._lock:
            for decision_id, event in [*self._notebook.pending.items()]:
                if self._too_old(event):
                    self._lose(decision_id, "too_old")
                elif now_s - self._sent_s.get(decision_id, -AGAIN_S) >= AGAIN_S:
                    self._sent_s[decision_id] = now_s
                    self._say(client, self._said.decision, event)

    def _too_old(self, event: Mapping[str, Any]) -> bool:
        return self.clock.now() > datetime.fromisoformat(event["data"]["decided_at"]) + KEPT

    def _lose(self, decision_id: str, why: str) -> None:
        self.lost[decision_id] = why
        self._notebook.note("lost", decision_id)

    def _hear(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        heard_ns = time.monotonic_ns()
        try:
            if message.topic == self._said.alert:
                self._show(client, wire.AlertEvent.model_validate_json(message.payload), heard_ns)
            elif message.topic == self._said.withdrawal:
                self._close(wire.WithdrawalEvent.model_validate_json(message.payload).data)
            elif message.topic == self._said.withdrawn:
                told = wire.WithdrawnEvent.model_validate_json(message.payload).data
                self._close(*told.withdrawn)
            elif message.topic == self._said.state:
                state = wire.StateEvent.model_validate_json(message.payload)
                self._follow(state, kept=message.retain)
            else:
                self._confirm(wire.DecisionAckEvent.model_validate_json(message.payload))
        except ValidationError:
            self.refused += 1

    def _show(self, client: Client, alert: wire.AlertEvent, heard_ns: int) -> None:
        now, look = self.clock.now(), Look.AGAIN
        if alert.data.expires_at <= now:
            look = Look.EXPIRED
        elif alert.id not in self._notebook.known:
            look = Look.NEW
            with self._lock:
                self._notebook.note("new", alert.id)
        shown_ns = time.monotonic_ns()
        if look is not Look.EXPIRED:
            with self._lock:
                self._screen[alert.id] = alert.data.expires_at
            said = {"alert_id": alert.id, "received_at": now.isoformat()}
            shown_at = self.clock.now().isoformat()
            self._say(client, self._said.ack, self._event("ack", {**said, "shown_at": shown_at}))
        self._on_sighting(Sighting(alert, look, heard_ns, shown_ns))

    def _follow(self, state: wire.StateEvent, *, kept: bool) -> None:
        if state.time is not None and not kept:
            self.clock.hear(state.time)

    def _close(self, *withdrawn: wire.Withdrawal) -> None:
        with self._lock:
            for told in withdrawn:
                if told.reason is Why.UNDONE:
                    self._closed.discard(told.alert_id)
                else:
                    self._closed.add(told.alert_id)

    def _confirm(self, event: wire.DecisionAckEvent) -> None:
        decision_id, refused = event.data.decision_id, event.data.refused
        with self._lock:
            if refused is None:
                self._notebook.note("confirmed", decision_id)
            elif decision_id in self._notebook.pending:
                self._lose(decision_id, refused.value)
