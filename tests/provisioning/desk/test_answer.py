"""Was I on the list on that day?"""

from datetime import date

import pytest

from appliance.errors import InputError, TrustError
from provisioning.desk.answer import answer, check, day

ON = date(2026, 5, 4)


@pytest.fixture
def asked(desk):
    return lambda reference, on=ON: {
        one.watchlist_id: one for one in answer(desk.office.repository, desk.key, reference, on)
    }


@pytest.fixture
def published(desk, ready, out, clock):
    """Publish a list a day, for some days."""

    def make(*names):
        for name in names:
            ready(name)
            desk.publish(out)
            clock.pass_by(days=1)

    return make


def test_yes_for_who_was_on_it_and_no_for_who_was_not(published, asked):
    published("list-1")
    assert asked("R-2")["list-1"].listed
    assert not asked("R-9")["list-1"].listed


def test_only_lists_of_that_day_are_told(published, asked):
    published("list-1", "list-2", "list-3")
    assert set(asked("R-2", date(2026, 5, 5))) == {"list-2"}
    assert asked("R-2", date(2026, 5, 1)) == {}


def test_the_answer_outlives_the_list_and_its_metadata(published, asked, clock, desk):
    published("list-1")
    clock.pass_by(days=100)
    published("list-2")
    desk.office.sweep()
    assert desk.office.drafts.ids() == []
    assert asked("R-2")["list-1"].listed


def test_a_list_that_was_never_published_is_in_no_answer(ready, asked):
    ready("list-1")
    assert asked("R-2") == {}


def test_the_person_can_check_it_with_the_published_page_and_without_any_key(published, asked, out):
    published("list-1")
    told = asked("R-2")["list-1"]
    (page,) = (out / "targets" / "log").glob(f"{told.page_sha256}.*")
    assert check(page, told.opening, "R-2")
    assert not check(page, told.opening, "R-3")
    assert not check(page, "00" * 32, "R-2")


def test_an_opening_of_a_no_opens_nothing(published, asked, out):
    published("list-1")
    told = asked("R-9")["list-1"]
    (page,) = (out / "targets" / "log").glob(f"{told.page_sha256}.*")
    assert not check(page, told.opening, "R-9")


def test_who_was_withdrawn_was_still_on_it(published, asked, desk, ready, out):
    ready("list-1")
    desk.publish(out)
    desk.withdraw("R-2", out)
    assert asked("R-2")["list-1"].listed


@pytest.mark.parametrize("fault", ["changed", "missing"])
def test_over_a_broken_log_no_answer_is_given(published, asked, desk, fault):
    published("list-1", "list-2")
    (file,) = (desk.office.repository.targets / "log").glob("*.list-1.json")
    if fault == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes().replace(b'"salt":"', b'"salt":"0')[:-1])
    with pytest.raises(TrustError, match=fault):
        asked("R-2", date(2026, 5, 4))


def test_pages_follow_each_other_even_when_several_wait_for_one_signature(desk, ready, asked, out):
    ready("list-1")
    ready("list-2")
    ready("list-3")
    ready("list-1")
    desk.publish(out)
    assert set(asked("R-1")) == {"list-1", "list-2", "list-3"}


def test_it_is_said_in_a_record_that_json_can_hold(published, asked):
    published("list-1")
    record = asked("R-2")["list-1"].record()
    assert record["listed"] is True
    assert len(record["opening"]) == 64


def test_what_is_no_opening_is_said(out, published, asked):
    published("list-1")
    (page,) = (out / "targets" / "log").glob("*.json")
    with pytest.raises(InputError, match="hexadecimal"):
        check(page, "yes", "R-2")


def test_what_is_no_day_is_said():
    with pytest.raises(InputError, match="no day"):
        day("yesterday")
    assert day("2026-05-04") == ON
