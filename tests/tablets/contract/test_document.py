"""The published contract is what the wire gives, and AsyncAPI takes it."""

import copy
import json

import jsonschema
import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.tablets import contract
from appliance.tablets.envelope import topics
from appliance.tablets.wire import CHANNELS
from provisioning.gate.door import WAY
from provisioning.gate.service import MQTT

EVENTS = [one.event for one in CHANNELS if one.event]


@pytest.fixture
def document():
    return copy.deepcopy(contract.document())


def test_what_is_published_is_what_the_wire_gives(root):
    """Where it is not: `lfr contract provisioning/contract`."""
    folder = root / "provisioning" / "contract"
    published = {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }
    assert published == contract.files()


def test_a_change_of_the_wire_is_a_change_of_the_contract(monkeypatch):
    before = contract.files()
    monkeypatch.setattr(contract, "CHANNELS", CHANNELS[1:])
    after = contract.files()
    assert before["asyncapi.json"] != after["asyncapi.json"]
    assert set(before) - set(after) == {"schemas/alert.v1.json"}


def test_asyncapi_takes_the_document(asyncapi, document):
    assert asyncapi(document) == []


@pytest.mark.parametrize(
    "place",
    [
        ("channels", "alert", "address"),
        ("operations", "send_alert", "action"),
        ("operations", "send_alert", "channel"),
        ("servers", "tablets", "protocol"),
        ("info", "version"),
        ("components", "securitySchemes", "certificate", "type"),
    ],
)
def test_asyncapi_refuses_a_slip_of_the_pen(asyncapi, document, place):
    *path, name = place
    node = document
    for step in path:
        node = node[step]
    node[name[:-1] + "x"] = node.pop(name)
    assert asyncapi(document)


def test_asyncapi_refuses_a_word_that_is_none(asyncapi, document):
    document["operations"]["send_alert"]["action"] = "publish"
    assert asyncapi(document)
    document["operations"]["send_alert"]["action"] = "send"
    document["components"]["schemas"]["State"]["type"] = "no type"
    assert asyncapi(document)


def test_every_reference_leads_somewhere(document):
    def follow(reference):
        node = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
        return node

    def references(node):
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            node = list(node.values())
        if isinstance(node, list):
            for one in node:
                yield from references(one)

    found = list(references(document))
    assert len(found) > 40
    assert all(follow(one) for one in found)


def test_every_topic_of_the_van_has_its_channel_under_the_right_address(document):
    addresses = {one["address"] for one in document["channels"].values()}
    bare = {address.removesuffix("/{tablet}") for address in addresses}
    assert bare == set(topics("{van}"))
    own = {address.rpartition("/{tablet}")[0] for address in addresses if "{tablet}" in address}
    van = topics("{van}")
    assert own == {van.ack, van.hello, van.decision, van.decision_ack}


def test_the_page_s_way_is_the_one_that_nginx_and_the_gate_have(root, document):
    page = document["servers"]["page"]
    assert (page["host"], page["protocol"]) == ("{host}:443", "wss")
    assert page["pathname"] == WAY
    assert MQTT in page["description"]
    nginx = (root / "provisioning" / "nginx" / "lfr.conf").read_text()
    assert "listen 443 ssl" in nginx
    assert f"location = {page['pathname']} {{" in nginx


def test_every_schema_is_known_by_the_name_of_its_file():
    for name, written in contract.files().items():
        if name.startswith("schemas/"):
            assert name == f"schemas/{json.loads(written)['$id']}"


def test_the_operations_are_the_van_s(document):
    acts = {name: one["action"] for name, one in document["operations"].items()}
    assert {name for name, act in acts.items() if act == "send"} == {
        "send_alert", "send_decision_ack", "send_withdrawal", "send_withdrawn", "send_state",
        "send_tally",
    }  # fmt: skip
    assert all(name.startswith(act) for name, act in acts.items())


def test_state_tally_and_panel_are_retained_and_nothing_else_is(document):
    retained = {
        one["channel"]["$ref"].rpartition("/")[2]
        for one in document["operations"].values()
        if one["bindings"]["mqtt"]["retain"]
    }
    assert retained == {"state", "tally", "panel"}


@pytest.mark.parametrize("event", EVENTS, ids=contract.kind)
def test_every_schema_is_one_and_stands_alone(event):
    schema = contract.schema(event)
    jsonschema.Draft7Validator.check_schema(schema)
    text = json.dumps(schema)
    assert '"$ref": "#/definitions/' in text
    assert text.count('"$ref"') == text.count('"$ref": "#/definitions/')
    assert schema["properties"]["type"]["const"] == f"uk.police.lfr.{contract.kind(event)}"


def test_no_score_stands_in_the_contract():
    assert "score" not in json.dumps(contract.schema(CHANNELS[0].event)["definitions"]["Likeness"]
                                     ["properties"])  # fmt: skip


def test_the_command_writes_it_or_prints_it(tmp_path):
    told = CliRunner().invoke(app, ["contract", str(tmp_path / "contract")])
    assert told.exit_code == 0
    written = {
        str(file.relative_to(tmp_path / "contract")): file.read_bytes()
        for file in (tmp_path / "contract").rglob("*.json")
    }
    assert written == contract.files()
    assert CliRunner().invoke(app, ["contract"]).stdout.encode() == written["asyncapi.json"]
