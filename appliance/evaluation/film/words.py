"""How figures of films are written, in the terminal and on the page alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.evaluation.words import percent, with_interval

if TYPE_CHECKING:
    from appliance.evaluation.film.document import Document
    from appliance.evaluation.film.figures import Band, Rates, Spread
    from appliance.evaluation.film.outcome import Outcome

HEADS = (
    "found, TPIR", "near enough", "passings found", "false alerts", "first alert after",
    "between the eyes then",
)  # fmt: skip
PASS_HEADS = (
    "film", "person", "passings", "in view", "eyes at most", "near", "alerts", "first", "at",
)  # fmt: skip
BAND_HEADS = ("eyes at most", "passes", "found, TPIR")


def cast_in_words(document: Document) -> list[str]:
    """Say who was looked for, beside whom, and in what."""
    cast, reel, near = document.cast, document.reel, document.near
    made = cast.padding - cast.pictures
    others = (
        f" Beside them {cast.padding:,} entries of people who are on no film: {cast.people:,} "
        f"people, {cast.pictures - cast.people:,} further pictures of them as if of others, and "
        f"{made:,} that are made, each the mean of two people who resemble each other."
    )
    played = f"{reel.films:,} films, {reel.frames:,} pictures, {reel.seconds:,.0f} s"
    listed = (
        f"{cast.listed:,} people on the list who pass, {cast.not_enrolled:,} of them without a "
        f"template: their passes are misses.{others if cast.padding else ''}"
    )
    return [
        f"{played}; looked at as by the van, with nobody left out by a cooldown.",
        f"{listed} The list has {cast.entries:,} entries.",
        f"Near enough: {near.eyes_px:g} px between the eyes for {near.seconds:g} s.",
    ]


def facts(document: Document) -> list[str]:
    """Say in whole sentences what belongs on a model's card."""
    rates, passes = document.rates[0], len(document.passes)
    near = sum(one.near for one in document.passes)
    found = (
        f"Films: of {passes} passes of listed people {rates.found} were found, TPIR "
        f"{with_interval(rates.tpir)}; of {near} that were near enough, {rates.near_found}, "
        f"{with_interval(rates.near_tpir)}."
    )
    false = (
        f"Films: {rates.false_alerts} of {rates.seen:,} passings raised a false alert, "
        f"{with_interval(rates.false_alert_rate)}."
    )
    who = f"Films: {' '.join(cast_in_words(document))} Threshold {document.model.threshold:.3f}."
    return [who, found, false]


def rates_in_words(rates: Rates, passes: int, near: int) -> tuple[str, ...]:
    """Write a row: one way to decide, in the order of HEADS."""
    return (
        f"{rates.found} of {passes}: {with_interval(rates.tpir)}",
        f"{rates.near_found} of {near}: {with_interval(rates.near_tpir)}",
        f"{rates.passings_found} of {rates.passings}: {with_interval(rates.passing_tpir)}",
        f"{rates.false_alerts} of {rates.seen:,} passings: {with_interval(rates.false_alert_rate)}",
        spread(rates.after_s, " s", 2),
        spread(rates.at_px, " px", 0),
    )


def pass_in_words(one: Outcome) -> tuple[str, ...]:
    """Write a row: one person in one film, in the order of PASS_HEADS."""
    return (
        str(one.film + 1),
        str(one.subject + 1),
        f"{one.passings} ({one.seen} seen)",
        f"{one.seconds:.1f} s",
        f"{one.eyes_px:.0f} px",
        "yes" if one.near else "no",
        str(one.found),
        "-" if one.after_s is None else f"{one.after_s:.2f} s",
        "-" if one.at_px is None else f"{one.at_px:.0f} px",
    )


def band_in_words(band: Band) -> tuple[str, ...]:
    """Write a row: the passes of one size, in the order of BAND_HEADS."""
    wide = f"{band.from_px:g} px and more" if band.to_px is None else _between(band)
    return wide, str(band.passes), f"{band.found}: {with_interval(band.tpir)}"


def _between(band: Band) -> str:
    return f"{band.from_px:g} to {band.to_px:g} px"


def spread(numbers: Spread | None, unit: str, places: int) -> str:
    """Write the middle of some numbers, and where nine of ten of them lie."""
    if numbers is None:
        return "-"
    low, middle, high = (f"{one:.{places}f}" for one in (numbers.p5, numbers.p50, numbers.p95))
    return f"{middle}{unit} ({low} to {high})"


def excluded(rates: Rates) -> str:
    """Say what the films cannot exclude of false alerts."""
    return (
        f"False alerts: {rates.false_alerts} among {rates.seen:,} passings. This data cannot "
        f"exclude one in {percent(rates.false_alert_rate.high)} of passings."
    )


def sources(document: Document) -> str:
    """Say how intervals were made, and with which networks."""
    model = document.model
    return (
        "Intervals of 95 % by bootstrap over people, of false alerts over films "
        f"({document.rounds:,} rounds, seed {document.seed}); where nothing or everything went "
        "wrong the exact one, each of them a single trial. Detector "
        f"{model.detector[:16]}, encoder {model.encoder[:16]}, model {model.model_id[:16]}."
    )
