"""An evaluation in the terminal: figures with their intervals, and what must be said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from appliance.evaluation.ablation import Ablation
from appliance.evaluation.endurance import Degradation
from appliance.evaluation.said import NAMES, RATIOS
from appliance.evaluation.verification import Verification
from appliance.evaluation.words import (
    COLUMNS,
    FEW,
    GAINED,
    OVER_VAN,
    SHOTS,
    UNTOLD,
    acquired_in_words,
    gain,
    percent,
    rate,
    sources,
    way_in_words,
    with_interval,
)
from appliance.evaluation.worse import conditions, reaches, refusals, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from appliance.evaluation.document import Document
    from appliance.evaluation.groups import Characteristic
    from appliance.evaluation.identification import Identification
    from appliance.evaluation.verification import Operating


def show(console: Console, document: Document) -> None:
    """Print all of it; each line is whole, for whoever pipes it into a file."""
    model, result = document.model, document.result
    say(console, f"{model.title}, threshold {model.threshold:.3f}")
    for line in acquired_in_words(document.acquired):
        say(console, line)
    if isinstance(result, Verification):
        _verification(console, result)
    elif isinstance(result, Ablation):
        _ablation(console, result)
    elif isinstance(result, Degradation):
        for one in tables(result):
            table(console, *one)
        for line in (*conditions(result), *reaches(result), *refusals(result)):
            say(console, line)
    else:
        _identification(console, result)
    for characteristic in document.groups:
        _groups(console, characteristic)
    say(console, sources(document))
    say(console, document.scope)


def _verification(console: Console, result: Verification) -> None:
    say(
        console,
        f"{result.mated:,} mated comparisons of {result.subjects_mated:,} subjects, "
        f"{result.non_mated:,} non-mated.",
    )
    rows = [
        (
            rate(one.fmr),
            f"{one.threshold:.3f}" if one.threshold is not None else "",
            with_interval(one.fnmr) if one.fnmr else UNTOLD.format(one.expected),
            with_interval(one.tar) if one.tar else "",
            "fewer than 30 errors" if one.told and one.few else "",
        )
        for one in result.rates
    ]
    table(console, "Verification", ("FMR (FAR)", "threshold", "FNMR", "TAR", ""), rows)
    _operating(console, result.operating)


def _operating(console: Console, at: Operating) -> None:
    table(
        console,
        f"At the threshold in operation, {at.threshold:.3f}",
        ("FMR", "FNMR", "FNMR, subjects alike", "FRR"),
        [
            (
                with_interval(at.fmr, rate),
                *(with_interval(one) for one in (at.fnmr, at.fnmr_of_subjects, at.frr)),
            )
        ],
    )


def _identification(console: Console, result: Identification) -> None:
    heads = ("list", "images", "rank 1", *(f"TPIR, FPIR {rate}" for rate in COLUMNS))
    rows = [
        (
            f"{row.size:,}",
            str(row.images),
            percent(row.rank_one.value),
            *(
                with_interval(one.tpir) + ("*" if one.few else "") if one.tpir else "-"
                for one in row.rates
            ),
            f"{percent(row.tpir.value)} / {rate(row.fpir.value)}",
        )
        for row in result.rows
    ]
    table(console, "Identification, open set", (*heads, "in operation"), rows)
    say(console, way_in_words(result.way))
    say(console, FEW)
    if result.left_out:
        left = ", ".join(f"{size:,} with {images}" for size, images in result.left_out)
        say(console, f"Too few people for lists of {left} image(s).")


def _ablation(console: Console, result: Ablation) -> None:
    for part in result.parts:
        heads = [f"TPIR, FPIR {percent(one.fpir)}" for one in part.trials[0].rates]
        rows = [
            (
                trial.name,
                percent(trial.rank_one),
                *(
                    with_interval(one.tpir) + gain(one.gain) + ("*" if one.few else "")
                    if one.tpir
                    else "-"
                    for one in trial.rates
                ),
                gain(trial.rates[-1].over_van).removeprefix(", ") or "-",
                f"{trial.cost_ms:.2f}",
            )
            for trial in part.trials
        ]
        title = f"{part.title}, list of {result.size:,}"
        table(console, title, ("way", "rank 1", *heads, OVER_VAN, "ms a shot"), rows)
    say(console, GAINED)
    say(console, SHOTS)
    say(console, FEW)
    if result.left_out:
        say(console, f"Too few people for: {', '.join(result.left_out)}.")


def _groups(console: Console, characteristic: Characteristic) -> None:
    for metric in characteristic.metrics:
        spell = rate if metric.name in RATIOS else percent
        rows = [
            (one.group, f"{one.subjects:,}", f"{one.trials:,}", with_interval(one.rate, spell))
            for one in metric.rates
        ]
        name = NAMES[metric.name]
        heads = (characteristic.name, "subjects", "comparisons", name)
        table(console, f"{name} by {characteristic.name}", heads, rows)
    for sentence in characteristic.said:
        say(console, sentence)


def table(
    console: Console, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    """Print a table; whatever stands in it is words, and no markup."""
    drawn = Table(title=Text(title), title_justify="left")
    for head in heads:
        drawn.add_column(Text(head))
    for row in rows:
        drawn.add_row(*map(Text, row))
    console.print(drawn)


def say(console: Console, line: str) -> None:
    """Print a line as it is, whole for whoever pipes it into a file."""
    console.print(line, soft_wrap=True, markup=False, highlight=False)
