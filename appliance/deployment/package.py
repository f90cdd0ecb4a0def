"""What the force gets of true alerts: an age file, and in it a tar of two files.

`alerts.json` has the alerts, with the answers exactly as the tablets have signed them; and
`export.note`, a signed note (C2SP), has the van's log key stand by the hash of the other. No
picture is in it: the van has none any more. Without this program:

    age -d -i FORCE.KEY PACKAGE | tar x
"""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pyrage
from pydantic import ValidationError
from pyrage import x25519

from appliance.durable import FILE_MODE, NEW
from appliance.errors import InputError, TrustError
from appliance.oversight import note
from appliance.oversight.note import Note
from appliance.tablets import wire
from appliance.tablets.entry import Entry, Stub
from appliance.tablets.envelope import parse
from appliance.watchlist.keyring import seal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from appliance.domain.decision import Decision
    from appliance.oversight.note import Key

ALERTS, NOTE = "alerts.json", "export.note"
MOST_BYTES: Final = 256 * 1024 * 1024
"""Of a package; the answers to a day's alerts have some megabytes."""
IDENTITY: Final = "AGE-SECRET-KEY-"
SAID: Final = re.compile(
    rf"lfr export\n(?P<deployment>[A-Za-z0-9._-]+)\n(?P<count>[0-9]+) alerts\n"
    rf"{re.escape(ALERTS)} sha256 (?P<sha256>[0-9a-f]{{64}})\n"
)


@dataclass(frozen=True)
class Unpacked:
    """A package that was opened, and what its van stands by."""

    deployment_id: str
    sha256: str
    """By which the van's log names it."""
    entries: tuple[Entry, ...] = field(repr=False)
    files: dict[str, bytes] = field(repr=False)
    """Its two files, as they were in it."""


def pack(deployment_id: str, entries: Sequence[Entry], pen: note.Pen) -> bytes:
    """Put alerts together, and sign them.

    Args:
        deployment_id: Whose they are.
        entries: The alerts.
        pen: The van's log key.
    """
    alerts = json.dumps([_told(one) for one in entries], indent=1, default=str).encode()
    digest = sha256(alerts).hexdigest()
    text = f"lfr export\n{deployment_id}\n{len(entries)} alerts\n{ALERTS} sha256 {digest}\n"
    room = io.BytesIO()
    with tarfile.open(fileobj=room, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in ((NOTE, note.write(text, [pen.sign(text)])), (ALERTS, alerts)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(data), 0o600
            tar.addfile(member, io.BytesIO(data))
    return room.getvalue()


def encrypt(plain: bytes, recipient: str) -> bytes:
    """Encrypt a package.

    Raises:
        InputError: the recipient is none.
    """
    sealed = io.BytesIO()
    seal(io.BytesIO(plain), sealed, [recipient])
    return sealed.getvalue()


def unpack(sealed: bytes, identities: Sequence[x25519.Identity], key: Key) -> Unpacked:
    """Open a package, and see that its van stands by all of it.

    Args:
        sealed: The file.
        identities: The force's own keys, one of which it is encrypted to.
        key: The public key of the van's log.

    Raises:
        TrustError: it is not encrypted to these, not signed, or not what was signed.
        InputError: it is no package.
    """
    try:
        plain = pyrage.decrypt(sealed, list(identities))
    except pyrage.DecryptError:
        raise TrustError(
            "The package cannot be opened with this key, or is damaged.",
            mend="Give the key whose public half is the van's oversight.recipient.",
        ) from None
    files = _files(plain)
    signed = Note.read(files[NOTE])
    signed.require(key)
    said = SAID.fullmatch(signed.text)
    if said is None:
        raise _odd()
    entries = tuple(_entries(files[ALERTS]))
    digest, count = sha256(files[ALERTS]).hexdigest(), len(entries)
    strays = [one for one in entries if one.stub.deployment_id != said["deployment"]]
    if strays or (said["sha256"], int(said["count"])) != (digest, count):
        raise TrustError(
            "The alerts of the package are not those that its van has signed.",
            mend="Keep it as evidence, and ask the van for another.",
        )
    return Unpacked(said["deployment"], sha256(sealed).hexdigest(), entries, files)


def read(file: Path) -> bytes:
    """Read a package.

    Raises:
        InputError: it cannot be read, or is longer than any.
    """
    try:
        with file.open("rb") as opened:
            sealed = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise _unread(file, error) from None
    if len(sealed) > MOST_BYTES:
        raise _odd()
    return sealed


def write(unpacked: Unpacked, folder: Path) -> None:
    """Write the two files of a package, for nobody but their owner.

    Raises:
        InputError: one is there already, or the folder cannot be written.
    """
    try:
        folder.mkdir(0o700, parents=True, exist_ok=True)
        for name, data in unpacked.files.items():
            with os.fdopen(os.open(folder / name, NEW, FILE_MODE), "wb") as opened:
                opened.write(data)
    except OSError as error:
        raise InputError(
            f"{folder.name} cannot be written: {error.strerror}.", mend="Name an empty folder."
        ) from None


def read_identities(file: Path) -> list[x25519.Identity]:
    """Read a file of age keys, as `age-keygen` writes it.

    Raises:
        InputError: it cannot be read, or has none.
    """
    try:
        lines = file.read_text("utf-8", "replace").split()
        found = [x25519.Identity.from_str(line) for line in lines if line.startswith(IDENTITY)]
    except OSError as error:
        raise _unread(file, error) from None
    except pyrage.IdentityError:
        found = []
    if not found:
        raise _keyless(file, "has no key of age")
    return found


def _told(entry: Entry) -> dict[str, Any]:
    answers = [one.event.decode() for one in entry.answers]
    return {"code": entry.stub.code, **entry.stub.model_dump(mode="json"), "answers": answers}


def _files(plain: bytes) -> dict[str, bytes]:
    """Take a tar apart, of which nothing but two ordinary files is believed."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
            for member in tar:
                opened = tar.extractfile(member) if member.isreg() else None
                if opened is None or member.name in found:
                    raise _odd()
                found[member.name] = opened.read()
    except tarfile.TarError:
        raise _odd() from None
    if found.keys() != {ALERTS, NOTE}:
        raise _odd()
    return found


def _entries(alerts: bytes) -> Iterator[Entry]:
    try:
        whole = json.loads(alerts)
        if not isinstance(whole, list):
            raise _odd()
        for told in whole:
            answers, said = told.pop("answers"), told.pop("code")
            stub = Stub.model_validate_json(json.dumps(told))
            if said != stub.code:
                raise _odd()
            yield Entry(stub, tuple(_answer(each) for each in answers))
    except (ValidationError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise _odd() from None


def _answer(event: str) -> Decision:
    payload = event.encode()
    return parse(wire.DecisionEvent, payload).decision("-", payload)


def _unread(file: Path, error: OSError) -> InputError:
    return InputError(f"{file.name} cannot be read: {error.strerror}.", mend="Name another file.")


def _keyless(file: Path, fault: str) -> InputError:
    return InputError(f"{file.name} {fault}.", mend="Give the file that `age-keygen -o` has made.")


def _odd() -> InputError:
    return InputError(
        "This is no package of a van.", mend="Give a file that `lfr deployment export` has written."
    )
