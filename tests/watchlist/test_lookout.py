"""Whoever is taken off does not wait for a list that is still coming in."""

from __future__ import annotations

import pytest

from appliance.watchlist import lookout, updater
from appliance.watchlist.refusals import SlowError
from tests.watchlist.fleet import renew

BIG = bytes(range(256)) * 8000


@pytest.fixture(autouse=True)
def at_each_piece(monkeypatch):
    """Look at each piece, not only every few seconds."""
    monkeypatch.setattr(lookout, "LOOK_S", 0.0)


def interrupted(meanwhile):
    """Serve half of a list, and let something happen before the other half."""

    def trick(handler):
        if "Range" in handler.headers:
            handler.give(BIG)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BIG)))
        handler.end_headers()
        handler.wfile.write(BIG[:1_000_000])
        meanwhile()
        handler.wfile.write(BIG[1_000_000:])

    return trick


def test_a_withdrawal_comes_between_two_halves_of_a_list(van, served, repository):
    van.update(served.url)
    renew(repository, BIG)
    seen = []

    def meanwhile():
        repository.withdraw(b"x" * 32)
        repository.release_withdrawals()

    def note(handler):
        if "Range" in handler.headers:
            seen.append((van.withdrawn(), van.held()))
        interrupted(meanwhile)(handler)

    served.tricks["watchlist.age"] = note
    assert van.update(served.url).installed
    assert seen == [((b"x" * 32,), "list-1")]
    assert (van.withdrawn(), van.held()) == ((b"x" * 32,), "list-2")


def test_a_list_that_is_no_longer_the_newest_is_not_waited_for(van, served, repository):
    def once():
        served.tricks.clear()
        renew(repository, b"the newest")

    renew(repository, BIG)
    served.tricks["watchlist.age"] = interrupted(once)
    van.update(served.url)
    assert van.store.current().bundle.read_bytes() == b"the newest"
    assert not list(van.store.incoming.iterdir())


def test_a_source_that_cannot_say_whether_there_is_news_is_no_hindrance(van, served, repository):
    renew(repository, BIG)
    trouble = {"timestamp": lambda handler: handler.answer(500, b"")}
    served.tricks["watchlist.age"] = interrupted(lambda: served.tricks.update(trouble))
    assert van.update(served.url).installed


def test_news_without_end_are_not_followed_for_ever(van, served, repository, monkeypatch):
    monkeypatch.setattr(updater, "MAX_TURNS", 3)
    renew(repository, BIG)
    served.tricks["watchlist.age"] = lambda h: (repository.beat(), h.answer(200, BIG))
    with pytest.raises(SlowError, match="without end") as refused:
        van.update(served.url)
    assert refused.value.mend
    assert van.held() is None
