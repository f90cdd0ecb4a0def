"""The contract: an AsyncAPI 3.0 document and a JSON Schema of each message, made from `wire`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, get_args

from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from typing_extensions import override

from appliance.tablets.envelope import CONTENT_TYPE, topics
from appliance.tablets.wire import CHANNELS

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaMode
    from pydantic_core import core_schema

    from appliance.tablets.envelope import Event
    from appliance.tablets.wire import Channel

    Node = dict[str, Any]
    """A JSON object."""

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""That which every tool for AsyncAPI 3.0 must know."""
MQTT: Final = "0.2.0"
"""Of AsyncAPI's bindings to MQTT."""
ABOUT: Final = """\
What a van, its tablets, its panel and its force say to each other over MQTT 3.1.1 or 5.

Every message is a CloudEvents 1.0 event in structured JSON; a field that is not named here is
refused. QoS 1 brings a message to the broker and no further: an alert is said again until a tablet
has said `ack`, a decision until the van has said `decision_ack`: that it holds it, or why it will
never take it. One that the van cannot take at present has no answer. What is said twice has the
same `id` and counts once. A tablet that comes says `hello` and which alerts it holds; the van says
again what is live and lacking.

What is taken back is said at once as `withdrawal`, and all of it that still counts once a second as
`withdrawn`, before `state`. Only `state` and `tally` cross to the force's broker, which name no
alert, no tablet and no officer; only `notice` comes from there.

A tablet connects with a certificate of its force's, whose common name is its own. The broker lets
it read `alert`, `withdrawal`, `withdrawn`, `state`, `tally` and its own `decision_ack`, and write
its own `ack`, `hello` and `decision`. The van believes a decision only where the tablet's other key
has signed it.
"""
INFO: Final = {
    "title": "The van, its tablets and its panel",
    "version": "1.0.0",
    "description": ABOUT,
    "license": {"name": "Apache-2.0"},
}
CERTIFICATE: Final = {
    "type": "X509",
    "description": "Of the force's authority; its common name is the user.",
}
WILL: Final = {
    "topic": topics("{van}").state,
    "qos": 1,
    "message": "A state whose lamp is `fault`: the van has gone without a word.",
    "retain": True,
}
PAGE: Final = """\
MQTT over WebSockets over TLS 1.3, in the subprotocol `mqtt`: wss://{host}/mqtt. It takes only a
page that it has itself served: the header Origin, where there is one, names the same host.
"""
SPEAKERS: Final = {
    "van": "the van",
    "tablet": "a tablet",
    "panel": "the van's panel",
    "force": "the force's desk",
}
OWN: Final = ("panel", "force")
"""They speak on the van's loopback; the force by its broker's bridge."""


class _Plain(GenerateJsonSchema):
    """JSON Schema without what only pydantic or OpenAPI would read."""

    @override
    def field_title_should_be_set(self, schema: object) -> bool:
        """Leave out titles that say the field's name again."""
        return False

    @override
    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> Node:
        """Leave out `discriminator`, which is another thing in AsyncAPI."""
        union = super().tagged_union_schema(schema)
        del union["discriminator"]
        return union


def files() -> dict[str, bytes]:
    """Give the whole contract: each file's text by its place."""
    schemas = {
        f"schemas/{kind(one.event)}.json": schema(one.event) for one in CHANNELS if one.event
    }
    return {name: text(node) for name, node in {"asyncapi.json": document(), **schemas}.items()}


def text(node: Node) -> bytes:
    """Write a document as it is published."""
    return f"{json.dumps(node, indent=2, ensure_ascii=False)}\n".encode()


def kind(event: type[Event[Any]]) -> str:
    """Give the last words of an event's type, such as `decision-ack.v1`."""
    (full,) = get_args(event.model_fields["type"].annotation)
    return str(full).removeprefix("uk.police.lfr.")


def schema(event: type[Event[Any]]) -> Node:
    """Give the JSON Schema of a message, which needs no other file."""
    made = event.model_json_schema(
        ref_template="#/definitions/{model}", schema_generator=_Plain, mode=_mode(event)
    )
    definitions = made.pop("$defs")
    # Its file's name, against which other files find it wherever they are all published.
    named = f"{kind(event)}.json"
    return {"$schema": DRAFT, "$id": named, **made, "definitions": definitions}


def document() -> Node:
    """Give the AsyncAPI document; it needs no other file. Its operations are the van's."""
    events: list[tuple[type[Event[Any]], JsonSchemaMode]] = [
        (one.event, _mode(one.event)) for one in CHANNELS if one.event
    ]
    _, made = models_json_schema(
        events,
        ref_template="#/components/schemas/{model}",
        schema_generator=_Plain,
    )
    return {
        "asyncapi": "3.0.0",
        "info": INFO,
        "defaultContentType": CONTENT_TYPE,
        "servers": _servers(),
        "channels": {one.name: _channel(one) for one in CHANNELS},
        "operations": {_operation_name(one): _operation(one) for one in CHANNELS},
        "components": {
            "messages": {_message_name(one): _message(one) for one in CHANNELS},
            "schemas": made["$defs"],
            "securitySchemes": {"certificate": CERTIFICATE},
        },
    }


def _mode(event: type[Event[Any]]) -> JsonSchemaMode:
    # What the van says has every field; of what it hears it fills in some itself.
    vans = {one.event for one in CHANNELS if one.says == "van"}
    return "serialization" if event in vans else "validation"


def _servers() -> Node:
    binding = {"mqtt": {"lastWill": WILL, "bindingVersion": MQTT}}
    own = {"host": "127.0.0.1:1883", "protocol": "mqtt", "bindings": binding}
    tablets = {"host": "{host}:8883", "protocol": "secure-mqtt"}
    page = {"host": "{host}:443", "pathname": "/mqtt", "protocol": "wss"}
    outside = {
        "variables": {"host": {"description": "The van's name or address, as in its certificate."}},
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
    }
    return {
        "own": {"description": "For the van's own services, on its loopback alone.", **own},
        "tablets": {"description": "MQTT over TLS 1.3.", **tablets, **outside},
        "page": {"description": PAGE, **page, **outside},
    }


def _channel(channel: Channel) -> Node:
    address: str = getattr(topics("{van}"), channel.name)
    parameters = {"van": {"description": "The van's name, as in its settings."}}
    if channel.of_a_tablet:
        address += "/{tablet}"
        parameters["tablet"] = {"description": "The tablet's name, as in its certificates."}
    own = {"servers": [{"$ref": "#/servers/own"}]} if channel.says in OWN else {}
    named = _message_name(channel)
    return {
        "address": address,
        **own,
        "messages": {named: {"$ref": f"#/components/messages/{named}"}},
        "parameters": parameters,
    }


def _operation(channel: Channel) -> Node:
    named = _message_name(channel)
    return {
        "action": "send" if channel.says == "van" else "receive",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": f"Said by {SPEAKERS[channel.says]}, heard by {channel.hears}.",
        "messages": [{"$ref": f"#/channels/{channel.name}/messages/{named}"}],
        "bindings": {
            "mqtt": {"qos": channel.qos, "retain": channel.retained, "bindingVersion": MQTT}
        },
    }


def _message(channel: Channel) -> Node:
    if channel.event is None:
        return {
            "name": channel.name,
            "summary": "The force has something new for the van; what is said has no meaning.",
            "payload": {"type": "string", "maxLength": 0},
        }
    return {
        "name": kind(channel.event),
        "summary": channel.event.__doc__,
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"#/components/schemas/{channel.event.__name__}"},
    }


def _operation_name(channel: Channel) -> str:
    return f"{'send' if channel.says == 'van' else 'receive'}_{channel.name}"


def _message_name(channel: Channel) -> str:
    return channel.event.__name__ if channel.event else channel.name
