"""A register in a folder, an answer to put into it, and what stands there afterwards."""

import pytest

from appliance.domain import slip
from appliance.errors import InputError
from appliance.tablets import wire
from appliance.tablets.envelope import parse
from appliance.tablets.register import Register, consult
from tests.tablets.events import as_bytes
from tests.tablets.signing import VERDICT


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "ledger"


@pytest.fixture
def register(folder, clock):
    return Register(folder, clock)


@pytest.fixture
def decide(say_decision):
    """Make an answer as the link hands it to the register."""

    def make(answer=VERDICT, alert_id="alert-1", decision_id="d-1", tablet="tablet-7"):
        payload = as_bytes(say_decision(alert_id, answer, id=decision_id))
        return parse(wire.DecisionEvent, payload).decision(tablet, payload)

    return make


def file_in(folder, deployment_id="deployment-3"):
    return folder / f"{deployment_id}.jsonl"


def refusal(folder, at):
    """Ask for an alert that is not held, and give the beginning of the answer."""
    with pytest.raises(InputError) as refused:
        consult(folder, slip.code("alert-1"), at)
    assert "\n" not in refused.value.advice()
    return "no longer held" if "no longer held" in str(refused.value) else str(refused.value)[:8]
