"""What the van tells of a deployment in numbers is of that deployment, whatever has happened."""

import pytest

from appliance.tablets import wire
from appliance.tablets.envelope import parse
from appliance.van import Ears, look, open_station, open_van
from provisioning.desk.certificates import Authority
from tests.tablets.conftest import make_alert
from tests.tablets.events import as_bytes
from tests.tablets.signing import NOT_THE_PERSON, SAME, VIABLE, Pen, undo

pytestmark = pytest.mark.timeout(300)


def send(van, *answers):
    """Have an alert of this deployment out, and officers answer it."""
    register, pen = van.station.link._register, Pen("t-7", Authority.create().issue_signing("t-7"))
    deployment_id = van.law.deployment.authority.deployment_id
    register.note(make_alert(deployment_id=deployment_id))
    for number, answer in enumerate(answers):
        payload = as_bytes(pen.decide(answer, at_s=number, id=f"d-{number}"))
        register.take(parse(wire.DecisionEvent, payload).decision("t-7", payload))


def test_an_alert_counts_once_and_what_is_taken_back_does_not(born):
    with open_van(born.settings, Ears()) as van:
        send(van, VIABLE, SAME, undo("d-1"), NOT_THE_PERSON)
        told = van._count()
    assert (told.alerts, told.viable, told.not_viable) == (1, 1, 0)
    assert (told.same_person, told.not_the_person, told.undone) == (0, 1, 1)


def test_what_was_misheard_or_measured_before_is_of_another_deployment(born):
    with open_station(born.settings, Ears()) as station:
        station.link._answers.refused = 3
        station.seen_ms.add(140.0)
        with look(station, station.custody.find()) as van:
            assert (van._count().refused, van._count().seen_to_tablet_p50_ms) == (0, None)
            station.link._answers.refused += 2
            assert van._count().refused == 2
