"""Messages that are right, and what is wrong with them once somebody has been at them."""

import copy
import json
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from functools import cache

from hypothesis import strategies as st

from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.domain.watchlist import ListImage
from appliance.tablets import say, wire
from tests.tablets.conftest import ALERT, SUBJECT

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
JPEG = b"\xff\xd8\xff\xe0 a picture \xfb\xff"
IMAGES = (
    ListImage(jpeg=JPEG, taken_on=date(2024, 1, 31), source="desk"),
    ListImage(jpeg=JPEG, source="desk"),
)
GONE = wire.Withdrawal(
    alert_id="alert-1", reason="decided", tablet="tablet-7", decision_id="d-1", answer="viable"
)
STATE = wire.State(
    lamp=Lamp.LOOKING,
    watchlist_id="list-7",
    subjects=3,
    list_expires_at=NOW,
    deployment_id="deployment-3",
    authority_ends_at=NOW + timedelta(hours=1),
    ended=End.BUTTON,
)
WITHDRAWN = (GONE, wire.Withdrawal(alert_id="alert-2", reason="no_longer_listed"))
OUTCOME = {
    "stage": "outcome", "disposal": "arrest", "minutes": 15, "force_used": False,
    "leaflet_given": True, "ethnicity": "not_stated",
}  # fmt: skip
ANSWERS = (
    {"stage": "verdict", "verdict": "viable"},
    {"stage": "engagement", "engagement": "lost"},
    OUTCOME,
    {**OUTCOME, "ethnicity": None},
    {"stage": "undo", "undoes": "decision-1"},
)
SLY = (
    "", " ", "0", "1700000000", "2026-02-30T10:00:00Z", "2026-06-01T24:00:00Z", "2026-06-01",
    "2026-06-01T12:00:00", "2026-06-01T12:00Z", "2026-06-01 12:00:00Z", "2026-02-30", "not_viable",
    "<b>", "../x", "lfr/", "lfr/\u00e4", "a" * 81, "a b", "1.0", "tablet/7", "x" * 201, "-a", "\n",
    "alert-1\n", 0, -1, 1e300, 2**60, 0.5, True, [], {}, None, "Viable", "constructor",
)  # fmt: skip


def event(kind, data):
    """Make an event of a tablet as it comes off the wire."""
    return {
        "specversion": "1.0", "id": "event-1", "source": "lfr/tablet/tablet-7",
        "type": f"uk.police.lfr.{kind}", "time": "2026-06-01T12:00:00.123Z",
        "datacontenttype": "application/json", "data": data,
    }  # fmt: skip


def decision(answer):
    """Make a decision that looks as if it were signed."""
    data = {
        "alert_id": "alert-1", "officer": "PC 1", "decided_at": "2026-06-01T12:00:00Z",
        "answer": answer,
    }  # fmt: skip
    return {**event("decision.v1", data), "certificate": "A" * 400, "signature": "a" * 86}


@cache
def of_the_van():
    """Give what the van and its panel pack, by kind."""
    alert = replace(ALERT, subject=SUBJECT.model_copy(update={"images": IMAGES}), crop_jpeg=JPEG)
    answer = wire.DecisionEvent.model_validate_json(json.dumps(decision(ANSWERS[0])))
    shown = wire.Shown(lamp=Lamp.READY, lit=True, factory="mock", answers="s-1", acknowledged="s-1")
    return {
        "alert.v1": [say.pack_alert(alert, "van-1")],
        "decision-ack.v1": [say.pack_decision_ack(answer, "van-1")],
        "withdrawal.v1": [say.pack_withdrawal(one, "van-1") for one in WITHDRAWN],
        "withdrawn.v1": [
            say.pack_withdrawn(WITHDRAWN, "van-1"),
            say.pack_withdrawn((), "van-1"),
        ],
        "state.v1": [
            say.pack_state(STATE, "van-1"),
            say.pack_state(wire.State(lamp=Lamp.OFF), "van-1"),
        ],
        "tally.v1": [
            say.pack_tally(wire.Tally(faces_seen=9, seen_to_tablet_p50_ms=140.5), "van-1")
        ],
        "panel.v1": [say.pack_panel(shown, "van-1")],
    }


def of_a_tablet():
    """Give what a tablet says, by kind."""
    receipt = {"alert_id": "alert-1", "received_at": "2026-06-01T12:00:00Z", "shown_at": None}
    return {
        "ack.v1": [event("ack.v1", receipt)],
        "hello.v1": [event("hello.v1", {"holds": ["alert-1", "alert-2"]})],
        "decision.v1": [decision(answer) for answer in ANSWERS],
    }


def right(kind):
    """Give some right messages of a kind, as JSON's own types."""
    packed = [json.loads(one) for one in of_the_van().get(kind, ())]
    return packed or of_a_tablet()[kind]


JUNK = st.one_of(
    st.sampled_from(SLY),
    st.text(max_size=20),
    st.integers(),
    # JSON Schema counts 1.0 among the whole numbers, and the van does not.
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: number % 1),
    st.lists(st.sampled_from(SLY), max_size=3),
)


@st.composite
def spoilt(draw, kind):
    """Take a right message, and put something else in one to three of its places."""
    message = copy.deepcopy(draw(st.sampled_from(right(kind))))
    for _ in range(draw(st.integers(1, 3))):
        places = _places(message)
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        how = draw(st.sampled_from(["change", "change", "drop", "add"]))
        if how == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from(["more", "__proto__", "score", "ID", "name "]))] = draw(
                JUNK
            )
        elif how == "drop":
            del holder[key]
        else:
            holder[key] = copy.deepcopy(draw(JUNK))
        if not message:
            break
    return message


def every_slip(kind):
    """Give the right messages with each of their places dropped or filled with each sly thing."""
    for message in right(kind):
        for at, _ in enumerate(_places(message)):
            for sly in SLY:
                changed = copy.deepcopy(message)
                holder, key = _places(changed)[at]
                holder[key] = copy.deepcopy(sly)
                yield changed
            changed = copy.deepcopy(message)
            holder, key = _places(changed)[at]
            del holder[key]
            yield changed


def _places(node):
    keys = range(len(node)) if isinstance(node, list) else list(node)
    own = [(node, key) for key in keys]
    inner = [node[key] for key in keys if isinstance(node[key], dict | list)]
    return own + [place for one in inner for place in _places(one)]
