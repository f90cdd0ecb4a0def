"""One command makes every figure again: cards, evidence, and the tables on pages."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from appliance.errors import InputError, SettingsError
from appliance.evaluation import book
from appliance.evaluation import document as documents
from appliance.evaluation.blocks import blocks, fill
from appliance.evaluation.book import (
    Places,
    Step,
    film_step,
    steps_named,
    write_figures,
    write_pages,
)
from appliance.evaluation.cards import make_card
from appliance.evaluation.document import Bootstrap, Model
from appliance.evaluation.identification import Plan
from appliance.evaluation.wishes import Wishes
from engines.calibrated import calibrated
from engines.packs import load_packs
from tests.evaluation.crowd import unheard

BOOTSTRAP = Bootstrap(100, 7)
RETAIL = load_packs()["retail"]
PAGE = """# A page
<!-- lfr evaluate figures: verification -->
old | figures
<!-- end -->
between
<!-- lfr evaluate figures: groups -->
<!-- end -->
after
"""


def at(pack):
    return calibrated(pack).threshold


@pytest.fixture
def steps(crowd, monkeypatch):
    """Evaluations of a crowd, whatever pictures are named."""

    def verify(wishes, console):
        pack = load_packs(wishes.models)[wishes.pack]
        return documents.verification(crowd, Model.of(pack, at(pack)), BOOTSTRAP, unheard)

    def identify(wishes, console):
        pack, plan = load_packs()[wishes.pack], Plan((20,), (1,), 2)
        return documents.identification(crowd, Model.of(pack, at(pack)), plan, BOOTSTRAP, unheard)

    told = (Step("verification", verify), Step("identification", identify))
    monkeypatch.setattr(book, "STEPS", told)


@pytest.fixture
def console():
    return Console(file=StringIO())


@pytest.mark.usefixtures("steps")
def test_cards_evidence_and_pages_are_written_in_one_go(tmp_path, console):
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    places = Places(tmp_path / "cards", tmp_path / "evidence", (page,))
    written = write_figures(Wishes(tmp_path), ("retail", "mbf"), book.STEPS, places, console)
    assert {file.name for file in written} == {
        "retail.json", "retail.md", "mbf.json", "mbf.md", "README.md",
        "retail.verification.json", "retail.identification.json",
        "mbf.verification.json", "mbf.identification.json",
    }  # fmt: skip
    assert all(file.is_file() for file in written)
    kept = json.loads((tmp_path / "evidence" / "mbf.verification.json").read_text())
    assert kept["model"]["pack"] == "mbf"
    text = page.read_text()
    assert "old | figures" not in text
    assert "| `retail` | " in text
    assert "| FNMR: " in text
    assert text.endswith("after\n")
    assert "\nbetween\n" in text


@pytest.mark.usefixtures("steps")
def test_a_second_time_gives_the_same_bytes(tmp_path, console):
    places = Places(tmp_path / "cards", tmp_path / "evidence")
    write_figures(Wishes(tmp_path), ("retail",), book.STEPS, places, console)
    before = {file.name: file.read_bytes() for file in (tmp_path / "cards").iterdir()}
    write_figures(Wishes(tmp_path), ("retail",), book.STEPS, places, console)
    assert {file.name: file.read_bytes() for file in (tmp_path / "cards").iterdir()} == before


@pytest.mark.usefixtures("steps")
def test_what_was_said_before_and_by_others_stays_on_the_card(tmp_path, console):
    places = Places(tmp_path / "cards", tmp_path / "evidence")
    write_figures(Wishes(tmp_path), ("retail",), book.STEPS, places, console)
    film = {"kind": "film", "model": {"model_id": RETAIL.model_id}, "told": ["12 of 12 found."]}
    (tmp_path / "evidence" / "retail.film.json").write_text(json.dumps(film))
    written = write_figures(
        Wishes(tmp_path), ("retail",), steps_named(["verification"]), places, console
    )
    assert [file.name for file in written] == [
        "retail.verification.json",
        "retail.json",
        "retail.md",
    ]
    text = (tmp_path / "cards" / "retail.md").read_text()
    assert "12 of 12 found." in text
    assert "Rank 1, list of 20" in text
    assert steps_named([]) == book.STEPS
    with pytest.raises(InputError, match="wonders is no evaluation"):
        steps_named(["wonders"])


def test_films_are_searched_in_a_list_that_is_lengthened_with_the_pictures(
    tmp_path, console, monkeypatch
):
    asked = []
    monkeypatch.setattr(book.film, "watch", lambda wishes, console: asked.append(wishes))
    wishes = Wishes(tmp_path / "people", pack="mbf", cache=None, workers=0, bootstrap=BOOTSTRAP)
    step = film_step(tmp_path / "films.csv", tmp_path)
    step.run(wishes, console)
    (film,) = asked
    assert (step.name, film.pack, film.workers, film.cache) == ("film", "mbf", 0, None)
    assert (film.source, film.root) == (tmp_path / "films.csv", tmp_path)
    assert (film.padding, film.size) == (tmp_path / "people", 10_000)
    assert film.bootstrap == BOOTSTRAP


def test_pages_can_be_made_of_the_cards_that_are_there(tmp_path, crowd):
    told = documents.verification(crowd, Model.of(RETAIL, at(RETAIL)), BOOTSTRAP, unheard).record()
    tables = blocks([make_card(RETAIL, {"v": told})])
    assert fill(PAGE, tables, "p") == fill(fill(PAGE, tables, "p"), tables, "p")
    assert " % (" in tables["verification"]
    assert tables["identification"].count("| - ") == 6  # nobody has searched a list
    assert write_pages(Places(tmp_path, tmp_path)) == []


def test_what_cannot_be_made_is_said_in_a_line(tmp_path, console):
    page = tmp_path / "page.md"
    page.write_text(PAGE.replace("groups", "wonders"))
    with pytest.raises(InputError, match="No card lies there"):
        write_pages(Places(tmp_path, tmp_path, (page,)))
    card = make_card(RETAIL, {})
    (tmp_path / "retail.json").write_text(card.model_dump_json())
    with pytest.raises(InputError, match=r"page\.md asks for a table wonders"):
        write_pages(Places(tmp_path, tmp_path, (page,)))
    with pytest.raises(InputError, match=r"none\.md cannot be read"):
        write_pages(Places(tmp_path, tmp_path, (tmp_path / "none.md",)))
    with pytest.raises(SettingsError, match="names no pack"):
        write_figures(Wishes(tmp_path), ("nobody",), (), Places(tmp_path, tmp_path), console)
