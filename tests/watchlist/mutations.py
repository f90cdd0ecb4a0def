"""Ways to spoil bytes and documents, each chosen by a seeded random number."""

from __future__ import annotations

import json
import re
from copy import deepcopy

import numpy as np
from safetensors.numpy import load

from appliance.domain.watchlist import MAX_JPEG_BYTES
from appliance.watchlist.bundle import Sizes, header, pack
from appliance.watchlist.outline import KINDS

NUMBERS = (0, 1, -1, 2, 3, 127, 255, 2**15, 2**16, 2**31 - 1, -(2**31), 2**32, 2**53, 2**62)
NUMBERS += (2**63 - 1, -(2**63), 10**11, 10**30)
VALUES = (
    *NUMBERS, 1e308, -0.0, 1e-320, None, True, False, "", " ", "\x00", "x" * 201, "x" * 5_000,
    "../../etc/passwd", "\ud83d\ude00", "\u202e", "V-001", "court", "2026-05-04T10:00:00Z",
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z", "2026-02-30",
    "1970-01-01", "24:00", "NaN", "Infinity", [], {}, [[]], [None] * 100, {"": ""}, {"a": {"a": 1}},
)  # fmt: skip
NESTED = (b"[" * 3_000, b'{"a":' * 3_000, b"[" * 3_000 + b"]" * 3_000)
NUMBER = re.compile(rb"\d+")


def spoil(data, random):
    """Change bytes wherever they are."""
    data, kind = bytearray(data), random.randrange(7)
    at = random.randrange(len(data) or 1)
    length = min(random.choice((1, 1, 2, 4, 8, 32, 500)), len(data) - at)
    if kind == 0:
        for _ in range(random.choice((1, 1, 1, 2, 8))):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    elif kind == 1:
        data[at : at + length] = random.randbytes(length)
    elif kind == 2:
        data[at : at + length] = random.choice((b"\x00", b"\xff", b"\x7f", b" ")) * length
    elif kind == 3:
        del data[at : at + length]
    elif kind == 4:
        data[at:at] = data[at : at + length]
    elif kind == 5:
        del data[at:]
    else:
        data += random.randbytes(length)
    return bytes(data)


def bend(document, random):
    """Change what a document says, and keep it JSON, more or less."""
    document = deepcopy(document)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        holder = random.choice(list(holders(document)))
        places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        if not places:
            continue
        place, kind = random.choice(places), random.randrange(6)
        if kind == 0:
            del holder[place]
        elif kind == 1 and isinstance(holder, dict):
            holder[random.choice(("Jane Roe", "", "jpeg", str(place) + " "))] = holder[place]
        elif kind == 2:
            holder[place] = [deepcopy(holder[place])] * random.choice((1, 2, 4))
        elif kind == 3:
            holder[place] = deepcopy(random.choice(list(holders(document))))
        else:
            holder[place] = deepcopy(random.choice(VALUES))
    return document


def holders(document):
    """Walk all dictionaries and lists of a document."""
    if isinstance(document, dict | list):
        yield document
        for part in document.values() if isinstance(document, dict) else document:
            yield from holders(part)


def text(document, random):
    """Write a bent document, sometimes with a key twice or a bottomless value."""
    data = json.dumps(bend(document, random)).encode()
    kind = random.randrange(10)
    if kind == 0:
        return data.replace(b"{", b'{"reference":"V-7",', 1)
    if kind == 1:
        return data.replace(b'"', random.choice(NESTED), 1)
    if kind in {2, 3}:
        return spoil(data, random)
    return data


def joint(jpeg, random):
    """Change a picture by whole segments, as no chance change of bytes would."""
    kind, frame = random.randrange(5), jpeg.index(b"\xff\xc0")
    if kind == 0:
        return jpeg[:2] + b"\xff\xfe\0\2" * random.choice((1, 50, 64, 300)) + jpeg[2:]
    if kind == 1:
        return jpeg[: random.randrange(frame, len(jpeg))]
    if kind == 2:
        end = frame + 2 + int.from_bytes(jpeg[frame + 2 : frame + 4], "big")
        return jpeg[:end] + jpeg[frame:]
    if kind == 3:
        sides = random.choice(
            (b"\xff" * 4, b"\0\0\0\x10", b"\x03\xe8\x03\xe8", b"\x03\xe8\x03\xe9")
        )
        return jpeg[: frame + 5] + sides + jpeg[frame + 9 :]
    return jpeg + bytes(MAX_JPEG_BYTES)


class Bundles:
    """A lawful bundle taken apart: each part can be spoilt and the rest kept whole."""

    def __init__(self, watchlist):
        self.data = pack(watchlist)
        self.arrays = load(self.data)
        self.documents = [json.loads(subject.model_dump_json()) for subject in watchlist.subjects]
        self.head = json.loads(watchlist.head.model_dump_json())

    def spoilt(self, random):
        """Give one that is spoilt somewhere."""
        ways = (self.bytes, self.bytes, self.header, self.number, self.record, self.picture)
        return random.choice((*ways, self.top, self.template))(random)

    def bytes(self, random):
        return spoil(self.data, random)

    def header(self, random):
        """Change the header alone, its length included."""
        length = 8 + int.from_bytes(self.data[:8], "little")
        text, rest = self.data[8:length], self.data[length:]
        kind = random.randrange(4)
        if kind == 0:
            numbers = list(NUMBER.finditer(text))
            one = random.choice(numbers)
            new = str(random.choice(NUMBERS)).encode()
            text = text[: one.start()] + new + text[one.end() :]
        elif kind == 1:
            text = spoil(text, random)
        elif kind == 2:
            sizes = [abs(random.choice(NUMBERS)) for _ in range(6)]
            return header(Sizes(*sizes)) + rest
        else:
            entries = text.strip()[1:-1].split(b"},")
            random.shuffle(entries)
            text = b"{" + b"},".join(entries) + b"}"
        length = len(text) if random.random() < 0.9 else abs(random.choice(NUMBERS)) % 2**64
        return length.to_bytes(8, "little") + text + rest

    def number(self, random):
        """Change a number of an array."""
        name = random.choice(("expires", "record_ends", "thumbnail_ends", "owners", "commitments"))
        array = self.arrays[name].copy().reshape(-1)
        info = np.iinfo(array.dtype)
        wanted = random.choice((*NUMBERS, int(array[0]), int(array[-1]) + random.choice((-1, 1))))
        array[random.randrange(len(array))] = max(info.min, min(info.max, wanted))
        if name == "commitments" and random.random() < 0.5:
            array[32:64] = array[:32]
        return self.joined(**{name: array})

    def template(self, random):
        array = self.arrays["templates"].copy()
        for _ in range(random.choice((1, 1, 5))):
            row, column = (random.randrange(size) for size in array.shape)
            array[row, column] = random.choice((np.nan, np.inf, -np.inf, 0, 1, 6e4, 1e-7, -1))
        return self.joined(templates=array)

    def record(self, random):
        """Change what a record says, and let the ends follow."""
        number = random.randrange(len(self.documents))
        texts = [json.dumps(document).encode() for document in self.documents]
        texts[number] = text(self.documents[number], random)
        blob = np.frombuffer(b"".join(texts), np.uint8)
        return self.joined(records=blob, record_ends=np.cumsum([len(each) for each in texts]))

    def top(self, random):
        return self.joined(head=np.frombuffer(text(self.head, random) or b" ", np.uint8))

    def picture(self, random):
        """Change a picture near its begin, where it says how large it is."""
        ends = self.arrays["thumbnail_ends"]
        which = random.randrange(len(ends))
        starts = (0, *ends.tolist())
        jpegs = [
            self.arrays["thumbnails"][start:end].tobytes()
            for start, end in zip(starts, ends.tolist(), strict=False)
        ]
        kept = random.choice((0, 4, 30, 200, len(jpegs[which])))
        start, rest = jpegs[which][:kept], jpegs[which][kept:]
        jpegs[which] = spoil(start, random) + rest if kept else joint(rest, random)
        blob = np.frombuffer(b"".join(jpegs), np.uint8)
        return self.joined(thumbnails=blob, thumbnail_ends=np.cumsum([len(j) for j in jpegs]))

    def joined(self, **changed):
        """Put the arrays together again, under a header that fits them."""
        arrays = {**self.arrays, **changed}
        rows, dimension = arrays["templates"].shape
        sizes = Sizes(
            len(arrays["head"]),
            len(arrays["expires"]),
            rows,
            dimension,
            len(arrays["records"]),
            len(arrays["thumbnails"]),
        )
        parts = [arrays[name].astype(kind).tobytes() for name, (_, kind) in KINDS.items()]
        return header(sizes) + b"".join(parts)
