"""At the door of a real broker: nobody keeps places or time from the others."""

import asyncio
import socket
import ssl
from contextlib import ExitStack
from threading import Event

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from provisioning.gate import door
from provisioning.gate import sluice as sluices
from provisioning.gate.flow import BYTES, PACKETS
from provisioning.gate.service import open_sluice
from tests.broker.test_refused import keyed, knock
from tests.broker.voices import VAN, WAIT_S, Voice, free_port

HELLO = f"{VAN.hello}/tablet-1"
AT_ONCE = 20 * (1 + 64 + 64)
"""Twenty tablets' hellos, words on what they show, and answers that they have kept."""
WEB = pytest.mark.parametrize("web", [False, True], ids=["mqtt", "page"])


@pytest.fixture
def waits(monkeypatch):
    """Whoever is to wait does not; gives for how long they should have."""
    told = []

    async def note(wait_s):
        told.append(wait_s)
        await asyncio.sleep(0)

    monkeypatch.setattr(door, "sleep", note)
    monkeypatch.setattr(sluices, "sleep", note)
    return told


@pytest.fixture
def come(gate, roster):
    """Come to the gate as a page and say nothing."""
    with ExitStack() as stack:

        def come(tablet):
            return stack.enter_context(
                connect(
                    f"wss://localhost:{gate}/mqtt", ssl=keyed(roster, tablet),
                    subprotocols=["mqtt"], compression=None, proxy=None,
                )
            )  # fmt: skip

        yield come


def refused(come, tablet):
    try:
        come(tablet).close()
    except InvalidStatus as error:
        return error.response.status_code == 503
    return False


@WEB
def test_a_tablet_that_says_too_much_waits_and_all_of_it_arrives(speak, waits, web):
    van, tablet = speak().hear(HELLO, VAN.state), speak("tablet-1", web=web)
    size = 40_000
    for _ in range(20):
        assert tablet.say(HELLO, bytes(size))
    longest_s = (20 * size - sluices.FIRST_BYTES) / BYTES.per_s
    shortest_s = (20 * size - BYTES.at_once) / BYTES.per_s
    assert shortest_s / 2 < max(waits) < longest_s + 1
    speak().say(VAN.state, b"end")
    assert len(van.all_heard(b"end")) == 20


def test_many_small_words_are_too_much_as_well(speak, waits):
    tablet = speak("tablet-1", web=True)
    for _ in range(4 * PACKETS.at_once):
        tablet._client.publish(HELLO, b"x", qos=0)
    for _ in range(4 * PACKETS.at_once):
        tablet._answers.get(timeout=WAIT_S)
    assert tablet.say(HELLO)
    assert max(waits) > 0


@WEB
def test_a_tablet_that_says_what_it_has_to_never_waits(speak, waits, web):
    tablet = speak("tablet-1", web=web)
    waits.clear()
    for _ in range(20):
        assert tablet.say(HELLO, bytes(500))
    assert max(waits) == 0


def test_what_twenty_tablets_say_at_once_waits_for_a_van_that_is_busy(broker):
    free, van = Event(), Voice(broker.ports["van"]).hear(HELLO)
    van._client.on_message = lambda _c, _d, message: free.wait() and van.heard.put(message)
    tablet = Voice(broker.ports["gate"], user="tablet-1")
    for _ in range(AT_ONCE):
        tablet._client.publish(HELLO, bytes(500), qos=1)
    for _ in range(AT_ONCE):
        assert not tablet._answers.get(timeout=WAIT_S).is_failure
    free.set()
    for _ in range(AT_ONCE):
        van.heard.get(timeout=WAIT_S)
    tablet.close()
    van.close()


@WEB
@pytest.mark.parametrize("qos", [1, 2])
def test_a_tablet_keeps_nothing_at_the_broker_and_shortens_no_word(speak, web, qos):
    tablet, short = speak("tablet-1", web=web), Properties(PacketTypes.PUBLISH)
    short.TopicAlias = 1
    tablet._client.publish(HELLO, qos=qos, properties=short if qos == 1 else None)
    assert tablet.gone.get(timeout=WAIT_S).is_failure


def test_who_comes_again_has_not_been_forgotten(speak, waits):
    for _ in range(4):
        tablet = speak("tablet-1", web=True)
        for _ in range(3):
            assert tablet.say(HELLO, bytes(40_000))
    assert max(waits) > 0


def test_a_tablet_has_so_many_places_and_the_others_have_theirs(come):
    for _ in range(door.PLACES_EACH):
        come("tablet-1")
    assert refused(come, "tablet-1")
    assert not refused(come, "tablet-2")


def test_a_tablet_that_comes_all_the_time_is_sent_away_and_no_other_is(come):
    assert any(refused(come, "tablet-1") for _ in range(200))
    assert not refused(come, "tablet-2")


def test_one_address_has_half_of_the_places(sluice):
    with ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection(("127.0.0.1", sluice), WAIT_S))
            for _ in range(sluices.PLACES_EACH + 1)
        ]
        assert opened[-1].recv(1) == b""
        for kept in opened[:-1]:
            kept.setblocking(False)
            with pytest.raises(BlockingIOError):
                kept.recv(1)


@pytest.mark.parametrize("word", [b"", b"\x16\x03\x01\x02\x00\x01", b"\x16"], ids=range(3))
def test_who_does_not_shake_hands_goes(broker, word):
    port = free_port()
    hasty = sluices.Sluice(broker.ports["tls"], patience_s=0.1)
    with (
        open_sluice(socket.create_server(("127.0.0.1", port)), hasty),
        socket.create_connection(("127.0.0.1", port), WAIT_S) as silent,
    ):
        silent.sendall(word)
        assert silent.recv(1) == b""


def test_who_has_shaken_hands_stays(sluice, roster):
    with knock(sluice, keyed(roster, "tablet-1")) as connection:
        connection.sendall(b"\xc0\x00")
        assert connection.recv(2) == b"\xd0\x00"


def test_while_the_broker_is_away_nobody_is_kept_waiting():
    port = free_port()
    with (
        open_sluice(socket.create_server(("127.0.0.1", port)), sluices.Sluice(free_port())),
        socket.create_connection(("127.0.0.1", port), WAIT_S) as tablet,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        ssl.create_default_context().wrap_socket(tablet, server_hostname="localhost")
