"""What is left of people whose pictures are made worse by a known amount."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from appliance.evaluation.degradation import (
    RATES,
    AtRate,
    Lists,
    cohort_of,
    measure,
    open_searches,
)
from appliance.evaluation.document import Document, Model, acquired
from appliance.evaluation.endurance import BEARABLE, Measure, degrade, reach
from appliance.evaluation.page import render
from appliance.evaluation.rejection import SHARES, reject
from appliance.evaluation.resample import Resample
from appliance.evaluation.sheet import show
from appliance.evaluation.spoil import MIXED, Step
from appliance.evaluation.trials import Chosen
from appliance.evaluation.worse import facts
from appliance.settings import VisionSettings
from tests.evaluation.crowd import LISTS, THRESHOLD, Crowd, every_pair, sights, strayed


def everyone(crowd):
    return np.ones(len(crowd.owners), np.bool_)


def test_pictures_as_they_are_have_the_rates_of_all_pairs(bench, crowd):
    mated, others = every_pair(crowd)
    row = measure(bench, 0, sights(crowd.templates), everyone(crowd))
    assert row.tried == 240
    assert (row.width_px, row.eyes_px) == (60, pytest.approx(24))
    assert row.fnmr.value == pytest.approx(np.mean(mated < THRESHOLD))
    assert row.fmr.value == pytest.approx(np.mean(others >= THRESHOLD))
    assert row.fnmr.low <= row.fnmr.value <= row.fnmr.high
    assert (row.lost.value, row.taken.value) == (0, 1)
    assert row.score == pytest.approx(mated.mean(), abs=1e-4)


def test_what_gave_no_template_does_not_match_and_is_counted(bench, crowd):
    templates = crowd.templates.copy()
    templates[::4] = 0
    row = measure(bench, 0, sights(templates), everyone(crowd))
    whole = measure(bench, 0, sights(crowd.templates), everyone(crowd))
    assert row.lost.value == 0.25
    assert row.taken.value == 0.75
    assert row.fnmr.value >= 0.25
    assert row.fnmr_taken.value < 0.1
    assert row.fmr.value < whole.fmr.value


def test_what_the_gate_would_refuse_is_told_apart(bench, crowd):
    narrow = measure(bench, 0, sights(crowd.templates, width_px=20), everyone(crowd))
    assert narrow.taken.value == 0
    assert narrow.fnmr_taken.value is None
    assert (
        narrow.fnmr.value == measure(bench, 0, sights(crowd.templates), everyone(crowd)).fnmr.value
    )


def test_a_list_finds_fewer_of_who_is_seen_worse_at_the_threshold_of_who_is_not(chosen, pack):
    crowd = Crowd(400, 3).cohort()
    drawn = Resample(crowd.subjects, 100, 3)
    by = Measure(Chosen((), crowd.owners, 400), pack, VisionSettings(), THRESHOLD, LISTS, drawn)
    bench = by.bench(sights(crowd.templates))
    plain = measure(bench, 0, sights(crowd.templates), everyone(crowd))
    worse = measure(bench, 1, sights(strayed(crowd, 0.15)), everyone(crowd))
    assert [one.rate for one in plain.rates] == list(RATES[: len(plain.rates)])
    at, there = plain.rates[0], worse.rates[0]
    assert at.fpir.value == pytest.approx(RATES[0], abs=2e-3)
    assert there.tpir.value < at.tpir.value


def test_too_few_people_make_no_list(by, crowd, chosen):
    plain = cohort_of(chosen, sights(crowd.templates))
    assert open_searches(plain, Lists(size=500)).thresholds == ()
    bench = replace(by, lists=Lists(size=500)).bench(sights(crowd.templates))
    assert measure(bench, 0, sights(crowd.templates), everyone(crowd)).rates == ()


@pytest.fixture
def result(by, crowd):
    plain = sights(crowd.templates, norms=np.linspace(1, 2, 240, dtype=np.float32))
    trials = [
        (Step("noise", level), sights(strayed(crowd, stray)))
        for level, stray in ((5, 0.02), (20, 0.1), (60, 0.3))
    ]
    mixed = strayed(crowd, 0.01)
    spoilt = np.arange(240) % 4 == 0
    mixed[spoilt] = strayed(crowd, 0.6)[spoilt]
    norms = np.where(spoilt, 1.0, 2.0).astype(np.float32)
    return degrade(plain, [*trials, (Step(MIXED, 1), sights(mixed, norms=norms))], by)


def test_each_way_has_its_curve_and_says_from_where_it_is_too_much(result):
    pose, noise, mixed = result.curves
    assert [curve.kind for curve in result.curves] == ["pose", "noise", MIXED]
    assert [row.level for row in noise.rows] == [5, 20, 60]
    rates = [row.fnmr.value for row in noise.rows]
    assert rates == sorted(rates)
    assert 5 < noise.reach < 60
    assert mixed.reach is None
    assert pose.rows[0].tried == 240
    assert sum(row.tried for row in pose.rows) == 240


def test_a_level_is_found_between_two_that_were_tried(result):
    noise = result.curves[1].rows
    below, above = (
        next(r for r in noise if (r.fnmr.value > BEARABLE) is over) for over in (False, True)
    )
    assert reach([below]) is None
    assert below.level < reach([below, above]) < above.level
    assert reach([above, above]) is None


def test_a_measure_that_knows_the_spoilt_refuses_them_first(result):
    gate, norm, both = result.rejected
    assert (gate.measure, norm.measure) == ("the gate's value", "the template's norm")
    assert both.fnmr == norm.fnmr  # the gate's value is the same for everybody here
    before, *_, after = [one.value for one in norm.fnmr]
    assert len(norm.fnmr) == len(SHARES)
    assert before > 0.15
    assert after < 0.1
    assert gate.fnmr[-1].value > 0.1


def test_failures_are_refused_before_all_else(bench, crowd):
    templates = crowd.templates.copy()
    templates[:24] = 0
    (one,) = reject(bench, sights(templates), {"any": np.arange(240)[::-1].astype(float)})
    lost, *_ = (each.value for each in one.fnmr)
    tenth = one.fnmr[SHARES.index(0.1)].value
    mated, _ = every_pair(crowd)
    assert lost >= 0.1
    assert tenth == pytest.approx(np.mean(mated < THRESHOLD), abs=0.03)


def test_a_network_whose_norm_says_nothing_has_no_such_measure(by, crowd):
    trials = [(Step(MIXED, 1), sights(strayed(crowd, 0.1)))]
    (gate,) = degrade(sights(crowd.templates), trials, by).rejected
    assert gate.measure == "the gate's value"


MODEL = Model("painted", "Painted people", "a" * 64, "b" * 64, "c" * 64, THRESHOLD)


@pytest.fixture
def document(result, crowd):
    return Document(
        "degradation", MODEL, acquired(crowd), 100, 3, result, told=tuple(facts(result))
    )


def printed(document):
    console = Console(file=StringIO(), width=250)
    show(console, document)
    return console.file.getvalue()


def test_terminal_and_page_say_the_same(document, result):
    said, page = printed(document), render(document)
    noise = result.curves[1]
    for words in (said, page):
        assert "Turned head" in words
        assert "Noise" in words
        assert f"FNMR reaches 10.0 % at {noise.reach:.2g} grey levels" in words
        assert "norm" in words
        for row in noise.rows:
            assert f"{100 * row.fnmr.value:.1f} % (" in words
    assert page.count("<svg") == 3 + len(result.gates)
    assert "<script" not in page


def test_a_page_says_when_faces_were_brought_to_a_width(document, result):
    assert "brought to" not in render(document)
    small = replace(document, result=replace(result, width_px=40.0))
    assert "Faces were brought to 40 px of width" in render(small)


def test_without_a_mixture_nothing_is_said_of_refusing(document, result):
    alone = replace(document, result=replace(result, rejected=()))
    assert "refuse the worst" not in render(alone)
    assert "refused by" not in printed(alone)


def test_the_json_is_whole(document):
    told = json.loads(json.dumps(document.record(), allow_nan=False))
    assert told["kind"] == "degradation"
    assert [curve["kind"] for curve in told["result"]["curves"]] == ["pose", "noise", MIXED]
    assert told["result"]["curves"][1]["rows"][0]["level"] == 5
    assert any("refused by the template's norm" in sentence for sentence in told["told"])


def test_a_card_is_told_of_the_least_width(by, crowd):
    by = replace(by, lists=replace(LISTS, draws=1))
    result = degrade(sights(crowd.templates), [(Step("size", 30), sights(crowd.templates))], by)
    assert not [fact for fact in facts(result) if "30 px" in fact]  # a list of so few says nothing
    row = result.curves[1].rows[0]
    rated = replace(row, rates=(AtRate(1e-3, row.fnmr, row.fmr),))
    told = replace(result, curves=(replace(result.curves[1], rows=(rated,)),))
    (fact,) = facts(told)
    assert fact.startswith("Size, 30 px of face width: FNMR ")
    assert "lists of 20" in fact
