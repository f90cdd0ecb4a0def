"""CloudEvents 1.0 in structured JSON, in which everything goes over MQTT, and the topics.

The only place that knows JSON. Identity and expiry stand in the payload, so that a broker without
MQTT 5 loses nothing.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime, timezone
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar
from uuid import uuid4

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from appliance.domain.watchlist import LINE
from appliance.errors import InputError

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
LIMIT_BYTES = 64_000
"""A message to the van or to its panel is far smaller; anything larger is refused unread."""


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
"""As RFC 3339 writes it, and so as every reader of it reads it."""
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
AWARE = TypeAdapter[datetime](AwareDatetime)


def _spelt(time: object) -> object:
    if not isinstance(time, str):
        return time
    # Pydantic takes more, such as the seconds since 1970 in a string.
    if not TIME.fullmatch(time):
        raise ValueError("the time is not as RFC 3339 writes it")
    return AWARE.validate_python(time)


def _utc(time: datetime) -> datetime:
    try:
        return time.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError("the time is outside the calendar in UTC") from None


def _day(day: object) -> object:
    # As above: pydantic takes the seconds since 1970.
    if isinstance(day, str) and not DAY.fullmatch(day):
        raise ValueError("the day is not as RFC 3339 writes it")
    return date.fromisoformat(day) if isinstance(day, str) else day


Day = Annotated[date, BeforeValidator(_day)]
Time = Annotated[AwareDatetime, BeforeValidator(_spelt), AfterValidator(_utc)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$")]
Source = Annotated[str, StringConstraints(pattern=r"^lfr/[!-~]{1,200}$")]
Tablet = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
"""A tablet's name, which its certificates give it."""
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=LINE)]
"""A `domain.watchlist.Line`, exactly as it came."""


class Topics(NamedTuple):
    """Where each message of one van goes.

    Below the first four each tablet has a place of its own, so that the broker can see to it that
    nobody speaks for another: `topics.decision + "/" + tablet`.
    """

    ack: str
    decision: str
    decision_ack: str
    hello: str
    alert: str
    withdrawal: str
    withdrawn: str
    state: str
    tally: str
    panel: str
    notice: str
    """The force has something new for the van; what is said there has no meaning."""


def topics(van: str) -> Topics:
    """Name the topics of a van."""
    own = ("alert/ack", "decision", "decision/ack", "hello")
    common = ("alert", "withdrawal", "withdrawn", "state", "tally", "panel", "notice")
    return Topics(*(f"lfr/1/{van}/{leaf}" for leaf in (*own, *common)))


def tablet_in(topic: str) -> str:
    """Give the tablet whose place a topic is."""
    return topic.rpartition("/")[2]


class Message(BaseModel):
    """A frozen piece of a message; an unknown field is refused."""

    # Short strings would otherwise stay in a cache of the process when the message is gone.
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        allow_inf_nan=False,
        cache_strings="keys",
        json_schema_serialization_defaults_required=True,
    )


D = TypeVar("D", bound=Message)


class Event(Message, Generic[D]):
    """The envelope; each kind of message adds its `type`."""

    specversion: Literal["1.0"]
    id: Id
    source: Source = Field(repr=False)
    """`lfr/VAN`, `lfr/VAN/panel`, or `lfr/tablet/TABLET`."""
    time: Time | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    data: D


E = TypeVar("E", bound=Event[Any])


def head(source: str, **given: object) -> dict[str, Any]:
    """Fill in what every event has: now, and an id of its own, unless they are given."""
    now = datetime.now(timezone.utc)
    filled = {"specversion": "1.0", "id": str(uuid4()), "source": f"lfr/{source}", "time": now}
    return filled | given


def pack(event: Event[Any]) -> bytes:
    """Put an event into the bytes that are sent."""
    return event.model_dump_json().encode()


def parse(kind: type[E], payload: bytes | bytearray) -> E:
    """Read what a tablet, the van or its panel says.

    Raises:
        InputError: it is anything else; the error names nothing of what it holds.
    """
    if len(payload) > LIMIT_BYTES:
        raise _refusal(f"is over {LIMIT_BYTES} bytes")
    try:
        # Pydantic takes the last of two fields with one name; another reader may take the first.
        json.loads(payload, object_pairs_hook=_once)
        return kind.model_validate_json(payload, strict=True)
    except ValidationError:
        raise _refusal("does not have the fields that it should") from None
    except (ValueError, RecursionError):
        raise _refusal("is not proper JSON") from None


def _once(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a field stands twice")


def _refusal(fault: str) -> InputError:
    return InputError(f"A message {fault}.", mend="Bring whoever sent it up to date.")
