"""An event as bytes, and whether the wire believes it."""

import json

from appliance.errors import InputError
from appliance.tablets import envelope

REQUIRED = {"id", "source", "specversion", "type"}


def as_bytes(message):
    return json.dumps(message).encode()


def believed(kind, message):
    try:
        return envelope.parse(kind, as_bytes(message))
    except InputError:
        return None
