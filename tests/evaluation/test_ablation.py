"""Ways are tried on the same people, and what one gains on the first is told with its interval."""

import json
from dataclasses import replace

import numpy as np
import pytest

from appliance.errors import InputError
from appliance.evaluation import document as documents
from appliance.evaluation import tried
from appliance.evaluation.ablation import Cast, set_aside
from appliance.evaluation.attempts import PARTS
from appliance.evaluation.blocks import blocks
from appliance.evaluation.card_text import card_text
from appliance.evaluation.cards import make_card
from appliance.evaluation.document import Model
from appliance.evaluation.identification import Plan
from appliance.evaluation.page import render
from appliance.evaluation.search import Beside
from appliance.evaluation.tried import COST, GAIN, ON_PAGE, SHARE, TELLING, ablated
from appliance.evaluation.way import Way
from engines.calibrated import calibrated
from engines.packs import load_packs
from tests.evaluation.crowd import Crowd, unheard
from tests.evaluation.test_report import BOOTSTRAP, MODEL, printed, words


def beside(cohort, mirrored):
    return Beside(cohort.templates, mirrored, np.ones(len(cohort.owners), np.float32))


@pytest.fixture(scope="module")
def cast():
    """Three hundred people with seven pictures each, whose mirror images are half as far astray."""
    cohort = Crowd(300, 7, stray=0.18).cohort()
    steady = Crowd(300, 7, stray=0.09).cohort()
    return Cast(cohort, beside(cohort, steady.templates), encoder_ms=3.0, size=100, draws=2)


@pytest.fixture(scope="module")
def document(cast):
    return documents.ablation(cast, MODEL, BOOTSTRAP, unheard)


def trials(document, part):
    return {trial.name: trial for trial in document.result.parts[part].trials}


def test_every_way_is_tried_and_the_first_gains_nothing(document):
    assert [part.title for part in document.result.parts] == [part.title for part in PARTS]
    for part in document.result.parts:
        assert all(one.gain is None for one in part.trials[0].rates)
        assert all(one.gain for trial in part.trials[1:] for one in trial.rates if one.told)


def test_a_way_that_finds_more_has_a_gain_above_nothing(document):
    fused = trials(document, 1)["one template"].rates[0]
    assert fused.gain.low > 0
    first = trials(document, 1)["first shot alone, cosine"].rates[0]
    gained = fused.tpir.value - first.tpir.value
    assert fused.gain.low < gained < fused.gain.high


def test_what_a_way_is_worth_beside_the_vans_is_told_too(document):
    two = trials(document, 1)
    van = two["one template by quality, crowding (the van's)"].rates[0]
    assert van.over_van is None
    first = two["first shot alone, cosine"].rates[0]
    assert first.over_van.low < 0
    assert tuple(-end for end in first.over_van) == pytest.approx(van.gain[::-1])
    for part in document.result.parts:
        assert sum(trial.key.endswith(":van") for trial in part.trials) == 1


def test_three_images_or_steadier_templates_find_more(document):
    three = trials(document, 5)
    one, best = (three[name].rates[0].tpir.value for name in list(three)[:2])
    assert best > one
    single = trials(document, 0)
    steady = single["list and shot mirrored, cosine"].rates[0]
    assert steady.tpir.value > single["cosine"].rates[0].tpir.value


def test_people_set_aside_are_neither_listed_nor_pass_and_are_few_pictures_people_first(cast):
    owners = np.repeat(np.arange(300), [1] * 60 + [7] * 240)
    some = np.concatenate(
        [np.flatnonzero(cast.cohort.owners == who)[:n] for who, n in enumerate(np.bincount(owners))]
    )
    cohort = replace(
        cast.cohort,
        templates=cast.cohort.templates[some],
        owners=owners,
        acquired=cast.cohort.acquired[some],
    )
    whole = Cast(cohort, beside(cohort, cohort.templates), 1.0)
    left = set_aside(whole, 50)
    assert len(left.beside.aside) == 50
    assert left.cohort.subjects == 300
    gone = set(owners) - set(left.cohort.owners)
    assert len(gone) == 50
    assert max(gone) < 60
    assert len(left.cohort.owners) == len(left.beside.templates) == len(left.beside.weights)
    assert len(set_aside(whole, 500).beside.aside) == 75  # a quarter of all


def test_a_shot_that_is_encoded_twice_costs_twice(document):
    single = trials(document, 0)
    twice = single["list and shot mirrored, cosine"]
    assert (single["cosine"].encodings, twice.encodings) == (1, 2)
    assert twice.cost_ms >= 6.0
    assert single["cosine"].cost_ms >= 3.0


def test_a_rate_that_three_errors_would_not_hold_is_not_told(document):
    for trial in document.result.parts[5].trials:
        assert [one.told for one in trial.rates] == [True, True, False]
        assert trial.rates[2].tpir is None


def test_terminal_page_and_json_say_the_same(document):
    gain = trials(document, 1)["one template"].rates[0].gain
    line = f"{100 * gain.low:+.1f} to {100 * gain.high:+.1f}"
    assert line in printed(document)
    assert line in words(render(document))
    told = json.loads(json.dumps(document.record()))
    assert told["result"]["parts"][1]["trials"][2]["rates"][0]["gain"] == list(gain)
    assert "stand in for shots" in words(render(document))


def test_parts_for_which_people_are_too_few_are_named():
    cohort = Crowd(140, 2).cohort()
    cast = Cast(cohort, beside(cohort, cohort.templates), 1.0, size=100, draws=1)
    told = documents.ablation(cast, MODEL, BOOTSTRAP, unheard)
    left = (
        "Too few people for: Two shots, Three shots, One shot, normalised by people set aside, "
        "Two shots, normalised by people set aside, Three images of each subject."
    )
    assert left in printed(told)
    assert left in words(render(told))


def test_where_nothing_can_be_tried_it_says_so():
    cohort = Crowd(20, 3).cohort()
    with pytest.raises(InputError, match="too few people for lists of 500"):
        documents.ablation(
            Cast(cohort, beside(cohort, cohort.templates), 1.0), MODEL, BOOTSTRAP, unheard
        )


def test_an_identification_says_how_its_scores_were_made(crowd):
    plan = Plan(sizes=(20,), images=(1,), draws=1, way=Way(2, score="cosine"))
    told = documents.identification(crowd, MODEL, plan, BOOTSTRAP, unheard)
    said = "Scores are cosines. Pictures of a subject, each in one passing only, stand in for shots"
    assert said in printed(told)
    assert said in words(render(told))
    assert told.record()["result"]["way"]["shots"] == 2
    assert np.isclose(told.result.rows[0].mated, 20)  # a list of four pictures: one, and a passing


@pytest.fixture
def one_in_hundred(monkeypatch):
    """The rate that so small a crowd holds."""
    monkeypatch.setattr(tried, "TOLD_AT", 1e-2)


@pytest.mark.usefixtures("one_in_hundred")
def test_cards_and_pages_tell_of_some_ways(document):
    result = json.loads(json.dumps(document.record()))["result"]
    told = {figure.name: figure for figure in ablated(result)}
    fused = trials(document, 1)["one template by quality, crowding (the van's)"]
    at = fused.rates[0]
    share, gained, cost = (told[f"{kind}:2:van"] for kind in (SHARE, GAIN, COST))
    assert share.value == round(100 * at.tpir.value, 2)
    assert share.label.startswith("TPIR at FPIR 1 %, Two shots: one template by quality")
    assert share.label.endswith("list of 100, on fewer than 30 strangers")
    assert (gained.low, gained.high) == tuple(round(100 * end, 2) for end in at.gain)
    assert cost.value == round(fused.cost_ms, 2)
    assert f"{GAIN}:2:first" not in told  # the first has nothing to be better than
    assert {name.partition(":")[2] for name in told} <= TELLING.keys()


@pytest.mark.usefixtures("one_in_hundred")
def test_a_page_has_a_line_for_each_way_that_is_told_of(document):
    pack = load_packs()["retail"]
    told = replace(document, model=Model.of(pack, calibrated(pack).threshold)).record()
    card = make_card(pack, {"a": json.loads(json.dumps(told))})
    table = blocks([card])["ablation"]
    assert "## Ways of making a score that were tried" in card_text(card)
    head, _, *lines = table.splitlines()
    assert head == "| way | `retail`, TPIR in % | `retail`, more points | `retail`, ms a shot |"
    (first,) = [line for line in lines if "Two shots: first shot alone, cosine" in line]
    assert "| - |" in first
    assert "One shot, one image: margin to the next subject" in table
    assert "mean of the scores" not in table
    assert TELLING.keys() > ON_PAGE
