"""One broker as it is installed on a van, and a roster of three tablets."""

import socket
from contextlib import ExitStack

import pytest

from provisioning.gate.service import certifying, open_gate, open_sluice, tls_context
from provisioning.gate.sluice import Sluice
from provisioning.trial import make_roster
from tests.broker.voices import Voice, free_port, running

TABLETS = ["tablet-1", "tablet-2", "lost"]


@pytest.fixture
def roster(tmp_path):
    made = make_roster(tmp_path / "roster", TABLETS)
    made.revoke("lost")
    return made


@pytest.fixture
def broker(tmp_path, roster):
    with running(tmp_path / "mosquitto", roster.folder) as broker:
        yield broker


@pytest.fixture
def gate(broker, roster):
    """The port of wss, before the broker."""
    port = free_port()
    listening = socket.create_server(("127.0.0.1", port))
    door = certifying(broker.ports["gate"], lambda *_: None, {})
    with open_gate(listening, door, tls_context(roster.folder)):
        yield port


@pytest.fixture
def sluice(broker):
    """The port for tablets that speak MQTT themselves, before the broker."""
    port = free_port()
    with open_sluice(socket.create_server(("127.0.0.1", port)), Sluice(broker.ports["tls"])):
        yield port


@pytest.fixture
def speak(broker, roster, request):
    """Open voices: nobody is the van, tablets come by MQTT or by the gate."""
    with ExitStack() as stack:

        def open_voice(tablet=None, *, web=False, user=None, **how):
            port = request.getfixturevalue("gate" if web else "sluice")
            if tablet is None:
                voice = Voice(broker.ports["van"], user=user, **how)
            else:
                voice = Voice(port, tablet, roster, web=web, **how)
            stack.callback(voice.close)
            return voice

        yield open_voice
