"""The forms that a planted face takes on its way through the appliance, cut to short needles.

They are made by walking the appliance's own stages over the same pictures, in the auditor's
process: decoded, fitted, cut out, measured, encoded, fused.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from appliance.audit.plants import TILE_PX
from appliance.audit.sieve import KEY_BYTES, LONGEST, Needle
from appliance.errors import MachineError
from appliance.panel import open_panel
from appliance.settings import CameraSettings
from appliance.vision.alignment import inverse_similarity
from appliance.vision.closer import SIDE_PX, Closer, around
from appliance.vision.detector import fit
from appliance.vision.quality import look, pose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from appliance.audit.plants import Picture
    from appliance.audit.reel import Codec
    from appliance.domain.face import Faces, Floats
    from appliance.domain.frame import Frame
    from appliance.machine import Feed, Machine
    from appliance.settings import Appliance
    from appliance.vision.eyes import Eyes

    Array = npt.NDArray[Any]

PIXELS = 32
"""Of a row of pixels, as many are looked for."""
NUMBERS = 8
"""Of a row of floats, as many; 32 bytes."""
ROWS = 30, 44, 58
"""Of a tile: brow, eyes, mouth."""
SHARE = 160
"""Of a whole picture, as many pieces of what it is compressed to."""
VARIETY = 8
"""Different bytes of a needle at the least: a flat surface is nobody's own."""
LIMIT_S = 15.0
GAUGE_PX = 64
INT8 = 127


@dataclass(frozen=True)
class Walk:
    """What the appliance does with a picture, step by step."""

    settings: Appliance
    machine: Machine[Any]
    eyes: Eyes[Any]
    codec: Codec

    def needles(self, pictures: Sequence[Picture], folder: Path) -> Iterator[list[Needle]]:
        """Make the needles of each picture in turn.

        Args:
            pictures: In the order in which they will be shown.
            folder: Where they may lie while they are decoded; nothing is left there.

        Raises:
            MachineError: a planted face is not seen, so it could not be looked for.
        """
        film = folder / f"planted{self.codec.suffix}"
        # The last one is there twice, because a stream's last picture has no end.
        film.write_bytes(b"".join(one.data for one in [*pictures, pictures[-1]]))
        try:
            with ExitStack() as stack:
                lit = stack.enter_context(open_panel(self.settings.panel)).light()
                camera = CameraSettings(uri=str(film), paced=False)
                source = stack.enter_context(self.machine.open_camera(camera, lit))
                for one in pictures:
                    frames = (source.read(LIMIT_S) for _ in range(self.codec.pictures))
                    yield self._picture(one, [*frames][-1])
        finally:
            film.unlink()

    def _picture(self, picture: Picture, frame: Frame[Any] | None) -> list[Needle]:
        if frame is None:
            raise MachineError("A planted picture was not decoded.", mend="Report this.")
        needles = [*_compressed(picture), *self._fitted(picture, frame)]
        (found,) = self.eyes.detect([(frame.width, frame.height)])([frame])
        faces = found.take(found.scores >= self.settings.vision.detect_score)
        numbers = [picture.number(*_middle(box)) for box in faces.boxes]
        if sorted(n for n in numbers if n is not None) != _all(picture):
            raise MachineError(
                "The networks do not see each planted face once.", mend="Name other networks."
            )
        own = np.array([i for i, number in enumerate(numbers) if number is not None])
        faces, numbers = faces.take(own), [numbers[i] for i in own]
        for number, forms in zip(numbers, self._faces(frame, faces), strict=True):
            x, y = picture.corner(number or 0)
            cut = {**_decoded(frame, x, y), **forms}
            needles += _cut(number or 0, cut)
        self.machine.compute.erase()
        return needles

    def _fitted(self, picture: Picture, frame: Frame[Any]) -> Iterator[Needle]:
        """Give the picture as the detector gets it, and what it says."""
        compute, model = self.machine.compute, self.eyes.pack.detector
        detect = self.eyes.detect([(frame.width, frame.height)])
        batch = compute.letterbox([frame], detect.size, model.feed)
        scale = fit(frame.width, frame.height, detect.size)
        whole = np.array(compute.fetch(batch)[0])
        for number in _all(picture):
            x, y = ((edge + TILE_PX / 2) * scale for edge in picture.corner(number))
            yield from _cut(number, _channels("letterbox", whole, model.feed, (int(x), int(y))))
        outputs = self.eyes.detector(batch).items()
        raw = {name: np.array(compute.fetch(array)) for name, array in outputs}
        yield from _seen(raw, detect.score)
        found = detect.decode(raw, detect.size, detect.score)
        yield from _rows("landmarks fitted", found.landmarks.reshape(len(found.scores), -1))

    def _faces(self, frame: Frame[Any], faces: Faces) -> Iterator[dict[str, bytes]]:
        compute, pack, which = self.machine.compute, self.eyes.pack, np.zeros(1, np.int32)
        posed = pose(faces, pack.landmarks, self.settings.vision)
        encode, detect = self.eyes.encode(), self.eyes.detect([(frame.width, frame.height)])
        closer = Closer(detect, self.settings.vision.closer_px)
        for i in range(len(faces)):
            one = faces.take(np.array([i]))
            gauged = compute.gauge([frame], which, one.boxes)
            quality = look(posed.take(np.array([i], np.int32)), gauged, self.settings.vision)
            seen = {**_marks(one.landmarks[0]), **self._closer(frame, one.boxes)}
            closer([frame], which, one)
            inverse = inverse_similarity(one.landmarks, encode.template)
            side, feed = pack.encoder.side, pack.encoder.feed
            batch = compute.warp([frame], which, inverse, side, feed)
            crop = np.array(compute.fetch(batch)[0])
            (output,) = self.eyes.encoder(batch).values()
            raw = np.array(compute.fetch(output)).reshape(-1)
            yield {
                **seen,
                **{f"{form} anew": row for form, row in _marks(one.landmarks[0]).items()},
                "gauge": _gauge(frame, one.boxes[0]),
                **_channels("crop", crop, feed, (side // 2, side // 2)),
                **_templates(
                    raw, quality.value * (_length(raw) if pack.encoder.norm_is_quality else 1)
                ),
            }

    def _closer(self, frame: Frame[Any], boxes: Floats) -> dict[str, bytes]:
        """Take what is cut out for a closer look at a face."""
        compute, feed = self.machine.compute, self.eyes.pack.detector.feed
        batch = compute.warp([frame], np.zeros(1, np.int32), around(boxes), SIDE_PX, feed)
        return _channels("closer", compute.fetch(batch)[0], feed, (SIDE_PX // 2, SIDE_PX // 2))


def _all(picture: Picture) -> list[int]:
    return [*range(picture.first, picture.first + picture.faces)]


def _middle(box: Floats) -> tuple[float, float]:
    return float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2


def _cut(number: int, forms: dict[str, bytes]) -> Iterator[Needle]:
    for form, data in forms.items():
        short = data[:LONGEST]
        if len(set(short)) >= VARIETY and any(short[:KEY_BYTES]):
            yield Needle(number, form.split("/")[0], short)


def _seen(raw: dict[str, Floats], score: float) -> Iterator[Needle]:
    """Take what YuNet says where it sees a face; where it sees none, a blank has the same."""
    for name, marks in raw.items():
        family, _, stride = name.partition("_")
        if family == "kps":
            sure = raw[f"cls_{stride}"] * raw[f"obj_{stride}"] >= score * score
            yield from _rows("detector", marks[sure[..., 0]])


def _rows(form: str, rows: Array) -> Iterator[Needle]:
    for row in rows:
        yield from _cut(-1, {form: row.tobytes()})


def _compressed(picture: Picture) -> Iterator[Needle]:
    """Take pieces of the film in which no decoder has to undo an escape."""
    for start in np.linspace(1000, len(picture.data) - 1000, SHARE).astype(int):
        piece = picture.data[start : start + LONGEST]
        if not {b"\xff", b"\0"} & {bytes([one]) for one in piece}:
            yield from _cut(-1, {"film": piece})


def _decoded(frame: Frame[Any], x: int, y: int) -> dict[str, bytes]:
    """Take rows of luma, and one of each chroma, out of I420."""
    flat = np.asarray(frame.pixels).reshape(-1)
    luma = flat[: frame.width * frame.height].reshape(frame.height, frame.width)
    chromas = flat[luma.size :].reshape(2, frame.height // 2, frame.width // 2)
    left = x + (TILE_PX - PIXELS) // 2
    rows = {f"luma/{row}": luma[y + row, left : left + PIXELS] for row in ROWS}
    x, y = (x + TILE_PX // 4) // 2, (y + ROWS[1]) // 2
    rows |= {f"chroma/{i}": plane[y, x : x + PIXELS] for i, plane in enumerate(chromas)}
    return {form: row.tobytes() for form, row in rows.items()}


def _channels(form: str, batch: Floats, feed: Feed, middle: tuple[int, int]) -> dict[str, bytes]:
    """Take a row of a network's input, as floats, as halves, and as the pixels it was made of."""
    x, y = middle
    row = batch[:, y, x - PIXELS // 2 : x + PIXELS // 2]
    pixels = np.rint(row / feed.scale + np.array(feed.means)[:, None]).astype(np.uint8)
    red_first = pixels[::-1] if feed.bgr else pixels
    return {
        f"{form} float32": row[0, :NUMBERS].tobytes(),
        f"{form} float16": row[0, : 2 * NUMBERS].astype(np.float16).tobytes(),
        f"{form} planes": red_first[0].tobytes(),
        f"{form} rgb": np.ascontiguousarray(red_first.T).tobytes()[:PIXELS],
        f"{form} bgr": np.ascontiguousarray(red_first[::-1].T).tobytes()[:PIXELS],
    }


def _marks(landmarks: Floats) -> dict[str, bytes]:
    turned = landmarks[:, 0].astype(np.complex128) + 1j * landmarks[:, 1]
    return {"landmarks": landmarks.tobytes(), "landmarks complex": turned.tobytes()}


def _gauge(frame: Frame[Any], box: Floats) -> bytes:
    luma = np.asarray(frame.pixels).reshape(-1)[: frame.width * frame.height]
    left, top = np.maximum(box[:2], 0).astype(int)
    right, bottom = np.minimum(box[2:], (frame.width, frame.height)).astype(int)
    face = luma.reshape(frame.height, frame.width)[top:bottom, left:right]
    small = cv2.resize(face, (GAUGE_PX, GAUGE_PX), interpolation=cv2.INTER_AREA)
    return small[GAUGE_PX // 2, :PIXELS].tobytes()


def _length(raw: Floats) -> Floats:
    return np.asarray(np.sqrt(np.einsum("fd,fd->f", raw[None], raw[None])), np.float32)


def _templates(raw: Floats, weight: Floats) -> dict[str, bytes]:
    """Take a piece of the template, as the network gives it, and as a passing gathers it."""
    some = slice(16, 16 + NUMBERS)
    unit = raw / _length(raw)
    forms = {
        "template raw": raw[some],
        "template": unit[some],
        "template float16": unit[16 : 16 + 2 * NUMBERS].astype(np.float16),
        "template int8": np.rint(unit[16 : 16 + PIXELS] * INT8).astype(np.int8),
    }
    gathered = np.zeros_like(unit)[None]
    for shots in range(1, 5):
        gathered += unit[None] * weight[:, None]
        fused = gathered.copy()
        fused /= np.maximum(np.sqrt(np.einsum("fd,fd->f", fused, fused)), 1e-6)[:, None]
        forms |= {f"sum/{shots}": gathered[0, some].copy(), f"fused/{shots}": fused[0, some]}
    return {form: row.tobytes() for form, row in forms.items()}
