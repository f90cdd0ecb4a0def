"""A van whose lists are opened, and what its child would answer, asked without a child."""

from __future__ import annotations

from io import BytesIO

import pytest

from appliance.watchlist import locked, opener
from appliance.watchlist.asking import Answer, Request
from tests.watchlist.bundles import VAN, Van
from tests.watchlist.repository import MODEL, MOMENT


@pytest.fixture
def van(tmp_path):
    return Van(tmp_path)


@pytest.fixture
def memory():
    return locked.make()


@pytest.fixture
def request_of(van, memory):
    def make(held="", model_id=MODEL, wall=MOMENT, **changes):
        fields = {
            "parent": 1,
            "memory": memory,
            **vars(van.settings),
            "van": VAN,
            "model_id": model_id,
            "held_sha256": held,
            "wall": wall,
        }
        return Request(**{**fields, **changes})

    return make


@pytest.fixture
def ask(request_of, memory):
    """Do what the child does, here; give its answer."""

    def serve(*args, **more):
        told = BytesIO()
        opener.serve(request_of(*args, **more), told)
        line, _, rest = told.getvalue().partition(b"\n")
        answer = Answer.model_validate_json(line)
        assert len(rest) == 32 * answer.withdrawn
        if answer.refusal:
            raise answer.refusal.error()
        return answer.found

    yield serve
    room = locked.take(memory) if locked.os.fstat(memory).st_size else None
    if room:
        room.erase()


@pytest.fixture
def lies(memory):
    """Read what lies in the memory now."""

    def read():
        size = locked.os.fstat(memory).st_size
        return locked.os.pread(memory, size, 0)

    return read
