"""People who were taken, in shards, and what a van reads when they are sealed."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import numpy as np
import pyrage

from appliance.domain.watchlist import Ground, Head, ListImage, Subject
from appliance.watchlist.bundle import check, view
from appliance.watchlist.trust import Promise
from provisioning.enrol.rows import Row
from provisioning.enrol.shards import Shard, ShardWriter, Taken
from tests.provisioning.enrol.people import NOW

LATER = NOW + timedelta(hours=8)
DIMENSION = 16
MEASURES = {"eyes_px": 70.0}
HEAD = Head(watchlist_id="list-1", model_id="an-encoder", made_at=NOW, expires_at=LATER)
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "01" * 64
    + "ffc0000b080001000101011100ffc40014000100000000000000000000000000000009ffc40014100100000000"
    "000000000000000000000000ffda0008010100003f0054bfffd9"
)


def person(number, images=1, **changes):
    """Somebody whose record, templates and pictures can all be told from anybody else's."""
    random = np.random.default_rng(number)
    rows = random.normal(size=(images, DIMENSION)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    fields = {
        "reference": f"C-{number}",
        "ground": Ground.COURT,
        "reason": f"failed to appear, case {number}",
        "power": "a warrant",
        "reviewer": "DS 1",
        "images": tuple(ListImage(source="custody suite") for _ in range(images)),
        "expires_at": LATER + timedelta(hours=number),
    }
    jpegs = [JPEG[:-2] + bytes([number % 256, place]) + JPEG[-2:] for place in range(images)]
    return Taken(Subject(**{**fields, **changes}), list(rows), jpegs)


def rows_of(taken):
    return [
        Row(taken.subject.reference, f"{i}.jpg", "taken", measures=MEASURES, thumbnail=jpeg)
        for i, jpeg in enumerate(taken.jpegs)
    ]


def write(folder, identity, people, number=1, of=1, **kind):
    shard = Shard(
        number, of, **{"digest": "d", "model_id": "an-encoder", **kind}, dimension=DIMENSION
    )
    writer = ShardWriter(folder, str(identity.to_public()), shard)
    for each in people:
        if isinstance(each, Row):
            writer.add(None, [each])
        else:
            writer.add(each, rows_of(each))
    writer.close()


def commit(reference):
    return hashlib.sha256(reference.encode()).digest()


def open_sealed(file, identity, sealed):
    plain = pyrage.decrypt(file.read_bytes(), [identity])
    assert len(plain) == sealed.plain_bytes
    assert hashlib.sha256(file.read_bytes()).hexdigest() == sealed.sha256
    assert file.stat().st_size == sealed.bytes
    watchlist = view(plain)
    promise = Promise(
        kind="watchlist",
        van="van-1",
        watchlist_id=HEAD.watchlist_id,
        key_id="0" * 16,
        model_id=HEAD.model_id,
        made_at=HEAD.made_at,
        expires_at=HEAD.expires_at,
        subjects=sealed.subjects,
        templates=sealed.templates,
        plain_bytes=sealed.plain_bytes,
    )
    check(watchlist, promise)
    return watchlist
