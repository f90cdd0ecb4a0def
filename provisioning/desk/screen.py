"""What the desk's commands show to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from provisioning.desk.authorise import moment
from provisioning.desk.keys import KEEPING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from rich.console import Console

    from appliance.domain.deployment import Authority, Place
    from provisioning.desk.answer import Answer
    from provisioning.desk.inspect import Inspection
    from provisioning.desk.publish import Copied
    from provisioning.desk.roll import Tablet
    from provisioning.desk.summary import Listed, Summary
    from provisioning.report.review import Reviewed


MOST_REASONS = 8


def clock_time(moment: datetime) -> str:
    """Write a time as the people at the desk read it."""
    return f"{moment.astimezone():%a %d %b %Y %H:%M %Z}"


def say(console: Console, line: str, style: str = "") -> None:
    """Print one line as it is, however long."""
    console.print(Text(line, style=style), soft_wrap=True)


def show_keys(console: Console, files: Mapping[str, Path]) -> None:
    """Say where each key belongs."""
    table = Table("Key", "File", "Where it is kept", title="The force's keys")
    for name, file in files.items():
        table.add_row(name, file.name, KEEPING[name])
    console.print(table)


def show_tablets(console: Console, tablets: Sequence[Tablet], now: datetime) -> None:
    """Say who was let in and who was shut out."""
    table = Table("Tablet", "Made", "Ends", "Stands", title="Tablets")
    # By its number a broker's log and a decision name a certificate.
    table.add_column("Connects with, signs with", overflow="fold")
    for one in tablets:
        stands = f"shut out {one.revoked_at:%d %b %Y}" if one.revoked_at else "let in"
        if one.revoked_at is None and not one.holds(now):
            stands = "has ended"
        made, ends = f"{one.made_at:%d %b %Y}", f"{one.expires_at:%d %b %Y}"
        table.add_row(one.name, made, ends, stands, f"{one.tls}\n{one.signing}")
    console.print(table)


def show_summary(console: Console, summary: Summary) -> None:
    """Show exactly what is signed."""
    rows = [row for one in summary.lists for row in _listed(one)]
    for van, authority in summary.authorities:
        rows += _authority(van, authority)
    table = _sheet(f"To be signed: version {summary.version}")
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    console.print(table)
    signed = ", ".join(summary.signed) or "nobody yet"
    say(console, f"Signed by {signed}; {summary.missing} more needed. sha256 {summary.digest}")


def _sheet(title: str) -> Table:
    table = Table(show_header=False, title=title)
    table.add_column(no_wrap=True)
    # A hash that is cut off could be anybody's.
    table.add_column(overflow="fold")
    return table


def _listed(one: Listed) -> list[tuple[str, str]]:
    said = one.promise
    new = "" if one.new else " (as published)"
    rows = [
        (f"List for {said.van}{new}", said.watchlist_id),
        ("  people, pictures", f"{said.subjects}, {said.templates}"),
        ("  made, ends", f"{clock_time(said.made_at)} - {clock_time(said.expires_at)}"),
        ("  encoder", said.model_id[:16]),
        ("  sealed for key", said.key_id),
        ("  sha256", one.sha256),
    ]
    rows += [(f"  {ground.replace('_', ' ')}", str(n)) for ground, n in one.grounds.items()]
    if one.new:
        rows.append(("  under 18, by override", str(one.minors)))
        rows.append(("  unusual ground, by override", str(one.unusual)))
    return rows


def _authority(van: str, said: Authority) -> list[tuple[str, str]]:
    return [
        (f"Authority for {van}", said.deployment_id),
        ("  purpose", said.purpose),
        ("  place", _where(said.place)),
        ("  from, to", f"{clock_time(said.starts_at)} - {clock_time(said.ends_at)}"),
        ("  notice published", clock_time(said.notice_published_at)),
        ("  officer", said.authorising_officer),
        ("  list, at most", f"{said.watchlist_id}, {said.maximum_subjects} people"),
        ("  no alert below", f"{said.threshold_floor:.3f}"),
        ("  false alerts, at most", f"{said.most_false_alerts:g} in {said.expected_faces:,} faces"),
        ("  an alert is open for", f"{said.alert_expiry_s:g} s at most"),
    ]


def show_authority(console: Console, made: Authority) -> None:
    """Show an authority that waits for its signatures."""
    table = _sheet("Authority, to be signed by two")
    for name, value in _authority("its vans", made):
        table.add_row(Text(name), Text(value))
    console.print(table)
    lead = made.starts_at - made.notice_published_at
    say(console, f"The public is told {lead.total_seconds() / 3600:.0f} hours before it begins.")


def show_lost(console: Console, lost: Sequence[str]) -> None:
    """Say whose signatures fell away by a change."""
    if lost:
        say(console, f"It was changed: {', '.join(lost)} must sign again.", "yellow")


def _where(place: Place) -> str:
    if place.centre is not None:
        centre = place.centre
        point = f"{centre.latitude_deg:.5f},{centre.longitude_deg:.5f}"
        return f"{place.name}: {place.radius_m:.0f} m around {point}"
    corners = (f"{one.latitude_deg:.5f},{one.longitude_deg:.5f}" for one in place.corners)
    return f"{place.name}: between {' '.join(corners)}"


def show_copied(console: Console, copied: Mapping[Path, Copied], missed: Collection[Path]) -> None:
    """Say what was copied where, and where it was not."""
    for place, one in copied.items():
        size = decimal(one.sent_bytes)
        files = "1 new file" if one.files == 1 else f"{one.files:,} new files"
        say(console, f"{place}: {files}, {size}; {one.removed:,} removed.", "green")
    for place in missed:
        say(console, f"{place}: not published there.", "yellow")


def show_answers(console: Console, answers: Sequence[Answer], day: str) -> None:
    """Say for each list of a day whether the person was on it."""
    if not answers:
        say(console, f"No list was alive on {day}; nobody was on one.", "green")
    for one in answers:
        word = "on" if one.listed else "not on"
        span = f"{clock_time(one.made_at)} - {clock_time(one.expires_at)}"
        say(
            console, f"{word} list {one.watchlist_id} ({span})", "yellow" if one.listed else "green"
        )
        say(console, f"  page {one.page_sha256}")
        # A wrong opening opens nothing either, so that one shown with a no would prove nothing.
        proof = f"opening {one.opening}" if one.listed else "a no rests on the force's own word"
        say(console, f"  {proof}")


def show_enrolled(console: Console, reviewed: Reviewed, name: str) -> None:
    """Say what came of an enrolment, and where to look before anybody signs."""
    summary = reviewed.written.summary
    say(console, f"List {name}: {_people(summary.subjects)}.", "green")
    say(console, f"Good enough: {_pictures(summary.taken)}.")
    if summary.refused or summary.people_refused:
        told = f"Refused: {_pictures(summary.refused)}, {_people(summary.people_refused)}."
        say(console, told, "yellow")
    for reason, count in list(summary.reasons.items())[:MOST_REASONS]:
        say(console, f"  {count} x {reason}")
    if summary.quarantined:
        told = f"Left out as too like others: {_people(summary.quarantined)}."
        say(console, f"{told} Choose other pictures, or say --accept REFERENCE=WHY.", "yellow")
    if summary.review:
        say(console, f"To be looked at: {_people(summary.review)}.", "yellow")
    say(console, f"Read {reviewed.written.pages[0]} before you sign.")


def show_inspection(console: Console, found: Inspection, shown: Sequence[Path]) -> None:
    """Say what is in a sealed list."""
    said, census = found.promise, found.census
    table = _sheet(f"List {said.watchlist_id}")
    rows = [
        ("Van, key", f"{said.van}, {said.key_id}"),
        ("Checked against", "what two sign" if found.promised else "nothing but itself"),
        ("People, pictures", f"{said.subjects}, {said.templates}"),
        ("Made, ends", f"{clock_time(said.made_at)} - {clock_time(said.expires_at)}"),
        ("Encoder", said.model_id),
        *((ground.value.replace("_", " "), str(n)) for ground, n in census.grounds.items()),
        ("Under 18, by override", str(census.minors)),
        ("Unusual ground, by override", str(census.unusual)),
    ]
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    console.print(table)
    for one in census.overrides:
        said_why = "; ".join(filter(None, (one.under_age_override, one.ground_override)))
        say(console, f"{one.reference}: {said_why} ({one.reviewer})")
    for page in shown[:1]:
        say(console, f"Its pictures: {page}. Remove them when you have seen them.")


def show_status(console: Console, told: Mapping[str, Any]) -> None:
    """Show how things stand."""
    table = Table("Van", "List", "Ends", "People", "Deployment", title=told["force"])
    for one in told["published"]:
        table.add_row(*_promise(one, told["revoked"]))
    console.print(table)
    pending = told["pending"]
    if pending:
        vans = ", ".join(one["van"] for one in pending["promises"]) or "no van"
        signed = ", ".join(pending["signed"]) or "nobody"
        say(console, f"Pending: version {pending['version']} for {vans}, signed by {signed}; "
            f"{pending['missing']} more needed.")  # fmt: skip
        if pending["root"] and pending["root"]["missing"]:
            say(console, f"Pending: a root; wants {', '.join(pending['root']['missing'])}.")
    keys = ", ".join(f"{van} {count}" for van, count in told["vans"].items())
    say(console, f"One-time keys left: {keys or 'no van is registered'}.")
    say(console, f"Taken off: {told['withdrawn']}; deployments revoked: {len(told['revoked'])}.")
    say(console, f"Vans may run until {_time(told['valid_until'])} without hearing again.")
    for line in told["warnings"]:
        say(console, line, "yellow")


def _time(text: str | None) -> str:
    return clock_time(moment(text)) if text else "-"


def _promise(one: Mapping[str, Any], revoked: Collection[str]) -> tuple[str, str, str, str, str]:
    listed, authority = one["list"] or {}, one["authority"] or {}
    deployment = authority.get("deployment_id", "-")
    return (
        one["van"],
        listed.get("watchlist_id", "-"),
        _time(listed.get("expires_at")),
        str(listed.get("subjects", "-")),
        f"{deployment}, revoked" if deployment in revoked else deployment,
    )


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"
