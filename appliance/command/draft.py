"""A list on its way from pictures to signatures, as the commands bring it along."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError
from rich.progress import BarColumn, Progress, TextColumn

from appliance import desk
from appliance.command.counter import Words
from appliance.desk import EnrolWishes
from appliance.domain.watchlist import Ground, Head
from appliance.errors import InputError
from appliance.watchlist.refusals import refusal
from engines.calibrated import calibrated
from engines.packs import resolve
from provisioning import disk
from provisioning.desk import keys, log
from provisioning.desk.enlist import PATIENCE_S, Order, barred, begin, enlist
from provisioning.enrol.gate import TRIAL, Gate
from provisioning.enrol.terms import Terms
from provisioning.report.compare import NOBODY, People
from provisioning.report.flags import Acceptance
from provisioning.report.likeness import Rules
from provisioning.report.review import Comparison, review
from provisioning.report.sheet import gauged
from provisioning.trial import trial_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path
    from typing import Literal

    from rich.console import Console

    from provisioning.desk.office import Office
    from provisioning.enrol.merge import Enrolled
    from provisioning.report.review import Reviewed

PART = re.compile(r"([1-9]\d{0,4})/([1-9]\d{0,4})")
STRANGERS = "strangers"


@dataclass(frozen=True)
class Told:
    """What holds for everybody in a folder of pictures."""

    ground: str | None
    reason: str | None = field(repr=False)
    power: str | None
    source: str | None = field(repr=False)
    reviewer: str | None = field(repr=False)

    def terms(self, expires_at: datetime) -> Terms | None:
        """Give it as terms; None where nothing was said, for then a table says it.

        Raises:
            InputError: a part of it was said, and another not.
        """
        words = (self.reason, self.power, self.source, self.reviewer)
        if self.ground is None and not any(words[:3]):
            return None
        if self.ground is None or not all(words):
            raise InputError(
                "Of a folder everything is said.",
                mend="Give --ground, --reason, --power, --source and --reviewer, or a table.",
            )
        reason, power, source, reviewer = map(str, words)
        return Terms(Ground(self.ground), reason, power, source, reviewer, expires_at)


@dataclass(frozen=True)
class Look:
    """How pictures are looked at."""

    pack: str
    models: Path | None
    eyes_px: float = 64
    thumbnails: Literal["auto", "large", "medium", "small"] = "auto"
    workers: int | None = None

    def wishes(self, source: Path, terms: Terms | None, to: tuple[Path, str]) -> EnrolWishes:
        """Say what is to be enrolled, into which folder and for whose eyes."""
        return EnrolWishes(
            source=source,
            folder=to[0],
            recipient=to[1],
            terms=terms,
            made_at=datetime.now().astimezone(),
            pack=self.pack,
            models=self.models,
            gate=Gate(eyes_px=self.eyes_px),
            thumbnails=self.thumbnails,
            workers=self.workers,
        )

    def part(self, source: Path, terms: Terms | None, to: tuple[Path, str], of: str) -> EnrolWishes:
        """Say the same of one part, such as 3/16.

        Raises:
            InputError: there is no such part, or no folder to put it in.
        """
        found = PART.fullmatch(of)
        if not found or int(found[1]) > int(found[2]):
            raise InputError("No such part.", mend="Write the third of sixteen as 3/16.")
        disk.make_room(to[0])
        return replace(self.wishes(source, terms, to), shard=(int(found[1]), int(found[2])))

    def rules(self) -> Rules:
        """Say what scores mean with these networks.

        Raises:
            SettingsError, MachineError: they or their calibration are not here.
        """
        pack = resolve(self.pack, self.models, fetch=False, notify=lambda _: None).pack
        return Rules.of(calibrated(pack))


@dataclass(frozen=True)
class Draft:
    """A list that is begun, for some vans."""

    office: Office
    name: str
    vans: Sequence[str]
    key: bytes = field(repr=False)
    """The force's answer key."""

    @property
    def folder(self) -> Path:
        """Where its papers lie until it ends."""
        return self.office.drafts.folder(self.name)

    @property
    def identity(self) -> str:
        """The desk's own one-time key for it."""
        return str(self.office.drafts.identity(self.name))

    @property
    def to(self) -> tuple[Path, str]:
        """Where its parts go, and for whose eyes."""
        public = self.office.drafts.identity(self.name).to_public()
        return self.folder / "shards", str(public)


@dataclass(frozen=True)
class Judgement:
    """What people at the desk have decided."""

    hours: float
    accept: Sequence[str] = field(default=(), repr=False)
    reinstate: Sequence[str] = field(default=(), repr=False)
    reviewer: str | None = field(default=None, repr=False)
    non_mated: Path | None = None

    def accepted(self) -> dict[str, Acceptance]:
        """Give who stands whatever is found.

        Raises:
            InputError: nobody says who has looked.
        """
        if self.accept and not self.reviewer:
            raise InputError("Nobody says who accepts it.", mend="Give --reviewer.")
        return {
            name: Acceptance(str(self.reviewer), reason)
            for name, reason in _pairs(self.accept, "--accept").items()
        }

    def reinstated(self) -> Mapping[str, str]:
        """Give who may be listed again, and why."""
        return _pairs(self.reinstate, "--reinstate")


@dataclass(frozen=True)
class Finished:
    """What came of it."""

    name: str
    reviewed: Reviewed
    barred: int
    lost: Sequence[str]
    """Whose signatures fell away."""

    def record(self) -> dict[str, object]:
        """Give it as JSON's own types."""
        written = self.reviewed.written
        return {
            "list": self.name,
            "left_out": len(self.reviewed.left_out),
            "barred": self.barred,
            "report": str(written.pages[0]),
            "document": str(written.document),
            "signatures_lost": list(self.lost),
            "summary": written.summary.model_dump(mode="json"),
        }


def open_draft(
    office: Office, name: str | None, vans: Sequence[str], key: tuple[Path | None, Words]
) -> Draft:
    """Begin a list, or go on with one that was prepared.

    Raises:
        InputError: a list of that name was published, or the answer key does not open.
    """
    file, words = key
    for van in vans:
        office.vans.known(van)
    secret = keys.load(file or office.keys / f"{keys.ANSWER}.key", words(keys.ANSWER))
    chosen = name or f"list-{office.clock():%Y%m%d-%H%M%S}"
    return Draft(office, chosen, tuple(vans), keys.answer_key(secret))


def finish(
    draft: Draft, enrolled: Enrolled, look: Look, judgement: Judgement, console: Console
) -> Finished:
    """Compare, report, seal for each van, and lay out to be signed.

    Raises:
        InputError: nobody is left, an entry is not lawful, or a van has no keys left.
    """
    office, accepted = draft.office, judgement.accepted()
    with office.alone(PATIENCE_S):
        for reference, reason in judgement.reinstated().items():
            office.marks.reinstate(log.mark(draft.key, reference), office.clock(), reason)
    off = frozenset(barred(office, enrolled, draft.key))
    head = _head(draft, enrolled.model_id, judgement.hours)
    strangers = _strangers(draft, look, judgement.non_mated, console)
    with _bar(console) as tell:
        comparison = Comparison(look.rules(), tell, strangers, accepted)
        reviewed = review(enrolled, head, comparison, draft.folder, barred=off)
    if len(reviewed.left_out) == len(enrolled.references):
        page = reviewed.written.pages[0]
        raise InputError("Nobody is left on the list.", mend=f"Read {page}: it says why.")
    with console.status("Sealing"):
        summary = reviewed.written.summary
        whole = head.model_copy(update={"pictures": gauged(summary)})
        order = Order(whole, draft.vans, draft.key, reviewed.left_out, summary.people_refused)
        lost = enlist(office, enrolled, order)
    # What it was put together from held the same people once more.
    disk.clear(draft.to[0])
    return Finished(draft.name, reviewed, len(off), lost)


def start(draft: Draft) -> Draft:
    """Make the list's own key; what an earlier draft of that name left is destroyed."""
    begin(draft.office, draft.name)
    return draft


def _head(draft: Draft, model_id: str, hours: float) -> Head:
    now = draft.office.clock()
    try:
        return Head(
            watchlist_id=draft.name,
            model_id=model_id,
            made_at=now,
            expires_at=now + timedelta(hours=hours),
        )
    except ValidationError as error:
        raise refusal(error, "The list") from None


def _strangers(draft: Draft, look: Look, folder: Path | None, console: Console) -> People:
    if folder is None:
        return NOBODY
    place = draft.folder / STRANGERS
    terms = trial_terms(draft.office.clock() + timedelta(hours=1))
    wishes = replace(look.wishes(folder, terms, (place, draft.to[1])), gate=TRIAL)
    try:
        found = desk.enrol(wishes, draft.identity, console)
        return People(found.templates.copy(), found.owners.copy())
    finally:
        disk.clear(place)


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    pairs = [text.partition("=") for text in given]
    if not all(name and reason.strip() for name, _, reason in pairs):
        raise InputError(f"{option} says no reason.", mend="Write it as REFERENCE=WHY.")
    return {name: reason.strip() for name, _, reason in pairs}


@contextmanager
def _bar(console: Console) -> Generator[Callable[[int, int], None]]:
    columns = (TextColumn("Comparing"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
