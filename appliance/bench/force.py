"""A force and a van in one folder: lists are signed, published, fetched and opened for real."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from appliance.app import now
from appliance.bench.throng import Throng
from appliance.domain.deployment import Deployment
from appliance.domain.watchlist import MAX_IMAGES, Head
from appliance.errors import MachineError
from appliance.settings import WatchlistSettings
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.opening import Opening
from provisioning.desk.trial import HERE, TrialDesk, open_trial_desk, trial_authority

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.vision.models import Pack
    from appliance.watchlist.opening import Opened

VAN = "bench-van"
LIFE = timedelta(hours=12)
PURPOSE = "To measure how fast a list comes into the van"
LISTS = 2
HUMBLY = ("nice", "-n", "10")
"""As lfr-update.service has it."""


@dataclass(frozen=True)
class Force:
    """Made by `open_force`."""

    desk: TrialDesk
    pack: Pack
    watchlist: WatchlistSettings
    settings: Path
    """The van's, for the commands."""
    repository: Path

    def publish(self, name: str, templates: int) -> int:
        """Make a list of strangers, have two sign it, and publish it.

        Returns:
            The bundle's bytes.
        """
        throng = Throng(templates // MAX_IMAGES, self.pack.encoder.dimension, len(name))
        made_at = now()
        head = Head(
            watchlist_id=name,
            model_id=self.pack.model_id,
            made_at=made_at,
            expires_at=made_at + LIFE,
        )
        self.desk.enrol(throng, head, [VAN])
        self.desk.authorise(trial_authority(head, throng.subjects, PURPOSE), [VAN])
        return self.desk.publish(self.repository).sent_bytes

    def update(self) -> None:
        """Run `lfr update` in a process of its own, as humbly as the van's service does.

        Raises:
            MachineError: it has not installed the list.
        """
        words = ["-m", "appliance", "update", "--settings", str(self.settings), "--json"]
        command = [*HUMBLY, sys.executable, *words]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own
        if done.returncode:
            raise MachineError(
                f"`lfr update` ended with {done.returncode}.", mend="Run it by hand to see why."
            )

    def open(self, held_sha256: str = "") -> Opened:
        """Open the list in force in a child, as `lfr run` does, and wait for it.

        Raises:
            ApplianceError: none is good.
        """
        return Opening(self.watchlist, VAN, self.pack.model_id, held_sha256).wait()


def deployment(opened: Opened) -> Deployment:
    """Say under what a list that was opened is searched."""
    return Deployment(opened.authority, HERE, opened.valid_until)


def open_force(folder: Path, pack: Pack) -> Force:
    """Set up a desk, a repository and a van's folders in an empty folder."""
    desk = open_trial_desk(folder / "desk")
    for name in ("store", "repository"):
        (folder / name).mkdir()
    keyring = Keyring(folder / "keyring")
    keyring.make(LISTS)
    desk.register(keyring.document(VAN))
    root = folder / "root.json"
    root.write_bytes(desk.root)
    places = {"root": root, "folder": folder / "store", "keyring": folder / "keyring"}
    watchlist = WatchlistSettings(**places, source=(str(folder / "repository"),))
    lines = [f'van = "{VAN}"', "[vision]", f'pack = "{pack.name}"', "[watchlist]"]
    lines += [f"{name} = {json.dumps(str(place))}" for name, place in places.items()]
    lines.append(f"source = {json.dumps(watchlist.source)}")
    settings = folder / "appliance.toml"
    settings.write_text("\n".join(lines) + "\n", "utf-8")
    return Force(desk, pack, watchlist, settings, folder / "repository")
