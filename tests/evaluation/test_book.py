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
from appliance.evaluation.book import Places, Step, write_figures, write_pages
from appliance.evaluation.cards import make_card
from appliance.evaluation.document import Bootstrap, Model
from appliance.evaluation.identification import Plan
from appliance.evaluation.measure import Wishes
from engines.packs import load_packs
from tests.evaluation.crowd import unheard

BOOTSTRAP = Bootstrap(100, 7)
PAGE = """# A page
<!-- lfr evaluate figures: verification -->
old | figures
<!-- end -->
between
<!-- lfr evaluate figures: groups -->
<!-- end -->
after
"""


@pytest.fixture
def steps(crowd, monkeypatch):
    """Evaluations of a crowd, whatever pictures are named."""

    def verify(wishes, console):
        pack = load_packs(wishes.models)[wishes.pack]
        return documents.verification(crowd, Model.of(pack, 0.6), BOOTSTRAP, unheard)

    def identify(wishes, console):
        pack, plan = load_packs()[wishes.pack], Plan((20,), (1,), 2)
        return documents.identification(crowd, Model.of(pack, 0.6), plan, BOOTSTRAP, unheard)

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
    written = write_figures(Wishes(tmp_path), ("retail", "mbf"), places, console)
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
    places = Places(tmp_path / "cards")
    write_figures(Wishes(tmp_path), ("retail",), places, console)
    before = {file.name: file.read_bytes() for file in (tmp_path / "cards").iterdir()}
    write_figures(Wishes(tmp_path), ("retail",), places, console)
    assert {file.name: file.read_bytes() for file in (tmp_path / "cards").iterdir()} == before


def test_pages_can_be_made_of_the_cards_that_are_there(tmp_path, crowd):
    told = documents.verification(
        crowd, Model.of(load_packs()["retail"], 0.6), BOOTSTRAP, unheard
    ).record()
    tables = blocks([make_card(load_packs()["retail"], {"v": told})])
    assert fill(PAGE, tables, "p") == fill(fill(PAGE, tables, "p"), tables, "p")
    assert " % (" in tables["verification"]
    assert tables["identification"].count("| - ") == 5  # nobody has searched a list
    assert write_pages(Places(tmp_path)) == []


def test_what_cannot_be_made_is_said_in_a_line(tmp_path, console):
    page = tmp_path / "page.md"
    page.write_text(PAGE.replace("groups", "wonders"))
    with pytest.raises(InputError, match="No card lies there"):
        write_pages(Places(tmp_path, pages=(page,)))
    card = make_card(load_packs()["retail"], {})
    (tmp_path / "retail.json").write_text(card.model_dump_json())
    with pytest.raises(InputError, match=r"page\.md asks for a table wonders"):
        write_pages(Places(tmp_path, pages=(page,)))
    with pytest.raises(InputError, match=r"none\.md cannot be read"):
        write_pages(Places(tmp_path, pages=(tmp_path / "none.md",)))
    with pytest.raises(SettingsError, match="names no pack"):
        write_figures(Wishes(tmp_path), ("nobody",), Places(tmp_path), console)
