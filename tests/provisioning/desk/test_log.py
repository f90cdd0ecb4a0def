"""The log's arithmetic: who can open what, and that no page can be changed unnoticed."""

import hashlib
import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import TrustError
from provisioning.desk import log
from provisioning.desk.log import Page

KEY, SALT = bytes(range(32)), bytes(16)


@pytest.fixture
def chain(clock):
    """Write pages that follow each other; gives them by sha256, and the newest's."""

    def make(count, entries=2):
        written, previous = {}, None
        for number in range(count):
            names = (log.commitment(KEY, SALT, f"l-{number}", f"R-{i}") for i in range(entries))
            page = Page(
                watchlist_id=f"l-{number}",
                made_at=clock.now,
                expires_at=clock.now + timedelta(hours=1),
                salt=SALT.hex(),
                previous=previous,
                commitments=tuple(sorted(name.hex() for name in names)),
            )
            previous = hashlib.sha256(page.pack()).hexdigest()
            written[previous] = page.pack()
        return written, previous

    return make


def test_a_commitment_is_what_the_design_says():
    """Written out by hand from the design, once."""
    said = b"".join(
        len(part).to_bytes(8, "big") + part for part in (b"lfr-entry-1", SALT, b"list-1", b"R-1")
    )
    k = hmac.new(KEY, said, "sha256").digest()
    said = b"".join(
        len(part).to_bytes(8, "big") + part for part in (b"lfr-commitment-1", k, b"R-1")
    )
    assert log.opening(KEY, SALT, "list-1", "R-1") == k
    assert log.commitment(KEY, SALT, "list-1", "R-1") == hashlib.sha256(said).digest()


@given(st.lists(st.binary(max_size=20), max_size=4), st.lists(st.binary(max_size=20), max_size=4))
def test_no_two_sets_of_parts_are_framed_alike(some, others):
    assert (log.frame(*some) == log.frame(*others)) == (some == others)


def test_an_opening_opens_one_entry_of_one_list_and_no_other():
    opened = log.opening(KEY, SALT, "list-1", "R-1")
    right = log.commitment(KEY, SALT, "list-1", "R-1")
    assert log.commit(opened, "R-1") == right
    assert log.commit(opened, "R-2") != right
    assert log.commitment(KEY, SALT, "list-2", "R-1") != right
    assert log.commitment(KEY, bytes(15) + b"1", "list-1", "R-1") != right


def test_without_the_key_a_reference_cannot_be_tried():
    commitment = log.commitment(KEY, SALT, "list-1", "R-1")
    assert log.commitment(bytes(32), SALT, "list-1", "R-1") != commitment


def test_the_log_is_walked_back_to_its_first_page(chain):
    written, newest = chain(4)
    walked = [page.watchlist_id for _, page in log.walk(newest, written.__getitem__)]
    assert walked == ["l-3", "l-2", "l-1", "l-0"]
    assert list(log.walk(None, written.__getitem__)) == []


@pytest.mark.parametrize("which", range(4))
def test_a_page_that_was_changed_is_found_out(chain, which):
    written, newest = chain(4)
    name = list(written)[which]
    written[name] = written[name].replace(b'"l-', b'"x-', 1)
    with pytest.raises(TrustError, match="was changed"):
        list(log.walk(newest, written.__getitem__))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"salt": 1e999}', b"nonsense"]
)
def test_what_is_no_page_is_refused(data):
    with pytest.raises(TrustError, match="cannot be read"):
        log.open_page(data)


def test_a_page_says_each_thing_in_one_way_only(chain):
    written, newest = chain(1)
    page = log.open_page(written[newest])
    twice = page.model_copy(update={"commitments": page.commitments[:1] * 2})
    turned = page.model_copy(update={"commitments": page.commitments[::-1]})
    for wrong in (twice, turned):
        with pytest.raises(TrustError):
            log.open_page(wrong.pack())


def test_a_page_too_long_is_not_parsed(monkeypatch):
    monkeypatch.setattr(log, "PAGE_BYTES", 10)
    with pytest.raises(TrustError, match="cannot be read"):
        log.open_page(b" " * 11)


def test_nobody_is_in_a_page_s_own_words(chain):
    written, newest = chain(1)
    page = log.open_page(written[newest])
    assert page.commitments[0] not in repr(page)
