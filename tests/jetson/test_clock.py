"""A picture's age is seen, however late it comes; time never runs backwards."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.jetson.clock import STALE_NS, Beat

MS = 1_000_000
FRAME_NS = 40 * MS
FAR_NS = 5_000_000_000_000
"""How far a camera's clock may be from everybody's."""
DELAYS = st.lists(st.integers(0, 300 * MS), min_size=1, max_size=60)


@given(delays=DELAYS, apart_ns=st.integers(-FAR_NS, FAR_NS))
def test_lateness_is_counted_as_age(delays, apart_ns):
    beat, soonest_ns = Beat(), None
    for number, delay_ns in enumerate(delays):
        true_ns = FAR_NS * 2 + number * FRAME_NS
        taken_ns = beat.taken(true_ns - apart_ns, true_ns + delay_ns)
        soonest_ns = delay_ns if soonest_ns is None else min(soonest_ns, delay_ns)
        assert taken_ns <= true_ns + delay_ns
        # Too young by what the soonest took, and by what a bad crystal may have run away.
        assert 0 <= taken_ns - true_ns <= soonest_ns + MS


@given(moments=st.lists(st.tuples(st.integers(0, FAR_NS), st.integers(0, 10**10)), max_size=50))
def test_whatever_stamps_say_time_never_runs_backwards_nor_ahead(moments):
    beat, now_ns, last_ns = Beat(), FAR_NS, 0
    for stamp_ns, passed_ns in moments:
        now_ns += passed_ns
        taken_ns = beat.taken(stamp_ns, now_ns)
        assert last_ns <= taken_ns <= now_ns
        last_ns = taken_ns


def test_a_clock_that_runs_slowly_is_followed():
    beat = Beat()
    for number in range(100_000):  # an hour, 50 ppm slow
        now_ns = FAR_NS + number * FRAME_NS
        taken_ns = beat.taken(number * FRAME_NS - number * FRAME_NS * 50 // 10**6, now_ns)
    assert now_ns - taken_ns < MS


def test_a_film_that_begins_again_is_as_young_as_before():
    beat = Beat()
    beat.taken(10 * FRAME_NS, FAR_NS)
    assert beat.taken(0, FAR_NS + FRAME_NS) == FAR_NS + FRAME_NS


def test_a_stamp_that_has_jumped_is_not_believed():
    beat = Beat()
    beat.taken(2 * STALE_NS, FAR_NS)
    beat.taken(9 * STALE_NS, FAR_NS + FRAME_NS)
    now_ns = FAR_NS + 3 * STALE_NS
    assert beat.taken(2 * STALE_NS + 1, now_ns) == now_ns


def test_moments_of_the_monotonic_clock_are_taken_as_they_are():
    beat = Beat(exact=True)
    for number in range(1000):
        moment_ns = FAR_NS + number * FRAME_NS
        assert beat.taken(moment_ns, moment_ns + 50 * MS) == moment_ns


def test_a_moment_that_has_not_come_is_no_moment():
    beat = Beat(exact=True)
    assert beat.taken(FAR_NS + MS, FAR_NS) == FAR_NS
    assert Beat(exact=True).taken(0, FAR_NS) == FAR_NS
