"""The verbs on pixels, with OpenCV and ONNX Runtime."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from appliance.domain.frame import Layout
from appliance.errors import MachineError
from appliance.host.dlib_nets import open_dlib
from appliance.host.pixels import Picture, chroma
from appliance.vision.colour import yuv_to_rgb
from appliance.vision.still import encode_still

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from appliance.domain.face import Floats, Ints
    from appliance.domain.frame import Frame
    from appliance.machine import Feed

Array = npt.NDArray[Any]
Run = Callable[[Array], Mapping[str, Array]]
Take = Callable[[Array, Array, int], None]
"""Writes a part of a plane into a place; the number is 1 where the plane has half the pixels."""

GAUGE_PX = 64
"""A face is measured at this size, so that sharpness does not depend on how near it is."""
LEAST_PX = 2
"""A box cut so thin by the frame's edge shows nothing that could be sharp."""


class Net:
    """A loaded network that notes what it lends."""

    def __init__(self, run: Run, sha256: str, lent: list[Array]) -> None:
        self.sha256 = sha256
        self._run = run
        self._lent = lent

    def __call__(self, batch: Array) -> Mapping[str, Array]:
        """Run; the outputs are borrowed until `Compute.erase`."""
        outputs = self._run(batch)
        self._lent += outputs.values()
        return outputs


class Session:
    """A network in ONNX Runtime."""

    def __init__(self, data: bytes) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Spinning workers take the core that decoding needs; an arena would keep faces for reuse.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False
        self._session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        if self._session.get_session_options().enable_cpu_mem_arena:
            raise MachineError(
                "ONNX Runtime keeps what networks free, faces too.",
                mend="Install the release that requirements.lock names.",
            )
        self._input = self._session.get_inputs()[0].name
        self._outputs = [output.name for output in self._session.get_outputs()]

    def __call__(self, batch: Array) -> Mapping[str, Array]:
        """Run a batch."""
        results = self._session.run(self._outputs, {self._input: batch})
        return {name: np.asarray(out) for name, out in zip(self._outputs, results, strict=True)}


class Compute:
    """Buffers are kept between frames and zeroed after each."""

    batch = 1
    """On a CPU a batch is no faster, and the first alert would wait for the last face."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)  # its workers would fight with the decoder's for two cores
        self._lent: list[Array] = []
        self._scratch: dict[tuple[str, tuple[int, ...]], Array] = {}

    def _buffer(self, name: str, shape: tuple[int, ...], kind: type[Any]) -> Array:
        buffer = self._scratch.get((name, shape))
        if buffer is None:
            buffer = self._scratch[name, shape] = np.zeros(shape, kind)
        self._lent.append(buffer)
        return buffer

    def attend(self) -> AbstractContextManager[None]:
        """Any thread may use an ordinary computer."""
        return nullcontext()

    def open_net(self, file: Path, sha256: str, *, fine: bool = False) -> Net:
        """Load a network, after its bytes have been compared with what is expected.

        Raises:
            MachineError: the file is missing, is another one, or does not load.
        """
        del fine  # nothing is coarser here than as it was published
        mend = "Fetch it again with `lfr engines fetch`."
        try:
            data = file.read_bytes()
        except OSError as error:
            raise MachineError(f"The network {file.name} cannot be read.", mend=mend) from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise MachineError(f"The network {file.name} is not the one that is listed.", mend=mend)
        try:
            if file.suffix == ".dat":
                return Net(open_dlib(file, sha256), sha256, self._lent)
            return Net(Session(data), sha256, self._lent)
        except MachineError:
            raise
        except Exception as error:  # ONNX Runtime's errors share no base but this one.
            raise MachineError(f"The network {file.name} does not load.", mend=mend) from error

    def upload(self, picture: npt.NDArray[np.uint8]) -> Array:
        """Take a still, uint8 of (height, width, 3) in RGB."""
        return np.ascontiguousarray(picture)

    def letterbox(self, frames: Sequence[Frame[Array]], size: tuple[int, int], feed: Feed) -> Array:
        """Fit each frame into the top left; see `machine.Compute`."""
        width, height = size
        batch = self._buffer("letterbox", (len(frames), 3, height, width), np.float32)
        for place, frame in zip(batch, frames, strict=True):
            scale = min(width / frame.width, height / frame.height)
            wide, high = max(round(frame.width * scale), 1), max(round(frame.height * scale), 1)
            self._paint(frame, feed, place[:, :high, :wide], _shrink)
            place[:, high:] = place[:, :, wide:] = 0  # a frame of another shape was there before
        return batch

    def warp(
        self, frames: Sequence[Frame[Array]], which: Ints, inverses: Floats, side: int, feed: Feed
    ) -> Array:
        """Cut aligned faces out at full resolution; see `machine.Compute`."""
        batch = self._buffer("warp", (len(which), 3, side, side), np.float32)
        for place, i, inverse in zip(batch, which, inverses, strict=True):
            self._paint(frames[i], feed, place, partial(_cut, (inverse, chroma(inverse))))
        return batch

    def _paint(self, frame: Frame[Array], feed: Feed, place: Array, take: Take) -> None:
        """Bring a part of the frame, channel by channel, into the network's form."""
        mixed = self._buffer("mixed", (*place.shape[1:], 3), np.uint8)
        planes = self._buffer("planes", place.shape, np.uint8)
        if frame.layout is Layout.RGB8:
            take(frame.pixels, mixed, 0)
        else:
            for c, plane in enumerate(Picture(frame).planes):
                take(plane, planes[c], min(c, 1))
            cv2.merge(list(planes), dst=mixed)
            cv2.transform(mixed, yuv_to_rgb(frame.colour), dst=mixed)
        cv2.split(mixed, list(planes))
        np.copyto(place, planes[::-1] if feed.bgr else planes)
        if any(feed.means):
            place -= np.array(feed.means, np.float32)[:, None, None]
        if feed.scale != 1:
            place *= feed.scale

    def gauge(self, frames: Sequence[Frame[Array]], which: Ints, boxes: Floats) -> Floats:
        """Measure sharpness and brightness; see `machine.Compute`."""
        measured = np.zeros((len(which), 2), np.float32)
        patch = self._buffer("gauge", (GAUGE_PX, GAUGE_PX), np.uint8)
        edges = self._buffer("edges", patch.shape, np.int16)
        for result, i, box in zip(measured, which, boxes, strict=True):
            luma = Picture(frames[i]).luma
            left, top = np.maximum(box[:2], 0).astype(int)
            right, bottom = np.minimum(box[2:], luma.shape[::-1]).astype(int)
            if min(right - left, bottom - top) < LEAST_PX:
                continue
            face = luma[top:bottom, left:right]
            cv2.resize(face, patch.shape, dst=patch, interpolation=cv2.INTER_AREA)
            cv2.Laplacian(patch, cv2.CV_16S, dst=edges)
            _, spread = cv2.meanStdDev(edges)
            result[:] = spread[0, 0] ** 2, cv2.mean(patch)[0]
        return measured

    def jpeg(self, frame: Frame[Array], region: Ints, veiled: Ints) -> bytes:
        """Encode a part of the frame with some boxes veiled; see `machine.Compute`."""
        left, top, right, bottom = (int(edge) for edge in region)
        picture = Picture(frame).bgr(left, top, right, bottom)
        return encode_still(picture, veiled - np.array([left, top, left, top]))

    def fetch(self, array: Array) -> Floats:
        """Give the array itself: it is in the computer's memory already."""
        return array

    def erase(self) -> None:
        """Overwrite everything lent since the last call with zeros."""
        # A buffer is lent again for each face or camera, and zeroed once.
        for array in {id(array): array for array in self._lent}.values():
            array.fill(0)
        self._lent.clear()


def _shrink(plane: Array, out: Array, _scale: int) -> None:
    cv2.resize(plane, out.shape[1::-1], dst=out)


def _cut(inverses: tuple[Floats, Floats], plane: Array, out: Array, scale: int) -> None:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    grey = 128 * scale  # beyond the frame all is black: no luma, and chroma without colour
    cv2.warpAffine(plane, inverses[scale], out.shape[1::-1], out, flags, borderValue=grey)
