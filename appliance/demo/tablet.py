"""A tablet without a screen: it acknowledges every alert, so that the way to it can be measured."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from appliance.tablets import wire
from appliance.tablets.connection import dial, hang_up
from appliance.tablets.envelope import topics

if TYPE_CHECKING:
    from collections.abc import Generator

    from paho.mqtt.client import Client, MQTTMessage

    from appliance.settings import TabletSettings

SOURCE = "lfr/tablet/demo"


@contextmanager
def open_tablet(settings: TabletSettings, van: str) -> Generator[None]:
    """Listen for the van's alerts in a thread of its own.

    Raises:
        MachineError: nobody answers.
    """
    said = topics(van)

    def acknowledge(client: Client, _userdata: object, message: MQTTMessage) -> None:
        client.publish(said.ack, receipt(message.payload), qos=1)

    def prepare(client: Client) -> None:
        client.on_message = acknowledge

    client = dial(settings, prepare)
    client.subscribe(said.alert, qos=1)
    client.loop_start()
    try:
        yield
    finally:
        client.loop_stop()
        hang_up(client)


def receipt(payload: bytes | bytearray) -> bytes:
    """Answer an alert: it is here."""
    alert = wire.AlertEvent.model_validate_json(bytes(payload))
    moment = datetime.now(timezone.utc)
    event = wire.AckEvent(
        specversion="1.0",
        id=str(uuid.uuid4()),
        source=SOURCE,
        type="uk.police.lfr.ack.v1",
        time=moment,
        data=wire.Receipt(alert_id=alert.id, received_at=moment),
    )
    return event.model_dump_json().encode()
