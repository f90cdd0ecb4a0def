"""The end erases every list, wherever it is by then."""

import pytest

from tests.matching.handover.turns import commitment


@pytest.mark.parametrize("turns", [0, 1, 4, 9])
def test_the_end_erases_every_list_wherever_it_is(handover, offered, listed, allow, match, turns):
    old, last = match.watchlist, listed("list-3")
    for _ in range(turns):
        handover.turn(0)
    handover.offer(last, allow(last))
    sheets = [match.gallery._rows, *(s.rows for s in match.gallery._gone)]
    sheets += [match.gallery._next.rows] if match.gallery._next else []
    handover.close()
    arrays = [a for one in (old, offered, last) for a in (one.templates, one.owners, one.expires)]
    assert not any(array.any() for array in [*arrays, *sheets])
    handover.close()
    assert not handover.turn(1)


def test_after_the_end_an_offer_is_erased_at_once(handover, listed, allow):
    handover.close()
    watchlist = listed()
    handover.offer(watchlist, allow(watchlist))
    assert not watchlist.templates.any()
    assert handover.withdraw([commitment(1)]) == frozenset()
    assert handover.settle() == []
