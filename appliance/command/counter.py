"""What the desk's commands share: where the desk is, who types what, what is given out."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from appliance.errors import ApplianceError, InputError, MachineError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rich.console import Console
    from securesystemslib.signer import CryptoSigner

    from appliance.settings import TabletSettings
    from provisioning.desk.office import Office
    from provisioning.desk.publish import Copied

WORDS = "LFR_PASSPHRASE"
FOLDER = "LFR_DESK"
DEFAULT = Path("desk")


@dataclass(frozen=True)
class Words:
    """Where passphrases come from.

    Args:
        file: Holds one, or None: from the environment, else from whoever types.
    """

    file: Path | None

    def __call__(self, name: str) -> str:
        """Give the passphrase of a key.

        Raises:
            InputError: nobody can be asked, or the file cannot be read.
        """
        return self._given() or self._ask(name, confirm=False)

    def new(self, name: str) -> str:
        """Give the passphrase that a new key is to have; typed twice."""
        return self._given() or self._ask(name, confirm=True)

    def given(self) -> bool:
        """Tell whether nobody has to type."""
        return bool(self._given())

    def _given(self) -> str:
        if self.file is None:
            return os.environ.get(WORDS, "")
        from provisioning import disk

        lines = disk.read(self.file, disk.PIECE_BYTES).decode("utf-8", "replace").splitlines()
        return lines[0] if lines else ""

    def _ask(self, name: str, *, confirm: bool) -> str:
        if not sys.stdin.isatty():
            raise InputError(
                f"The passphrase of {name} is not given.",
                mend=f"Set ${WORDS}, name --passphrase-file, or run it where you can type.",
            )
        words: str = typer.prompt(
            f"Passphrase of {name}", hide_input=True, confirmation_prompt=confirm, err=True
        )
        return words


def office_at(desk: Path | None) -> Office:
    """Find the desk.

    Raises:
        InputError: none is there.
    """
    from provisioning.desk.office import Office

    return Office(place(desk))


def place(desk: Path | None) -> Path:
    """Say where the desk is to be."""
    return desk or Path(os.environ.get(FOLDER) or DEFAULT)


def open_key(office: Office, name: str, file: Path | None, words: Words) -> CryptoSigner:
    """Open one of the force's keys.

    Raises:
        InputError: the file or the passphrase is wrong.
        TrustError: the root does not name it, or names it otherwise.
    """
    from provisioning.desk.keys import load, name_of

    signer = office.signer(load(_key_file(office, name, file), words(name)))
    known = name_of(signer.public_key)
    if known != name:
        raise InputError(f"This is the key of {known}.", mend=f"Take the file of {name}.")
    return signer


def _key_file(office: Office, name: str, file: Path | None) -> Path:
    """Find a key before anybody types its passphrase."""
    from provisioning.desk.keys import KEEPING

    if name not in KEEPING:
        raise InputError("No key has that name.", mend=f"Take one of {', '.join(KEEPING)}.")
    found = file or office.keys / f"{name}.key"
    if not found.is_file():
        where = "not there" if file else "not in the desk's folder"
        raise InputError(f"The key of {name} is {where}.", mend="Name its file with --key.")
    return found


def deliver(
    office: Office, to: list[Path] | None, console: Console
) -> dict[Path, Copied | ApplianceError]:
    """Copy the repository to each place, or to those of the last time.

    Returns:
        What was copied where, or why it was not: a stick that is away must not keep the others
        from hearing.

    Raises:
        InputError: no place was ever named.
    """
    places = [one.resolve() for one in to] if to else office.places()
    if not places:
        raise InputError("No place to publish to is known.", mend="Name a folder or a stick.")
    with _bar(console) as tell:
        done = {one: _copy(office, one, tell) for one in places}
    if to and not all(isinstance(one, ApplianceError) for one in done.values()):
        # What is spelt wrongly must not take the place of that by which vans hear.
        office.places(places)
    return done


def _copy(office: Office, place: Path, tell: Callable[[int, int], None]) -> Copied | ApplianceError:
    from provisioning.desk.publish import publish

    try:
        return publish(office.repository, place, tell)
    except ApplianceError as error:
        return error


def require_brokers(hosts: list[str] | None, ca_file: Path | None) -> None:
    """Find a broker that is spelt wrongly, before anybody types and before anything is published.

    Raises:
        InputError: one is none.
    """
    for host in hosts or ():
        _broker(host, ca_file)


def give_notice(
    office: Office, hosts: list[str] | None, ca_file: Path | None
) -> tuple[list[str], list[ApplianceError]]:
    """Tell every van that has a list or an authority to look, over the brokers of last time.

    Returns:
        Which vans, and which brokers did not take it: one that is down must not keep the others
        from hearing.

    Raises:
        InputError: a broker is none.
    """
    from provisioning.desk.stage import addressed

    settings = [_broker(host, ca_file) for host in hosts or ()]
    if not settings:
        known = office.brokers()
        authority = Path(known.ca_file) if known.ca_file else None
        settings = [_broker(host, authority) for host in known.hosts]
    names = addressed(office.repository.published())
    failures = [error for one in settings if (error := _tell(one, names))]
    heard = len(failures) < len(settings)
    if hosts and heard:
        office.brokers(hosts, ca_file)
    return names if heard else [], failures


def _tell(broker: TabletSettings, vans: list[str]) -> ApplianceError | None:
    """Give notice over one broker, and say why it was not taken."""
    from appliance.tablets.notice import notify

    try:
        for van in vans:
            notify(broker, van)
    except SettingsError as error:
        return SettingsError(str(error), mend="Correct --notify-ca. Everything is published.")
    except MachineError as error:
        return MachineError(str(error), mend="Everything is published; notice is not given there.")
    return None


def _broker(host: str, ca_file: Path | None) -> TabletSettings:
    from appliance.settings import TabletSettings

    name, _, port = host.partition(":")
    try:
        return TabletSettings(host=name, port=int(port or "1883"), ca_file=ca_file)
    except ValueError:
        raise InputError("--notify is no HOST:PORT.", mend="Correct it.") from None


@contextmanager
def _bar(console: Console) -> Generator[Callable[[int, int], None]]:
    columns = (TextColumn("Copying"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
