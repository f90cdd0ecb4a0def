"""Between the thread that decodes and the one that looks lie three buffers, and only the newest."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from appliance.domain.frame import Colour, Frame, Layout
from appliance.host.slots import SLOTS, Slots

LENGTH = 6
WAIT_S = 20.0


@pytest.fixture
def slots():
    return Slots()


def put(slots, number, length=LENGTH):
    pixels = slots.borrow(length)
    pixels.fill(number)
    noon = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
    slots.put(Frame(pixels, 2, 2, Layout.I420, Colour(), "mast-1", number, noon, 0))
    return pixels


def take(slots):
    slots.reclaim()
    return slots.take(0)


def test_a_slow_reader_sees_the_newest_and_the_others_are_counted_and_erased(slots):
    buffers = [put(slots, number) for number in range(1, 10)]
    frame = take(slots)
    assert frame.number == 9
    assert slots.dropped == 8
    assert sum(pixels.any() for pixels in {id(p): p for p in buffers}.values()) == 1


def test_nothing_new_gives_nothing(slots):
    put(slots, 1)
    assert take(slots).number == 1
    assert take(slots) is None


def test_a_frame_is_zeros_as_soon_as_it_is_given_back(slots):
    pixels = put(slots, 1)
    take(slots)
    assert pixels.any()
    slots.reclaim()
    assert not pixels.any()


def test_a_lent_frame_stays_as_it_is_however_many_come(slots):
    put(slots, 1)
    lent = take(slots)
    for number in range(2, 9):
        put(slots, number)
    assert (lent.pixels == 1).all()


def test_there_is_always_a_buffer_to_write_into(slots):
    buffers = set()
    for number in range(1, 40):
        buffers.add(id(put(slots, number)))
        if number % 3:
            take(slots)
    assert len(buffers) <= SLOTS


def test_what_was_spoilt_comes_back_as_zeros(slots):
    for _ in range(SLOTS * 2):
        pixels = slots.borrow(LENGTH)
        assert not pixels.any()
        pixels.fill(7)
        slots.give_back(pixels)


def test_another_size_takes_other_buffers_and_erases_the_old(slots):
    old = put(slots, 1)
    take(slots)
    waiting = put(slots, 2)
    new = put(slots, 3, length=12)
    assert take(slots).pixels is new
    assert not old.any()
    assert not waiting.any()
    assert {len(put(slots, number, length=12)) for number in range(4, 12)} == {12}


def test_the_last_frame_is_looked_at_before_it_is_over(slots):
    put(slots, 1)
    slots.end()
    assert not slots.spent
    assert take(slots).number == 1
    assert slots.spent
    assert take(slots) is None


def test_the_end_wakes_a_waiting_reader_and_a_waiting_writer(slots):
    with ThreadPoolExecutor(2) as threads:
        reader = threads.submit(slots.take, WAIT_S)
        slots.end()
        assert reader.result(WAIT_S) is None
    put(slots, 1)
    slots.drain()  # returns, although nobody takes it


def test_a_writer_who_drops_nothing_goes_on_when_the_frame_is_taken(slots):
    put(slots, 1)
    with ThreadPoolExecutor(1) as threads:
        writer = threads.submit(slots.drain)
        assert take(slots).number == 1
        writer.result(WAIT_S)
    assert slots.dropped == 0


def test_erasing_leaves_zeros_only(slots):
    buffers = [put(slots, 1)]
    take(slots)
    buffers.append(put(slots, 2))
    slots.erase()
    assert not any(pixels.any() for pixels in buffers)
