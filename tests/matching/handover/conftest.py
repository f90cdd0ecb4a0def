"""A matcher whose list is handed over, and a second list on its way."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.domain.deployment import Deployment
from appliance.host.gallery import PIECE_ROWS
from appliance.matching.handover import Handover
from tests.matching.handover.turns import MARK, Watch, commitment
from tests.matching.probes import AXES, HERE, like


@pytest.fixture
def listed(listing):
    """A list of two subjects and so many rows: the one at the front, the other behind."""

    def make(name="list-2", rows=3 * PIECE_ROWS, axes=(1, 2), **changes):
        templates = np.repeat(AXES[list(axes)], [1, rows - 1], axis=0)
        owners = np.minimum(np.arange(rows), 1)
        watchlist = listing(templates, owners, watchlist_id=name, **changes)
        marks = np.frombuffer(b"".join(map(commitment, axes)), np.uint8).reshape(2, MARK)
        return replace(watchlist, commitments=marks.copy())

    return make


@pytest.fixture
def allow(authority):
    """A deployment under an authority for this list."""

    def make(watchlist, valid_until=None, **signed):
        return Deployment(authority(watchlist_id=watchlist.id, **signed), HERE, valid_until)

    return make


@pytest.fixture
def match(open_match, listed):
    """The first subject looks like the first axis, the second like the second."""
    return open_match(listed("list-1", axes=(0, 1)), hits=1)


@pytest.fixture
def handover(match):
    return Handover(match, Watch())


@pytest.fixture
def offered(handover, listed, allow):
    """A second list on its way: its subjects look like the second axis and the third."""
    watchlist = listed()
    handover.offer(watchlist, allow(watchlist))
    return watchlist


@pytest.fixture
def named(match, ask):
    """By the references of the lists: who is named for a look along each axis."""

    def look():
        found = [ask(match, like(0.9, axis), passing=axis, quality=1.0) for axis in range(3)]
        return [c and match.watchlist.subjects[c.subject].reference for c in found]

    return look
