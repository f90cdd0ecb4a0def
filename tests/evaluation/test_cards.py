"""A card says of a pack what its evaluations have said, and nothing of anybody."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.errors import InputError, SettingsError
from appliance.evaluation import document as documents
from appliance.evaluation.card_text import card_text, interval, spelt
from appliance.evaluation.cards import make_card, read_document
from appliance.evaluation.document import Bootstrap, Model
from appliance.evaluation.identification import Plan
from appliance.evaluation.way import Way
from appliance.oversight.record.card import Figure
from engines.calibrated import calibrated
from engines.packs import load_packs
from tests.evaluation.crowd import unheard

BOOTSTRAP = Bootstrap(100, 7)
RETAIL = load_packs()["retail"]
AT = calibrated(RETAIL).threshold
MODEL = Model.of(RETAIL, AT)
FILM = {
    "kind": "film",
    "model": {"model_id": RETAIL.model_id},
    "told": ["12 of 12 passings found."],
}


@pytest.fixture(scope="module")
def evaluated(crowd):
    """What `--json` prints of a verification and of an identification."""
    plan = Plan(sizes=(20,), images=(1,), draws=2)
    told = {
        "v.json": documents.verification(crowd, MODEL, BOOTSTRAP, unheard),
        "i.json": documents.identification(crowd, MODEL, plan, BOOTSTRAP, unheard),
    }
    return {name: json.loads(json.dumps(one.record())) for name, one in told.items()}


def figures(card):
    return {one.name: one for one in card.figures}


def test_every_figure_has_its_interval_and_its_conditions(evaluated):
    card = make_card(RETAIL, evaluated)
    told = figures(card)
    at = evaluated["v.json"]["result"]["operating"]
    assert told["fnmr"].value == round(100 * at["fnmr"]["value"], 2)
    assert told["fnmr"].low <= told["fnmr"].value <= told["fnmr"].high
    assert told["fmr"].unit == "share"
    assert (
        "at the calibration's threshold, list of 20, 1 image of a subject"
        in told["tpir:20:1"].label
    )
    assert told["fnmr_at_fmr:0.001"].label == "FNMR at FMR 0.001, on fewer than 30 errors"
    assert "fnmr_at_fmr:1e-06" not in told  # too few comparisons hold a rate so low
    assert card.measured_on[0].startswith("240 pictures of 60 subjects.")


def test_other_ways_of_making_a_score_say_so_and_tell_of_all_and_of_the_gap_alone(crowd, evaluated):
    plan = Plan((20,), (1,), 2, way=Way(shots=2, score="cosine"))
    fused = documents.identification(crowd, MODEL, plan, BOOTSTRAP, unheard).record()
    told = make_card(RETAIL, {**evaluated, "fused.json": json.loads(json.dumps(fused))})
    label = figures(told)["tpir:20:1:cosine:2"].label
    assert label.endswith("1 image of a subject, plain cosine, 2 pictures fused")
    assert [one.name for one in told.figures].count("tpir:sex:F") == 1
    gap = figures(told)["tpir_gap:sex:cosine:2"]
    assert gap.label.endswith("list of 20, plain cosine, 2 pictures fused")
    assert gap.low <= gap.value <= gap.high


def test_groups_of_whom_one_was_never_taken_for_another_have_no_gap_to_tell(crowd):
    alone = replace(crowd, groups={"sex": ("F", *"M" * 59)})
    told = documents.verification(alone, MODEL, BOOTSTRAP, unheard).record()
    found = figures(make_card(RETAIL, {"v": told}))
    assert "fmr:sex:F" in found
    assert "fmr_gap:sex" not in found


def test_groups_stand_with_what_cannot_be_excluded(evaluated):
    card = make_card(RETAIL, evaluated)
    told = figures(card)
    assert {"fnmr:sex:F", "fmr:sex:M", "tpir:sex:F", "fpir:sex:M"} <= told.keys()
    assert told["fnmr_gap:sex"].unit == "points"
    assert any("cannot exclude" in sentence for sentence in card.said)


def test_source_licence_and_what_is_known_against_it_come_from_the_register():
    card = make_card(RETAIL, {})
    assert card.encoder.licence == RETAIL.encoder.licence
    assert card.encoder.caveat == RETAIL.encoder.caveat
    assert card.encoder.fed == "128 x 128 px, blue first, (0 to 255 - 0) x 1"
    assert card.model_id == card.encoder.sha256
    assert "No independent body" in card.limits[0]
    assert "None was measured." in card_text(card)


def test_what_is_not_for_the_street_or_not_measured_says_so():
    known = load_packs()
    assert "For trying out only, never for the street." in make_card(known["tiny"], {}).limits
    assert any("a guess" in limit for limit in make_card(known["zoo"], {}).limits)
    assert "For trying out only." in card_text(make_card(known["tiny"], {}))


def test_other_evaluations_say_their_own_sentences(evaluated):
    card = make_card(RETAIL, {**evaluated, "film.json": FILM})
    assert "12 of 12 passings found." in card.said


def test_the_text_says_all_of_it_and_a_groups_name_is_no_markup(crowd):
    odd = replace(crowd, groups={"sex": tuple(("<b>|F", "M")[i % 2] for i in range(60))})
    told = documents.verification(odd, MODEL, BOOTSTRAP, unheard).record()
    text = card_text(make_card(RETAIL, {"v.json": told}))
    assert "| FNMR at the calibration's threshold, sex \\<b\\>\\|F (30 subjects) |" in text
    assert "## Limits" in text
    assert "apache" in text.lower()


def test_an_evaluation_of_other_networks_or_another_version_is_refused(evaluated):
    with pytest.raises(InputError, match=r"v\.json is of other networks than mbf"):
        make_card(load_packs()["mbf"], evaluated)
    other = {"v.json": {**evaluated["v.json"], "model": {**evaluated["v.json"]["model"]}}}
    other["v.json"]["model"]["threshold"] = 0.1
    with pytest.raises(InputError, match="another threshold"):
        make_card(RETAIL, other)
    older = {"old.json": {**evaluated["v.json"], "result": {"rates": []}}}
    with pytest.raises(InputError, match="another version"):
        make_card(RETAIL, older)


def test_the_command_writes_both_forms_or_prints_one(evaluated, tmp_path):
    file = tmp_path / "v.json"
    file.write_text(json.dumps(evaluated["v.json"]))
    told = json.loads(run("retail", file, "--json"))
    assert told["kind"] == "lfr.card/1"
    assert "# YuNet-n and Intel" in run("retail", file)
    said = run("retail", file, "--to", tmp_path / "cards")
    assert "retail.md" in said
    assert json.loads((tmp_path / "cards" / "retail.json").read_text()) == told
    assert json.loads(run("retail", file, "--to", tmp_path / "cards", "--json")) == told


def run(*words):
    done = CliRunner().invoke(app, ["evaluate", "card", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_what_is_no_evaluation_is_refused_in_a_line(tmp_path):
    file = tmp_path / "letter.json"
    with pytest.raises(InputError, match=r"letter\.json cannot be read"):
        read_document(file)
    for text in ("[]", "{", '{"kind": "verification"}'):
        file.write_text(text)
        with pytest.raises(InputError, match=r"letter\.json is no evaluation"):
            read_document(file)
    with pytest.raises(SettingsError, match="names no pack"):
        run("nobody")


def test_values_are_spelt_as_people_read_them():
    assert spelt(2.2, "%") == "2.20 %"
    assert spelt(0.0, "share") == "0"
    assert spelt(4.7e-6, "share") == "1 in 212,766"
    assert spelt(0.25, "share") == "25.00 %"
    assert spelt(None, "times") == "any"
    assert spelt(None, "%") == "-"
    assert spelt(3.21, "ms") == "3.21 ms"
    assert interval(Figure(name="a", label="a", value=1.0)) == ""
