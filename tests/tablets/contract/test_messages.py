"""What is really said keeps to the contract, and what does not is refused on both sides."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.tablets import contract
from appliance.tablets.wire import CHANNELS, MOST_HELD
from provisioning.desk.certificates import Authority
from provisioning.desk.luggage import bare_key
from tests.tablets.contract.spoilt import ANSWERS, every_slip, of_the_van, right, spoilt
from tests.tablets.events import believed

EVENTS = {contract.kind(one.event): one.event for one in CHANNELS if one.event}
READ = ["alert.v1", "decision-ack.v1", "state.v1", "withdrawal.v1", "withdrawn.v1"]
"""What the page reads."""


@pytest.mark.parametrize("kind", of_the_van())
def test_what_the_van_packs_keeps_to_the_contract(schemas, kind):
    for packed in of_the_van()[kind]:
        schemas[kind].validate(json.loads(packed))


@pytest.mark.parametrize("kind", READ)
def test_the_page_reads_what_the_van_packs(spoken, kind):
    for packed in of_the_van()[kind]:
        assert spoken("reads", kind=kind, text=packed.decode())


@pytest.mark.parametrize("shown", [True, False])
def test_the_page_s_ack_keeps_to_the_contract_and_the_van_reads_it(spoken, schemas, shown):
    said = json.loads(spoken("ack", shown=shown))
    schemas["ack.v1"].validate(said)
    assert (believed(EVENTS["ack.v1"], said).data.shown_at is not None) == shown


@pytest.mark.parametrize("count", [0, 1, MOST_HELD, MOST_HELD + 9])
def test_the_page_s_hello_keeps_to_the_contract_however_much_it_holds(spoken, schemas, count):
    said = json.loads(spoken("hello", holds=[f"alert-{number}" for number in range(count)]))
    schemas["hello.v1"].validate(said)
    assert len(believed(EVENTS["hello.v1"], said).data.holds) == min(count, MOST_HELD)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer["stage"])
def test_the_page_s_signed_answer_keeps_to_the_contract(spoken, schemas, answer):
    key = bare_key(Authority.create().issue_signing("tablet-7"))
    said = json.loads(spoken("decision", answer=answer, **key))
    schemas["decision.v1"].validate(said)
    event = believed(EVENTS["decision.v1"], said)
    assert event.data.answer.model_dump(mode="json") == answer
    assert len(base64.urlsafe_b64decode(event.signature + "==")) == 64


@pytest.mark.parametrize("kind", EVENTS)
def test_of_every_slip_in_any_place_the_van_takes_what_the_contract_does(believable, kind):
    slips = [(one, believable[kind].is_valid(one)) for one in every_slip(kind)]
    assert len([one for one, good in slips if not good]) > 100
    assert [one for one, good in slips if bool(believed(EVENTS[kind], one)) != good] == []


@pytest.mark.parametrize("kind", READ)
def test_of_every_slip_in_any_place_the_page_takes_what_the_contract_does(schemas, spoken, kind):
    slips = [(one, schemas[kind].is_valid(one)) for one in every_slip(kind)]
    assert len([one for one, good in slips if not good]) > 100
    taken = [spoken("reads", kind=kind, text=json.dumps(one)) for one, _ in slips]
    assert [one for (one, good), read in zip(slips, taken, strict=True) if read != good] == []


@pytest.mark.parametrize("kind", EVENTS)
@given(data=st.data())
def test_the_van_takes_what_the_contract_does(believable, kind, data):
    message = data.draw(spoilt(kind))
    assert bool(believed(EVENTS[kind], message)) == believable[kind].is_valid(message)


@pytest.mark.parametrize("kind", READ)
@given(data=st.data())
def test_the_page_takes_what_the_contract_does(schemas, spoken, kind, data):
    message = data.draw(spoilt(kind))
    read = spoken("reads", kind=kind, text=json.dumps(message))
    assert read == schemas[kind].is_valid(message)


@pytest.mark.parametrize("kind", EVENTS)
def test_the_contract_refuses_a_field_that_it_does_not_know(schemas, kind):
    for message in right(kind):
        for place in (message, message["data"]):
            assert not schemas[kind].is_valid(message | {"score": 0.7})
            place["score"] = 0.7
            assert not schemas[kind].is_valid(message)
            del place["score"]
        schemas[kind].validate(message)
