"""Whatever is sent to the page, it goes on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

ACK = "alert/ack"


RUBBISH = (
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{}",
    b'{"specversion":"1.0","id":"a","type":"uk.police.lfr.alert.v1","data":null}',
    b"[" * 50_000,
)


@pytest.mark.parametrize("topic", ["alert", "state", "decision/ack"])
def test_rubbish_is_counted_and_the_page_goes_on(van, tablet, topic):
    for message in RUBBISH:
        van.send(topic, message)
    refused = tablet.page.get_by_text(f"Messages that could not be read: {len(RUBBISH)}")
    expect(refused).to_be_visible()
    van.alert()
    expect(tablet.cards).to_have_count(1)
    assert tablet.errors == []


FIELDS = (
    "subject", "ground", "reason", "power", "images", "crop", "band", "camera", "place",
    "taken_at", "expires_at",
)  # fmt: skip
WRONG = st.one_of(
    st.none(), st.booleans(), st.integers(max_value=-1), st.floats(allow_nan=False, max_value=-0.1),
    st.just(""), st.just("x" * 201), st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
)  # fmt: skip


def test_an_alert_with_any_wrong_field_is_refused(van, draft, tablet):
    @settings(max_examples=40, deadline=None, database=None)
    @given(st.sampled_from(FIELDS), WRONG)
    def send(field, value):
        van.alert(**{field: value})

    send()
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


def test_both_alphabets_of_base64_are_read(van, draft, tablet):
    crop = draft()["data"]["crop"].replace("+", "-").replace("/", "_")
    van.alert(crop=crop)
    live = tablet.page.get_by_role("img", name="Face seen by the van")
    expect(live).to_be_visible()
    assert live.evaluate("image => image.decode().then(() => image.naturalWidth)") == 160


@pytest.mark.parametrize("name", ["<b>x</b>", "\u6f22" * 40, ""], ids=["markup", "long", "empty"])
def test_an_odd_officers_name_is_not_taken_from_the_address(open_tablet, url, name):
    tablet = open_tablet()
    tablet.open(f"{url}?officer={name}")
    expect(tablet.page.locator("#officer")).to_have_text("demo-officer")
