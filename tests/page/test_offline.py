"""What outlives a reload, a lost link and a dead browser, and what never does."""

from __future__ import annotations

import shutil
from base64 import b64decode

import pytest
from playwright.sync_api import expect

from tests.page.cast import TABLET, Tablet
from tests.page.conftest import CHROMIUM
from tests.page.said import make_alert

ACK, DECISION, HELLO = "alert/ack", "decision", "hello"
RECORDS = """async (table) => {
  const opening = indexedDB.open("lfr-tablet");
  const base = await new Promise((give) => (opening.onsuccess = () => give(opening.result)));
  const asking = base.transaction(table).objectStore(table).getAll();
  return new Promise((give) => (asking.onsuccess = () => give(asking.result)));
}"""


def records(tablet, table):
    return tablet.page.evaluate(RECORDS, table)


@pytest.fixture
def alert(van, tablet):
    """One alert on the screen, and acknowledged."""
    alert = make_alert()
    van.send("alert", alert)
    van.next(ACK)
    return alert


def test_an_alert_is_acknowledged_once_it_has_been_on_the_screen(van, tablet):
    alert_id = van.alert()
    ack = van.next(ACK)["data"]
    assert ack["alert_id"] == alert_id
    assert ack["received_at"] <= ack["shown_at"]


def test_a_page_that_nobody_sees_says_so_and_says_it_again_when_it_is_seen(van, tablet):
    tablet.hide()
    alert_id = van.alert()
    ack = van.next(ACK)["data"]
    assert (ack["alert_id"], ack["shown_at"]) == (alert_id, None)
    tablet.hide(hidden=False)
    seen = van.next(ACK)["data"]
    assert seen["alert_id"] == alert_id
    assert seen["received_at"] == ack["received_at"] < seen["shown_at"]


def test_an_alert_that_came_too_late_was_never_shown(van, tablet):
    van.alert(age_s=90)
    assert van.next(ACK)["data"]["shown_at"] is None


def test_a_page_says_at_each_start_what_it_need_not_be_sent_again(van, tablet, alert):
    assert van.next(HELLO)["data"] == {"holds": []}
    tablet.page.reload()
    assert van.next(HELLO)["data"] == {"holds": []}
    van.send("alert", alert)
    expect(tablet.cards).to_have_count(1)


def test_a_page_that_has_only_lost_its_link_still_holds_its_alerts(van, broker, tablet, alert):
    van.next(HELLO)
    broker.stop()
    broker.start()
    assert van.next(HELLO)["data"] == {"holds": [alert["id"]]}


def test_an_alert_that_was_shown_is_not_new_after_a_reload(van, tablet, alert):
    expect(tablet.page.locator("#news")).to_contain_text("New alert")
    tablet.page.reload()
    expect(tablet.link).to_have_text("Connected")
    van.send("alert", alert)
    van.next(ACK)
    expect(tablet.cards.locator("img")).to_have_count(2)
    expect(tablet.page.locator("#news")).to_be_empty()


def test_an_alert_that_nobody_saw_is_new_after_a_reload(van, tablet):
    tablet.hide()
    alert = make_alert()
    van.send("alert", alert)
    van.next(ACK)
    tablet.page.reload()
    expect(tablet.link).to_have_text("Connected")
    van.send("alert", alert)
    expect(tablet.page.locator("#news")).to_contain_text("New alert")


def test_an_answer_outlives_a_reload_without_a_link(van, broker, tablet, alert):
    broker.stop()
    expect(tablet.link).to_have_text("Lost")
    tablet.tap("Viable")
    expect(tablet.cards).to_contain_text("Kept on this tablet")
    tablet.page.reload()
    broker.start()
    decision = van.decision()
    assert decision["data"]["alert_id"] == alert["id"]
    assert decision["data"]["answer"] == {"stage": "verdict", "verdict": "viable"}
    van.receive(decision)
    expect(tablet.cards).to_contain_text("Received by the van")
    assert records(tablet, "decisions") == []


def test_an_answer_is_said_by_the_same_bytes_after_a_reload(van, tablet, alert):
    tablet.tap("Viable")
    first = van.decision()
    tablet.page.reload()
    assert van.next("decision") == first


def test_what_was_begun_goes_on_after_a_reload(van, tablet, alert):
    tablet.tap("Viable")
    van.receive(van.decision())
    tablet.page.reload()
    tablet.tap("Lost from sight")
    answer = van.answer("engagement")["data"]
    assert answer["alert_id"] == alert["id"]
    assert answer["answer"] == {"stage": "engagement", "engagement": "lost"}


def test_what_was_begun_stays_ones_own_to_finish_whatever_another_officer_says(van, tablet, alert):
    tablet.tap("Viable")
    van.receive(van.decision())
    other = van.withdraw(alert["id"], tablet="tablet-9", decision_id="d-9", answer="not_viable")
    van.state(withdrawn=[other])
    expect(tablet.page.locator("#lamp")).to_have_text("Looking")
    tablet.page.reload()
    expect(tablet.page.get_by_role("button", name="Lost from sight", exact=True)).to_be_enabled()


def test_an_undo_follows_what_it_undoes(van, broker, tablet, alert):
    broker.stop()
    expect(tablet.link).to_have_text("Lost")
    tablet.tap("Viable")
    tablet.page.get_by_role("button", name="Undo").click()
    broker.start()
    verdict, undo = van.decision(), van.decision()
    assert undo["data"]["answer"] == {"stage": "undo", "undoes": verdict["id"]}
    assert undo["data"]["alert_id"] == alert["id"]


def test_what_one_has_decided_oneself_is_no_news(van, tablet, alert):
    tablet.tap("Viable")
    decision = van.decision()
    own = van.withdraw(alert["id"], tablet=TABLET, decision_id=decision["id"], answer="viable")
    van.state(withdrawn=[own])
    expect(tablet.page.locator("#lamp")).to_have_text("Looking")
    tablet.page.reload()
    expect(tablet.page.get_by_role("button", name="Lost from sight", exact=True)).to_be_enabled()


def test_an_answer_for_another_van_waits_for_that_van(van, tablet, alert, files, broker):
    tablet.tap("Viable")
    van.decision()
    tablet.page.route(
        "**/config.json",
        lambda route: route.fulfill(json={**route.fetch().json(), "van": "van-2"}),
    )
    tablet.page.reload()
    expect(tablet.page.locator("#van")).to_have_text("van-2")
    expect(tablet.link).to_have_text("Connected")
    expect(tablet.cards).to_contain_text("Kept on this tablet")
    assert len(records(tablet, "decisions")) == 1


def test_a_browser_that_keeps_nothing_says_so_and_goes_on(van, open_tablet, url):
    tablet = open_tablet()
    tablet.page.add_init_script("indexedDB.open = () => { throw new DOMException('no'); }")
    tablet.open(url)
    expect(tablet.page.locator("#unkept")).to_be_visible()
    alert_id = van.alert()
    tablet.tap("Viable")
    assert van.decision()["data"]["alert_id"] == alert_id


def test_only_ids_are_kept_of_an_alert_that_is_only_looked_at(tablet, alert):
    (kept,) = records(tablet, "alerts")
    assert set(kept) == {"id", "metAt", "answers", "mine"}
    assert kept["id"] == alert["id"]


def test_where_and_when_it_was_is_kept_while_an_officer_is_on_the_way(van, tablet, alert):
    tablet.tap("Viable")
    van.decision()
    (kept,) = records(tablet, "alerts")
    assert set(kept["facts"]) == {"camera", "code", "takenAt", "expiresAt", "van"}


def test_the_page_is_there_without_the_server_and_the_settings_are_never_kept(
    van, open_tablet, url, broker
):
    tablet = open_tablet(service_workers="allow")
    tablet.open(url)
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    alert_id = van.alert()
    tablet.tap("Viable")
    van.decision()
    tablet.page.context.set_offline(True)
    tablet.page.reload()
    expect(tablet.page.locator("#lost")).to_be_visible()
    expect(tablet.cards).to_contain_text("Kept on this tablet")
    assert "config.json" not in kept_files(tablet)
    tablet.page.context.set_offline(False)
    expect(tablet.link).to_have_text("Connected")
    assert van.next("decision")["data"]["alert_id"] == alert_id


def test_a_trials_tablet_can_answer_after_a_reload_without_the_server(van, open_tablet, url):
    tablet = open_tablet(service_workers="allow")
    tablet.page.goto(url)
    expect(tablet.link).to_have_text("Connected")
    tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    van.alert()
    tablet.tap("Viable")
    van.receive(van.decision())
    tablet.page.context.set_offline(True)
    tablet.page.reload()
    tablet.tap("Lost from sight")
    expect(tablet.cards).to_contain_text("Kept on this tablet")
    expect(tablet.page.locator("#keyless")).to_be_hidden()
    tablet.page.context.set_offline(False)
    said = van.decision()["data"]
    assert (said["officer"], said["answer"]["engagement"]) == ("demo-officer", "lost")


def kept_files(tablet):
    listing = """async () => {
      const names = await caches.keys();
      const shelves = await Promise.all(names.map((name) => caches.open(name)));
      const kept = await Promise.all(shelves.map((shelf) => shelf.keys()));
      return kept.flat().map(({ url }) => url.split("/").at(-1));
    }"""
    return tablet.page.evaluate(listing)


def test_no_picture_and_no_word_of_the_list_reaches_the_browsers_disk(engine, url, van, tmp_path):
    profile = tmp_path / "profile"
    alert = make_alert(reason="Missed a hearing of May", subject="REF-2291-X")
    with engine.chromium.launch_persistent_context(
        profile, executable_path=shutil.which("chromium"), args=CHROMIUM
    ) as context:
        tablet = Tablet(context.new_page())
        tablet.open(url)
        tablet.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        van.send("alert", alert)
        van.next(ACK)
        tablet.tap("Viable")
        decision = van.decision()
    everything = [file.read_bytes() for file in profile.rglob("*") if file.is_file()]
    crop = alert["data"]["crop"]
    secrets = (crop[200:240].encode(), b64decode(crop)[200:230], b"REF-2291-X", b"hearing of May")
    assert any(decision["signature"][:20].encode() in content for content in everything)
    assert not [secret for secret in secrets if any(secret in content for content in everything)]
