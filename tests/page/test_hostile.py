"""Whatever is sent to the page, it goes on."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from tests.page.cast import TABLET
from tests.page.said import VAN, make_alert, make_withdrawal

ACK = "alert/ack"


RUBBISH = (
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b'{"specversion":"1.0","id":"a","type":"uk.police.lfr.alert.v1","data":null}',
    b"[" * 20_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"__proto__":{"specversion":"1.0","id":"a"},"constructor":{}}',
)


TOPICS = ["alert", "state", "withdrawal", f"decision/ack/{TABLET}"]


@pytest.mark.parametrize("topic", TOPICS)
def test_rubbish_is_counted_and_the_page_goes_on(van, tablet, topic):
    for message in RUBBISH:
        van.send(topic, message)
    refused = tablet.page.get_by_text(f"Messages that could not be read: {len(RUBBISH)}")
    expect(refused).to_be_visible()
    van.alert()
    expect(tablet.cards).to_have_count(1)
    assert tablet.errors == []


FIELDS = (
    "subject", "ground", "reason", "power", "images", "crop", "band", "threshold", "camera",
    "place", "taken_at", "expires_at", "watchlist_id", "model_id", "deployment_id", "code",
)  # fmt: skip
WRONG = st.one_of(
    st.none(), st.booleans(), st.just("<img src=x>" * 20),
    st.just(""), st.just("x" * 201), st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
)  # fmt: skip


def test_an_alert_with_any_wrong_field_is_refused(van, draft, tablet):
    @settings(max_examples=40, deadline=None, database=None)
    @given(st.sampled_from(FIELDS), WRONG)
    def send(field, value):
        van.alert(**{field: value})

    send()
    for value in (None, 0, "false"):
        van.alert(maybe_picture=value)
    good = van.alert()
    assert van.next(ACK)["data"]["alert_id"] == good
    expect(tablet.cards).to_have_count(1)
    assert tablet.errors == []


@pytest.mark.parametrize(
    "changes",
    [
        {"life_s": 601},
        {"crop": "R0lGODlhAQABAAAAACw="},
        {"crop": "javascript:alert(1)"},
        {"images": []},
        {"place": {"left": 0.1, "top": 0.1, "width": 2, "height": 0.2}},
        {"ground": "associate"},
        {"taken_at": "yesterday"},
        {"life_s": 0},
        {"score": 0.71},
        {"code": "OIL00-00000"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_no_van_may_send_is_not_shown(van, tablet, changes):
    van.alert(**changes)
    good = van.alert()
    assert van.next(ACK)["data"]["alert_id"] == good
    expect(tablet.cards).to_have_count(1)


def test_text_from_outside_is_shown_and_never_run(van, tablet):
    reason = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    van.alert(reason=reason)
    expect(tablet.cards).to_contain_text(reason)
    expect(tablet.page.locator(".card img")).to_have_count(2)
    assert tablet.errors == []


def refused(tablet, count):
    return tablet.page.get_by_text(f"Messages that could not be read: {count}")


def packet(topic, payload):
    """Make a PUBLISH of MQTT 5 without acknowledgement; its length is written seven bits a byte."""
    name = f"lfr/1/{VAN}/{topic}".encode()
    body = len(name).to_bytes(2, "big") + name + b"\0" + payload
    sizes = [len(body) >> shift for shift in (0, 7, 14, 21) if len(body) >> shift]
    size = [part & 127 | 128 for part in sizes[:-1]] + sizes[-1:]
    return bytes([0x30, *size]) + body


def test_ten_megabytes_are_counted_and_not_read(van, open_tablet, url):
    sockets = []

    def carry(socket):
        sockets.append(socket)
        socket.connect_to_server()

    tablet = open_tablet()
    tablet.page.route_web_socket("ws://**", carry)
    tablet.open(url)
    alert = make_alert()
    padded = json.dumps(alert).encode().ljust(10_000_000)
    for payload in (padded, json.dumps(alert | {"more": "x" * 10_000_000}).encode()):
        sockets[0].send(packet("alert", payload))
    expect(refused(tablet, 2)).to_be_visible()
    expect(tablet.cards).to_have_count(0)
    sockets[0].send(packet("alert", json.dumps(alert).encode()))
    expect(tablet.cards).to_have_count(1)
    assert tablet.errors == []


@pytest.mark.parametrize("where", ["event", "data", "image"])
def test_a_field_too_many_is_refused(van, tablet, where):
    alert = make_alert()
    place = {"event": alert, "data": alert["data"], "image": alert["data"]["images"][0]}[where]
    place["more"] = 1
    van.send("alert", alert)
    expect(refused(tablet, 1)).to_be_visible()
    expect(tablet.cards).to_have_count(0)


WORSE = (
    {"alert_id": "../x"}, {"reason": "whim"}, {"tablet": "<b>"}, {"decision_id": 7},
    {"answer": "guilty"}, {"more": 1},
)  # fmt: skip


def test_a_withdrawal_that_is_none_withdraws_nothing(van, tablet):
    alert_id = van.alert()
    expect(tablet.cards).to_have_count(1)
    for changes in WORSE:
        van.withdraw(**{"alert_id": alert_id} | changes)
        van.state(withdrawn=[make_withdrawal(alert_id) | changes])
    expect(refused(tablet, 2 * len(WORSE))).to_be_visible()
    expect(tablet.page.get_by_role("button", name="Viable", exact=True)).to_be_enabled()


def test_markup_in_every_field_is_words_or_is_refused(van, tablet):
    markup = "<img src=x onerror=alert(1)>"
    van.alert(**dict.fromkeys(("reason", "power", "camera", "model_id"), markup))
    expect(tablet.cards).to_contain_text(markup)
    fields = ("subject", "ground", "band", "watchlist_id", "deployment_id", "code", "taken_at")
    for field in fields:
        van.alert(**{field: markup})
    van.state(watchlist_id=markup)
    expect(refused(tablet, len(fields) + 1)).to_be_visible()
    expect(tablet.cards).to_have_count(1)
    expect(tablet.page.locator("img[src=x]")).to_have_count(0)
    assert tablet.errors == []


@pytest.mark.parametrize(
    "name",
    ["<b>x</b>", "\u6f22" * 70, "", "PC%0A1", "PC \u202e1"],
    ids=["markup", "long", "empty", "two lines", "turned round"],
)
def test_an_odd_officers_name_is_not_taken_from_the_address(open_tablet, url, name):
    tablet = open_tablet()
    tablet.open(f"{url}?officer={name}")
    expect(tablet.page.locator("#officer")).to_have_text("demo-officer")
