"""How much an alert and an officer's name may hold: the schema, the van and the page agree."""

import copy
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from appliance.errors import InputError
from appliance.tablets import say, wire
from tests.tablets.conftest import ALERT, NOON, SUBJECT
from tests.tablets.contract.spoilt import ANSWERS, decision, right
from tests.tablets.events import believed

LONGEST = "/9j/" + "A" * 399_996
PICTURE = {"jpeg": "/9j/AAAA", "taken_on": None}
ODD_LINES = {
    "empty": "", "blank": " \u3000", "too long": "x" * 201, "two lines": "a\nb", "ended": "a\n",
    "turned round": "a\u202eb", "isolated": "a\u2066b", "marked": "a\u200fb", "zero": "a\0b",
    "escape": "\x1b[2J", "c1": "a\x9bb", "paragraph": "a\u2029b", "no space": "a\ufeffb",
}  # fmt: skip
LINES = ["PC 1", " PC 1 ", "\u6f22\u5b57", "\U0001f46e" * 200, "O'Neill\u200d", "<b>x</b>"]
ODD_PICTURES = {
    "empty": "", "no base64": "<b>!!", "no JPEG": "R0lGODlh", "only a head": "/9j/",
    "for an address": "/9j/AA-_", "in lines": "/9j/AAAA\nAAAA", "too large": LONGEST + "A",
}  # fmt: skip
WRONG = {
    **{f"{name} {how}": {name: odd} for name in ("camera", "model_id", "reason", "power")
       for how, odd in ODD_LINES.items()},
    **{f"crop {how}": {"crop": odd} for how, odd in ODD_PICTURES.items()},
    **{f"image {how}": {"images": [PICTURE | {"jpeg": odd}]} for how, odd in ODD_PICTURES.items()},
    "no image": {"images": []}, "four images": {"images": [PICTURE] * 4},
    "nine images": {"images": [PICTURE] * 9}, "no day": {"images": [PICTURE | {"taken_on": "0"}]},
}  # fmt: skip
RIGHT = [
    *({name: line} for name in ("camera", "reason") for line in LINES),
    {"images": [PICTURE] * 3}, {"crop": LONGEST}, {"images": [PICTURE | {"jpeg": LONGEST}]},
    {"expires_at": "2026-06-01T12:10:00Z"}, {"expires_at": "2026-06-01T13:00:00.001+01:00"},
]  # fmt: skip
LIVES = {
    "none": "2026-06-01T12:00:00Z", "before it began": "2020-01-01T00:00:00Z",
    "a day": "2026-06-02T12:00:00Z", "a moment too long": "2026-06-01T12:10:00.001Z",
}  # fmt: skip


def alert(changes):
    (message,) = copy.deepcopy(right("alert.v1"))
    message["data"] |= changes
    return message


def said(message):
    """Tell whether the van could say this."""
    try:
        wire.AlertEvent.model_validate_json(json.dumps(message), strict=True)
    except ValidationError:
        return False
    return True


@pytest.fixture
def takers(schemas, spoken):
    """Ask the schema, the van and the page of an alert."""

    def takers(changes):
        message = alert(changes)
        read = spoken("reads", kind="alert.v1", text=json.dumps(message))
        return schemas["alert.v1"].is_valid(message), said(message), read

    return takers


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_out_of_bounds_nobody_takes(takers, wrong):
    assert takers(WRONG[wrong]) == (False, False, False)


@pytest.mark.parametrize("changes", RIGHT, ids=lambda changes: str(changes)[:40])
def test_what_is_just_within_them_everybody_takes(takers, changes):
    assert takers(changes) == (True, True, True)


@pytest.mark.parametrize("life", LIVES)
def test_a_life_that_no_authority_gives_neither_van_nor_page_takes(takers, life):
    assert takers({"expires_at": LIVES[life]})[1:] == (False, False)


@pytest.mark.parametrize("odd", ODD_LINES)
def test_an_officer_s_name_is_one_line_for_the_schema_and_for_the_van(schemas, odd):
    message = decision(ANSWERS[0])
    message["data"]["officer"] = ODD_LINES[odd]
    assert not schemas["decision.v1"].is_valid(message)
    assert believed(wire.DecisionEvent, message) is None


@pytest.mark.parametrize("name", LINES)
def test_a_name_in_any_script_is_taken(schemas, name):
    message = decision(ANSWERS[0])
    message["data"]["officer"] = name
    schemas["decision.v1"].validate(message)
    assert believed(wire.DecisionEvent, message).data.officer == name


def with_images(*jpegs):
    pictures = [SUBJECT.images[0].model_copy(update={"jpeg": jpeg}) for jpeg in jpegs]
    return SUBJECT.model_copy(update={"images": tuple(pictures)})


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("crop", {"crop_jpeg": b""}),
        ("crop", {"crop_jpeg": b"\xff\xd8\xff" + bytes(300_000)}),
        ("images", {"subject": with_images()}),
        ("jpeg", {"subject": with_images(b"\xff\xd8\xff picture", b"")}),
        ("camera", {"camera": "x" * 201}),
        ("model_id", {"model_id": " "}),
        ("life", {"expires_at": NOON}),
        ("life", {"expires_at": NOON + timedelta(days=1)}),
        ("threshold", {"candidate": replace(ALERT.candidate, threshold=float("nan"))}),
    ],
)
def test_the_van_packs_nothing_that_no_tablet_takes_and_says_only_which_field(field, changes):
    with pytest.raises(InputError, match=rf"no tablet takes its {field}\.$") as refused:
        say.pack_alert(replace(ALERT, **changes), "van-1")
    assert refused.value.__cause__ is None
