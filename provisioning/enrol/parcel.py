"""What a worker sends back: read with mistrust, since a picture may have taken the worker over.

One letter for the kind, then JSON, then the thumbnail and the template as they are. Nothing in it
can name a type or run anything, as a pickle could.
"""

from __future__ import annotations

import json
import struct
from dataclasses import astuple, dataclass

import numpy as np
from pydantic import Field, ValidationError

from appliance.domain.watchlist import MAX_JPEG_BYTES, Part
from provisioning.enrol.gate import Fault
from provisioning.enrol.studio import Answer

MOST_BYTES = 1 << 20
MOST_NUMBERS = 4_096
MOST_LETTERS = 1_000
READY, ANSWER, FAILURE = b"R", b"A", b"F"
LENGTH = struct.Struct("<I")


class ParcelError(Exception):
    """What came is none of the three."""


class _Slip(Part):
    """The JSON of an answer."""

    fault: tuple[str, str, str] | None = Field(default=None, repr=False)
    notice: str = Field(repr=False, max_length=MOST_LETTERS)
    review: bool
    measures: dict[str, float] = Field(repr=False, max_length=32)
    quality: float
    jpeg_bytes: int = Field(ge=0, le=MAX_JPEG_BYTES)
    numbers: int | None = Field(ge=1, le=MOST_NUMBERS)


@dataclass(frozen=True)
class Failure:
    """The machine has failed, and how to mend it."""

    what: str
    mend: str


def pack(said: Answer | Failure | None) -> bytes:
    """Write an answer, a failure, or (None) that the worker is ready."""
    if said is None:
        return READY
    if isinstance(said, Failure):
        return FAILURE + json.dumps([said.what, said.mend]).encode()
    template = said.template
    slip = {
        "fault": said.fault and astuple(said.fault),
        "notice": said.notice,
        "review": said.review,
        "measures": dict(said.measures),
        "quality": said.quality,
        "jpeg_bytes": len(said.jpeg),
        "numbers": None if template is None else len(template),
    }
    text = json.dumps(slip).encode()
    rows = b"" if template is None else template.astype("<f4").tobytes()
    return ANSWER + LENGTH.pack(len(text)) + text + said.jpeg + rows


def unpack(data: bytes) -> Answer | Failure | None:
    """Read what a worker sent.

    Raises:
        ParcelError: it is nothing that a worker says.
    """
    try:
        kind, body = data[:1], data[1:]
        if data == READY:
            return None
        if kind == FAILURE:
            what, mend = json.loads(body)
            return Failure(str(what)[:MOST_LETTERS], str(mend)[:MOST_LETTERS])
        if kind == ANSWER:
            return _answer(body)
    except (ValueError, TypeError, struct.error, RecursionError):
        pass
    raise ParcelError


def _answer(body: bytes) -> Answer:
    (length,) = LENGTH.unpack_from(body)
    rest = body[LENGTH.size + length :]
    try:
        slip = _Slip.model_validate_json(body[LENGTH.size : LENGTH.size + length])
    except ValidationError:
        raise ParcelError from None
    numbers = slip.numbers or 0
    if len(rest) != slip.jpeg_bytes + 4 * numbers:
        raise ParcelError
    template = np.frombuffer(rest, "<f4", numbers, slip.jpeg_bytes).astype(np.float32)
    return Answer(
        fault=Fault(*slip.fault) if slip.fault else None,
        notice=slip.notice,
        review=slip.review,
        measures=slip.measures,
        quality=slip.quality,
        jpeg=rest[: slip.jpeg_bytes],
        template=None if slip.numbers is None else template,
    )
