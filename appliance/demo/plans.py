"""The plans that a Jetson needs before it can show anything: built and compared, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance import forge
from appliance.demo.walk import Walk
from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.demo.screen import Screen
    from appliance.settings import Appliance
    from provisioning.enrol.pictures import Picture

MOMENTS = (60, 90, 120, 150, 180, 210)
"""Frames of the generated film in which somebody is near."""


def make_plans(settings: Appliance, screen: Screen) -> None:
    """Build what the pack needs on this GPU, unless it may go live already.

    Raises:
        ApplianceError: something cannot be built, or is too far off its network.
    """
    if settings.machine == "host" or forge.ready(settings):
        return
    screen.say("Building plans for this GPU, once; on a Jetson it takes minutes.")
    with screen.progress("Building plans") as bar:
        forge.build(settings, lambda _, share: bar(round(share * 100), 100))
    if not forge.check(settings, _pictures()).looks:
        raise MachineError(
            "A plan is too far off its network.", mend="Look at it with `lfr engines check`."
        )


def _pictures() -> Iterator[Picture]:
    if forge.STILLS.is_dir():
        yield from forge.stills(forge.STILLS)
        return
    film = Walk()
    yield from (film.draw(moment) for moment in MOMENTS)
