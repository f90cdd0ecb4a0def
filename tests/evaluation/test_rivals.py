"""Two packs side by side: the same people, and how sure the difference is."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from appliance.evaluation.cost import Cost
from appliance.evaluation.document import Bootstrap, Model
from appliance.evaluation.identification import Plan
from appliance.evaluation.rivals import Rival, Rivals, contrasts
from appliance.evaluation.rivals_said import render, show
from engines.packs import load_packs
from tests.evaluation.crowd import Crowd, unheard

BOOTSTRAP = Bootstrap(200, 7)
PLAN = Plan(sizes=(20, 500), images=(1,), draws=2)
RETAIL, MBF = (load_packs()[name] for name in ("retail", "mbf"))


def contrasted(one, other, thresholds=(0.6, 0.6)):
    found = contrasts((one, other), thresholds, PLAN, BOOTSTRAP, unheard)
    return {contrast.name: contrast for contrast in found}


@pytest.fixture(scope="module")
def blurred():
    """The same sixty people as another network sees them, whose templates stray more."""
    return Crowd(60, 4, stray=0.2).cohort()


@pytest.fixture(scope="module")
def told(crowd, blurred):
    cost = Cost(4.25, 3.5, 4_000_000)
    rivals = (
        Rival.of(RETAIL, Model.of(RETAIL, 0.6), crowd, cost),
        Rival.of(MBF, Model.of(MBF, 0.6), blurred, None),
    )
    found = contrasts((crowd, blurred), (0.6, 0.6), PLAN, BOOTSTRAP, unheard)
    return Rivals(*rivals, found, BOOTSTRAP.rounds, BOOTSTRAP.seed)


def printed(told):
    console = Console(file=StringIO(), width=800)
    show(console, told)
    return console.file.getvalue()


def test_a_pack_beside_itself_is_no_different_and_nobody_says_it_is(crowd):
    for one in contrasted(crowd, crowd).values():
        assert one.value in {0.0, 1.0, None}
        assert not one.apart


def test_the_worse_network_is_found_to_be_worse(crowd, blurred):
    found = contrasted(crowd, blurred)
    fnmr = found["fnmr"]
    assert fnmr.value == pytest.approx(fnmr.first.value - fnmr.second.value)
    assert fnmr.low < fnmr.value < fnmr.high < 0
    assert fnmr.apart
    assert found["tpir:20:1"].value > 0


def test_what_is_hard_for_both_is_no_difference(blurred):
    """Paired, a difference is surer than two intervals that are laid side by side."""
    noise = np.random.default_rng(5).normal(0, 0.02, blurred.templates.shape)
    rows = blurred.templates + noise.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    one = contrasted(blurred, replace(blurred, templates=rows))["fnmr"]
    assert one.first.low < one.second.value < one.first.high
    assert one.high - one.low < (one.first.high - one.first.low) / 2


def test_what_is_rare_is_compared_by_how_many_times(crowd, blurred):
    fmr = contrasted(crowd, blurred)["fmr"]
    assert fmr.kind == "times"
    assert fmr.value == pytest.approx(fmr.first.value / fmr.second.value)
    strict = contrasted(crowd, blurred, (0.9999, 0.6))["fmr"]
    assert (strict.value, strict.low, strict.high, strict.apart) == (None, None, None, False)


def test_each_threshold_is_that_of_its_own_pack(crowd):
    found = contrasted(crowd, crowd, (0.6, 0.8))
    assert found["fnmr"].value < 0
    assert found["fnmr_at_fmr:0.001"].value == 0


def test_groups_failures_and_lists_are_all_there(crowd, blurred):
    failed = Crowd(60, 4).cohort(failed=range(24))
    found = contrasted(failed, crowd)
    assert found["fta"].value == pytest.approx(0.1)
    assert {"fnmr:sex:F", "fmr:sex:M", "tpir:20:1:sex:F", "fpir:20:1:sex:M"} <= found.keys()
    assert {"rank_one:20:1", "tpir_at_fpir:0.1:20:1"} <= found.keys()
    assert not any(":500:" in name for name in found)  # too few people for such a list


def test_people_of_whom_no_two_pictures_are_have_no_misses_to_compare():
    lonely = Crowd(60, 1).cohort()
    found = contrasted(lonely, lonely)
    assert found["fnmr"].value is None
    assert "fnmr_at_fmr:0.001" not in found
    rival = Rival.of(RETAIL, Model.of(RETAIL, 0.6), lonely, None)
    assert "FNMR in operation" in printed(Rivals(rival, rival, (found["fnmr"],), 200, 7))


def test_the_terminal_and_the_page_say_the_same(told):
    said, page = " ".join(printed(told).split()), render(told)
    words = unescape(re.sub(r"<[^>]+>", " ", page.partition("</style>")[2]))
    words = " ".join(words.split())
    for text in (
        "retail: 240 pictures of 60 subjects.",
        "4.25 ms",
        "not timed",
        "4.0 MB",
        "FNMR in operation, sex F",
        RETAIL.encoder.licence,
        MBF.encoder.caveat,
        "the same for both packs (200 rounds, seed 7)",
    ):
        assert text in said
        assert text in words
    assert "points (" in words
    assert "times (" in words
    assert "<strong>FNMR in operation</strong>" in page
    assert "<script" not in page


def test_a_groups_name_is_a_word_and_no_markup(crowd):
    odd = replace(crowd, groups={"sex": tuple(("<b>F", "M")[i % 2] for i in range(60))})
    rival = Rival.of(RETAIL, Model.of(RETAIL, 0.6), odd, None)
    found = contrasts((odd, odd), (0.6, 0.6), PLAN, BOOTSTRAP, unheard)
    assert "<b>F" not in render(Rivals(rival, rival, found, 200, 7))


def test_the_json_is_whole_and_has_nobody_in_it(told):
    document = json.loads(json.dumps(told.record(), allow_nan=False))
    assert document["kind"] == "comparison"
    assert document["first"]["model"]["pack"] == "retail"
    assert document["first"]["cost"]["encode_ms"] == 3.5
    assert {"name", "label", "kind", "first", "second", "value", "low", "high"} == set(
        document["contrasts"][0]
    )
