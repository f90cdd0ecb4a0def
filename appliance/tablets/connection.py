"""One connection to an MQTT broker: version 5, or 3.1.1 where the broker has no 5."""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING, cast

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.errors import MachineError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.reasoncodes import ReasonCode

    from appliance.settings import TabletSettings

VERSIONS = {MQTTProtocolVersion.MQTTv5: "MQTT 5", MQTTProtocolVersion.MQTTv311: "MQTT 3.1.1"}
"""In the order in which they are tried."""
NO_SUCH_VERSION = "Unsupported protocol version"
ANSWER_S = 1.4
"""The broker stands in the van: whoever takes longer to answer is not there."""
KEEPALIVE_S = 15
TICK_S = 0.1


def dial(
    settings: TabletSettings, prepare: Callable[[Client], None], client_id: str = ""
) -> Client:
    """Connect to the broker.

    Args:
        settings: Where it is, and who we are to it.
        prepare: Is given each client before it connects.
        client_id: The name under which the broker knows us; empty for any.

    Returns:
        A connected client. All its work happens in `loop`, which the caller calls again and again.

    Raises:
        MachineError: nobody answers, or the broker refuses us.
        SettingsError: a file for TLS cannot be used.
    """
    for version in VERSIONS:
        client = _client(settings, version, client_id)
        prepare(client)
        reason = _reason(client, settings)
        if reason is not None and not reason.is_failure:
            return client
        cut(client)
        if reason is not None and reason.getName() != NO_SUCH_VERSION:
            raise _refusal(settings, f"refuses the van: {reason.getName()}")
    raise _refusal(settings, "gives no answer in MQTT")


def hang_up(client: Client, heard: Sequence[str] = ("lfr/none",)) -> None:
    """Say goodbye, so that the last will stays unsaid; what was published before still arrives.

    Args:
        client: From `dial`; it is of no use afterwards.
        heard: The topics that it has subscribed to.
    """
    # A socket that is closed over unread answers is reset, and the broker loses our last words;
    # whoever has its answer to this request has read all that came before.
    answers: list[object] = []
    client.on_unsubscribe = lambda *said: answers.append(said)
    client.unsubscribe(list(heard))
    _await(client, answers)
    client.disconnect()
    _await(client, [])
    cut(client)  # also where the broker no longer reads


def cut(client: Client) -> None:
    """End the connection without a goodbye, so that the last will is said at once."""
    sock = client.socket()
    if sock is not None:
        sock.close()


def publish(client: Client, topic: str, payload: bytes) -> str | None:
    """Publish a message and wait until the broker has it.

    Returns:
        None once it has, or why it does not take it. MQTT 3.1.1 gives no reason: it takes all.
    """
    answers: list[ReasonCode] = []
    client.on_publish = lambda *said: answers.append(said[3])
    client.publish(topic, payload, qos=1)
    _await(client, answers)
    if not answers:
        return "no answer"
    return answers[0].getName() if answers[0].is_failure else None


def properties(content_type: str, life_s: int) -> Properties:
    """Say once more, to a broker of MQTT 5, what the payload says; paho drops it for another."""
    said = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    said.ContentType = content_type
    said.MessageExpiryInterval = life_s
    return said


def _client(settings: TabletSettings, version: MQTTProtocolVersion, client_id: str) -> Client:
    client = Client(
        CallbackAPIVersion.VERSION2, client_id, protocol=version, reconnect_on_failure=False
    )
    client.connect_timeout = ANSWER_S
    client.on_socket_open = _hurry
    client.on_socket_register_write = _leave_it
    if settings.username is not None:
        password = settings.password.get_secret_value() if settings.password else None
        client.username_pw_set(settings.username, password)
    if settings.ca_file is not None:
        client.tls_set_context(_tls(settings))
    return client


def _hurry(_client: Client, _userdata: object, sock: object) -> None:
    # Nagle's wait makes TLS messages of more than one record 100 times slower.
    cast("socket.socket", sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _leave_it(_client: Client, _userdata: object, _sock: object) -> None:
    # With this hook paho leaves the writing to `loop`; without it, it would write in the thread
    # that publishes, and make that thread wait or two of them write at once.
    pass


def _tls(settings: TabletSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        if settings.certificate is not None:
            context.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        raise SettingsError(
            f"A file for TLS cannot be used ({error.strerror or type(error).__name__}).",
            mend="Check tablets.ca_file, tablets.certificate and tablets.key.",
        ) from None
    return context


def _reason(client: Client, settings: TabletSettings) -> ReasonCode | None:
    """Shake hands; None where no proper answer comes."""
    answers: list[ReasonCode] = []
    client.on_connect = lambda *said: answers.append(said[3])
    try:
        client.connect(settings.host, settings.port, KEEPALIVE_S)
    except (OSError, UnicodeError) as error:
        fault = getattr(error, "strerror", None) or type(error).__name__
        raise _refusal(settings, f"cannot be reached ({fault})") from None
    _await(client, answers)
    return answers[0] if answers else None


def _await(client: Client, answers: Sequence[object]) -> None:
    """Go on until there is an answer, the connection is over, or the broker takes too long."""
    end = time.monotonic() + ANSWER_S
    while not answers and turn(client) and time.monotonic() < end:
        pass


def turn(client: Client) -> bool:
    """Do what there is to do, waiting a tenth of a second at the most; False once it is over."""
    return client.loop(TICK_S) == MQTTErrorCode.MQTT_ERR_SUCCESS


def _refusal(settings: TabletSettings, fault: str) -> MachineError:
    return MachineError(
        f"The broker at {settings.host}:{settings.port} {fault}.",
        mend="Start Mosquitto, or check the settings under tablets.",
    )
