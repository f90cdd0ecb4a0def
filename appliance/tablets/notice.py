"""The word that the force has something new for a van: how it is given, and how it is heard.

What is said there is never read. The van looks by itself whether there is something to be believed.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from appliance.errors import MachineError
from appliance.tablets.connection import dial, hang_up, publish
from appliance.tablets.envelope import topics

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client, MQTTMessage

    from appliance.settings import TabletSettings

APART_S = 2.0
"""However many notices come, the van looks no oftener."""


def notify(settings: TabletSettings, van: str) -> None:
    """Tell a van, over its broker or one that leads to it, to look for something new.

    Gone within five seconds. A van that is away does not hear it, and looks by itself later.

    Raises:
        MachineError: nobody answers, or the broker refuses us or the notice.
        SettingsError: a file for TLS cannot be used.
    """
    client = dial(settings, lambda _client: None)
    refusal = publish(client, topics(van).notice, b"")
    hang_up(client)
    if refusal is not None:
        raise MachineError(
            f"The broker at {settings.host}:{settings.port} does not take the notice ({refusal}).",
            mend="Give the desk's name the right to write to the van's notice topic.",
        )


class Notices:
    """Hears the notices, in the link's thread, and passes them on at most every two seconds.

    The last of many is never lost: it is passed on when its time has come.

    Args:
        van: The van's name.
        on_notice: Gets no word of what was said.
        clock: Gives the monotonic time in seconds.
    """

    def __init__(
        self,
        van: str,
        on_notice: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.topics = (topics(van).notice,)
        """Where the force speaks."""
        self._on_notice, self._clock = on_notice, clock
        self._waits = False
        self._told_s = -math.inf

    def attach(self, client: Client) -> None:
        """Have a client's messages brought here."""
        client.message_callback_add(self.topics[0], self._rung)

    def subscribe(self, client: Client) -> None:
        """Ask the broker for them; once for each connection."""
        client.subscribe([(topic, 1) for topic in self.topics])

    def suppose(self) -> None:
        """Take it that there was one: while the line was down nobody could hear it."""
        self._waits = True

    def turn(self) -> None:
        """Pass on what waits, if its time has come."""
        now_s = self._clock()
        if self._waits and now_s - self._told_s >= APART_S:
            self._waits, self._told_s = False, now_s
            self._on_notice()

    def _rung(self, _client: Client, _userdata: object, _message: MQTTMessage) -> None:
        self._waits = True
