"""The demo's desk, with two signers, and the folder that it publishes to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pyrage import x25519

from appliance.desk import EnrolWishes, enrol
from appliance.domain.watchlist import Head
from appliance.errors import InputError
from provisioning.desk.trial import open_trial_desk, trial_authority
from provisioning.enrol.gate import TRIAL
from provisioning.trial import trial_terms

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console

    from appliance.desk import Enrolled
    from appliance.vision.eyes import Eyes
    from provisioning.enrol.rows import Row

LIFE = timedelta(hours=1)
PURPOSE = "To show the appliance to somebody who wants to see it"


class Desk:
    """Whoever enrols, signs and publishes. All signatures are made here, so it is only a demo.

    Args:
        folder: Where the van lives; the desk and what it publishes go there, too.
        van: The van's name.
        clock: Gives the time.
    """

    def __init__(self, folder: Path, van: str, clock: Callable[[], datetime]) -> None:
        self.trial = open_trial_desk(folder / "desk", clock)
        self._van, self._clock = van, clock
        self._shards = folder / "shards"
        self.place = folder / "published"
        """What a web server would serve, or a stick would carry."""
        self.place.mkdir()
        self.root = self.trial.root
        """The force's keys, with which the van is born."""
        self._enrolled: Enrolled | None = None
        self._lists, self._deployment = 0, ""

    def know(self, keys: bytes) -> None:
        """Take the public halves of the van's one-time keys."""
        self.trial.register(keys)

    def enrol(self, people: Path, eyes: Eyes[Any], console: Console) -> list[Row]:
        """Enrol everybody in a folder, with the networks that are open already.

        Returns:
            The pictures that were left out, and why.

        Raises:
            InputError: nobody can be used.
        """
        key, made_at = x25519.Identity.generate(), self._clock()
        wishes = EnrolWishes(
            source=people,
            folder=self._shards,
            recipient=str(key.to_public()),
            terms=trial_terms(made_at + LIFE),
            made_at=made_at,
            gate=TRIAL,
            eyes=eyes,
        )
        self._enrolled = enrol(wishes, str(key), console)
        refused = [row for row in self._enrolled.rows() if row.verdict == "refused"]
        if not self._enrolled.references:
            raise _nobody(refused)
        return refused

    def publish(self, *, same: bool = False) -> str:
        """Seal a list for the van, have two sign it and its authority, and publish both.

        Args:
            same: Whether it is a newer list of the deployment that goes on.

        Returns:
            The list's name.
        """
        if self._enrolled is None:
            raise InputError("Nobody is enrolled.", mend="Enrol somebody first.")
        self._lists += 1
        made_at = self._clock()
        head = Head(
            watchlist_id=f"demo-{self._lists}",
            model_id=self._enrolled.model_id,
            made_at=made_at,
            expires_at=made_at + LIFE,
        )
        self.trial.enrol(self._enrolled, head, [self._van])
        subjects = len(self._enrolled.references)
        authority = trial_authority(head, subjects, PURPOSE)
        self._deployment = self._deployment if same else authority.deployment_id
        known = authority.model_copy(update={"deployment_id": self._deployment})
        self.trial.authorise(known, [self._van])
        self.trial.publish(self.place)
        return head.watchlist_id

    def withdraw(self, reference: str) -> None:
        """Have one signer take somebody off, and publish it."""
        self.trial.withdraw(reference, self.place)


def _nobody(refused: list[Row]) -> InputError:
    for row in refused:
        # The name of a file of the demo's own user, who is asked to look at it.
        if row.picture:
            return InputError(
                f"Nobody could be enrolled; the first picture, {row.picture}: {row.reason}",
                mend=row.mend,
            )
    return InputError("The folder of pictures is empty.", mend="Put somebody there.")
