"""What the force is to have of true alerts, signed by the van and encrypted to the force.

A package is an age file; opened, it is a tar with `alerts.json` and `export.note`, a signed note
(C2SP) in which the van's log key stands by the hash of the other. No picture is in it: the van has
none any more.

    age -d -i FORCE.KEY PACKAGE | tar x
"""

from __future__ import annotations

import io
import json
import os
import tarfile
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from appliance.deployment.retention import Retention
from appliance.durable import sync
from appliance.errors import InputError, LapsedError, SettingsError
from appliance.oversight import keys, note
from appliance.oversight.aside import collect
from appliance.oversight.entries import Exported
from appliance.oversight.once import Once
from appliance.watchlist.keyring import seal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from appliance.settings import Appliance
    from appliance.tablets.entry import Entry

ALERTS, NOTE = "alerts.json", "export.note"
SIGNS_OF_NAME: Final = 12
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
    pen = keys.load(settings.oversight.folder / keys.KEY_FILE)
    sent = [_send(settings, retention, name, folder, (pen, recipient)) for name in ready]
    collect(settings.oversight.folder, settings.van)
    return sent


def _send(
    settings: Appliance,
    retention: Retention,
    deployment_id: str,
    folder: Path,
    hands: tuple[note.Pen, str],
) -> Package:
    pen, recipient = hands
    entries = retention.book(deployment_id).entries
    ids = sorted(retention.true(deployment_id))
    alerts = json.dumps([_told(entries[one]) for one in ids], indent=1, default=str).encode()
    sealed = _seal(_pack(deployment_id, alerts, len(ids), pen), recipient)
    name = sha256(sealed).hexdigest()
    file = folder / f"{deployment_id}-{name[:SIGNS_OF_NAME]}.tar.age"
    # No package leaves the van unsaid. Whoever is killed meanwhile makes another, and says it too.
    fact = Exported(alerts=len(ids), package=name)
    Once(settings.oversight.folder, deployment_id).say(f"exported {name}", fact)
    _write(file, sealed)
    retention.erase(deployment_id, retention.held(deployment_id))
    return Package(deployment_id, len(ids), file, name)


def _told(entry: Entry) -> dict[str, Any]:
    # The answers exactly as the tablets have signed them.
    answers = [one.event.decode() for one in entry.answers]
    return {"code": entry.stub.code, **entry.stub.model_dump(mode="json"), "answers": answers}


def _pack(deployment_id: str, alerts: bytes, count: int, pen: note.Pen) -> bytes:
    digest = sha256(alerts).hexdigest()
    text = f"lfr export\n{deployment_id}\n{count} alerts\n{ALERTS} sha256 {digest}\n"
    signed = note.write(text, [pen.sign(text)])
    room = io.BytesIO()
    with tarfile.open(fileobj=room, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in ((NOTE, signed), (ALERTS, alerts)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o600
            tar.addfile(member, io.BytesIO(data))
    return room.getvalue()


def _seal(plain: bytes, recipient: str) -> bytes:
    sealed = io.BytesIO()
    seal(io.BytesIO(plain), sealed, [recipient])
    return sealed.getvalue()


def _write(file: Path, data: bytes) -> None:
    new = file.with_name(f".{file.name}.new")
    try:
        with new.open("wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(file)
        sync(file.parent)
    except OSError as error:
        raise InputError(
            f"{file.parent} cannot be written: {error.strerror}.", mend="Name another folder."
        ) from None
