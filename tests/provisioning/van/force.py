"""The force of a computer's van: a desk, what it publishes, and the van's first day."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.domain.watchlist import Ground, Head, ListImage, Subject, Watchlist
from provisioning.desk.trial import open_trial_desk, trial_authority
from provisioning.trial import make_roster
from tests.provisioning.van.given import INSTALL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.provisioning.van.computer import Computer

VAN = "van-1"
KEYS = "/var/lib/lfr/public/van.keys.json"
LISTS = "/var/lib/lfr/watchlist/generations"
DIMENSION = 128
"""Of dlib's encoder."""
# Its server is the van's own computer, so that the sandbox may reach it as it stands.
SERVE = "systemd-run -q --unit=force /usr/bin/python3 -m http.server --bind 127.0.0.1 -d {} 8080"

NOTIFY = f"""
from appliance.settings import TabletSettings
from appliance.tablets.notice import notify
notify(TabletSettings(username="desk"), {VAN!r})
"""


class Force:
    """A desk beside a computer.

    Args:
        folder: Seen by computers; what is published lies below it.
        place: The same folder as a computer sees it.
        desk: An empty folder for the desk, which no computer sees.
        model_id: Of the encoder that the van runs.
    """

    def __init__(self, folder: Path, place: str, desk: Path, model_id: str) -> None:
        self.desk, self.published = open_trial_desk(desk), folder / "lists"
        self.seen, self._model_id = f"{place}/lists", model_id
        self.published.mkdir()
        (folder / "root.json").write_bytes(self.desk.root)
        self.tablets = make_roster(folder / "tablets", ["tablet-1"])
        self.papers = f"{place}/tablets"
        self._root = f"{place}/root.json"

    def equip(self, van: Computer) -> None:
        """Install a van, as commissioning has it, up to the keys; the desk learns them."""
        van.shell("mkdir -p /var/cache/lfr && cp -r /run/given/page /var/cache/lfr/")
        van("sh", INSTALL)
        van.shell(f"""
            cp {self.papers}/van/* /etc/lfr/tablets/
            rm -f /etc/nginx/sites-enabled/default
            cp /run/given/appliance.toml {self._root} /etc/lfr/
            cp -r /run/given/networks/dlib /var/cache/lfr/
            systemd-tmpfiles --create /usr/lib/tmpfiles.d/lfr.conf
            systemctl restart mosquitto nginx
            systemctl start lfr-keys
        """)
        self.desk.register(van("cat", KEYS).encode())

    def serve(self, van: Computer) -> None:
        """Have the van's source answer, on the van itself."""
        van("sh", "-c", SERVE.format(self.seen))

    @staticmethod
    def ring(van: Computer) -> None:
        """Say over the van's broker that there is something new."""
        van("/opt/lfr/bin/python", "-c", NOTIFY)

    def deploy(self, name: str, **life: float) -> str:
        """Publish a list of two, and an authority for it; gives the deployment's name.

        Args:
            name: Of the list.
            life: How long from now, as for a timedelta.
        """
        now = datetime.now(timezone.utc).replace(microsecond=0)
        until = now + timedelta(**life)
        head = Head(watchlist_id=name, model_id=self._model_id, made_at=now, expires_at=until)
        subjects = [_subject(f"{name}-{i}", until) for i in range(2)]
        rows = np.random.default_rng(7).normal(size=(2, DIMENSION)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        watchlist = Watchlist.of(
            head, subjects, rows.astype(np.float16), np.arange(2, dtype=np.int32)
        )
        authority = trial_authority(head, 2, "to be tried")
        self.desk.enlist(watchlist, [VAN])
        self.desk.authorise(authority, [VAN])
        self.desk.publish(self.published)
        return authority.deployment_id


def _subject(reference: str, until: datetime) -> Subject:
    jpeg = cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))[1].tobytes()
    return Subject(
        reference=reference, ground=Ground.VOLUNTEER, reason="a recall test", power="none",
        reviewer="nobody", images=(ListImage(jpeg=jpeg, source="made up"),), expires_at=until,
    )  # fmt: skip
