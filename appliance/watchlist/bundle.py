"""The watchlist as bytes: a safetensors file of five arrays, one of which is the register as JSON.

register    uint8 (J,)     everything that a person can read, in UTF-8
templates   float16 (N, D) one row for each image, in the register's order
owners      int32 (N,)     which subject each row is of
thumbnails  uint8 (B,)     the images' JPEG files, one after the other
offsets     int64 (N + 1,) where each of them starts, and where the last one ends
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load, save

from appliance.domain.watchlist import MAX_JPEG_BYTES, Head, Part, Subject, Watchlist
from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Array = npt.NDArray[Any]

P = TypeVar("P", bound=Part)
LIMIT_BYTES = 192 * 1024 * 1024
"""Some ten thousand subjects with a thumbnail each; more is refused unread."""
MEND = "Have the desk make it again."
OUTLINE = {
    "register": ("uint8", 1),
    "templates": ("float16", 2),
    "owners": ("int32", 1),
    "thumbnails": ("uint8", 1),
    "offsets": ("int64", 1),
}
"""Type and dimensions of every array; nothing may be missing or added."""
LENGTH_TOLERANCE = 0.01
"""Half precision moves a template's length by far less."""
JPEG_START = b"\xff\xd8\xff"


class Register(Head):
    """A list's head and its subjects, as one JSON."""

    subjects: tuple[Subject, ...] = Field(repr=False, min_length=1, max_length=20_000)


def parse(part: type[P], data: bytes, name: str) -> P:
    """Read a piece of a signed document from JSON.

    Raises:
        InputError: it is not one.
    """
    try:
        return part.model_validate_json(data)
    except ValidationError as error:
        raise refusal(error, name) from None


def refusal(error: ValidationError, name: str) -> InputError:
    """Name the field that is wrong, and never what stood in it."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    # The name of an unknown field was chosen by a stranger, and may be a person's.
    known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
    field = ".".join(map(str, known)) or "as a whole"
    return InputError(f"{name}, {field}: {first['msg']}.", mend=MEND)


def pack(watchlist: Watchlist) -> bytes:
    """Write a list. The templates lose what half precision cannot hold."""
    register = Register(subjects=tuple(watchlist.subjects), **dict(watchlist.head))
    jpegs = [image.jpeg for subject in register.subjects for image in subject.images]
    arrays = {
        "register": np.frombuffer(register.model_dump_json().encode(), np.uint8),
        "templates": watchlist.templates,
        "owners": watchlist.owners,
        "thumbnails": np.frombuffer(b"".join(jpegs), np.uint8),
        "offsets": np.cumsum([0, *map(len, jpegs)]),
    }
    return save(
        {name: np.ascontiguousarray(arrays[name], kind) for name, (kind, _) in OUTLINE.items()}
    )


def unpack(data: bytes) -> Watchlist:
    """Read a list whose signatures have been checked, and mistrust it all the same.

    Raises:
        InputError: it is damaged, or its parts do not fit together.
    """
    arrays = _load(data)
    register = parse(Register, arrays["register"].tobytes(), "The watchlist")
    counts = [len(subject.images) for subject in register.subjects]
    owners = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    _require(np.array_equal(arrays["owners"], owners), "owners", "not those of the register")
    jpegs = _cut(arrays["thumbnails"], arrays["offsets"], len(owners))
    templates = _normalise(arrays["templates"], len(owners))
    register = _illustrate(register, iter(jpegs))
    head = Head(**register.model_dump(exclude={"subjects"}))
    return Watchlist.of(head, register.subjects, templates, owners)


def _require(holds: bool, field: str, fault: str) -> None:
    if not holds:
        raise InputError(f"The watchlist, {field}: {fault}.", mend=MEND)


def _load(data: bytes) -> dict[str, Array]:
    _require(len(data) <= LIMIT_BYTES, "size", "too large")
    try:
        arrays = load(data)
    except (SafetensorError, KeyError, ValueError):
        raise InputError("The watchlist is not a safetensors file.", mend=MEND) from None
    found = {name: (array.dtype.name, array.ndim) for name, array in arrays.items()}
    _require(found == OUTLINE, "arrays", "not the five that were agreed")
    return arrays


def _cut(blob: Array, offsets: Array, count: int) -> list[bytes]:
    starts, ends = offsets[:-1], offsets[1:]
    _require(len(offsets) == count + 1, "offsets", "not one for each image")
    whole = offsets[0] == 0 and offsets[-1] == len(blob) and bool(np.all(starts < ends))
    _require(whole, "offsets", "not in order")
    _require(bool(np.all(ends - starts <= MAX_JPEG_BYTES)), "thumbnails", "one is too large")
    jpegs = [blob[start:end].tobytes() for start, end in zip(starts, ends, strict=True)]
    _require(all(j.startswith(JPEG_START) for j in jpegs), "thumbnails", "one is not a JPEG")
    return jpegs


def _normalise(rows: Array, count: int) -> npt.NDArray[np.float32]:
    _require(len(rows) == count, "templates", "not one for each image")
    templates = rows.astype(np.float32)
    lengths = np.linalg.norm(templates, axis=1, keepdims=True)
    # A comparison with what is not a number is false, so that NaN is refused too.
    whole = bool(np.all(np.abs(lengths - 1) < LENGTH_TOLERANCE))
    _require(whole, "templates", "one has not the length 1")
    templates /= lengths
    return templates


def _illustrate(register: Register, jpegs: Iterator[bytes]) -> Register:
    def show(subject: Subject) -> Subject:
        images = tuple(i.model_copy(update={"jpeg": next(jpegs)}) for i in subject.images)
        return subject.model_copy(update={"images": images})

    return register.model_copy(update={"subjects": tuple(map(show, register.subjects))})
