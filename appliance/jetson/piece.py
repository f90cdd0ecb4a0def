"""What a camera of the Jetson gives, and what it must be able to do, whichever way pixels come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from appliance.domain.frame import Layout
    from appliance.jetson.array import DeviceView

Bridge = Literal["jetson-utils", "nvmm"]
"""The two ways in which frames reach the GPU."""
FIRST_S = 15.0
"""A camera that shows nothing for so long after it was opened is no camera."""
LOOK_S = 0.5
"""So soon an opening notices that it shall be given up."""
WIDTH_STEP, HEIGHT_STEP = 8, 2
"""Rows of such a width have no gaps, which jetson-utils would not tell (it knows no pitch)."""


class Gone(Exception):  # noqa: N818 - no error: films end
    """Nothing comes any more: the film has ended, or the camera is lost."""


@dataclass(frozen=True)
class Piece:
    """A picture, and when it came. Lifetime: until it is given back."""

    pixels: DeviceView
    layout: Layout
    width: int
    height: int
    stamp_ns: int
    """On some clock of the source's."""
    arrived: int
    """How many had come from this source: this one, and those that were never looked at."""


class Source(Protocol):
    """An open camera or film. One thread at a time, which attends the GPU; but for `close`."""

    bridge: Bridge
    size: tuple[int, int]
    """Width and height of the first picture; it is known before anything is lent."""
    exact: bool
    """Whether its stamps are moments of the monotonic clock."""
    interval_ns: int
    """From one picture to the next, where the stamps do not tell."""
    bad: int
    """Pictures that were of another kind, or were overwritten while they were lent."""

    def next(self, wait_s: float) -> Piece | None:
        """Lend the newest picture, or none that came in so many seconds.

        Raises:
            Gone: there is none any more.
        """
        ...

    def give_back(self) -> None:
        """Overwrite the lent picture with zeros."""
        ...

    def settle(self) -> None:
        """Wait until no kernel looks at anything of this source; only `close` comes after.

        Raises:
            MachineError: the GPU failed.
        """
        ...

    def close(self) -> None:
        """Stop, overwrite what is left, free it. In any thread; may take seconds, or for ever."""
        ...


def odd_size(width: int, height: int) -> str | None:
    """Say what is wrong with a size, if anything is."""
    if width % WIDTH_STEP == 0 and height % HEIGHT_STEP == 0:
        return None
    return (
        f"{width} x {height} is not a multiple of {WIDTH_STEP} x {HEIGHT_STEP}; "
        "ask for another size by camera.width and camera.height"
    )
