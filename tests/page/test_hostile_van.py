"""Whoever speaks with the van's voice, and whatever stands in any field: the page goes on."""

from __future__ import annotations

import copy
import json
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.page.cast import TABLET
from tests.page.said import make_alert, make_event, make_state, make_withdrawal
from tests.page.test_hostile import packet, refused

HTML = "<img src=x onerror=alert(1)>"
WORDS = {"reason", "power", "camera", "model_id"}
"""Where anything may stand, which is shown as the words that it is."""
DEEP = "deep"
"""Stands for lists in lists, which Python itself will not write."""


def make_receipt(decision_id, alert_id="alert-1"):
    data = {"decision_id": decision_id, "alert_id": alert_id, "refused": None}
    return make_event("decision-ack.v1", data)


SAID = {
    "alert": make_alert,
    "state": make_state,
    "withdrawn": lambda: make_event("withdrawn.v1", {"withdrawn": [make_withdrawal("alert-1")]}),
    "withdrawal": lambda: make_event("withdrawal.v1", make_withdrawal("alert-1")),
    f"decision/ack/{TABLET}": lambda: make_receipt("decision-1"),
}
TOPICS = pytest.mark.parametrize("topic", SAID)


def fields(part, path=()):
    """Name every field, and every place in a list."""
    for name, value in part.items() if isinstance(part, dict) else enumerate(part):
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from fields(value, (*path, name))


def spoilt(topic, value):
    """Make every variant of what is said there in which one field is something else."""
    event = SAID[topic]()
    for path in fields(event):
        if path[-1] not in WORDS or value != HTML:
            changed = part = copy.deepcopy(event)
            for name in path[:-1]:
                part = part[name]
            part[path[-1]] = value
            text = json.dumps(changed)
            yield text.replace(f'"{DEEP}"', "[" * 1000 + "]" * 1000).encode()


def unharmed(van, tablet, count):
    expect(refused(tablet, count)).to_be_visible()
    expect(tablet.cards).to_have_count(1)
    expect(tablet.page.locator("img[src=x]")).to_have_count(0)
    viable = tablet.page.get_by_role("button", name="Viable", exact=True)
    expect(viable).to_be_enabled()
    assert tablet.errors == []


@TOPICS
@pytest.mark.parametrize("value", [HTML, DEEP, {"a": 1}, 1e300], ids=["html", "deep", "map", "big"])
def test_no_field_takes_what_it_is_not_for(van, tablet, topic, value):
    van.alert()
    numbers = {"threshold"} if value == 1e300 else set()
    sent = [
        message
        for message in spoilt(topic, value)
        if not any(f'"{name}": 1e+300' in message.decode() for name in numbers)
    ]
    for message in sent:
        van.send(topic, message)
    unharmed(van, tablet, len(sent))


@TOPICS
def test_no_field_may_be_missing(van, tablet, topic):
    van.alert()
    event, sent = SAID[topic](), 0
    for path in fields(event):
        changed = part = copy.deepcopy(event)
        for name in path[:-1]:
            part = part[name]
        if isinstance(part, dict):
            del part[path[-1]]
            van.send(topic, changed)
            sent += 1
    unharmed(van, tablet, sent)


@TOPICS
def test_more_than_two_megabytes_are_not_read(van, open_tablet, url, topic):
    sockets = []

    def carry(one):
        sockets.append(one)
        one.connect_to_server()

    tablet = open_tablet()
    tablet.page.route_web_socket("ws://**", carry)
    tablet.open(url)
    van.alert()
    expect(tablet.cards).to_have_count(1)
    padded = json.dumps(SAID[topic]()).encode().ljust(2_000_001)
    sockets[-1].send(packet(topic, padded))
    unharmed(van, tablet, 1)


def test_a_receipt_for_what_nobody_said_settles_nothing(van, tablet):
    alert_id = van.alert()
    tablet.tap("Viable")
    said = van.decision()
    for decision_id in (str(uuid4()), alert_id, "decision-1"):
        van.send(f"decision/ack/{TABLET}", make_receipt(decision_id, alert_id))
    assert van.next("decision")["id"] == said["id"]
    assert tablet.errors == []


def test_a_second_alert_under_one_name_changes_nothing_that_is_shown(van, tablet):
    alert = make_alert(reason="Takes part in the first test")
    van.send("alert", alert)
    expect(tablet.cards).to_contain_text("the first test")
    van.send("alert", make_alert(alert["id"], reason="Somebody else"))
    for _ in range(2):
        assert van.next("alert/ack")["data"]["alert_id"] == alert["id"]
    expect(tablet.cards).to_have_count(1)
    expect(tablet.cards).to_contain_text("the first test")
    expect(tablet.cards).not_to_contain_text("Somebody else")


def test_a_flood_of_alerts_leaves_a_page_that_shows_every_one_of_them(van, tablet):
    for _ in range(100):
        van.alert()
    last = van.alert(reason="The last of many")
    expect(tablet.page.get_by_text("The last of many")).to_be_visible()
    while van.next("alert/ack")["data"]["alert_id"] != last:
        pass
    assert tablet.cards.count() == 101
    assert tablet.errors == []
