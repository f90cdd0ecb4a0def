"""Of an alert, and of an officer's answer, nothing is left in the van once they are gone."""

import os
import subprocess
import sys

from tests.needles import OVERWRITING, found_in

NEEDLES = {
    "reason": b"why somebody is looked for",
    "power": b"what an officer may do",
    "officer": b"who has answered to it",
}
# Its words stand there backwards, so that only what it makes of them can be found.
TALK = """
import sys
from datetime import datetime, timedelta, timezone
from appliance.tablets import given, wire
from appliance.tablets.envelope import head, pack, parse

def talk(reason, power, officer):
    now, jpeg = datetime.now(timezone.utc), "/9j/AAAA"
    likeness = wire.Likeness(
        subject="V-1", ground="volunteer", reason=reason[::-1], power=power[::-1],
        images=({"jpeg": jpeg, "taken_on": None},), crop=jpeg, band="likely", maybe_picture=False,
        threshold=0.5,
        camera="mast-1", taken_at=now, expires_at=now + timedelta(seconds=60),
        place={"left": 0, "top": 0, "width": 0, "height": 0}, code="00000-00000",
        watchlist_id="list-1", model_id="model", deployment_id="deployment-1",
    )
    pack(wire.AlertEvent(type="uk.police.lfr.alert.v1", data=likeness, **head("van-1")))
    answer = given.Answer(
        alert_id="alert-1", officer=officer[::-1], decided_at=now, answer={"stage": "verdict"}
    )
    first = head("tablet/tablet-1", certificate="A" * 100, signature="A" * 86)
    said = wire.DecisionEvent(type="uk.police.lfr.decision.v1", data=answer, **first)
    parse(wire.DecisionEvent, pack(said))

talk(*sys.argv[1:])
print("gone", flush=True)
sys.stdin.readline()
"""


def test_of_an_alert_and_its_answer_nothing_is_left_in_the_process():
    words = [needle.decode()[::-1] for needle in NEEDLES.values()]
    with subprocess.Popen(
        [sys.executable, "-c", TALK, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **OVERWRITING},
    ) as talker:
        assert talker.stdout.readline() == b"gone\n"
        found = found_in(talker.pid, NEEDLES)
        talker.communicate(b"\n")
    assert talker.returncode == 0
    assert found == set()
