"""The verbs on pixels, with CUDA and TensorRT. The outline; bodies come with the Jetson work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.jetson.array import DeviceArray, unwritten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from appliance.domain.face import Floats, Ints
    from appliance.domain.frame import Frame
    from appliance.machine import Feed


class Net:
    """A network in TensorRT."""

    sha256: str

    def __call__(self, batch: DeviceArray) -> Mapping[str, DeviceArray]:
        """Run; the outputs are borrowed until `Compute.erase`."""
        raise unwritten("network")


class Compute:
    """Buffers are kept between frames and zeroed after each."""

    batch = 16
    """Faces that are encoded together: a GPU is idle with one."""

    def __init__(self) -> None:
        raise unwritten("GPU")

    def open_net(self, file: Path, sha256: str) -> Net:
        """Load a network's plan, which was built on this van from the ONNX of that sha256."""
        raise unwritten("network")

    def upload(self, picture: npt.NDArray[np.uint8]) -> DeviceArray:
        """Take a still, uint8 of (height, width, 3) in RGB."""
        raise unwritten("GPU")

    def letterbox(
        self, frames: Sequence[Frame[DeviceArray]], size: tuple[int, int], feed: Feed
    ) -> DeviceArray:
        """Fit each frame into the top left; see `machine.Compute`."""
        raise unwritten("GPU")

    def warp(
        self,
        frames: Sequence[Frame[DeviceArray]],
        which: Ints,
        inverses: Floats,
        side: int,
        feed: Feed,
    ) -> DeviceArray:
        """Cut aligned faces out at full resolution; see `machine.Compute`."""
        raise unwritten("GPU")

    def gauge(self, frames: Sequence[Frame[DeviceArray]], which: Ints, boxes: Floats) -> Floats:
        """Measure sharpness and brightness; see `machine.Compute`."""
        raise unwritten("GPU")

    def jpeg(self, frame: Frame[DeviceArray], region: Ints, veiled: Ints) -> bytes:
        """Encode a part of the frame with some boxes veiled; see `machine.Compute`."""
        raise unwritten("GPU")

    def fetch(self, array: DeviceArray) -> Floats:
        """Bring a small array to numpy."""
        raise unwritten("GPU")

    def erase(self) -> None:
        """Overwrite everything lent since the last call with zeros."""
        raise unwritten("GPU")
