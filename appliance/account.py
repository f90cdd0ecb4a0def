"""What the van does, put into its log: every alert, answer, list, authority and change of state."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from appliance import sealing
from appliance.domain.decision import Outcome, Undo
from appliance.domain.ending import End
from appliance.oversight import entries, keys
from appliance.oversight.census import listed
from appliance.oversight.interim import Interim
from appliance.oversight.proof import Proof
from appliance.oversight.scribe import open_scribe
from appliance.oversight.spool import SPOOL, Spool

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from appliance.custody import Law
    from appliance.domain.alert import Alert
    from appliance.domain.decision import Decision
    from appliance.domain.lamp import Lamp
    from appliance.matching.matcher import Match
    from appliance.oversight.checkpoint import Checkpoint
    from appliance.oversight.figures import Counted
    from appliance.oversight.scribe import Scribe

VAN = "van"


class Account:
    """Says it to the log, in which nobody waits for the disk. Any thread may call it.

    Args:
        scribe: Writes it down.
        force: Whose van it is, where anybody has said.
        interim: Where it is kept what deployments that last have counted.
    """

    def __init__(self, scribe: Scribe, force: str | None, interim: Interim) -> None:
        self._scribe, self._force, self._interim = scribe, force, interim
        self._deployment_id = self._watchlist_id = ""
        self._taken_off = self._refused = 0

    @property
    def failure(self) -> BaseException | None:
        """Why nothing can be written down any more; then nobody may be looked for."""
        return self._scribe.failure

    def begin(self) -> None:
        """The program begins."""
        self._say(entries.Started(version=_version(), sealed=tuple(sealing.held())))

    def finish(self, why: str | None = None) -> None:
        """The program ends, in order unless there is a reason."""
        self._scribe.say(VAN, entries.Stopped(), why)

    def open(self, law: Law, match: Match) -> None:
        """Somebody is looked for from now on."""
        authority = law.deployment.authority
        opened = entries.Opened(
            deployment_id=authority.deployment_id,
            starts_at=authority.starts_at,
            ends_at=authority.ends_at,
            notice_published_at=authority.notice_published_at,
            purpose=authority.purpose,
            authorising_officer=authority.authorising_officer,
            authorised_at=authority.authorised_at,
            place=authority.place.name,
            maximum_subjects=authority.maximum_subjects,
            force=self._force,
            position=law.position,
            by=law.by,
            user=law.user,
        )
        self._deployment_id, self._watchlist_id = authority.deployment_id, ""
        self._conclude(self._interim.conclude_others(authority.deployment_id))
        self._say(opened)
        self._list(law, match)

    def tend(self, law: Law, match: Match, taken_off: int, refused: int) -> None:
        """Say what has changed since the last time.

        Args:
            law: What is in force.
            match: Who is searched under it.
            taken_off: People taken off the list so far.
            refused: Messages refused so far.
        """
        if law.deployment.authority.deployment_id != self._deployment_id:
            self._interim.keep(match.calibration.model_id, match.scores)
            self._end(self._deployment_id, self._watchlist_id, End.SUPERSEDED)
            self.open(law, match)
        self._list(law, match)
        off, self._taken_off = taken_off - self._taken_off, taken_off
        if off:
            self._say(entries.TakenOff(watchlist_id=law.watchlist.id, subjects=off))
        new, self._refused = refused - self._refused, refused
        if new:
            self._say(entries.Refused(of="tablets", count=new))

    def alert(self, alert: Alert) -> None:
        """A likeness goes to the officers."""
        said = entries.Alerted(
            alert_id=alert.id,
            camera=alert.camera,
            watchlist_id=alert.watchlist_id,
            ground=alert.subject.ground,
            band=alert.candidate.band,
            maybe_picture=alert.maybe_picture,
        )
        self._say(said)

    def decide(self, decision: Decision) -> None:
        """An officer has answered; what they signed is held to this by its hash."""
        who, answer = f"tablet/{decision.tablet}", decision.answer
        alert_id, signed = decision.alert_id, sha256(decision.event).hexdigest()
        fact: entries.Anything
        if isinstance(answer, Outcome):
            fact = entries.Told(
                alert_id=alert_id,
                decision_id=decision.id,
                disposal=answer.disposal,
                signed=signed,
            )
        else:
            word = "undo" if isinstance(answer, Undo) else answer
            fact = entries.Decided(
                alert_id=alert_id, decision_id=decision.id, answer=word, signed=signed
            )
        self._scribe.say(who, fact)

    def feel(self, lamp: Lamp) -> None:
        """The van is in another state."""
        self._say(entries.Felt(lamp=lamp))

    def count(self, counted: Counted) -> None:
        """So much was counted."""
        self._say(counted)

    def recognise(self, reference: str) -> None:
        """A volunteer has been recognised: of interest to a recall test, if one runs."""
        self._interim.book.note(reference)

    def forget(self, faces: int, match: Match) -> None:
        """Nobody is looked for any more.

        Args:
            faces: So many were seen and erased meanwhile.
            match: Has counted how near strangers came.
        """
        self._interim.keep(match.calibration.model_id, match.scores)
        name = self._deployment_id or None
        self._say(entries.Forgotten(of="faces", count=faces, deployment_id=name))

    def close(self, law: Law, end: End) -> None:
        """A deployment is over, and nothing of its list is left."""
        self._end(law.deployment.authority.deployment_id, law.watchlist.id, end)

    def _end(self, deployment_id: str, watchlist_id: str, end: End) -> None:
        self._conclude(self._interim.conclude(deployment_id))
        self._say(entries.Erased(watchlist_id=watchlist_id))
        self._say(entries.Closed(deployment_id=deployment_id, end=end))

    def _list(self, law: Law, match: Match) -> None:
        watchlist = law.watchlist
        if watchlist.id == self._watchlist_id:
            return
        self._watchlist_id = watchlist.id
        self._say(listed(watchlist, law.bundle_sha256))
        in_force = entries.Applied(
            model_id=match.calibration.model_id,
            threshold=match.threshold,
            floor=law.deployment.authority.threshold_floor,
            pack=match.calibration.pack,
            false_match_rate=match.calibration.false_match_rate(match.threshold),
            measured=match.calibration.measured,
            templates=len(watchlist.templates),
            points=match.calibration.points,
            counted_to=match.calibration.counted_to,
        )
        self._say(in_force)

    def _conclude(self, facts: Iterable[entries.Anything]) -> None:
        for fact in facts:
            self._say(fact)

    def _say(self, fact: entries.Anything) -> None:
        self._scribe.say(VAN, fact)


@contextmanager
def open_account(
    folder: Path, van: str, force: str | None = None, interim: Path | None = None
) -> Generator[Account]:
    """Take the van's log, and say in it that the program begins, and at last that it ends.

    What others have left for it, and leave meanwhile, is taken over.

    Args:
        folder: Where key and log lie; both are made where they are not there.
        van: The van's name.
        force: Whose van it is, where anybody has said.
        interim: A folder in memory; without one nothing is counted over a restart.

    Raises:
        InputError, TrustError, SettingsError: key or log is not what it should be.
        MachineError: the disk refuses, or another process has the log.
    """
    pen, spool = keys.own(folder, f"lfr/{van}"), Spool(folder / SPOOL)
    with open_scribe(folder / keys.LOG, pen, spool.take) as scribe:
        account = Account(scribe, force, Interim(interim or folder / "nowhere"))
        account.begin()
        try:
            yield account
        except BaseException as error:
            account.finish(f"{type(error).__name__}.")
            raise
        account.finish()


def prove(folder: Path) -> Checkpoint:
    """Look through the whole log of a van, as `lfr log verify` does.

    Args:
        folder: As of `open_account`.

    Raises:
        InputError: it cannot be read.
        TrustError: it is not whole.
    """
    proof = Proof(folder / keys.LOG, keys.public(folder))
    for _ in proof.entries():
        pass
    return proof.checkpoint


def _version() -> str:
    try:
        return version("lfr-appliance")
    except PackageNotFoundError:
        return "not installed"
