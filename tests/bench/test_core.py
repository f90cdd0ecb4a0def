"""All contestants run on one core, and the process has its cores back afterwards."""

import os
import threading

import pytest

from appliance.bench.core import THREADS, one_core


def affinities():
    return [os.sched_getaffinity(int(thread.name)) for thread in THREADS.iterdir()]


def test_threads_that_live_and_threads_that_come_share_the_core():
    stop, seen = threading.Event(), []
    waiting = threading.Thread(target=stop.wait)
    waiting.start()
    with one_core() as core:
        late = threading.Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
        late.start()
        late.join()
        assert all(cores == {core} for cores in affinities())
    stop.set()
    waiting.join()
    assert seen == [{core}]


def test_the_cores_come_back_even_after_a_failure():
    before = os.sched_getaffinity(0)
    with pytest.raises(RuntimeError), one_core():
        raise RuntimeError
    assert os.sched_getaffinity(0) == before
