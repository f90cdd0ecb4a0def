"""How a van's root, sources, list and keys stand, for `lfr check`: looked at, and never opened."""

from __future__ import annotations

from datetime import timezone
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from tuf.api.metadata import Metadata, Root
from urllib3.util import parse_url

from appliance.domain.deployment import Deployment
from appliance.domain.ending import EndedError
from appliance.errors import ApplianceError, LapsedError, MachineError, SettingsError, TrustError
from appliance.watchlist.chain import Chain
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.origin import read_root
from appliance.watchlist.refusals import EncoderError, StaleError, UnreachableError, missing
from appliance.watchlist.server import Pace
from appliance.watchlist.store import Store
from appliance.watchlist.supply import open_supply
from appliance.watchlist.trust import believe

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from appliance.domain.deployment import Authority, Position
    from appliance.settings import WatchlistSettings
    from appliance.watchlist.generation import Generation
    from appliance.watchlist.trust import Promise, Trusted

HASTY: Final = Pace(gap_s=5.0, small_s=10.0)
"""A person waits for the answer."""
TIMESTAMP: Final = "metadata/timestamp.json"
TIMESTAMP_BYTES: Final = 16 * 1024
FEW_KEYS: Final = 3
"""So many lists are soon gone."""
OTHERS, GROUP_AND_OTHERS, SHARED = 0o007, 0o077, 0o2070
UPDATE = "Run `lfr update`, or wait until the force publishes one."


class Standing:
    """What a van holds, at one moment.

    Args:
        settings: Where it lies.
        van: The van's own name.
        wall: What the computer's clock shows.
    """

    def __init__(self, settings: WatchlistSettings, van: str, wall: datetime) -> None:
        self._settings, self._van, self._wall = settings, van, wall
        self._store = Store(settings.folder)

    def root(self) -> str:
        """See that the force's root can be believed, and has not ended.

        Raises:
            SettingsError: it cannot be read.
            TrustError: it is not to be believed, or has ended.
        """
        newest, files = self._root, self._files
        Chain(newest, self._now, lambda _: None)
        for number in range(2, len(files) + 2):
            newest = files.get(f"{number}.root.json", newest)
        root = Metadata[Root].from_bytes(newest).signed
        if root.expires <= self._now:
            raise StaleError("The force's root has ended.", mend="Have the desk sign a new one.")
        digits = sha256(self._root).hexdigest()
        return f"sha256 {digits[:8]}..., version {root.version}, until {_day(root.expires)}"

    def fresh(self) -> str:
        """Say how long the van may go on without another word from the force.

        Raises:
            ApplianceError: there was none yet, it is not to be believed, or it is too long ago.
        """
        left = self._trusted.valid_until - self._now
        hours = left.total_seconds() / 3600
        return f"until {_minute(self._trusted.valid_until)}, {hours:.1f} h without another word"

    def watchlist(self, model_id: str) -> str:
        """See that there is a list in force, for this encoder, and a key that opens it.

        Raises:
            ApplianceError: there is none.
        """
        promise = self._promise
        if promise.model_id != model_id:
            raise EncoderError(
                "The list is of another encoder than the van's.",
                mend="Have the desk enrol it again, with the van's networks.",
            )
        if promise.key_id not in Keyring(self._settings.keyring).ids():
            raise TrustError(
                "The van has no key for its list.", mend="Give the desk the keys that are left."
            )
        if self._length() != self._trusted.bundle_bytes:
            raise missing("The bundle")
        many = f"{promise.subjects} subjects, {promise.templates} pictures"
        return f"{many}, until {_minute(promise.expires_at)}"

    def authority(self, here: Position) -> str:
        """See that an authority is in force, here and now.

        Raises:
            ApplianceError: there is none.
        """
        authority = self.granted()
        Deployment(authority, here, self._trusted.valid_until).require_open(self._now)
        return f"{authority.deployment_id}, until {_minute(authority.ends_at)}"

    def granted(self) -> Authority:
        """Give the authority that is believed and has not ended, whether it has begun or not.

        Raises:
            ApplianceError: there is none.
        """
        authority = self._trusted.authority
        if authority is None:
            raise LapsedError("There is no authority on this van.", mend=UPDATE)
        self._require_running()
        return authority

    def promised(self) -> Promise:
        """Give what the force says of the list; errors as for `watchlist`."""
        return self._promise

    def spare_keys(self) -> str:
        """Count the one-time keys that are left.

        Raises:
            MachineError: they are few.
            SettingsError: they cannot be looked at.
        """
        left = len(Keyring(self._settings.keyring).ids())
        if left < FEW_KEYS:
            raise MachineError(
                f"{left} one-time keys are left, one for each list.",
                mend="Make more with `lfr deployment keys`, and give their document to the desk.",
            )
        return f"{left} one-time keys left, one for each list"

    def folders(self) -> str:
        """See that lists and keys are closed to everybody else.

        Raises:
            SettingsError: one of the folders is missing, or open.
        """
        lists, keyring = self._settings.folder, self._settings.keyring
        held, keys = _status(lists, "folder"), _status(keyring, "keyring")
        _require(not held.st_mode & OTHERS, "watchlist.folder is open to others.")
        _require(not keys.st_mode & GROUP_AND_OTHERS, "watchlist.keyring is open to others.")
        # Where one user installs and another clears away, both must be able to.
        shared = held.st_uid == keys.st_uid or held.st_mode & SHARED == SHARED
        _require(shared, "watchlist.folder cannot be cleared by whoever ends a deployment.")
        return f"{lists} and {keyring} are closed to others"

    @cached_property
    def _now(self) -> datetime:
        return self._store.now(self._wall)

    @cached_property
    def _root(self) -> bytes:
        return read_root(self._settings.root)

    @cached_property
    def _generation(self) -> Generation | None:
        return self._store.current()

    @cached_property
    def _files(self) -> Mapping[str, bytes]:
        return self._generation.files() if self._generation else {}

    @cached_property
    def _trusted(self) -> Trusted:
        if not self._files:
            raise LapsedError("Nothing of the force's is on this van.", mend=UPDATE)
        return believe(self._files, self._root, self._van, self._now)

    @property
    def _promise(self) -> Promise:
        trusted = self._trusted
        if trusted.fault:
            raise trusted.fault
        if trusted.promise is None:
            raise LapsedError("There is no list for this van.", mend=UPDATE)
        self._require_running()
        return trusted.promise

    def _require_running(self) -> None:
        authority, end = self._trusted.authority, self._trusted.end(self._now)
        if end is None and authority:
            end = self._store.closed(authority.deployment_id)
        if end:
            raise EndedError(end)

    def _length(self) -> int:
        try:
            return self._generation.bundle.lstat().st_size if self._generation else 0
        except FileNotFoundError:
            return 0


def sources(settings: WatchlistSettings, pace: Pace = HASTY) -> str:
    """See that one of the sources answers, and say which; never more than its host.

    Raises:
        SettingsError: none is named.
        UnreachableError: none answers.
    """
    if not settings.source:
        raise SettingsError(
            "watchlist.source names nothing.", mend="Name the force's server, or a stick's folder."
        )
    faults = [_answer(place, settings.ca_file, pace) for place in settings.source]
    heard = zip(settings.source, faults, strict=True)
    said = ", ".join(f"{_host(place)}: {fault or 'answers'}" for place, fault in heard)
    if all(faults):
        raise UnreachableError(
            f"No source answers ({said}).",
            mend="Look at the network, and at IPAddressAllow= of lfr-update.service.",
        )
    return said


def _answer(place: str, ca_file: Path | None, pace: Pace) -> str:
    try:
        with open_supply(place, ca_file, pace) as supply:
            found = supply.fetch(TIMESTAMP, TIMESTAMP_BYTES)
    except ApplianceError as error:
        return str(error).rstrip(".")
    return "" if found else "holds nothing of a force's"


def _host(place: str) -> str:
    return (parse_url(place).host or "?") if "://" in place else place


def _status(folder: Path, field: str) -> os.stat_result:
    _require(folder.is_dir() and not folder.is_symlink(), f"watchlist.{field} names no folder.")
    return folder.lstat()


def _require(holds: bool, fault: str) -> None:
    if not holds:
        mend = "Run: systemd-tmpfiles --create /usr/lib/tmpfiles.d/lfr.conf"
        raise SettingsError(fault, mend=mend)


def _day(at: datetime) -> str:
    return f"{at.astimezone(timezone.utc):%Y-%m-%d}"


def _minute(at: datetime) -> str:
    return f"{at.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
