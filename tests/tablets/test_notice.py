"""The force's notice: whatever it says, the van looks for something new, and not too often."""

import queue
import socket
import subprocess
from threading import Thread

import pytest
from pydantic import SecretStr

from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.settings import TabletSettings
from appliance.tablets.broker import open_link
from appliance.tablets.notice import APART_S, Notices, notify
from appliance.tablets.wire import State
from tests.tablets.conftest import VAN, WAIT_S


@pytest.fixture
def told():
    return []


@pytest.fixture
def notices(seconds, told):
    return Notices(VAN, lambda: told.append(seconds()), seconds)


# -- How often


def test_a_notice_is_passed_on_once(notices, told):
    notices.turn()
    assert told == []
    notices.suppose()
    notices.turn()
    notices.turn()
    assert told == [1000.0]


def test_of_many_the_first_goes_at_once_and_the_last_when_its_time_has_come(notices, told, seconds):
    for _ in range(50):
        notices.suppose()
        notices.turn()
        seconds.now_s += 0.01
    assert told == [1000.0]
    seconds.now_s = 1000.0 + APART_S
    notices.turn()
    seconds.now_s += APART_S
    notices.turn()
    assert told == [1000.0, 1000.0 + APART_S]


# -- Over a real broker


@pytest.fixture
def rung():
    return queue.Queue()


@pytest.fixture
def link(broker, tablet, ears, rung):
    with open_link(
        broker.settings, VAN, ears.decision, ears.see, on_notice=lambda: rung.put(True)
    ) as link:
        link.state(State(lamp=Lamp.READY))
        tablet.next("state")
        yield link


def test_the_desks_word_reaches_the_van(link, broker, rung):
    assert rung.empty()
    notify(broker.settings, VAN)
    assert rung.get(timeout=WAIT_S)


def test_a_word_for_another_van_is_not_ours(link, broker, rung):
    notify(broker.settings, "van-2")
    notify(broker.settings, VAN)
    assert rung.get(timeout=WAIT_S)
    assert rung.empty()


@pytest.mark.parametrize("payload", [b"", b"\xff\x00", b"x" * 1_000_000, b'{"run": "me"}'], ids=len)
def test_what_it_says_has_no_meaning(link, tablet, rung, payload):
    tablet.say("notice", payload)
    assert rung.get(timeout=WAIT_S)
    assert link.refused == 0
    assert link.failure is None


def test_what_the_broker_has_kept_counts_too(broker, tablet, ears, rung):
    tablet._client.publish(f"lfr/1/{VAN}/notice", b"!", qos=1, retain=True)
    tablet.next("notice")
    with open_link(broker.settings, VAN, ears.decision, ears.see, on_notice=lambda: rung.put(True)):
        assert rung.get(timeout=WAIT_S)


def test_after_a_line_that_was_lost_it_is_taken_that_there_was_one(link, rung):
    assert rung.empty()
    link._says._client.socket().shutdown(socket.SHUT_RDWR)
    assert rung.get(timeout=WAIT_S)


def test_a_failure_of_whoever_is_told_is_not_swallowed(broker, tablet, ears):
    def fail():
        raise RuntimeError("the disk is full")

    with open_link(broker.settings, VAN, ears.decision, ears.see, on_notice=fail) as link:
        link.state(State(lamp=Lamp.READY))
        tablet.next("state")
        notify(broker.settings, VAN)
        with pytest.raises(RuntimeError, match="full"):
            link._talk.result(timeout=WAIT_S)
        assert isinstance(link.failure, RuntimeError)


# -- The desk's side


@pytest.fixture
def guarded(tmp_path, mosquitto):
    """A broker at which only the desk may give notice."""
    names = tmp_path / "names"
    subprocess.run(["mosquitto_passwd", "-b", "-c", names, "desk", "secret"], check=True)
    (tmp_path / "acl").write_text("user desk\ntopic write lfr/1/+/notice\n")
    lines = (
        "allow_anonymous true", f"password_file {names}", f"acl_file {tmp_path / 'acl'}",
    )  # fmt: skip
    with mosquitto(tmp_path, lines) as broker:
        yield broker


def test_a_broker_that_takes_no_notice_from_us_says_so(guarded):
    desk = {"username": "desk", "password": SecretStr("secret")}
    notify(TabletSettings(port=guarded.port, **desk), VAN)
    with pytest.raises(MachineError, match="does not take the notice") as refused:
        notify(guarded.settings, VAN)
    assert "desk" in refused.value.mend


def test_a_broker_that_hangs_up_instead_of_answering_has_not_taken_it():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def welcome_and_leave():
            client, _ = server.accept()
            with client:
                client.recv(1000)
                client.sendall(bytes([0x20, 0x03, 0x00, 0x00, 0x00]))  # CONNACK of MQTT 5
                client.recv(1000)

        broker = Thread(target=welcome_and_leave)
        broker.start()
        with pytest.raises(MachineError, match="no answer"):
            notify(TabletSettings(port=server.getsockname()[1]), VAN)
        broker.join()


def test_where_nobody_answers_it_says_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(MachineError, match="cannot be reached"):
        notify(TabletSettings(port=port), VAN)
