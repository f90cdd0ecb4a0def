"""The page on a volunteer's phone: one button, no script, and nothing of anybody else."""

import re
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

import pytest

from appliance.oversight.recall.page import HEADERS, Page
from appliance.oversight.recall.plan import Pass, read_table
from tests.oversight.recall.conftest import NOON


@pytest.fixture
def begun(street, plan, tmp_path):
    """A test with Ann and Bob, whose codes are real ones."""
    table = tmp_path / "volunteers.csv"
    table.write_text("reference,sex\nann,female\nbob,male\n")
    volunteers, _ = read_table(table)
    street.begin(plan().model_copy(update={"volunteers": tuple(volunteers)}))
    return street


@pytest.fixture
def page(street):
    return Page(street.book, street.clock)


def test_a_tap_is_a_pass_and_the_page_says_so(begun, page):
    path = f"/{begun.codes['ann']}"
    first = page.get(path)
    assert first.status == 200
    assert "I pass now" in first.body
    assert "noted" not in first.body.replace("What is noted", "")
    tapped = page.post(path, "")
    assert (tapped.status, tapped.location) == (303, path)
    assert len(begun.book.marks()) == 1
    after = page.get(path).body
    assert "Pass 1 is noted, 12:00:00 UTC." in after
    assert "Pass again from 12:00:22 UTC on; it is 12:00:00 now." in after


def test_a_second_tap_is_no_second_pass_and_whoever_taps_too_soon_is_told(begun, page):
    path = f"/{begun.codes['ann']}"
    page.post(path, "")
    early = page.post(path, "").location
    assert len(begun.book.marks()) == 1
    assert "That was too soon, and does not count. Pass 1 is noted" in page.get(early).body
    assert "too soon" not in page.get(path).body
    begun.clock.pass_by(22)
    assert "too soon" not in page.get(early).body
    assert page.post(early, "").location == path
    assert "Pass 2 is noted" in page.get(path).body


def test_a_code_may_be_typed_in_as_it_was_read(begun, page):
    assert "name=code" in page.get("/").body
    code = begun.codes["bob"]
    assert page.post("/", code.lower().replace("-", " ")).location == f"/{code}"


@pytest.mark.parametrize("path", ["/plan", "//evil.example/", "/0000000000", "/../plan", "/%2e"])
def test_an_address_of_nobody_gives_nothing_and_leads_nowhere(begun, page, path):
    for answer in (page.get(path), page.post(path, "")):
        assert (answer.status, answer.location) == (404, None)
        assert "Nobody takes part with this code." in answer.body
        assert "<a href=/>" in answer.body
    assert page.post("/", path).status == 404
    assert begun.book.marks() == []


def test_a_schedule_tells_each_when_they_pass_next(begun, page, plan, tmp_path):
    begun.book.erase()
    code = begun.codes["ann"]
    volunteers = (plan("ann").volunteers[0].model_copy(update={"code": code}),)
    at = NOON + timedelta(minutes=5)
    schedule = (Pass(code=code, at=at),)
    changed = {"volunteers": volunteers, "schedule": schedule}
    begun.begin(plan().model_copy(update=changed))
    assert "Your next pass: <strong>12:05:00 UTC" in page.get(f"/{code}").body
    tapped = page.get(page.post(f"/{code}", "").location).body
    assert "Your next pass: <strong>12:05:00 UTC" in tapped
    assert begun.book.marks() == []
    begun.clock.pass_by(301)
    assert "no more passes" in page.get(f"/{code}").body


def test_when_the_test_is_over_the_page_says_so(begun, page):
    path = f"/{begun.codes['ann']}"
    begun.book.erase()
    for answer in (page.get(path), page.post(path, "")):
        assert answer.status == 410
        assert "The test is over. Thank you." in answer.body
        assert "lfr" not in answer.body


def test_what_cannot_be_written_down_is_said(begun, page, memory):
    (memory / "recall" / "marks").mkdir()
    answer = page.post(f"/{begun.codes['ann']}", "")
    assert answer.status == 503
    assert "Tell whoever runs the test." in answer.body


def test_there_is_no_script_and_the_policy_lets_none_run(begun, page):
    body = page.get(f"/{begun.codes['ann']}").body
    assert "<script" not in body
    policy = HEADERS["Content-Security-Policy"]
    style = re.search("<style>(.*)</style>", body).group(1)
    assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "script" not in policy


def test_nothing_of_anybody_stands_on_it(begun, page):
    page.post(f"/{begun.codes['bob']}", "")
    body = page.get(f"/{begun.codes['ann']}").body
    words = ("ann", "bob", "female", "Pass 1", begun.codes["bob"])
    assert not [word for word in words if re.search(rf"\b{word}\b", body)]
