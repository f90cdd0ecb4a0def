"""The terminal, the page and the JSON say the same of films, and nothing of anybody."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from appliance.evaluation.document import Bootstrap, Model
from appliance.evaluation.film.document import Cast, Document, Reel
from appliance.evaluation.film.figures import WAYS, Drawn, bands, rates, waiting
from appliance.evaluation.film.outcome import Near, Others
from appliance.evaluation.film.page import render, wait
from appliance.evaluation.film.sheet import show
from tests.evaluation.film.conftest import labelled
from tests.evaluation.film.test_figures import outcome
from tests.evaluation.test_report import Reader, words

MODEL = Model("painted", "Painted people", "a" * 64, "b" * 64, "c" * 64, 0.6)


def document(told, others, **cast):
    films = max([one.film for one in (*told, *others)], default=0) + 1
    drawn = Drawn.of(labelled(films=films, listed=range(4)), Bootstrap(100, 3))
    return Document(
        MODEL,
        Cast(**{"listed": 4, "not_enrolled": 1, "people": 0, "pictures": 0, "padding": 0, **cast}),
        Reel(films, 1_234, 49.4),
        Near(50.0, 0.5),
        tuple(rates(way, told, others, drawn) for way in WAYS),
        bands(told, drawn),
        tuple((way.short, waiting(told)) for way in WAYS),
        tuple(told),
        tuple(others),
        100,
        3,
    )


@pytest.fixture(scope="module")
def played():
    told = [outcome(0, 1, film=8), outcome(1, 1, film=9), outcome(2, 0, film=10, eyes_px=20.0)]
    others = [Others(film, 3, film == 0, 0) for film in range(11)]
    return document(told, others, people=50, pictures=60, padding=90)


def printed(told):
    console = Console(file=StringIO(), width=250)
    show(console, told)
    return " ".join(console.file.getvalue().split())


def test_it_says_who_was_looked_for_and_among_whom(played):
    for said in (printed(played), words(render(played))):
        assert "11 films, 1,234 pictures, 49 s" in said
        assert "4 people on the list who pass, 1 of them without a template" in said
        assert (
            "50 people, 10 further pictures of them as if of others, and 30 that are made" in said
        )
        assert "The list has 93 entries." in said
        assert "Near enough: 50 px between the eyes for 0.5 s." in said


def test_it_says_who_was_found_how_soon_and_what_cannot_be_excluded(played):
    for said in (printed(played), words(render(played))):
        assert "2 of 3: 66.7 % (" in said
        assert "2 of 2: 100.0 % (" in said
        assert "1 of 36 passings: 2.8 % (" in said
        assert "0.85 s (" in said
        assert "55 px (55 to 55)" in said
        assert "False alerts: 1 among 36 passings. This data cannot exclude one in" in said
        assert "20 to 30 px" in said
        assert "10 to 15 px" not in said
        assert "0.90 s" in said
        assert played.scope in said


def test_a_list_without_others_does_not_speak_of_them():
    said = printed(document([outcome(0, 1)], []))
    assert "Beside them" not in said
    assert "The list has 3 entries." in said


def test_where_nobody_was_found_there_is_no_curve_and_no_time():
    missed = document([outcome(0, 0)], [])
    assert wait(missed) is None
    assert "<svg" not in render(missed)
    assert "0 of 1: 0.0 % (" in printed(missed)


def test_the_curve_rises_to_the_share_that_was_found(played):
    plot = wait(played)
    assert [tick.text for tick in plot.columns] == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    last = plot.lines[0].points.split()[-1]
    x, y = map(float, last.split(","))
    assert x == plot.right
    assert y == pytest.approx(plot.bottom + (plot.top - plot.bottom) * 2 / 3, abs=0.1)


def test_the_page_runs_nothing_and_needs_nothing(played):
    reader = Reader(render(played))
    names = {tag for tag, _ in reader.tags}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert "svg" in names
    for _, attributes in reader.tags:
        assert {"src", "style"}.isdisjoint(attributes)
        assert attributes.get("href", "#main") == "#main"


def test_the_json_has_numbers_of_people_and_films_only(played):
    told = json.loads(json.dumps(played.record(), allow_nan=False))
    assert any("raised a false alert" in sentence for sentence in told["told"])
    assert any("near enough" in sentence for sentence in told["told"])
    assert (told["kind"], told["entries"]) == ("film", 93)
    assert [rate["way"] for rate in told["rates"]] == ["fused", "apart", "single"]
    assert told["passes"][0]["at_px"] == 55
    assert told["near"] == {"eyes_px": 50.0, "seconds": 0.5}
