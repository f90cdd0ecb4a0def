"""The record as lines of a table, section by section: what CSV and page show is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.oversight.record.card_rows import KNOWN, card_rows
from appliance.oversight.record.labels import (
    ANSWERS,
    ETHNICITY,
    FACES,
    GAUGED,
    MANY,
    NONE,
    PROOF,
    QUARTILES,
    SMALL,
    TIMES,
)
from appliance.oversight.record.row import Row, Section, rate_row
from appliance.oversight.record.strangers import stranger_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from appliance.oversight.record import measures, record
    from appliance.oversight.record.cells import Split


def sections(told: record.Record) -> list[Section]:
    """Put a record into lines."""
    return [
        Section("false_alerts", "False alerts", tuple(_false(told.alerts))),
        Section("strangers", "How like the list strangers were", tuple(stranger_rows(told.scores))),
        Section("alerts", "Alerts, and what came of them", tuple(_alerts(told.alerts)), SMALL),
        Section("ethnicity", "Stops by ethnicity", tuple(_stops(told.alerts)), ETHNICITY),
        Section("recall", "Recall with volunteers", tuple(_recall(told.recall))),
        Section("faces", "Faces", tuple(_faces(told.seen)), FACES),
        Section("times", "How long it took", tuple(_times(told))),
        Section("deployment", "The deployment", tuple(_deployment(told.deployment))),
        Section("lists", "Lists", tuple(_lists(told.lists)), SMALL),
        Section("network", "Network and threshold", tuple(_network(told))),
        Section("card", "What is known of the networks", tuple(card_rows(told.cards)), KNOWN),
        Section("upkeep", "What else the log tells", tuple(_upkeep(told.upkeep))),
        Section("log", "The log", tuple(_log(told)), PROOF),
    ]


def _deployment(told: record.Deployment) -> Iterator[Row]:
    yield Row("force", "Force", told.force)
    yield Row("deployment_id", "Deployment", told.deployment_id)
    yield Row("purpose", "Purpose", told.purpose)
    yield Row("ao_rank", "Authorised by", told.authorising_officer)
    yield Row("ao_time", "Authority written down", told.authorised_at)
    yield Row("notice_published_at", "Notice published", told.notice_published_at)
    yield Row("notice_lead_time", "Notice before the start", told.notice_hours, "hours")
    yield Row("place", "Place", told.place)
    yield Row("position", "The van's position was", told.position)
    yield Row("start", "Authority from", told.starts_at)
    yield Row("end", "Authority until", told.ends_at)
    yield Row("opened_at", "Opened", told.opened_at)
    yield Row("opened_by", "Opened by", told.opened_by)
    yield Row("closed_at", "Closed", told.closed_at)
    yield Row("ended_by", "Ended by", told.end.value if told.end else None)
    yield Row("finished", "Every alert has its end", told.finished)
    yield Row("maximum_subjects", "People allowed on the list", told.maximum_subjects)


def _network(told: record.Record) -> Iterator[Row]:
    for number, version in enumerate(told.deployment.software, 1):
        yield Row(f"software:{number}", "Version of the software", version)
    sealed = None if (seals := told.deployment.sealed) is None else [seal.value for seal in seals]
    held = words(", ".join(sealed) or "nothing") if sealed is not None else None
    yield Row("sealed", "What kept its memory from being found later", held)
    for number, each in enumerate(told.in_force, 1):
        source = "measured by its supplier" if each.measured else "from what others have published"
        if each.counted_to is not None and each.threshold > each.counted_to:
            source += f", drawn on beyond {each.counted_to:.3f}, to which it was counted"
        yield Row(f"model:{number}", "Networks", each.pack)
        yield Row(f"model_sha256:{number}", "Encoder's SHA-256", each.model_id)
        yield Row(f"threshold:{number}", "Threshold in force", each.threshold)
        yield Row(f"floor:{number}", "Floor that is signed", each.floor)
        yield Row(
            f"false_match_rate:{number}", "False matches of one comparison", each.false_match_rate,
            note=f"By the calibration, {source}.",
        )  # fmt: skip
        yield Row(
            f"templates:{number}", "Templates that each face was compared with", each.templates
        )


def _lists(lists: Iterable[record.Searched]) -> Iterator[Row]:
    for number, each in enumerate(lists, 1):
        yield Row(f"list_id:{number}", "List", each.watchlist_id)
        yield Row(f"list_sha256:{number}", "SHA-256 of its bundle", each.bundle)
        yield Row(f"list_size:{number}", "People on it", each.subjects)
        yield Row(
            f"list_volunteers:{number}", "Of them volunteers in a recall test", each.volunteers
        )
        yield from _split(f"list_ground:{number}", each.grounds)
        yield Row(f"under_18:{number}", "Under 18, each with a signed reason", each.under_18)
        yield Row(f"overrides:{number}", "On an unusual ground, each with a reason", each.overrides)
        yield Row(f"images:{number}", "Images", each.images)
        yield Row(f"undated:{number}", "Images of unknown day", each.undated)
        ages, qualities = each.taken_days_ago or NONE, each.quality or NONE
        for (name, words), days in zip(QUARTILES.items(), ages, strict=True):
            label = f"Days since the images were taken: {words}"
            yield Row(f"image_age_{name}:{number}", label, days, "days", note=MANY)
        for (name, words), quality in zip(QUARTILES.items(), qualities, strict=True):
            label = f"Quality of the images: {words}"
            yield Row(f"image_quality_{name}:{number}", label, quality, note=GAUGED)
        yield Row(f"rejects:{number}", "Images that the desk refused as too poor", each.rejected)


def _faces(seen: record.Seen) -> Iterator[Row]:
    frames = seen.frames + seen.dropped_frames
    yield Row("faces", "Faces", seen.faces_seen)
    yield Row("faces_definition", "Counted by the definition", seen.definition)
    yield Row("detections", "Detections, of which faces are made", seen.detections)
    yield Row("erased", "Faces whose erasure was measured", seen.erased)
    yield Row("unencoded", "Faces that ended without a template", seen.unencoded)
    yield Row("overflow", "Faces not followed, since too many were in view", seen.overflow)
    yield Row("frames", "Frames looked at", seen.frames)
    yield Row("dropped_frames", "Frames dropped", seen.dropped_frames)
    dropped = round(seen.dropped_frames / frames, 6) if frames else None
    yield Row("dropped_share", "Share of frames that were dropped", dropped)
    yield Row("bad_frames", "Pieces of a stream that could not be read", seen.bad_frames)
    yield Row("looked", "Looked for", round(seen.looked_s / 3600, 3), "hours")
    note = "Of the time from the first opening to the close."
    yield Row("uptime", "Uptime", seen.uptime, note=note)
    yield Row("spans", "Spans of looking", seen.spans)
    note = "Up to ten minutes of each are counted nowhere."
    yield Row("cut_short", "Spans that were cut short by a failure", seen.cut_short, note=note)


def _alerts(told: record.Alerts) -> Iterator[Row]:
    answers = told.answers
    yield Row("alerts", "Alerts", told.alerts)
    yield Row(
        "volunteer_alerts", "Of them to volunteers in a recall test", told.volunteers,
        note="No part of the rates above; the answers below are to all alerts.",
    )  # fmt: skip
    yield from _split("alert_ground", told.grounds)
    for name, label in ANSWERS.items():
        yield Row(name, label, getattr(answers, name) if answers else None)


def _false(told: record.Alerts) -> Iterator[Row]:
    yield Row(
        "false_alerts", "False alerts", told.false_alerts,
        note="Not viable, unanswered, or confirmed false; alerts to volunteers are left out.",
    )  # fmt: skip
    yield rate_row("false_alerts_per_face", "False alerts per face", told.per_face)
    yield rate_row("false_alerts_per_alert", "False alerts per alert", told.per_alert)
    confirmed = told.confirmed_per_face, told.confirmed_per_alert
    yield rate_row("confirmed_false_per_face", "Confirmed false alerts per face", confirmed[0])
    yield rate_row("confirmed_false_per_alert", "Confirmed false alerts per alert", confirmed[1])
    low, high = told.predicted or (None, None)
    note = "False matches of one comparison x templates x faces; an alert mostly needs two."
    yield Row("predicted_false_alerts", "False alerts that were predicted", high, note=note)
    if low != high:
        label = "The same, by the most favourable list in force"
        yield Row("predicted_false_alerts_least", label, low)


def _stops(told: record.Alerts) -> Iterator[Row]:
    if told.ethnicity is None:
        yield Row("ethnicity", "Stops by ethnicity", None)
        return
    for stops in told.ethnicity:
        came = f"{stops.engagement.value}:{stops.disposal.value}"
        yield Row(f"stops:{came}", f"{words(came)}: all", stops.people.total)
        yield from _split(f"ethnicity:{came}", stops.people, f"{words(came)}: ")
    if not told.ethnicity:
        yield Row("stops", "Stops", 0, note="Of nobody ethnicity was recorded.")


def _recall(tests: Sequence[measures.Recall]) -> Iterator[Row]:
    if not tests:
        yield Row("true_recognition_rate", "True recognition rate", None, note="No test was made.")
    for number, test in enumerate(tests, 1):
        for passed in test.passed:
            yield from _passed(f"{number}:{passed.group}", passed)
        for gap in test.gaps:
            yield Row(
                f"gap:{number}:{gap.first}:{gap.second}",
                f"Gap between {gap.first} and {gap.second}",
                gap.points, "points", gap.low, gap.high,
            )  # fmt: skip
        note = "So that no figure is about one person."
        yield Row(f"left_out:{number}", "Groups left out", test.left_out, note=note)
        for place, sentence in enumerate(test.said, 1):
            yield Row(f"said:{number}:{place}", "What it says", sentence)


def _passed(name: str, passed: measures.Passed) -> Iterator[Row]:
    share = passed.recognised / passed.passes if passed.passes else None
    yield Row(f"volunteers:{name}", f"Volunteers, {passed.group}", passed.volunteers)
    yield Row(f"passes:{name}", f"Passes, {passed.group}", passed.passes)
    yield Row(
        f"true_recognition_rate:{name}", f"True recognition rate, {passed.group}",
        share, "share", passed.low, passed.high,
        f"{passed.recognised:,} of {passed.passes:,} passes.",
    )  # fmt: skip


def _times(told: record.Record) -> Iterator[Row]:
    for name, label, measured in (
        ("seen_to_tablet", "From the camera to an officer's tablet", told.seen_to_tablet_ms),
        ("deletion", "From a passing's decision to its erasure", told.deletion_ms),
    ):
        for place, words in TIMES.items():
            yield Row(f"{name}_{place}_ms", f"{label}: {words}", measured.places[place], "ms")


def _upkeep(told: record.Upkeep) -> Iterator[Row]:
    yield Row("degraded", "Times that the lamp turned to degraded", told.degraded)
    yield Row("faults", "Times that the lamp turned to fault", told.faults)
    for of in ("tablets", "list", "settings", "spool"):
        yield Row(f"refused:{of}", f"Refused input, {of}", told.refused.get(of, 0))
    yield Row("taken_off", "People taken off while the van looked", told.taken_off)
    yield Row("held", "Alerts kept longer, because somebody asked", told.held)
    yield Row("disclosed", "Alerts of which somebody was told by their slip", told.disclosed)
    yield Row("exported", "Alerts handed to the force", told.exported)
    yield Row("alerts_erased", "Alerts erased", told.alerts_erased)
    yield Row("faces_erased", "Faces erased", told.faces_erased)


def _log(told: record.Record) -> Iterator[Row]:
    yield Row("log_origin", "Log of", told.log.origin)
    yield Row("log_entries", "Entries", told.log.entries)
    yield Row("log_root", "Root", told.log.root)
    yield Row("made_at", "Last entry", told.made_at)


def _split(name: str, split: Split, before: str = "") -> Iterator[Row]:
    for cell, count in split.cells.items():
        note = f"All that are hidden make {split.left}." if count == "hidden" else ""
        label = f"{before}{words(cell)}" if before else words(cell).capitalize()
        yield Row(f"{name}:{cell}", label, count, note=note)


def words(name: str) -> str:
    """Say a name that programs know as people do."""
    return name.replace("_", " ").replace(":", ", ")
