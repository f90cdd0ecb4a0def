"""What the page says of the van and of the link, and to whom it speaks."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from playwright.sync_api import expect

REFUSAL = bytes([0x20, 0x02, 0x00, 0x01])
"""CONNACK of MQTT 3.1.1: unacceptable protocol version."""


def past():
    return (datetime.now(timezone.utc) - timedelta(minutes=1)).isoformat()


def test_the_bar_tells_whether_the_van_looks_and_by_what_right(van, tablet):
    van.state()
    expect(tablet.page.locator("#van")).to_have_text("van-1")
    expect(tablet.page.locator("#lamp")).to_have_text("Looking")
    expect(tablet.page.locator("#list")).to_contain_text("demo, 3 listed, until")
    expect(tablet.page.locator("#authority")).to_contain_text("Until")
    van.state(lamp="fault", list_expires_at=past(), authority_ends_at=None)
    expect(tablet.page.locator("#lamp")).to_have_text("Fault")
    expect(tablet.page.locator("#list")).to_have_text("Ended")
    expect(tablet.page.locator("#authority")).to_have_text("None")


def test_a_tablet_that_comes_late_learns_the_state_at_once(van, tablet):
    van.state(lamp="ready")
    tablet.page.reload()
    expect(tablet.page.locator("#lamp")).to_have_text("Ready")


def test_a_lost_link_is_said_in_words_and_the_lamp_is_no_longer_believed(van, broker, tablet):
    van.state()
    expect(tablet.page.locator("#lamp")).to_have_text("Looking")
    broker.stop()
    expect(tablet.page.get_by_role("alert")).to_contain_text("Link to the van lost")
    expect(tablet.page.locator("#lamp")).to_have_text("Not known")
    broker.start()


BELIEVED = ("#lamp", "#list", "#authority")


def test_a_van_that_falls_silent_is_no_longer_believed_and_that_is_said(van, tablet):
    van.state()
    silent = tablet.page.locator("#silent")
    expect(silent).to_be_hidden()
    expect(tablet.page.locator("#list")).to_contain_text("3 listed")
    expect(silent).to_contain_text("The van has said nothing")
    for each in BELIEVED:
        expect(tablet.page.locator(each)).to_have_text("Not known")
    van.state()
    expect(silent).to_be_hidden()
    expect(tablet.page.locator("#lamp")).to_have_text("Looking")


def test_what_the_broker_has_kept_of_a_silent_van_is_not_believed_for_long(van, open_tablet, url):
    van.greets = False
    van.state()
    tablet = open_tablet()
    tablet.open(url)
    expect(tablet.page.locator("#lamp")).to_have_text("Looking")
    expect(tablet.page.locator("#silent")).to_be_visible()
    expect(tablet.page.locator("#lamp")).to_have_text("Not known")


def test_without_a_link_neither_list_nor_authority_is_believed_but_an_end_is(van, broker, tablet):
    van.state()
    expect(tablet.page.locator("#list")).to_contain_text("3 listed")
    broker.stop()
    expect(tablet.link).to_have_text("Lost")
    for each in BELIEVED:
        expect(tablet.page.locator(each)).to_have_text("Not known")
    broker.start()
    van.ready()
    van.state(ended="button")
    expect(tablet.page.locator("#list")).to_have_text("Ended")
    broker.stop()
    expect(tablet.link).to_have_text("Lost")
    expect(tablet.page.locator("#list")).to_have_text("Ended")
    broker.start()


def test_a_broker_that_knows_only_mqtt_3_is_spoken_to_in_mqtt_3(van, open_tablet, url):
    levels = []

    def answer(socket):
        server = socket.connect_to_server() if levels else None

        def hear(message):
            if message[0] == 0x10:  # CONNECT; the protocol's level is its byte 8
                levels.append(message[8])
            server.send(message) if server else socket.send(REFUSAL)

        socket.on_message(hear)

    tablet = open_tablet()
    tablet.page.route_web_socket("ws://**", answer)
    tablet.open(url)
    assert levels == [5, 4]
    van.alert()
    expect(tablet.cards).to_have_count(1)
    assert tablet.errors == []


def test_the_page_asks_no_other_host_and_says_no_error(van, broker, tablet, url):
    van.state()
    van.alert()
    tablet.tap("Not viable")
    van.receive(van.decision())
    expect(tablet.cards).to_contain_text("Received by the van")
    assert set(tablet.hosts) == {urlsplit(url).netloc}
    assert tablet.sockets == [f"ws://127.0.0.1:{broker.web_port}/"]
    assert tablet.errors == []


def test_a_page_without_its_settings_says_what_to_do(open_tablet, url):
    tablet = open_tablet()
    tablet.page.route("**/config.json", lambda route: route.fulfill(status=404))
    tablet.page.goto(url)
    expect(tablet.page.get_by_text("This page cannot start")).to_be_visible()
