"""Two packs side by side, in the terminal and on the page alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.evaluation.page import press, put
from appliance.evaluation.sheet import say, table
from appliance.evaluation.words import acquired_in_words, percent, rate, with_interval

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

    from appliance.evaluation.rivals import Contrast, Rival, Rivals

MEGA = 1e6


def show(console: Console, told: Rivals) -> None:
    """Print all of it."""
    names = told.first.model.pack, told.second.model.pack
    for line in acquired(told):
        say(console, line)
    table(console, "What they are, and what they cost", ("of", *names), facts(told))
    rows = [(f"{one.label}{' *' * one.apart}", *cells(one)) for one in told.contrasts]
    heads = ("figure", *(f"{name} (95 %)" for name in names), "difference (95 %)")
    table(console, "Figures", heads, rows)
    say(console, "* the interval of the difference leaves out that there is none.")
    say(console, sources(told))
    say(console, told.scope)


def write(file: Path, told: Rivals) -> None:
    """Write the report.

    Raises:
        InputError: the file cannot be written.
    """
    put(file, render(told))


def render(told: Rivals) -> str:
    """Give the page."""
    return (
        press()
        .get_template("comparison.html")
        .render(
            told=told,
            facts=[*facts(told)],
            rows=[(one, cells(one)) for one in told.contrasts],
            acquired=acquired(told),
            sources=sources(told),
        )
    )


def acquired(told: Rivals) -> list[str]:
    """Say what gave a template with each pack, and what did not."""
    return [
        f"{rival.model.pack}: {line}"
        for rival in (told.first, told.second)
        for line in acquired_in_words(rival.acquired)
    ]


def facts(told: Rivals) -> Iterator[tuple[str, str, str]]:
    """Give what is known of both, line by line."""
    rivals = told.first, told.second
    for head, of in (
        ("networks", lambda one: one.model.title),
        ("meant for the street", lambda one: "yes" if one.street else "no"),
        ("detector's licence", lambda one: one.licences[0]),
        ("encoder's licence", lambda one: one.licences[1]),
        ("known of the detector's training", lambda one: one.caveats[0]),
        ("known of the encoder's training", lambda one: one.caveats[1]),
        ("threshold in operation", lambda one: f"{one.model.threshold:.3f}"),
        ("processor time of a look at a picture", lambda one: _ms(one, "detect_ms")),
        ("processor time of a face", lambda one: _ms(one, "encode_ms")),
        ("both files", _size),
    ):
        yield head, of(rivals[0]), of(rivals[1])


def _ms(rival: Rival, name: str) -> str:
    return "not timed" if rival.cost is None else f"{getattr(rival.cost, name):.2f} ms"


def _size(rival: Rival) -> str:
    return "-" if rival.cost is None else f"{rival.cost.bytes / MEGA:.1f} MB"


def cells(one: Contrast) -> tuple[str, str, str]:
    """Write a figure of both, and the difference."""
    rare = one.kind == "times"
    spell = rate if rare else percent
    both = with_interval(one.first, spell), with_interval(one.second, spell)
    return *both, _times(one) if rare else _points(one)


def _points(one: Contrast) -> str:
    if one.value is None:
        return "-"
    ends = (f"{100 * (end or 0.0):+.1f}" for end in (one.low, one.high))
    return f"{100 * one.value:+.1f} points ({' to '.join(ends)})"


def _times(one: Contrast) -> str:
    if one.value is None:
        return "-"
    ends = ("any" if end is None else f"{end:.2f}" for end in (one.low, one.high))
    return f"{one.value:.2f} times ({' to '.join(ends)})"


def sources(told: Rivals) -> str:
    """Say how intervals were made."""
    return (
        f"Intervals of 95 % by bootstrap over subjects, the same for both packs ({told.rounds:,} "
        f"rounds, seed {told.seed}). Models {told.first.model.model_id[:16]} and "
        f"{told.second.model.model_id[:16]}."
    )
