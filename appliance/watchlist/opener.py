"""The child of `lfr run` that opens a list: whatever is large and not yet believed is read here.

`python -m appliance.watchlist.opener` verifies what the van holds once more, offline and at the
van's own time, decrypts the list in force into memory that its parent gave it, and examines every
row, record and picture. Nothing else is to be done with what it was given, and it leaves nothing.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from appliance.domain.deployment import EarlyError
from appliance.domain.ending import End, EndedError
from appliance.errors import ApplianceError, InputError, LapsedError, TrustError
from appliance.log import where
from appliance.watchlist import disk, locked
from appliance.watchlist.asking import Answer, Found, Refusal, Request
from appliance.watchlist.bundle import check, view
from appliance.watchlist.keyring import Keyring, unseal
from appliance.watchlist.origin import read_root
from appliance.watchlist.refusals import EncoderError, MismatchError, StaleError, missing, parse
from appliance.watchlist.store import Store
from appliance.watchlist.trust import believe

if TYPE_CHECKING:
    import mmap
    from collections.abc import Generator

    from pyrage.x25519 import Identity

    from appliance.domain.deployment import Authority
    from appliance.domain.withdrawal import Withdrawals
    from appliance.watchlist.generation import Generation
    from appliance.watchlist.trust import Promise, Trusted

REQUEST_BYTES: Final = 65_536
PIECE_BYTES: Final = 1024 * 1024
NICE: Final = 10
NO_LIST = "Run `lfr update`, or wait until the force publishes one."


def main() -> None:
    """Answer one request, and wait until the parent has taken what was answered."""
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    request = parse(Request, asked.readline(REQUEST_BYTES), "The request")
    locked.harden(request.parent)
    if request.cpus:
        os.sched_setaffinity(0, request.cpus)
    os.nice(NICE)
    serve(request, told)
    # Until then the memory is locked by nobody else.
    asked.read()


def serve(request: Request, told: BinaryIO) -> None:
    """Answer a request: the list, or the reason why there is none."""
    opener = Opener(request)
    try:
        answer = Answer(found=opener.found())
    except ApplianceError as error:
        answer = Answer(refusal=Refusal.of(error))
    except Exception as error:  # noqa: BLE001 -- its words could name a person
        what = f"The list could not be examined: {type(error).__name__} at {where(error)}."
        mend = "Have the desk make it again, and report this."
        answer = Answer(refusal=Refusal(family="MachineError", what=what, mend=mend))
    commitments, revoked = opener.taken_back()
    answer = answer.model_copy(update={"withdrawn": len(commitments), "revoked": revoked})
    told.write(answer.model_dump_json().encode() + b"\n" + b"".join(commitments))
    told.flush()


@dataclass(frozen=True)
class Candidate:
    """A generation that is believed, with what the newest one takes back."""

    generation: Generation
    trusted: Trusted
    refused: str = ""


class Opener:
    """Finds the list in force and opens it.

    Args:
        request: What the parent asks.
    """

    def __init__(self, request: Request) -> None:
        self._request, self._store = request, Store(request.folder)
        self._withdrawals: Withdrawals | None = None
        self._until = datetime.max.replace(tzinfo=timezone.utc)

    def taken_back(self) -> tuple[tuple[bytes, ...], tuple[str, ...]]:
        """Give commitments and authorities that the newest believed files take back."""
        if self._withdrawals is None:
            return (), ()
        revoked = tuple(each.deployment_id for each in self._withdrawals.revoked)
        return self._withdrawals.commitments(), revoked

    def found(self) -> Found:
        """Open the newest list that is good.

        Raises:
            EndedError: its deployment has ended.
            LapsedError: there is none.
            TrustError, InputError: no list that the van holds is good.
            MachineError: the van cannot hold it.
        """
        now = self._store.now(self._request.wall)
        root = read_root(self._request.root)
        generations = self._store.generations()
        if not generations:
            raise LapsedError("There is no watchlist on this van.", mend=NO_LIST)
        newest = self._believe(generations[0], root, now)
        self._withdrawals, self._until = newest.trusted.withdrawals, newest.trusted.valid_until
        try:
            return self._take(newest, now)
        except (TrustError, InputError, EarlyError) as error:
            # A deployment that is still to come does not end the one before it.
            refused = error
        for generation in generations[1:]:
            found = self._older(generation, root, now, refused)
            if found:
                return found
        raise refused

    def _older(
        self, generation: Generation, root: bytes, now: datetime, refused: ApplianceError
    ) -> Found | None:
        """Open a list that was in force before, where it may still be."""
        try:
            older = self._believe(generation, root, now)
            taken_back = self._withdrawals or older.trusted.withdrawals
            older = replace(older, trusted=replace(older.trusted, withdrawals=taken_back))
            return self._take(replace(older, refused=refused.advice()), now)
        except EndedError:
            if generation.label().bundle_sha256 == self._request.held_sha256:
                # It is the one that the parent goes on with.
                raise
        except (TrustError, InputError, LapsedError):
            pass
        return None

    def _believe(self, generation: Generation, root: bytes, now: datetime) -> Candidate:
        try:
            trusted = believe(generation.files(), root, self._request.van, now)
        except StaleError:
            raise EndedError(End.CONTACT_LOST) from None
        return Candidate(generation, trusted)

    def _take(self, candidate: Candidate, now: datetime) -> Found:
        trusted = candidate.trusted
        authority, promise = self._promised(trusted, now)
        opened = trusted.bundle_sha256 != self._request.held_sha256
        if opened:
            self._open(candidate, authority, promise)
        return Found(
            generation=candidate.generation.name,
            authority=authority,
            bundle_sha256=trusted.bundle_sha256,
            key_id=promise.key_id,
            valid_until=min(trusted.valid_until, self._until),
            opened=opened,
            refused=candidate.refused,
        )

    def _promised(self, trusted: Trusted, now: datetime) -> tuple[Authority, Promise]:
        """Give what is signed for this van, where it may be used now."""
        if trusted.fault:
            raise trusted.fault
        authority, promise = trusted.authority, trusted.promise
        if authority is None or promise is None:
            if self._request.held_sha256:
                # Two signers say that there is none, so what is held is no longer in force.
                raise EndedError(End.REVOKED)
            raise LapsedError("The force has no watchlist for this van.", mend=NO_LIST)
        end = self._store.closed(authority.deployment_id) or trusted.end(now)
        if end:
            raise EndedError(end)
        authority.require_begun(now)
        if promise.model_id != self._request.model_id:
            raise EncoderError(
                "The watchlist is for another encoder.", mend="Have it made for this van's."
            )
        return authority, promise

    def _open(self, candidate: Candidate, authority: Authority, promise: Promise) -> None:
        identity = Keyring(self._request.keyring).identity(promise.key_id)
        with _ciphertext(candidate) as cipher:
            room = locked.grow(os.dup(self._request.memory), promise.plain_bytes)
            try:
                cipher.into(room.memory, identity, promise.plain_bytes)
                watchlist = view(room.memory)
                check(watchlist, promise)
                authority.require_covers(watchlist)
            except BaseException:
                room.erase()
                raise
            room.close()


class Ciphertext:
    """An open file that is hashed while it is read: what is opened is what was signed.

    Args:
        file: It is read once, and never by its name again.
        length: How long it was when it was signed.
        sha256: What it was then.
    """

    def __init__(self, file: BinaryIO, length: int, sha256: str) -> None:
        self._file, self._left, self._sha256 = file, length, sha256
        self._hash = hashlib.sha256()

    def read(self, most_bytes: int) -> bytes:
        """Read on, up to the length that was signed."""
        data = self._file.read(min(most_bytes, self._left))
        self._hash.update(data)
        self._left -= len(data)
        return data

    def into(self, memory: mmap.mmap, identity: Identity, length: int) -> None:
        """Decrypt all of it.

        Raises:
            MismatchError: it is not the file that was signed.
            TrustError: its key does not open it, or it has another length than was signed.
        """
        try:
            got = unseal(cast("BinaryIO", self), cast("BinaryIO", memory), identity, length)
        finally:
            # Of two faults this is the first one: whatever else is wrong comes of it.
            self._require_signed()
        if got != length:
            raise TrustError(
                "The list is shorter than was signed.", mend="Have the desk make it again."
            )

    def _require_signed(self) -> None:
        while self.read(PIECE_BYTES):
            pass
        if self._left or self._hash.hexdigest() != self._sha256:
            raise MismatchError(
                "The bundle on this van is not the file that was signed.",
                mend="Run `lfr update` again; if that does not help, look at the disk.",
            )


@contextmanager
def _ciphertext(candidate: Candidate) -> Generator[Ciphertext]:
    trusted = candidate.trusted
    try:
        with (
            disk.opened(str(candidate.generation.bundle), trusted.bundle_bytes) as handle,
            os.fdopen(handle, "rb", PIECE_BYTES, closefd=False) as file,
        ):
            yield Ciphertext(file, trusted.bundle_bytes, trusted.bundle_sha256)
    except FileNotFoundError:
        raise missing("The bundle") from None


if __name__ == "__main__":
    main()
