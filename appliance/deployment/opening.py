"""What must be in order before a deployment is opened, each a line: green, or red with its mend."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from appliance import app
from appliance.check import check_clock, run_checks, synchronised
from appliance.errors import LapsedError, TrustError
from appliance.lamp import try_lamp
from appliance.matching.forecast import NO_MATCH, Wish, foresee
from appliance.oversight.openings import Opening, Openings
from appliance.tablets.broker import on_duty
from appliance.watchlist.standing import Standing
from appliance.watchlist.store import Store
from appliance.whereabouts import Whereabouts
from engines.calibrated import calibrated
from engines.packs import FORMS, resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from appliance.check import Finding, Probe
    from appliance.settings import Appliance
    from appliance.vision.models import Pack

LOGIN: Final = Path("/proc/self/loginuid")
NOBODY: Final = 0xFFFFFFFF
"""There was no login (proc(5))."""


@dataclass(frozen=True)
class Opened:
    """What an opening has come to."""

    deployment_id: str | None
    """None where it was refused."""
    findings: list[Finding]


def open_by_hand(settings: Appliance, now: Callable[[], datetime] = app.now) -> Opened:
    """Open the deployment that is held, if everything is in order: `lfr run` looks from then on.

    Raises:
        MachineError: the opening cannot be written down.
    """
    desk = Checklist(settings, now())
    findings = run_checks(desk.probes)
    if not all(finding.ok for finding in findings):
        return Opened(None, findings)
    opening = Opening(
        deployment_id=desk.standing.granted().deployment_id,
        at=now(),
        user=_person(),
        position=settings.deployment.position,
    )
    Openings(settings.oversight.folder).place(opening)
    return Opened(opening.deployment_id, findings)


class Checklist:
    """Looks at one thing after the other, and opens no list.

    Args:
        settings: The tree.
        wall: The computer's time, UTC.
    """

    def __init__(self, settings: Appliance, wall: datetime) -> None:
        self._settings, self._wall = settings, wall
        self.standing = Standing(settings.watchlist, settings.van, wall)

    @property
    def probes(self) -> dict[str, Probe]:
        """Name what is looked at."""
        return {
            "authority": self.authority,
            "notice": self.notice,
            "place": self.place,
            "time": self.time,
            "lamp": self.lamp,
            "calibration": self.calibration,
            "list": self.watchlist,
        }

    def authority(self) -> str:
        """See that the force allows it, and for what."""
        granted = self.standing.granted()
        return f"{granted.deployment_id}: {granted.purpose}, by a {granted.authorising_officer}"

    def notice(self) -> str:
        """See that the public was told before."""
        granted = self.standing.granted()
        if granted.notice_published_at > self._wall:
            raise LapsedError("The public is not told yet.", mend="Wait for the notice.")
        hours = (granted.starts_at - granted.notice_published_at).total_seconds() / 3600
        return f"published {granted.notice_published_at:%Y-%m-%d %H:%M} UTC, {hours:.0f} h before"

    def place(self) -> str:
        """See that the van stands in the signed place."""
        where = Whereabouts(self._settings.deployment, partial(_same, self._wall))
        here, place = where.locate(), self.standing.granted().place
        where.close()
        if not place.holds(here):
            raise LapsedError(
                f"The van stands outside {place.name}.",
                mend="Drive to the place, or have this one signed.",
            )
        return f"inside {place.name}, as {where.source} says"

    def time(self) -> str:
        """See that it has begun and not ended, by a clock that was not set back.

        A van without a network follows no time server: then the line says so, and shows the time.
        """
        Store(self._settings.watchlist.folder).now(self._wall)
        clock = check_clock(self._wall, synchronised() or None)
        granted = self.standing.granted()
        granted.require_begun(self._wall)
        granted.require_unended(self._wall)
        return f"until {granted.ends_at:%Y-%m-%d %H:%M} UTC; {clock}"

    def lamp(self) -> str:
        """See that the lamp can be lit: by lighting it, where no van that runs has it."""
        if on_duty(self._settings.tablets, self._settings.van):
            return "the van that runs has it, and looks only where it reads back lit"
        with try_lamp(self._settings) as panel:
            panel.light()
        return "its pins read back lit"

    def calibration(self) -> str:
        """See that the threshold is one that was measured for the networks in force."""
        pack, granted = self._pack, self.standing.granted()
        templates = self.standing.promised().templates
        setting = self._settings.matching.threshold
        found = foresee(calibrated(pack), Wish.of(granted), templates, setting)
        said = f"{pack.name}, threshold {found.threshold:.3f}"
        if found.threshold >= NO_MATCH:
            raise LapsedError(
                f"No score is as rare as a list of {templates:,} and these faces need.",
                mend="Have the list shortened, or more false alerts signed.",
            )
        if not found.false_alerts or not templates:
            return f"{said}; how often a stranger alerts is not measured there"
        often = found.wish.faces / found.false_alerts[0]
        return f"{said}: one false alert in about {often:,.0f} faces is expected"

    def watchlist(self) -> str:
        """See that the list is there, for these networks, and within the size that was signed."""
        said, promise = self.standing.watchlist(self._pack.model_id), self.standing.promised()
        allowed = self.standing.granted().maximum_subjects
        if promise.subjects > allowed:
            raise TrustError(
                f"The list has {promise.subjects} people, {allowed} are allowed.",
                mend="Have it shortened, or a wider authority signed.",
            )
        return f"{said}; {allowed} people are allowed"

    @property
    def _pack(self) -> Pack:
        vision, form = self._settings.vision, FORMS[self._settings.machine]
        return resolve(vision.pack, vision.models, fetch=False, notify=_quiet, form=form).pack


def _person(file: Path = LOGIN) -> int:
    """Say who has logged in here, also behind sudo; where the kernel does not know, the user."""
    with suppress(OSError, ValueError):
        number = int(file.read_text("ascii"))
        if number < NOBODY:
            return number
    return os.getuid()


def _quiet(_: str) -> None:
    """Say nothing."""


def _same(moment: datetime) -> datetime:
    return moment
