"""`lfr panel`: the lamp in a process of its own, which outlives the van that it speaks for.

It shows the state that the van tells, and a fault whenever it hears of none. What its pins read
back goes to the van, which looks only as long as it hears that. So does what a hand does to its
button, again and again: whoever holds it has the deployment of that moment ended, whoever presses
it has seen the alert of that moment.
"""

from __future__ import annotations

import logging
import math
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from appliance import notify
from appliance.domain.lamp import Lamp
from appliance.errors import InputError, MachineError, SettingsError
from appliance.log import fields
from appliance.panel import LOOKS, open_panel
from appliance.tablets import say, wire
from appliance.tablets.connection import dial, hang_up, turn
from appliance.tablets.envelope import parse, topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client, MQTTMessage

    from appliance.panel import Panel
    from appliance.settings import Appliance, PanelSettings, TabletSettings

SAY_S = 1.0
RETRY_S = 1.0
# The van tells its state every 1.2 seconds at the latest, so two may be lost. It is as long as the
# van trusts this panel's word: by the time that the lamp turns to fault, the van looks no more.
SILENCE_S = 3.0
"""A van that has not been heard for so long is gone."""
SEEN_S = 1.0
"""Beyond a look's dark phase: for so long may nobody have come by to see the pins lit."""
LASTING = (Lamp.OFF, Lamp.FAULT)
"""A van's last words. Nothing comes after them, so they count when they are old, too."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Hand:
    """What somebody has done to the button since it was last looked at."""

    pressed: threading.Event = field(default_factory=threading.Event)
    """It was let go before it counted as held."""
    held: threading.Event = field(default_factory=threading.Event)


def _nobody(*_: object) -> None:
    """Listen to nothing."""


def serve(
    settings: Appliance,
    on_turn: Callable[[Lamp], None] = _nobody,
    on_open: Callable[[Panel, Hand], None] = _nobody,
) -> None:
    """Test the lamp, then show what the van says until somebody says stop.

    Args:
        settings: The tree.
        on_turn: Is told each new state of the lamp, in order.
        on_open: Is given the lamp, and what stands for a hand at its button, before the test.

    Raises:
        SettingsError: the lamp is the van's own.
        MachineError: the pins cannot be had, or do not do as they are told.
    """
    if settings.panel.process == "within":
        raise SettingsError(
            "panel.process says that `lfr run` has the lamp itself.", mend="Set it to own."
        )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    hand = Hand()
    with open_panel(settings.panel, on_turn, hand.held.set, hand.pressed.set) as panel:
        on_open(panel, hand)
        panel.test(stop.wait)
        notify.ready()
        Beacon(settings.van, panel, settings.panel, hand).run(settings.tablets, stop)
        notify.stopping()


class Beacon:
    """Keeps a lamp and a van of one mind. One thread calls it.

    Args:
        van: The van's name.
        panel: The lamp.
        settings: What its pins are.
        hand: What is done to its button.
        clock: Gives the monotonic time in seconds.
    """

    def __init__(
        self,
        van: str,
        panel: Panel,
        settings: PanelSettings,
        hand: Hand,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._van, self._topics = van, topics(van)
        self._panel, self._factory, self._clock = panel, settings.factory, clock
        self._hand = hand
        self._answers: str | None = None
        self._deployment: str | None = None
        self._closing: str | None = None
        self._acknowledged: str | None = None
        self._heard_s = self._seen_s = self._said_s = -math.inf
        self.refused = 0
        """Messages that were not what they should be."""

    def run(self, settings: TabletSettings, stop: threading.Event) -> None:
        """Show what the van says until somebody says stop; the lamp is dark then.

        Raises:
            SettingsError: a file for TLS cannot be used.
            MachineError: the pins failed.
        """
        missed = 0
        while not stop.is_set():
            self._show(Lamp.FAULT)
            self._press()
            notify.alive()
            try:
                client = dial(settings, self._prepare, f"lfr/{self._van}/panel")
            except MachineError:
                if not missed:
                    _log.warning("The broker does not answer.")
                missed += 1
                stop.wait(RETRY_S)
            else:
                missed = 0
                self._converse(client, stop)
        self._show(Lamp.OFF)

    def _prepare(self, client: Client) -> None:
        dark = wire.Shown(lamp=Lamp.OFF, lit=False, factory=self._factory)
        payload = say.pack_panel(dark, self._van)
        client.will_set(self._topics.panel, payload, qos=1, retain=True)
        client.message_callback_add(self._topics.state, self._told)

    def _converse(self, client: Client, stop: threading.Event) -> None:
        client.subscribe(self._topics.state, 1)
        while turn(client) and not stop.is_set():
            self._look()
            self._press()
            if self._clock() - self._heard_s > SILENCE_S and self._panel.state is not Lamp.OFF:
                self._show(Lamp.FAULT)
            if self._clock() - self._said_s >= SAY_S:
                self._say(client)
        if stop.is_set():
            # First of all deaf: a word that comes meanwhile must not light the lamp again.
            client.message_callback_remove(self._topics.state)
            self._show(Lamp.OFF)
            self._say(client)
            hang_up(client, [self._topics.state])
        else:
            _log.warning("The broker is gone.")

    def _told(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        try:
            event = parse(wire.StateEvent, message.payload)
        except InputError:
            self.refused += 1
            _log.warning("A message from the van was refused.")
            return
        # What the broker has kept is no sign of life.
        if message.retain and event.data.lamp not in LASTING:
            return
        self._heard_s, self._answers = self._clock(), event.id
        self._learn(event.data)
        self._show(event.data.lamp)
        self._say(client)

    def _learn(self, state: wire.State) -> None:
        if state.lamp is not Lamp.ALERT:
            self._acknowledged = None
        # The last will of a van that died names no deployment: it may go on with the same one.
        if state.ended or state.lamp is Lamp.OFF:
            self._deployment = self._closing = None
        elif state.deployment_id:
            self._deployment = state.deployment_id
        if self._closing != self._deployment:
            self._closing = None

    def _press(self) -> None:
        if self._hand.pressed.is_set():
            self._hand.pressed.clear()
            if self._panel.state is Lamp.ALERT:
                self._acknowledged, self._said_s = self._answers, -math.inf
        if self._hand.held.is_set():
            self._hand.held.clear()
            self._closing, self._said_s = self._deployment, -math.inf
            _log.warning("The button was held.", extra=fields(deployment_id=self._closing))

    def _show(self, lamp: Lamp) -> None:
        if lamp is not self._panel.state:
            _log.info("lamp", extra=fields(lamp=lamp.value))
        self._panel.show(lamp)
        self._look()

    def _look(self) -> None:
        if self._panel.state is Lamp.OFF:
            self._seen_s = -math.inf
        elif self._panel.shines:
            self._seen_s = self._clock()

    def _say(self, client: Client) -> None:
        self._said_s = self._clock()
        lamp = self._panel.state
        lit = self._said_s - self._seen_s <= SEEN_S + LOOKS[lamp].off_s
        shown = wire.Shown(
            lamp=lamp,
            lit=lit,
            factory=self._factory,
            answers=self._answers,
            close=self._closing is not None,
            acknowledged=self._acknowledged,
        )
        # What a hand has done is for now, and nothing that a broker may keep.
        kept = not shown.close and shown.acknowledged is None
        client.publish(self._topics.panel, say.pack_panel(shown, self._van), qos=1, retain=kept)
        notify.alive()
        notify.status(f"the lamp says {lamp.value}")
