"""The mast's cameras, whatever machine they hang on: what is live, when to look, what to say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import InputError, MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.machine import Light
    from appliance.settings import CameraSettings

BACK_OFF_S = (0.5, 8.0)
"""A lost camera is opened again after the first, doubling up to the second."""


def is_live(uri: str) -> bool:
    """Tell a camera from a film."""
    return "://" in uri or uri.startswith("/dev/")


def heed(lit: Light) -> None:
    """Let nothing be looked at in the dark.

    Raises:
        MachineError: the lamp is dark.
    """
    if not lit.shining:
        raise MachineError("The lamp is dark.", mend="Light it; nothing is looked at before.")


def back_off() -> Iterator[float]:
    """Give the pauses between attempts to open a lost camera, in seconds."""
    pause_s, longest_s = BACK_OFF_S
    while True:
        yield pause_s
        pause_s = min(pause_s * 2, longest_s)


def refusal(settings: CameraSettings, reason: str) -> InputError | MachineError:
    """Say that nothing can be had from there; names the film, and never a camera's address."""
    if is_live(settings.uri):
        return MachineError(
            f"The camera {settings.name} gives no picture: {reason}.",
            mend="Check its power, its cable and camera.uri in the settings.",
        )
    return InputError(
        f"The film {Path(settings.uri).name} cannot be read: {reason}.",
        mend="Give a film that a player can show.",
    )
