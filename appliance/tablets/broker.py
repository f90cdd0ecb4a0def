"""The link to the officers' tablets: alerts out, decisions back, over an MQTT broker.

A broker that has a message (QoS 1) is not a tablet that has it, so every alert waits in the
outbox for a tablet's own word. One thread does all the talking; who sends an alert never waits.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timezone
from functools import partial
from itertools import chain, repeat
from threading import Event
from typing import TYPE_CHECKING

from appliance.domain.lamp import Lamp
from appliance.errors import InputError, MachineError
from appliance.tablets.answers import Answers
from appliance.tablets.connection import VERSIONS, cut, dial, hang_up, turn
from appliance.tablets.envelope import topics
from appliance.tablets.notice import Notices
from appliance.tablets.outbox import Outbox
from appliance.tablets.proof import Roster
from appliance.tablets.publisher import Publisher
from appliance.tablets.register import Register
from appliance.tablets.strongbox import Strongbox
from appliance.tablets.witness import Witness

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Collection, Generator

    from paho.mqtt.client import Client, MQTTMessage

    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision
    from appliance.domain.lamp import Word
    from appliance.settings import TabletSettings
    from appliance.tablets.wire import State, Tally

BACKOFF_S = (1, 2, 4)
LONGEST_BACKOFF_S = 8
OVERHEAR_S = 3.0
"""Twice as long as any van on duty is silent."""
_utc_now = partial(datetime.now, timezone.utc)

_log = logging.getLogger(__name__)


def _nobody(*_: object) -> None:
    """Listen to nothing."""


def probe(settings: TabletSettings) -> str:
    """Connect and hang up, within three seconds; return the version spoken, as `MQTT 5`.

    Raises:
        MachineError, SettingsError: as `open_link` does.
    """
    client = dial(settings, lambda _client: None)
    hang_up(client)
    return VERSIONS[client.protocol]


def on_duty(settings: TabletSettings, van: str) -> bool:
    """Listen for three seconds whether somebody tells this van's state.

    Raises:
        MachineError, SettingsError: as `open_link` does.
    """
    topic, end_s = topics(van).state, time.monotonic() + OVERHEAR_S
    live: list[MQTTMessage] = []
    client = dial(settings, lambda _client: None)
    # What is retained was said by a van that may be gone.
    client.on_message = lambda *said: None if said[2].retain else live.append(said[2])
    client.subscribe(topic, 1)
    while not live and turn(client) and time.monotonic() < end_s:
        pass
    hang_up(client, [topic])
    return bool(live)


@contextmanager
def open_link(
    settings: TabletSettings,
    van: str,
    on_decision: Callable[[Decision], None],
    on_seen: Callable[[str, float], None],
    now: Callable[[], datetime] = _utc_now,
    on_notice: Callable[[], None] = _nobody,
) -> Generator[Link]:
    """Connect a van to its tablets; the last state it tells is `off`, or `fault` on an exception.

    Args:
        settings: Where the broker is, and who we are to it.
        van: The van's name.
        on_decision: Gets each decision once, in the link's thread.
        on_seen: Gets an alert's id and the seconds from the camera's moment to the arrival of the
            first tablet's word, in the link's thread.
        now: Gives the time in UTC.
        on_notice: Is told, in the link's thread and at most every two seconds, that the force may
            have something new; also whenever a line that was lost is there again.

    Raises:
        MachineError: nobody answers, or the broker refuses us. A later loss mends itself.
        SettingsError: a file for TLS cannot be used.
    """
    register, roster = Register(settings.ledger, now), Roster(settings.roster, now)
    box = partial(Strongbox.open, settings.outbox)
    with (
        closing(Outbox(van, now, box)) as outbox,
        ThreadPoolExecutor(1, "tablets") as pool,
    ):
        answers = Answers(van, outbox, register, roster, on_decision, on_seen)
        link = Link(settings, van, outbox, register, (answers, Notices(van, on_notice)))
        link.start(pool)
        try:
            yield link
        except BaseException:
            link.stop(Lamp.FAULT)
            raise
        link.stop(Lamp.OFF)


class Link:
    """One van's line to its tablets, from `open_link`."""

    def __init__(
        self,
        settings: TabletSettings,
        van: str,
        outbox: Outbox,
        register: Register,
        ears: tuple[Answers, Notices],
    ) -> None:
        self._settings, self._van, self._outbox, self._register = settings, van, outbox, register
        self._answers, self._notices = ears
        self._witness = Witness(van)
        self._ears = (self._answers, self._witness, self._notices)
        self._says = Publisher(van, outbox, self._witness)
        self._stopping = Event()
        self._talk: Future[None] = Future()

    @property
    def connected(self) -> bool:
        """Whether the broker is there now."""
        return self._says.connected

    @property
    def failure(self) -> BaseException | None:
        """What ended the link's thread; None while all is well. Whoever sees one must stop."""
        return self._talk.exception() if self._talk.done() else None

    @property
    def unseen(self) -> int:
        """How many alerts expired, or gave way to newer ones, without any tablet's word."""
        return self._outbox.unseen

    @property
    def refused(self) -> int:
        """How many messages from tablets and panel were not what they should be."""
        return self._answers.refused + self._witness.refused

    @property
    def unheard(self) -> int:
        """How many messages were not read, because their tablet said too many."""
        return self._answers.unheard

    def counts(self, deployment_id: str) -> Counter[str]:
        """Count a deployment's alerts and answers, also those before a restart: see `Register`."""
        return self._register.counts(deployment_id)

    def alert(self, alert: Alert) -> None:
        """Send an alert, again until a tablet has shown it, and to each that comes later.

        Returns at once. One whose subject was withdrawn in the last ten minutes goes nowhere, and
        one that no tablet would take neither: that is logged, and counts as unseen.

        Raises:
            MachineError: it cannot be written down; then it does not go out either.
        """
        try:
            self._outbox.put(alert, self._register.note)
        except InputError as error:
            _log.error("An alert reaches no officer.", exc_info=error)
        self._says.alerts()

    def withdraw(self, references: Collection[str]) -> None:
        """Take back the alerts of subjects who are no longer on the list. Any thread may.

        Every tablet takes those that went out in the last minutes off its screen, one that is
        away now as soon as it is back.

        Args:
            references: The subjects'.
        """
        self._outbox.withdraw(frozenset(references))
        self._says.withdrawals()

    def state(self, state: State) -> None:
        """Tell the tablets and the lamp, those that come later too, what the van is doing.

        Once a deployment goes on, what a killed van has left of it is sent again. Where it has
        ended, nothing of an alert is held here any more.
        """
        if state.ended:
            self._outbox.finish()
        elif state.deployment_id is not None:
            self._outbox.resume(state.deployment_id)
        self._says.state(state)

    def tally(self, tally: Tally) -> None:
        """Tell tablets and force what has been counted; what has not changed is not told again."""
        self._says.tally(tally)

    def listen(
        self,
        on_word: Callable[[Word | None], None],
        on_close: Callable[[], None] = _nobody,
        on_acknowledge: Callable[[float], None] = _nobody,
    ) -> None:
        """Have a panel in a process of its own heard, and the state told again every second.

        Args:
            on_word: Gets the panel's word, in the link's thread; None where it is dark or can no
                longer be heard.
            on_close: Is told once, in the link's thread, that somebody has held the panel's button.
            on_acknowledge: Is told likewise that somebody has pressed it while the lamp showed an
                alert, and when that look was told, on the monotonic clock.
        """
        self._witness.on_word, self._witness.on_close = on_word, on_close
        self._witness.on_acknowledge = on_acknowledge

    def start(self, pool: ThreadPoolExecutor) -> None:
        """Connect, and go on in a thread; for `open_link` alone."""
        self._talk = pool.submit(self._run, self._connect())

    def stop(self, lamp: Lamp) -> None:
        """Tell a last state and let the thread end; for `open_link` alone."""
        self._says.last(lamp)
        self._stopping.set()

    def _connect(self) -> Client:
        # With a sign that no tablet has in its name: of two with one id the first is sent away.
        client = dial(self._settings, self._prepare, f"lfr/{self._van}")
        for ears in self._ears:
            ears.subscribe(client)
        self._says.begin(client)
        return client

    def _prepare(self, client: Client) -> None:
        self._says.prepare(client)
        for ears in self._ears:
            ears.attach(client)

    def _run(self, first: Client) -> None:
        client: Client | None = first
        # A new client for each connection: paho's own reconnect resends alerts that have expired.
        while client is not None:
            self._converse(client)
            client = self._reconnect()

    def _converse(self, client: Client) -> None:
        try:
            while turn(client) and not self._stopping.is_set():
                self._says.turn()
                self._notices.turn()
                self._register.sweep()
        except BaseException:
            cut(client)
            raise
        finally:
            self._says.end()
            self._witness.lose()
        if self._stopping.is_set():
            hang_up(client, [topic for ears in self._ears for topic in ears.topics])
        else:
            _log.warning("The broker is gone.")

    def _reconnect(self) -> Client | None:
        waits_s = chain(BACKOFF_S, repeat(LONGEST_BACKOFF_S))
        while not self._stopping.wait(next(waits_s)):
            self._outbox.sweep()
            with suppress(MachineError):
                client = self._connect()
                self._notices.suppose()
                return client
        return None
