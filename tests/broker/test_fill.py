"""A tablet that has the broker keep all that it may takes nothing from the others."""

from itertools import repeat
from pathlib import Path

import pytest

from appliance.tablets.envelope import topics
from provisioning.gate.flow import ASKS
from tests.broker.voices import CONFIGURATION, VAN, WAIT_S

MOST_BYTES = 1_299_000
"""A little less than the broker takes at once."""
BROKER_MB = 50
"""What a broker with a few tablets may weigh; at 400 it would fall."""
MINE = [f"{place}/tablet-1" for place in (VAN.decision, VAN.ack, VAN.hello)]


def fills(tablet):
    """Have the broker keep words, here and below the names of a hundred other vans."""
    for topic in MINE:
        tablet.say(topic, bytes(MOST_BYTES), retain=True)
    for number in range(100):
        assert not tablet.say(f"{topics(f'x{number}').hello}/tablet-1", b"!" * 9000, retain=True)


def weighs_mb(broker):
    status = Path(f"/proc/{broker.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


def serves_others(broker, speak):
    van, other = speak(), speak("tablet-2").hear(VAN.alert)
    assert van.say(VAN.alert, b"alert" * 60_000)
    assert len(other.heard.get(timeout=WAIT_S).payload) == 300_000
    return broker.process.poll() is None and weighs_mb(broker) < BROKER_MB


@pytest.fixture
def hasty(monkeypatch):
    """No wait at the sluice: what is to be seen here is what the broker keeps."""
    monkeypatch.setattr("provisioning.gate.flow.Bucket.wait_s", lambda *_: 0.0)


def test_what_one_may_leave_with_the_broker_is_small_and_the_others_are_served(
    broker, speak, hasty
):
    fills(speak("tablet-1"))
    left = speak().hear(*(f"{place}/+" for place in (VAN.decision, VAN.ack, VAN.hello)))
    assert sorted(left.heard.get(timeout=WAIT_S).topic for _ in MINE) == sorted(MINE)
    assert serves_others(broker, speak)


@pytest.mark.parametrize("size", [9, 70_000])
def test_at_the_gate_nobody_leaves_anything(broker, speak, size):
    tablet, ear = speak("tablet-1", web=True), speak()
    tablet._client.publish(MINE[0], b"x" * size, qos=1, retain=True)
    assert tablet.gone.get(timeout=WAIT_S)
    ear.hear(f"{VAN.decision}/+", VAN.state)
    speak().say(VAN.state, b"end")
    assert ear.all_heard(b"end") == []
    assert serves_others(broker, speak)


def test_at_the_gate_nobody_asks_for_more_than_a_page_hears(broker, speak):
    tablet = speak("tablet-1", web=True)
    for _ in range(ASKS + 1):
        tablet._client.subscribe("/".join(repeat("x", 200)))
    assert tablet.gone.get(timeout=WAIT_S)
    assert serves_others(broker, speak)


def test_the_largest_alert_passes_and_nothing_much_larger(speak):
    line = next(
        line for line in (CONFIGURATION / "lfr.conf").read_text().splitlines()
        if line.startswith("max_packet_size ")
    )  # fmt: skip
    photographs, crop, words = 3 * 200_000, 300_000, 64_000
    largest = (photographs + crop) * 4 // 3 + words
    assert largest <= int(line.split()[1]) <= largest + 50_000
    tablet = speak("tablet-1").hear(VAN.alert)
    assert speak().say(VAN.alert, bytes(largest))
    assert len(tablet.heard.get(timeout=WAIT_S).payload) == largest
