"""A list as long as asked for, of strangers whom nobody looks like, made while it is written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

import cv2
import numpy as np

from appliance.domain.watchlist import MAX_IMAGES, Ground, ListImage, Subject
from appliance.watchlist.bundle import Sizes, header, stream
from appliance.watchlist.keyring import seal
from provisioning.enrol.pictures import stamp_for
from provisioning.enrol.sealing import Sealed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from appliance.domain.watchlist import Head
    from appliance.machine import Listed
    from provisioning.enrol.sealing import Envelope

AT_ONCE = 8_192
HASHED_BYTES = 1 << 20
SMOOTH_PX = 1.6
"""So coarse a noise takes as many bytes as a face."""


@dataclass(frozen=True)
class Throng:
    """Subjects with three images each: `enlist.Source` without a picture of anybody."""

    subjects: int
    dimension: int
    seed: int = 1

    @property
    def templates(self) -> int:
        """How many rows."""
        return self.subjects * MAX_IMAGES

    @property
    def references(self) -> Sequence[str]:
        """Whose entries they are."""
        return [f"S-{number:07}" for number in range(self.subjects)]

    def seal(self, envelope: Envelope) -> Sealed:
        """Write the bundle; nobody can be left out.

        Raises:
            ValueError: somebody is to be.
        """
        if envelope.leave_out:
            raise ValueError("strangers are sealed all together")
        head, file = envelope.head, envelope.file
        text, record, jpeg = head.text, self._record(head), self._jpeg()
        every, rows = np.arange(1, self.subjects + 1), np.arange(1, self.templates + 1)
        expires = np.full(self.subjects, int(head.expires_at.timestamp()), "<i8")
        parts = {
            "expires": [expires.tobytes()],
            "record_ends": [(every * len(record)).astype("<i8").tobytes()],
            "thumbnail_ends": [(rows * len(jpeg)).astype("<i8").tobytes()],
            "owners": [np.repeat(every - 1, MAX_IMAGES).astype("<i4").tobytes()],
            "templates": (some.tobytes() for some in self.pieces()),
            "commitments": map(envelope.commit, self.references),
            "head": [text],
            "records": (record.replace(b"S-0000000", r.encode(), 1) for r in self.references),
            "thumbnails": (jpeg for _ in rows),
        }
        length, width = len(text), self.dimension
        totals = self.subjects * len(record), self.templates * len(jpeg)
        sizes = Sizes(length, self.subjects, self.templates, width, *totals)
        with file.open("xb") as opened:
            seal(stream(sizes, parts), cast("BinaryIO", opened), envelope.recipients)
        plain = len(header(sizes)) + sum(sizes.lengths().values())
        return Sealed(_sha256(file), file.stat().st_size, plain, self.subjects, self.templates)

    def pieces(self) -> Iterator[Listed]:
        """Make the templates: random, of length 1, far from every face and from each other."""
        random = np.random.default_rng(self.seed)
        for start in range(0, self.templates, AT_ONCE):
            count = min(AT_ONCE, self.templates - start)
            rows = random.standard_normal((count, self.dimension), np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            yield rows.astype("<f2")

    @staticmethod
    def _record(head: Head) -> bytes:
        subject = Subject(
            reference="S-0000000",
            ground=Ground.VOLUNTEER,
            reason="A stranger who is nobody",
            power="None: nobody is to be found",
            reviewer="The bench",
            images=tuple(ListImage(source="Noise") for _ in range(MAX_IMAGES)),
            expires_at=head.expires_at,
        )
        return subject.model_dump_json().encode()

    def _jpeg(self) -> bytes:
        stamp = stamp_for(self.templates)
        noise = np.random.default_rng(self.seed).uniform(0, 255, (stamp.height_px, stamp.width_px))
        soft = cv2.GaussianBlur(noise, (0, 0), SMOOTH_PX)
        _, jpeg = cv2.imencode(
            ".jpg", soft.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, stamp.quality]
        )
        return jpeg.tobytes()


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(HASHED_BYTES):
            digest.update(piece)
    return digest.hexdigest()
