"""A van, its force's repository and a server for it, as fixtures."""

from __future__ import annotations

import pytest

from tests.watchlist.repository import a_repository
from tests.watchlist.van import Van
from tests.watchlist.web import serving

NEXT_KEY = "f" * 16


@pytest.fixture
def repository():
    return a_repository()


@pytest.fixture
def served(repository):
    with serving(repository.files) as served:
        yield served


@pytest.fixture
def van(tmp_path, repository):
    return Van(tmp_path / "held", repository)


def renew(repository, bundle=b"sealed anew", **changes):
    """Publish another list for the same deployment."""
    repository.put_list(bundle, watchlist_id="list-2", key_id=NEXT_KEY, **changes)
    repository.put_authority(watchlist_id="list-2")
    return repository.release()
