"""No list is opened that has ended, or that its force has taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.domain.ending import End, EndedError
from appliance.errors import LapsedError, TrustError
from tests.watchlist.bundles import another
from tests.watchlist.repository import MOMENT


def test_what_was_taken_back_since_counts_for_the_list_before(van, ask):
    van.send()
    van.repository.revoke("d-1")
    van.send(another(model_id="another"), authority={"deployment_id": "d-2"})
    with pytest.raises(TrustError, match="another encoder"):
        ask()


def test_the_list_that_is_held_ends_although_a_newer_one_is_refused(van, ask):
    held = van.send().label().bundle_sha256
    van.repository.revoke("d-1")
    van.send(another(model_id="another"), authority={"deployment_id": "d-2"})
    with pytest.raises(EndedError) as ended:
        ask(held)
    assert ended.value.end is End.REVOKED


def test_a_list_that_is_held_goes_on_where_the_newer_one_is_refused(van, ask, lies):
    held = van.send().label().bundle_sha256
    van.send(another(model_id="another"))
    found = ask(held)
    assert (found.bundle_sha256, found.opened) == (held, False)
    assert found.refused
    assert not lies()


@pytest.mark.parametrize(
    ("spoil", "end"),
    [
        (lambda van: van.repository.revoke("d-1"), End.REVOKED),
        (lambda van: van.store.close("d-1", MOMENT, End.BUTTON), End.BUTTON),
    ],
)
def test_an_end_is_told_and_nothing_is_opened(van, ask, lies, spoil, end):
    spoil(van)
    van.send()
    with pytest.raises(EndedError) as ended:
        ask()
    assert ended.value.end is end
    assert not lies()


@pytest.mark.parametrize(
    ("hours", "authority", "end"),
    [
        (6, {}, End.DEPLOYMENT_OVER),
        (11, {"ends_at": (MOMENT + timedelta(hours=20)).isoformat()}, End.LIST_EXPIRED),
        (24, {}, End.CONTACT_LOST),
    ],
)
def test_time_ends_it(van, ask, hours, authority, end):
    van.send(authority=authority)
    with pytest.raises(EndedError) as ended:
        ask(wall=MOMENT + timedelta(hours=hours))
    assert ended.value.end is end


def test_a_list_that_the_force_no_longer_names_ends(van, ask):
    held = van.send().label().bundle_sha256
    van.repository.targets.targets.clear()
    van.repository.release()
    van.install()
    with pytest.raises(EndedError) as ended:
        ask(held)
    assert ended.value.end is End.REVOKED
    with pytest.raises(LapsedError, match="no watchlist for this van"):
        ask()


def test_a_van_without_a_list_says_so(ask):
    with pytest.raises(LapsedError, match="no watchlist on this van"):
        ask()


def test_contact_counts_as_long_as_the_shorter_of_two_words(van, ask):
    van.send()
    van.repository.life["timestamp"] = timedelta(hours=3)
    van.send(another(model_id="another"))
    assert ask().valid_until == MOMENT + timedelta(hours=3)


def test_an_older_list_whose_word_has_run_out_is_not_in_force_again(van, ask):
    van.repository.life["timestamp"] = timedelta(hours=1)
    van.send()
    van.repository.life["timestamp"] = timedelta(hours=24)
    van.send(another(model_id="another"))
    with pytest.raises(TrustError, match="another encoder"):
        ask(wall=MOMENT + timedelta(hours=2))


def test_a_generation_that_was_spoilt_is_no_way_back_behind_what_was_taken_back(van, ask):
    van.send()
    newest = van.send(another())
    (newest.folder / "snapshot.json").write_bytes(b"{}")
    with pytest.raises(TrustError):
        ask()
