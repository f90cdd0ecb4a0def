"""A list is opened beside the appliance, and what was opened is taken over where it lies."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from pydantic import ValidationError

from appliance.domain.watchlist import COMMITMENT_BYTES, MAX_SUBJECTS
from appliance.errors import MachineError
from appliance.watchlist import locked
from appliance.watchlist.asking import LINE_BYTES, Answer, Request
from appliance.watchlist.bundle import view

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.deployment import Authority
    from appliance.domain.watchlist import Watchlist
    from appliance.settings import WatchlistSettings

OPENER: Final = ("-m", "appliance.watchlist.opener")
LIMIT_S: Final = 300.0
"""A million templates take a tenth of it; whoever needs more hangs."""
WAIT_MS: Final = 100
PIECE_BYTES: Final = 65_536
MOST_BYTES: Final = LINE_BYTES + MAX_SUBJECTS * COMMITMENT_BYTES
QUIET: Final = {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
"""It computes on one core, and leaves no trace."""


@dataclass(frozen=True)
class Opened:
    """The list in force, and what is known about it."""

    generation: str
    authority: Authority
    watchlist: Watchlist | None = field(repr=False)
    """None where it is the one that was held before."""
    bundle_sha256: str
    key_id: str
    withdrawn: tuple[bytes, ...] = field(repr=False)
    """Commitments of entries that are taken back."""
    valid_until: datetime
    refused: str = ""
    """Why this is not the newest list."""


class Opening:
    """A list on its way into this process; whoever starts it must outlive it.

    Args:
        settings: Where list, keys and root lie.
        van: The van's own name.
        model_id: Sha256 of the encoder in force.
        held_sha256: Which bundle is held already; that one is not opened again.
        cpus: The cores to work on, where the others are the cameras'.
        wall: The time; None for the computer's.
    """

    def __init__(
        self,
        settings: WatchlistSettings,
        van: str,
        model_id: str,
        held_sha256: str = "",
        cpus: Sequence[int] = (),
        wall: datetime | None = None,
    ) -> None:
        self.withdrawn: tuple[bytes, ...] = ()
        """What is taken back, as soon as that is known; also where no list is good."""
        self.revoked: tuple[str, ...] = ()
        """Deployments that are."""
        self._taken: Opened | None = None
        self._result: Opened | None = None
        self._got = bytearray()
        self._until_s = time.monotonic() + LIMIT_S
        self._memory: int | None = locked.make()
        request = Request(
            parent=os.getpid(),
            memory=self._memory,
            folder=settings.folder.absolute(),
            keyring=settings.keyring.absolute(),
            root=settings.root.absolute(),
            van=van,
            model_id=model_id,
            held_sha256=held_sha256,
            wall=wall or datetime.now(timezone.utc),
            cpus=tuple(cpus),
        )
        self._child = _start(request)

    def poll(self) -> Opened | None:
        """Look whether it is there, without waiting for it.

        Locking it takes up to half a second where it is a million templates; other threads go on.

        Returns:
            None as long as it is not.

        Raises:
            EndedError: the deployment has ended.
            LapsedError: there is no list.
            TrustError, InputError: none is good; what is held stays in force while it is valid.
            MachineError: it could not be opened here and now.
        """
        if self._result is None:
            try:
                self._result = self._step()
            except BaseException:
                self.close()
                raise
        return self._result

    def wait(self) -> Opened:
        """Wait until it is there; errors as for `poll`."""
        while True:
            opened = self.poll()
            if opened:
                return opened
            heard = select.poll()
            heard.register(self._pipe, select.POLLIN)
            heard.poll(WAIT_MS)

    def close(self) -> None:
        """Give up, and leave nothing; what was taken over is the list's own, and stays."""
        self._child.kill()
        self._child.wait()
        # What was still to be said, nobody hears.
        with suppress(BrokenPipeError):
            cast("BinaryIO", self._child.stdin).close()
        self._pipe.close()
        memory, self._memory = self._memory, None
        if memory is not None:
            # Empty, it cannot be mapped: then there is nothing to erase.
            with suppress(MachineError):
                locked.take(memory).erase()

    @property
    def _pipe(self) -> BinaryIO:
        return cast("BinaryIO", self._child.stdout)

    def _step(self) -> Opened | None:
        if time.monotonic() > self._until_s:
            raise _broken(f"it took more than {LIMIT_S:.0f} s")
        ended = self._read()
        if self._taken is None:
            answer = self._answer()
            if answer:
                self._taken = self._take(answer)
                cast("BinaryIO", self._child.stdin).close()
            elif ended:
                raise _broken("its process ended before it was done")
        elif ended:
            self.close()
            return self._taken
        return None

    def _read(self) -> bool:
        """Take what has come; tell whether no more will."""
        while True:
            if not self._ready():
                return False
            piece = os.read(self._pipe.fileno(), PIECE_BYTES)
            if not piece:
                return True
            self._got += piece
            if len(self._got) > MOST_BYTES:
                raise _broken("its process says more than it may")

    def _ready(self) -> bool:
        heard = select.poll()
        heard.register(self._pipe, select.POLLIN)
        return bool(heard.poll(0))

    def _answer(self) -> Answer | None:
        line, newline, rest = self._got.partition(b"\n")
        if not newline:
            return None
        try:
            answer = Answer.model_validate_json(bytes(line))
        except ValidationError:
            raise _broken("its process says what nobody understands") from None
        if len(rest) < answer.withdrawn * COMMITMENT_BYTES:
            return None
        starts = range(0, answer.withdrawn * COMMITMENT_BYTES, COMMITMENT_BYTES)
        self.withdrawn = tuple(bytes(rest[at : at + COMMITMENT_BYTES]) for at in starts)
        self.revoked = answer.revoked
        return answer

    def _take(self, answer: Answer) -> Opened:
        if answer.refusal:
            raise answer.refusal.error()
        found = answer.found
        if found is None:
            raise _broken("its process says nothing")
        return Opened(
            generation=found.generation,
            authority=found.authority,
            watchlist=self._map() if found.opened else None,
            bundle_sha256=found.bundle_sha256,
            key_id=found.key_id,
            withdrawn=self.withdrawn,
            valid_until=found.valid_until,
            refused=found.refused,
        )

    def _map(self) -> Watchlist:
        memory, self._memory = cast("int", self._memory), None
        room = locked.take(memory)
        try:
            return view(room.memory, room.erase)
        except BaseException:
            room.erase()
            raise


def _start(request: Request) -> subprocess.Popen[bytes]:
    try:
        child = subprocess.Popen(  # noqa: S603 -- our own program, with fixed words
            (sys.executable, *OPENER),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(request.memory,),
            cwd="/",
            env={**os.environ, **QUIET},
        )
    except OSError as error:
        os.close(request.memory)
        raise _broken(f"its process cannot be started: {error.strerror}") from None
    pipe = cast("BinaryIO", child.stdin)
    # Short enough for any pipe: nothing waits here.
    pipe.write(request.model_dump_json().encode() + b"\n")
    with suppress(BrokenPipeError):
        pipe.flush()
    return child


def _broken(why: str) -> MachineError:
    return MachineError(
        f"The list could not be opened: {why}.",
        mend="What is held stays in force; run `lfr update` again, and report this.",
    )
