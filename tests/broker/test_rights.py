"""Who may say and hear what on the van's broker: each tablet in its own place, and nothing else."""

import pytest

from appliance.tablets.envelope import topics
from tests.broker.voices import CONFIGURATION, VAN, WAIT_S

HEARS = [
    VAN.alert, VAN.withdrawal, VAN.withdrawn, VAN.state, VAN.tally, f"{VAN.decision_ack}/tablet-1",
]  # fmt: skip
SAYS = [f"{VAN.decision}/tablet-1", f"{VAN.ack}/tablet-1", f"{VAN.hello}/tablet-1"]
OTHERS = [
    f"{VAN.decision}/tablet-2", f"{VAN.ack}/tablet-2", f"{VAN.hello}/tablet-2", VAN.decision,
    f"{VAN.decision_ack}/tablet-2", f"{VAN.decision_ack}/tablet-1", VAN.alert, VAN.withdrawal,
    VAN.withdrawn, VAN.state, VAN.tally, VAN.panel, VAN.notice, "lfr/2/van-1/state", "x",
]  # fmt: skip
WEB = pytest.mark.parametrize("web", [False, True], ids=["mqtt", "page"])


@WEB
def test_a_tablet_hears_what_is_for_all_and_what_became_of_its_own_words(speak, web):
    tablet, van = speak("tablet-1", web=web).hear("#", "lfr/#", *HEARS), speak()
    for topic in (*HEARS[:-1], VAN.panel, f"{VAN.decision_ack}/tablet-2", HEARS[-1]):
        assert van.say(topic, topic.encode())
    heard = {topic for topic, _ in tablet.all_heard(HEARS[-1].encode())}
    assert heard == set(HEARS[:-1])


@WEB
def test_a_tablet_speaks_in_its_own_place_alone(speak, web):
    van = speak().hear(f"{VAN.decision}/+", f"{VAN.ack}/+", f"{VAN.hello}/+", VAN.state, VAN.notice)
    tablet = speak("tablet-1", web=web)
    for topic in OTHERS:
        assert not tablet.say(topic, b"forged"), topic
    for topic in SAYS:
        assert tablet.say(topic, topic.encode())
    speak().say(VAN.state, b"end")
    assert van.all_heard(b"end") == [(topic, topic.encode()) for topic in SAYS]


@WEB
def test_a_tablet_cannot_hear_what_others_say(speak, web):
    ear, other = speak("tablet-1", web=web).hear("#", VAN.state), speak("tablet-2")
    other.say(f"{VAN.decision}/tablet-2", b"theirs")
    speak().say(VAN.state, b"end")
    assert ear.all_heard(b"end") == []


def test_the_van_gives_itself_no_notice_and_erases_what_a_tablet_has_left(speak):
    van, tablet = speak(), speak("tablet-1")
    assert not van.say(VAN.notice)
    for topic in SAYS:
        assert tablet.say(topic, b"left there", retain=True)
        assert van.say(topic, b"", retain=True)
    ear = speak().hear(f"{VAN.decision}/+", f"{VAN.ack}/+", f"{VAN.hello}/+", VAN.state)
    van.say(VAN.state, b"end")
    assert ear.all_heard(b"end") == []


def test_of_another_van_nobody_says_or_hears_anything(speak):
    van, tablet, ear = speak(), speak("tablet-1"), speak("tablet-2").hear("lfr/#")
    other = topics("van-2")
    assert not any(
        tablet.say(f"{place}/tablet-1") for place in (other.decision, other.ack, other.hello)
    )
    assert not any(van.say(topic) for topic in (other.alert, other.state, other.panel))
    assert ear.heard.empty()


def test_the_desk_gives_notice_and_says_and_hears_nothing_else(speak):
    desk, van = speak(user="desk").hear("#", VAN.alert), speak().hear(VAN.notice, VAN.state)
    assert not any(desk.say(topic) for topic in (*OTHERS[:-3], *SAYS))
    assert desk.say(VAN.notice, b"newer")
    assert van.heard.get(timeout=WAIT_S).payload == b"newer"
    speak().say(VAN.alert)
    assert desk.heard.empty()


@WEB
def test_a_name_that_a_client_gives_itself_counts_for_nothing(speak, web):
    liar = speak("tablet-1", web=web, user="tablet-2", name="tablet-2")
    assert not liar.say(f"{VAN.decision}/tablet-2")
    assert liar.say(f"{VAN.decision}/tablet-1")


def test_every_topic_has_its_line():
    lines = [
        line.split()[-1]
        for name in ("lfr.acl", "lfr-tablets.acl")
        for line in (CONFIGURATION / name).read_text().splitlines()
        if line.startswith(("topic ", "pattern "))
    ]
    leaves = {line.removesuffix("/%u").removesuffix("/+") for line in lines}
    assert leaves == {topic.replace("van-1", "@VAN@") for topic in VAN}


def test_the_last_state_is_kept_for_a_newcomer(speak):
    speak().say(VAN.state, b"looking", retain=True)
    heard = speak("tablet-1").hear(VAN.state).heard.get(timeout=WAIT_S)
    assert heard.payload == b"looking"
