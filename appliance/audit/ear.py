"""What the appliance says of itself over MQTT, as anybody on the van may hear it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance.errors import MachineError
from appliance.settings import TabletSettings
from appliance.tablets import wire
from appliance.tablets.connection import dial, hang_up, turn
from appliance.tablets.envelope import parse, topics

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from paho.mqtt.client import Client, MQTTMessage

TALLY_S = 1.3
"""The van counts aloud once a second."""


class Ear:
    """Hears the tally of one van.

    Args:
        port: Of the broker, on this machine.
        van: Whose.
    """

    def __init__(self, port: int, van: str) -> None:
        self.tally: wire.Tally | None = None
        """The newest."""
        self._topic = topics(van).tally
        self._client = dial(TabletSettings(port=port), self._prepare)
        self._client.subscribe(self._topic, 1)

    def until(self, met: Callable[[wire.Tally], bool], what: str, limit_s: float) -> wire.Tally:
        """Listen until a tally is as it is waited for, for a second at the least.

        Raises:
            MachineError: it does not come to that in time.
        """
        begun_s = time.monotonic()
        while turn(self._client):
            passed_s = time.monotonic() - begun_s
            if passed_s > TALLY_S and self.tally is not None and met(self.tally):
                return self.tally
            if passed_s > limit_s:
                break
        raise MachineError(f"The appliance did not {what} in {limit_s:.0f} s.", mend="Try again.")

    def close(self) -> None:
        """Say goodbye."""
        hang_up(self._client, [self._topic])

    def _prepare(self, client: Client) -> None:
        client.on_message = self._hear

    def _hear(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        # What the broker has kept is of an appliance that was here before.
        if not message.retain:
            self.tally = parse(wire.TallyEvent, message.payload).data


@contextmanager
def open_ear(port: int, van: str) -> Generator[Ear]:
    """Connect; see `Ear`.

    Raises:
        MachineError: there is no broker.
    """
    ear = Ear(port, van)
    try:
        yield ear
    finally:
        ear.close()
