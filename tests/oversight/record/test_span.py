"""What one process counts under one authority goes into the log every ten minutes, and at its end.

Numbers alone, and of this span alone: whatever was counted before is another's.
"""

import pytest

from appliance.counting import EVERY_S, Span
from appliance.domain.passing import Passing
from appliance.domain.tally import Tally
from appliance.domain.times import bucket


def pass_by(tally, erased_ms=2.0):
    tally.faces_seen += 1
    tally.settle(Passing(1, "mast-1", 5, 2, gated=True, alerted=False), erased_ms)


@pytest.fixture
def tally():
    return Tally()


@pytest.fixture
def said():
    return []


@pytest.fixture
def span(tally, said, seconds):
    span = Span(tally, said.append, seconds)
    span.begin("d-1")
    return span


def beat(span, seconds, deployment_id="d-1", looking=True, after_s=1.0):
    seconds.now_s += after_s
    span.tend(deployment_id, looking=looking)


def test_every_ten_minutes_it_is_said_how_much_there_was_so_far(span, tally, said, seconds):
    for _ in range(3):
        pass_by(tally)
        beat(span, seconds, after_s=EVERY_S / 2)
    (counted,) = said
    assert (counted.faces_seen, counted.erased, counted.final) == (2, 2, False)
    assert counted.looked_s == EVERY_S
    assert counted.deletion_ms == {bucket(2.0): 2}


def test_the_end_says_what_the_span_came_to(span, tally, said, seconds):
    pass_by(tally)
    tally.seen_to_tablet_ms.add(140.0)
    beat(span, seconds)
    pass_by(tally, 30.0)
    span.end()
    (counted,) = said
    assert (counted.final, counted.faces_seen, counted.deployment_id) == (True, 2, "d-1")
    assert counted.deletion_ms == {bucket(2.0): 1, bucket(30.0): 1}
    assert counted.seen_to_tablet_ms == {bucket(140.0): 1}


def test_who_does_not_look_is_not_counted_as_looking(span, said, seconds):
    beat(span, seconds, after_s=60)
    beat(span, seconds, looking=False, after_s=30)
    beat(span, seconds, after_s=5)
    span.end()
    assert said[0].looked_s == 65


def test_another_deployment_has_its_own_span(span, tally, said, seconds):
    pass_by(tally)
    beat(span, seconds)
    beat(span, seconds, "d-2")
    pass_by(tally, 30.0)
    span.end()
    first, second = said
    assert (first.deployment_id, first.faces_seen, first.final) == ("d-1", 1, True)
    assert (second.deployment_id, second.faces_seen, second.final) == ("d-2", 1, True)
    assert second.deletion_ms == {bucket(30.0): 1}
    assert first.span != second.span
