"""True alerts go to the force: signed by the van, encrypted to the force, and then erased here.

No package leaves the van unsaid, and the log names none that is nowhere: each is on the van's disk
before the log has it, and until it is where it was to go. Whoever is killed meanwhile sends the
same one; where nobody does so within its day, the log says that, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from appliance.deployment.outgoing import Outgoing
from appliance.deployment.package import encrypt, pack
from appliance.deployment.retention import MARGIN, Retention
from appliance.durable import put
from appliance.errors import InputError, LapsedError, SettingsError
from appliance.oversight import keys
from appliance.oversight.aside import collect
from appliance.oversight.entries import Exported, Unsent
from appliance.oversight.once import Once

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from appliance.deployment.outgoing import Waiting
    from appliance.settings import Appliance

SIGNS_OF_NAME: Final = 12
READABLE: Final = 0o666
"""Less the umask: it is encrypted, and somebody else takes it along."""
NEVER_WENT: Final = "It never came to where it was to go, and its day is over."
OTHER: Final = "It never came to where it was to go, and is encrypted to somebody else now."
_MEND = 'Set oversight.recipient = "age1...", as `age-keygen -y` prints it at the force.'


@dataclass(frozen=True)
class Package:
    """What has gone to the force of one deployment."""

    deployment_id: str
    alerts: int
    file: Path
    sha256: str


def export(settings: Appliance, folder: Path, now: Callable[[], datetime]) -> list[Package]:
    """Write the true alerts of every closed deployment for the force, then erase them.

    Args:
        settings: The tree.
        folder: Where the packages go.
        now: Gives the time in UTC.

    Raises:
        LapsedError: there are none, or their deployment is not closed yet.
        SettingsError: no recipient is set, or the van's key cannot be read.
        InputError: the folder cannot be written, or the recipient is none.
        MachineError: the log or the register refuses.
    """
    recipient = settings.oversight.recipient
    if recipient is None:
        raise SettingsError("There is nobody to encrypt alerts to.", mend=_MEND)
    retention = Retention(settings, now)
    due = {name: retention.true(name) for name in retention.deployments}
    ready = [name for name, true in due.items() if true and retention.book(name).thinned]
    if not ready:
        waiting = any(due.values())
        what = "The deployment is not closed yet." if waiting else "There is no true alert to send."
        raise LapsedError(what, mend="`lfr deployment close`." if waiting else "Nothing is to do.")
    sent = [_send(settings, retention, name, folder, recipient) for name in ready]
    collect(settings.oversight.folder, settings.van)
    return sent


def tidy(settings: Appliance, retention: Retention, now: datetime) -> None:
    """See to packages that an export has left which was killed, or had no room.

    Raises:
        MachineError: the disk refuses, or the log cannot be read.
    """
    outgoing = Outgoing(settings.tablets.ledger)
    outgoing.clear(now)
    for package in outgoing.all():
        name = package.deployment_id
        if package.sent:
            _finish(retention, outgoing, package)
        elif retention.book(name).over(now + MARGIN) or not retention.true(name):
            _unsend(settings, outgoing, package, NEVER_WENT)


def _finish(retention: Retention, outgoing: Outgoing, sent: Waiting) -> None:
    retention.erase(sent.deployment_id, retention.held(sent.deployment_id))
    outgoing.drop(sent)


def _unsend(settings: Appliance, outgoing: Outgoing, package: Waiting, why: str) -> None:
    """Erase a package that never went; the log knows it first, if it knew of the package."""
    name, digest = package.deployment_id, package.sha256
    once = Once(settings.oversight.folder, name)
    if once.said(f"exported {digest}"):
        fact = Unsent(alerts=package.alerts, package=digest, deployment_id=name)
        once.say(f"unsent {digest}", fact, why)
    outgoing.drop(package)


def _send(
    settings: Appliance, retention: Retention, deployment_id: str, folder: Path, recipient: str
) -> Package:
    outgoing = Outgoing(settings.tablets.ledger)
    waiting = outgoing.find(deployment_id)
    if waiting is not None and not waiting.to(recipient):
        _unsend(settings, outgoing, waiting, OTHER)
        waiting = None
    if waiting is None:
        entries = retention.book(deployment_id).entries
        true = [entries[one] for one in sorted(retention.true(deployment_id))]
        pen = keys.load(settings.oversight.folder / keys.KEY_FILE)
        sealed = encrypt(pack(deployment_id, true, pen), recipient)
        waiting = outgoing.keep(deployment_id, len(true), recipient, sealed)
    fact = Exported(alerts=waiting.alerts, package=waiting.sha256, deployment_id=deployment_id)
    Once(settings.oversight.folder, deployment_id).say(f"exported {waiting.sha256}", fact)
    file = folder / f"{deployment_id}-{waiting.sha256[:SIGNS_OF_NAME]}.tar.age"
    _write(file, waiting.sealed)
    _finish(retention, outgoing, outgoing.tick(waiting))
    return Package(deployment_id, waiting.alerts, file, waiting.sha256)


def _write(file: Path, data: bytes) -> None:
    try:
        put(file, data, mode=READABLE)
    except OSError as error:
        raise InputError(
            f"{file.parent} cannot be written: {error.strerror}.", mend="Name another folder."
        ) from None
