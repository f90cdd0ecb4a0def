"""What a page says and hears is counted, wherever the network has cut it."""

import json

import pytest

from appliance.bench.pieces import LONGEST, Pieces

EVENTS = [
    {"type": "a.v1", "data": {"id": "1", "name": "Llŷn"}},
    {"type": "b.v1", "data": {"deep": [{"type": "no event", "data": {}}]}},
]
LINE = b"".join(
    b"\x32\x81\x01" + json.dumps(event, ensure_ascii=False).encode() for event in EVENTS
)
IDS = [event["type"] for event in EVENTS]


def heard(*pieces):
    line = Pieces()
    return [event["type"] for piece in pieces for event in line.take(piece)]


@pytest.mark.parametrize("cut", range(len(LINE) + 1))
def test_an_event_is_heard_wherever_it_is_cut(cut):
    assert heard(LINE[:cut], LINE[cut:]) == IDS


def test_an_event_is_heard_byte_by_byte():
    assert heard(*(LINE[at : at + 1] for at in range(len(LINE)))) == IDS


def test_what_is_no_event_is_passed_over():
    assert heard(b'{"type": 1}', '{"data": {}}', LINE) == IDS


def test_what_never_ends_fills_no_memory():
    line = Pieces()
    assert not list(line.take(b'{"' + b"x" * LONGEST))
    assert [event["type"] for event in line.take(LINE)] == IDS
