"""The demo finds a broker on any machine, and leaves none behind."""

import os
import socket
import subprocess
import sys
from queue import Queue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from appliance.errors import MachineError
from appliance.settings import TabletSettings
from appliance.tablets.broker import probe
from provisioning import broker as provisioning
from provisioning.broker import AMQTT_LOCK, Program, open_broker

WAIT_S = 20


def listens(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def pretend(folder, name, script):
    """Put a command of our own on the path."""
    command = folder / name
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A path on which nothing lies but what a test puts there."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def offline(tmp_path, path, monkeypatch):
    """No apt, and a pip that looks into an empty folder instead of the network."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(empty))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


@pytest.fixture
def only(monkeypatch):
    """Make a program of our own the only way to a broker."""

    def only(*command):
        program = Program("Pretender", command, lambda port, ws_port: f"{port} {ws_port}")
        monkeypatch.setattr(provisioning, "WAYS", {"only": lambda _cache: program})

    return only


def test_the_installed_mosquitto_is_taken_first(tmp_path):
    with open_broker(tmp_path, tmp_path / "cache") as broker:
        assert broker.name == "Mosquitto"
        assert probe(TabletSettings(port=broker.port)) == "MQTT 5"
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("which", ["broker", "old_broker"])
def test_a_browser_is_served_over_websockets(which, request, tmp_path):
    if which == "broker":
        with open_broker(tmp_path, tmp_path / "cache") as broker:
            assert greeted_over_websockets(broker.ws_port)
    else:
        assert greeted_over_websockets(request.getfixturevalue("old_broker").ws_port)


def greeted_over_websockets(port):
    answers = Queue()
    client = Client(CallbackAPIVersion.VERSION2, transport="websockets")
    client.ws_set_options(path="/mqtt")
    client.on_connect = lambda *said: answers.put(said[3])
    client.connect("127.0.0.1", port)
    client.loop_start()
    answer = answers.get(timeout=WAIT_S)
    client.disconnect()
    client.loop_stop()
    return not answer.is_failure
