"""What a machine must do for the pipeline: a handful of verbs on pixels.

`host/` does them with OpenCV and ONNX Runtime, `jetson/` with CUDA and TensorRT. A is the machine's
own array; small results come back as numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, Protocol

from appliance.domain.frame import A, A_co

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from appliance.domain.face import Floats, Ints
    from appliance.domain.frame import Frame
    from appliance.domain.health import Health
    from appliance.settings import CameraSettings

    Listed = npt.NDArray[np.float16] | npt.NDArray[np.float32]
    """Templates as a bundle has them, or as an encoder gives them."""


@dataclass(frozen=True)
class Feed:
    """How a network wants its pixels: (value - mean) * scale, channels first."""

    bgr: bool
    mean: float | tuple[float, float, float]
    """Of all channels, or of each in the order in which they are fed."""
    scale: float

    @property
    def means(self) -> tuple[float, float, float]:
        """Of each channel, in the order in which they are fed."""
        return self.mean if isinstance(self.mean, tuple) else (self.mean, self.mean, self.mean)


class Light(Protocol):
    """The token that only a lit panel gives."""

    @property
    def shining(self) -> bool:
        """Whether the lamp has been lit ever since."""
        ...


class Camera(Protocol[A_co]):
    """A source of frames that keeps only the newest."""

    @property
    def name(self) -> str:
        """The camera's name in settings, alerts and logs."""
        ...

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        ...

    @property
    def bridge(self) -> str:
        """By which way its frames come, for the person who checks."""
        ...

    @property
    def dropped(self) -> int:
        """Frames that nobody looked at, because a newer one came first."""
        ...

    @property
    def bad(self) -> int:
        """Pieces of the stream that could not be read, and were passed over."""
        ...

    @property
    def lost(self) -> bool:
        """Whether the source gives nothing at present and is being opened again."""
        ...

    @property
    def ended(self) -> bool:
        """Whether no frame will ever come again (a film's end)."""
        ...

    def read(self, wait_s: float) -> Frame[A_co] | None:
        """Erase the frame given before, and lend the newest.

        Returns:
            None where no new frame came within `wait_s` seconds.

        Raises:
            MachineError: the lamp is dark: nothing is looked at.
        """
        ...

    def close(self) -> None:
        """Stop, and erase every frame held."""
        ...


class Net(Protocol[A]):
    """A loaded network."""

    @property
    def sha256(self) -> str:
        """Of the file that was loaded."""
        ...

    def __call__(self, batch: A) -> Mapping[str, A]:
        """Run. The outputs are borrowed until the next run or `erase`."""
        ...


class Compute(Protocol[A]):
    """The verbs on pixels.

    Every array given back is borrowed until `erase`, or until the same verb is asked for the same
    shape again.
    """

    @property
    def batch(self) -> int:
        """Faces that are best encoded together; the first alert waits for the whole batch."""
        ...

    def attend(self) -> AbstractContextManager[None]:
        """Make the machine this thread's own until the block ends.

        Every verb is called inside; the thread that opened the machine attends already.
        """
        ...

    def open_net(self, file: Path, sha256: str, *, fine: bool = False) -> Net[A]:
        """Load a network from its file (ONNX; on a Jetson its plan is looked up by the sha256).

        Args:
            file: The network.
            sha256: Of it.
            fine: Never with fewer bits than fp16, whatever the settings say of the GPU's plans.

        Raises:
            MachineError: the file is missing, is another one, or does not load.
        """
        ...

    def upload(self, picture: npt.NDArray[np.uint8]) -> A:
        """Bring a still, uint8 of (height, width, 3) in RGB, to the machine for a Frame."""
        ...

    def letterbox(self, frames: Sequence[Frame[A]], size: tuple[int, int], feed: Feed) -> A:
        """Fit each frame into the top left of a (width, height) picture, the rest zero.

        Returns:
            float32 of (len(frames), 3, height, width).
        """
        ...

    def warp(
        self, frames: Sequence[Frame[A]], which: Ints, inverses: Floats, side: int, feed: Feed
    ) -> A:
        """Cut aligned faces out of frames at full resolution.

        Args:
            frames: Where they are.
            which: (F,), the frame of each face.
            inverses: (F, 2, 3), from a crop's pixel to the frame's.
            side: Width and height of a crop.
            feed: How the encoder wants its pixels.

        Returns:
            float32 of (F, 3, side, side). Outside the frame it is black.
        """
        ...

    def gauge(self, frames: Sequence[Frame[A]], which: Ints, boxes: Floats) -> Floats:
        """Measure how sharp and how bright faces are.

        Args:
            frames: Where they are.
            which: (F,), the frame of each face.
            boxes: (F, 4), left, top, right, bottom.

        Returns:
            (F, 2): variance of the Laplacian of luma at 64 x 64 pixels, and mean luma 0 to 255.
        """
        ...

    def jpeg(self, frame: Frame[A], region: Ints, veiled: Ints) -> bytes:
        """Encode a part of the frame in which some boxes are made unrecognisable.

        Args:
            frame: Where it is.
            region: (4,): left, top, right, bottom, inside the frame.
            veiled: (V, 4): boxes to blur, in pixels of the frame.
        """
        ...

    def fetch(self, array: A) -> Floats:
        """Bring a small array to numpy."""
        ...

    def erase(self) -> None:
        """Overwrite everything lent since the last call with zeros."""
        ...


class Gallery(Protocol):
    """The watchlist's templates where they are searched.

    The next list is brought beside the held one, a piece at a time, and takes its place at once:
    no search ever sees a part of a list. Everything is called in the thread that looks.
    """

    def load(self, templates: Listed) -> None:
        """Replace everything by (N, D) rows of length 1; the old rows are overwritten first."""
        ...

    def stage(self, templates: Listed) -> Iterator[None]:
        """Bring the next list, a piece at each step, while the held one is searched as before.

        Args:
            templates: (N, D), rows of length 1; read until the last step.

        Raises:
            InputError: there is no row. Nothing was changed.
            MachineError: there is no room for it. The held list is searched as before.
        """
        ...

    def swap(self) -> None:
        """Search the next list from now on. Whoever swaps has the old one overwritten by `sweep`.

        Raises:
            ValueError: no list was brought whole.
        """
        ...

    def sweep(self) -> Iterator[None]:
        """Overwrite whatever is not searched with zeros, a piece at each step, and let it go.

        That is the list before the last swap, and what was brought of a next one.
        """
        ...

    def strike(self, rows: Ints) -> None:
        """Overwrite some rows of the held list, in order, with zeros: they are like nobody now."""
        ...

    def search(self, probes: Floats) -> tuple[Floats, Ints]:
        """Find the best rows of each probe, best first, exactly.

        Args:
            probes: (P, D), rows of length 1.

        Returns:
            Scores and rows, both (P, K) with K = min(4, N): enough to hold another subject than
            the best, who has 3 images at most.
        """
        ...

    def erase(self) -> None:
        """Overwrite every template with zeros and forget them, of the next and the old list too."""
        ...


@dataclass(frozen=True)
class Machine(Generic[A]):
    """Everything that differs between a Jetson and an ordinary computer."""

    name: str
    compute: Compute[A]
    gallery: Gallery
    open_camera: Callable[[CameraSettings, Light], AbstractContextManager[Camera[A]]]
    read_health: Callable[[], Health]
    form: Literal["cpu", "tensorrt"]
    """Which form of a network it takes."""
