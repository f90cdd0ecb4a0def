"""How much a tablet may say at the gate: all that a tablet has to, and for no other a wait."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import InputError
from provisioning.gate.flow import (
    ASK_BYTES,
    ASKS,
    BYTES,
    KEPT,
    MOST_BYTES,
    PACKETS,
    Bucket,
    Flow,
    Kept,
    Measure,
    Packets,
)

ACK, ANSWER, PUBACK, HELLO = 520, 2200, 5, 42_000
"""Bytes, with what WebSockets, MQTT and the topic add."""


@pytest.fixture
def flow(seconds):
    return Flow(seconds)


def test_a_minute_of_ten_alerts_a_second_waits_for_nothing(flow, seconds):
    for tenth in range(600):
        said = 5 * [ACK] + 12 * [PUBACK] + (tenth % 5 == 0) * [ANSWER]
        assert flow.wait_s(sum(said), len(said)) == 0
        seconds.now_s += 0.1


def test_an_hour_of_answers_waits_for_nothing(flow, seconds):
    assert flow.wait_s(HELLO + 64 * ANSWER + 64 * ACK, 129) == 0
    seconds.now_s += 3
    assert flow.wait_s(64 * ANSWER, 64) == 0


@pytest.mark.parametrize(("length", "packets"), [(60_000, 1), (60_000, 1700), (2, 1)])
def test_whoever_says_all_that_it_can_says_no_more_than_the_measure(flow, seconds, length, packets):
    began_s, said, counted = seconds.now_s, 0, 0
    for _ in range(2000):
        seconds.now_s += flow.wait_s(length, packets)
        said, counted = said + length, counted + packets
    spent_s = seconds.now_s - began_s
    assert said <= BYTES.at_once + BYTES.per_s * spent_s + 1
    assert counted <= PACKETS.at_once + PACKETS.per_s * spent_s + 1
    assert spent_s > 0


def test_who_waits_has_what_they_waited_for_and_no_more(seconds):
    bucket = Bucket(Measure(per_s=10, at_once=5), clock=seconds)
    assert bucket.wait_s(5) == 0
    assert bucket.wait_s(10) == 1
    seconds.now_s += 1
    assert bucket.wait_s(0) == 0
    assert bucket.wait_s(1) == pytest.approx(0.1)
    seconds.now_s += 3600
    assert bucket.wait_s(5) == 0
    assert bucket.wait_s(1) == pytest.approx(0.1)


def test_a_new_one_may_have_less_than_one_who_was_long_silent(seconds):
    bucket = Bucket(Measure(per_s=10, at_once=100), left=5, clock=seconds)
    assert bucket.wait_s(6) == pytest.approx(0.1)


def test_who_is_sent_away_takes_nothing(seconds):
    bucket = Bucket(Measure(per_s=1, at_once=2), clock=seconds)
    assert [bucket.grants() for _ in range(50)] == [True, True, *[False] * 48]
    seconds.now_s += 1
    assert [bucket.grants() for _ in range(2)] == [True, False]


def packet(length, first=0x30):
    digits, rest = bytearray(), length
    while True:
        rest, digit = divmod(rest, 128)
        digits.append(digit | (0x80 if rest else 0))
        if not rest:
            return bytes([first, *digits]) + bytes(length)


@given(st.lists(st.integers(0, 20_000), max_size=8), st.lists(st.integers(1, 9000), min_size=1))
def test_packets_are_counted_however_they_are_cut(lengths, cuts):
    data, packets, found, turn = b"".join(map(packet, lengths)), Packets(), 0, 0
    while data:
        cut = cuts[turn % len(cuts)]
        found += packets.count(data[:cut])
        data, turn = data[cut:], turn + 1
    assert found == len(lengths)


def test_a_packet_is_as_long_as_a_tablet_needs_and_a_fifth_digit_is_no_mqtt():
    assert Packets().count(packet(MOST_BYTES)) == 1
    for said in (packet(MOST_BYTES + 1), b"\x30\xff\xff\xff\x7f", b"\x30\xff\xff\xff\xff\x01"):
        with pytest.raises(InputError):
            Packets().count(said)


@pytest.mark.parametrize("first", [0x31, 0x33, 0x3B])
def test_no_tablet_has_the_broker_keep_a_word(first):
    with pytest.raises(InputError, match="more than a tablet needs"):
        Packets().count(packet(9, first))


def test_a_tablet_asks_for_as_much_as_a_page_hears_and_no_more():
    packets = Packets()
    assert packets.count(ASKS * packet(ASK_BYTES, 0x82)) == ASKS
    assert packets.count(packet(9, 0x32) + packet(2, 0x40)) == 2
    with pytest.raises(InputError):
        packets.count(packet(5, 0x82))
    with pytest.raises(InputError):
        Packets().count(packet(ASK_BYTES + 1, 0x82))


@given(st.binary(max_size=300))
def test_whatever_comes_is_counted_or_refused(data):
    with suppress(InputError):
        assert Packets().count(data) <= len(data)


def test_who_comes_again_finds_theirs_and_who_was_away_longest_is_forgotten():
    kept = Kept(lambda: Bucket(PACKETS))
    mine = kept.of("tablet-1")
    kept.of("tablet-2")
    for number in range(KEPT - 2):
        kept.of(f"other-{number}")
    assert kept.of("tablet-1") is mine
    kept.of("one too many")
    assert kept.of("tablet-1") is mine
    assert "tablet-2" not in kept._each
    assert len(kept._each) == KEPT
