"""Spoilt pictures are fused as a passing's shots: what that gives back is told beside one shot."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from appliance.evaluation.degradation import Lists
from appliance.evaluation.document import Document, Model, acquired
from appliance.evaluation.endurance import Measure, degrade
from appliance.evaluation.fusing import WEIGHED, open_fusing, weigh
from appliance.evaluation.page import render
from appliance.evaluation.resample import Resample
from appliance.evaluation.spoil import Step
from appliance.evaluation.trials import Chosen
from appliance.evaluation.way import unit
from appliance.evaluation.worse import facts
from appliance.settings import VisionSettings
from tests.evaluation.crowd import THRESHOLD, Crowd, sights, strayed
from tests.evaluation.test_report import printed, words

MODEL = Model("painted", "Painted people", "a" * 64, "b" * 64, "c" * 64, THRESHOLD)
LISTS = Lists(size=100, draws=4, shots=2)
SMALL = Step("size", 30)


@pytest.fixture(scope="module")
def people():
    return Crowd(300, 5).cohort()


@pytest.fixture
def by(people, pack):
    chosen, drawn = Chosen((), people.owners, people.subjects), Resample(300, 100, 3)
    return Measure(chosen, pack, VisionSettings(), THRESHOLD, LISTS, drawn)


@pytest.fixture
def spoilt(people):
    return sights(strayed(people, 0.15))


def judged(by, plain, seen, lists=LISTS):
    return [*open_fusing(by.bench(plain), plain, lists)(SMALL, seen)]


def test_two_shots_find_more_than_the_first_and_the_interval_says_so(by, people, spoilt):
    (one,) = judged(by, sights(people.templates), spoilt)
    at = one.rates[0]
    assert (one.kind, one.level, at.rate) == ("size", 30, 0.01)
    assert at.weighed.value > at.first.value
    assert 0 < at.gained.low < at.weighed.value - at.first.value < at.gained.high
    assert at.weighed == at.alike  # everybody's sights are worth the same
    assert at.by_weights == (0, 0)


def test_a_shot_is_weighed_by_the_gates_value_and_its_norm_as_in_the_van(by, people):
    norms = np.where(np.arange(1_500) % 2, 3, 1).astype(np.float32)
    seen = sights(people.templates, norms=norms)
    bench = by.bench(seen)
    value = seen.judge(bench.points, bench.settings).value
    weights = weigh(seen, bench.points, bench.settings)
    assert weights == pytest.approx(value * norms)
    fusing = open_fusing(bench, seen, LISTS)
    found = fusing.search(seen)[["first", "alike", WEIGHED].index(WEIGHED)]
    passing = fusing.drawn[0].non_mated[0]
    fused = unit((people.templates[passing] * weights[passing, None]).sum(0)[None])
    listed = people.templates[fusing.drawn[0].gallery]
    assert 0 <= (fused @ listed.T).max() - found.strangers[0] < 0.2  # less its crowding


def test_weights_give_back_what_bad_shots_take(by, people):
    bad = np.arange(1_500) % 2 == 0
    mixed = np.where(bad[:, None], strayed(people, 0.5), people.templates)
    known = sights(mixed, norms=np.where(bad, 0.1, 1).astype(np.float32))
    (one,) = judged(by, sights(people.templates), known)
    assert one.rates[0].by_weights.low > 0


def test_who_asks_for_one_shot_or_has_too_few_people_is_told_nothing(by, people, spoilt):
    plain = sights(people.templates)
    assert not judged(by, plain, spoilt, replace(LISTS, shots=1))
    assert not judged(by, plain, spoilt, replace(LISTS, size=500))


def test_terminal_page_json_and_card_tell_of_fused_shots(by, people, spoilt):
    result = degrade(sights(people.templates), [(SMALL, spoilt)], by)
    assert [one.kind for one in result.fused] == [None, "size"]
    document = Document("degradation", MODEL, acquired(people), 100, 3, result)
    at = result.fused[1].rates[-1]
    shown = f"{100 * at.weighed.value:.1f} % ("
    for text in (printed(document), words(render(document))):
        assert "Size, 30" in text
        assert shown in text
        assert "As they are" in text
    told = json.loads(json.dumps(document.record(), allow_nan=False))
    assert told["result"]["lists"]["shots"] == 2
    assert told["result"]["fused"][1]["level"] == 30
    assert [fact for fact in facts(result) if "2 pictures fused as shots: TPIR" in fact]


def test_where_one_shot_is_enough_nothing_is_said_of_fusing(by, people, spoilt):
    alone = replace(by, lists=replace(LISTS, shots=1))
    result = degrade(sights(people.templates), [(SMALL, spoilt)], alone)
    document = Document("degradation", MODEL, acquired(people), 100, 3, result)
    assert "pictures fused" not in printed(document)
    assert "several shots" not in words(render(document))


def test_what_was_otherwise_than_in_the_van_is_said(by, people, spoilt):
    settings = VisionSettings(closer_px=0)
    plain = replace(by, settings=settings, lists=replace(LISTS, score="cosine"))
    result = degrade(sights(people.templates), [(SMALL, spoilt)], plain)
    document = Document("degradation", MODEL, acquired(people), 100, 3, result)
    for text in (printed(document), words(render(document))):
        assert "Small faces were looked at once only" in text
        assert "Scores are plain cosines" in text
