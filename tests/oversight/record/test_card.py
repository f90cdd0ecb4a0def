"""The record has what is known of the networks that looked, and of no others."""

import csv
import io
import json

import pytest

from appliance.bench.day import SIGNED
from appliance.oversight.record import paper
from appliance.oversight.record.card import Card, Figure, Part, attach, read_cards
from tests.oversight.record.conftest import read

EYE = Part(name="eye.onnx", sha256="a" * 64, fed="any", licence="MIT", caveat="From the web.")
MIND = Part(name="mind.onnx", sha256=SIGNED, fed="16 px", licence="ours", caveat="Not stated.")
FIGURES = (
    Figure(name="fnmr", label="FNMR in operation", value=2.2, low=1.61, high=2.85),
    Figure(name="fmr", label="FMR in operation", value=4.7e-6, low=2.8e-6, high=7e-6, unit="share"),
    Figure(name="gap", label="FMR: F against M", value=None, unit="times"),
)


def card(model_id=SIGNED, pack="example", **changes):
    fields = {
        "title": "An eye and a mind",
        "street": True,
        "detector": EYE,
        "encoder": MIND,
        "threshold": 0.4,
        "floor": 0.3,
        "measured": True,
        "calibration": "All pairs of a crowd.",
        "measured_on": ("240 pictures of 60 subjects.",),
        "figures": FIGURES,
        "said": ("This data cannot exclude a gap of 4 points.",),
        "limits": ("No independent body has tested these networks.",),
    }
    return Card(pack=pack, model_id=model_id, **{**fields, **changes})


def rows(record):
    return {row["name"]: row for row in csv.DictReader(io.StringIO(paper.table(record)))}


def keep(folder, *cards):
    folder.mkdir()
    for one in cards:
        (folder / f"{one.pack}.json").write_text(one.model_dump_json())
    return folder


def test_the_networks_in_force_have_their_card_in_page_table_and_json(record, tmp_path):
    found = read_cards([keep(tmp_path / "cards", card(), card("b" * 64, "other"))])
    told = attach(record, found)
    assert told.cards == (card(),)
    table, page = rows(told), paper.page(told)
    assert table["card:1"]["value"] == "An eye and a mind"
    assert table["encoder_caveat:1"]["value"] == "Not stated."
    assert table["card:1:fnmr"]["low"] == "1.61"
    assert table["card:1:gap"]["value"] == "not measured"
    assert table["limit:1:1"]["value"] == "No independent body has tested these networks."
    for words in ("2.2 %", "1 in 212,766", "cannot exclude a gap of 4 points", "From the web."):
        assert words in page
    assert read(told.model_dump_json()) == told


def test_what_was_only_tried_stays_on_the_card(record):
    other = Figure(name="ablation:1:margin", label="TPIR, margin", value=89.6, low=86.2, high=91.7)
    known = card()
    fuller = known.model_copy(update={"figures": (*known.figures, other)})
    assert rows(attach(record, [fuller])) == rows(attach(record, [known]))


def test_an_encoder_with_another_detector_is_another_pack(record):
    assert attach(record, [card(pack="other")]).cards == ()


def test_without_a_card_the_record_says_so(record):
    assert rows(attach(record, []))["card"]["value"] == "not measured"
    assert "no card of these networks" in paper.page(record)


def test_a_record_that_knows_nothing_of_cards_can_still_be_read(record):
    older = json.loads(record.model_dump_json())
    del older["cards"]
    assert read(json.dumps(older)).cards == ()


def test_what_is_no_card_is_nobodys(tmp_path):
    folder = keep(tmp_path / "cards", card())
    (folder / "broken.json").write_text("{")
    (folder / "large.json").write_bytes(b" " * 1_000_001)
    (folder / "odd.json").write_text(card().model_dump_json().replace("An eye", "An\\u202e eye"))
    (folder / "folder.json").mkdir()
    assert read_cards([folder, tmp_path / "nowhere"]) == [card()]


def test_a_cards_words_are_words_on_the_page(record):
    page = paper.page(attach(record, [card(title="<script>alert(1)</script>")]))
    assert "<script>" not in page


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_a_figure_is_a_number(wrong):
    with pytest.raises(ValueError, match="finite"):
        Figure(name="fnmr", label="FNMR", value=wrong)
