"""A stage that is timed behaves as one that is not."""

from dataclasses import dataclass

import pytest

from appliance.bench.ledger import Ledger
from appliance.bench.stopwatch import STAGES, Stopwatch, means, medians
from appliance.domain.passing import Passing


@dataclass
class Stage:
    threshold: float = 0.5

    def __call__(self, *numbers):
        return sum(numbers)


def test_it_gives_what_the_stage_gives():
    timed = Stopwatch().around("match", Stage())
    assert timed(1, 2, 3) == 6
    assert timed.threshold == 0.5


def test_a_generator_is_read_while_it_is_timed():
    def choose(count):
        yield from range(count)

    assert Stopwatch().around("choose", choose)(3) == [0, 1, 2]


def test_an_error_passes_through_and_is_timed():
    def fail():
        raise ValueError("broken")

    stopwatch = Stopwatch()
    with pytest.raises(ValueError, match="broken"):
        stopwatch.around("match", fail)()
    stopwatch.lap()
    assert stopwatch.laps[0]["match"] > 0


def test_calls_of_one_frame_are_added_and_the_next_frame_begins_at_nothing():
    stopwatch = Stopwatch()
    encode = stopwatch.around("encode", lambda: sum(range(10_000)))
    encode()
    encode()
    stopwatch.lap()
    stopwatch.lap()
    assert stopwatch.laps[0]["encode"] > 0
    assert "encode" not in stopwatch.laps[1]
    assert "decode" in stopwatch.laps[1]


def test_the_median_leaves_out_the_frames_that_had_no_such_stage():
    laps = [{"encode": 4.0, "detect": 8.0}, {"detect": 10.0}, {"encode": 6.0, "detect": 9.0}]
    told = medians(laps)
    assert (told["encode"], told["detect"], told["report"]) == (5.0, 9.0, 0.0)
    assert list(told) == list(STAGES)


def test_the_mean_counts_every_frame():
    assert means([{"encode": 4.0}, {"detect": 1.0}])["encode"] == 2.0
    assert set(means([]).values()) == {0.0}


def test_the_ledger_counts_passings_that_were_never_good_enough():
    ledger = Ledger()
    for gated in (True, False):
        ledger.settle(Passing(1, "mast-1", sights=3, shots=gated, gated=gated, alerted=False), 0.1)
    assert (ledger.passings, ledger.sights, ledger.erased, ledger.unencoded) == (2, 6, 1, 0)
