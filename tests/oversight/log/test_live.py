"""A log is looked through while a van writes to it: whole each time, and no half of anything."""

from contextlib import contextmanager
from threading import Event, Thread

import pytest

from appliance.errors import TrustError
from appliance.oversight.log import open_log, taken
from tests.oversight.log.conftest import keep, look, make_entries, make_pen

PAUSE_S = 0.003
LOOKS = 40


@contextmanager
def writing(folder):
    """Have somebody append, a few at a time, with hardly a pause."""
    begun, over = Event(), Event()

    def write():
        with open_log(folder, make_pen()) as log:
            while not over.wait(PAUSE_S):
                size = log.checkpoint.size
                log.append(make_entries(size + size % 7 + 1, begin=size))
                begun.set()

    writer = Thread(target=write)
    writer.start()
    try:
        begun.wait()
        yield
    finally:
        over.set()
        writer.join()


def test_whoever_looks_while_it_grows_sees_a_whole_log_each_time(folder):
    keep(folder, make_entries(250))
    with writing(folder):
        seen = [look(folder) for _ in range(LOOKS)]
    assert all(found == make_entries(len(found)) for found in seen)
    sizes = [len(found) for found in seen]
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0] > 250


def test_what_was_never_vouched_for_is_found_in_a_live_log_too(folder):
    keep(folder, make_entries(250))
    with writing(folder):
        (folder / "tile/entries/999").write_bytes(b"More.")
        with pytest.raises(TrustError, match="entries/999 is nothing that the checkpoint"):
            look(folder)


def test_a_log_is_taken_while_somebody_writes_and_not_before_or_after(folder):
    assert not taken(folder)
    with open_log(folder, make_pen()):
        assert taken(folder)
    assert not taken(folder)
