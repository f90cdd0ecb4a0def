"""A gate is opened while the others stay: what would come in, and would it match?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance.evaluation.degradation import compared
from appliance.evaluation.gates import GATES, Bin, Tallies, half
from appliance.evaluation.resample import Estimate
from appliance.evaluation.spoil import MIXED
from appliance.settings import VisionSettings
from tests.evaluation.crowd import sights, strayed

EVERY = ("size", "focus", "dark", MIXED)


@pytest.fixture
def tallies(bench):
    return Tallies(bench)


def seen(bench, crowd, *, sharp=100.0, bright=120.0, width_px=60.0, stray=None):
    """Everybody in one light, as sharp and as wide, and certainly a face."""
    shown = sights(crowd.templates if stray is None else strayed(crowd, stray), width_px)
    sure = replace(shown.faces, scores=np.full(len(crowd.owners), 0.95, np.float32))
    shown = replace(
        shown, faces=sure, gauged=np.tile(np.float32([sharp, bright]), (len(crowd.owners), 1))
    )
    return shown, compared(bench, shown)


def told(tallies, setting, kinds=EVERY):
    return next(one for one in tallies.told(kinds) if one.setting == setting)


def of(gated, measure):
    return next(one for one in gated.bins if one.high is None or measure < one.high)


def test_every_gate_of_the_van_is_a_setting_that_can_be_opened():
    for gate in GATES:
        assert hasattr(VisionSettings(), gate.setting)
        assert list(gate.edges) == sorted(gate.edges)


def test_the_gates_own_setting_is_an_edge_so_that_both_its_sides_are_told():
    for gate in GATES:
        now = getattr(VisionSettings(), gate.setting)
        assert (now[0] if isinstance(now, tuple) else now) in gate.edges


def test_what_a_gate_alone_refuses_is_told_with_how_seldom_it_matches(tallies, bench, crowd):
    tallies.add("focus", *seen(bench, crowd))
    tallies.add("focus", *seen(bench, crowd, sharp=8, stray=0.6))
    sharpness = told(tallies, "sharpness")
    assert sharpness.refused == 240
    assert of(sharpness, 8).tried == of(sharpness, 100).tried == 240
    assert of(sharpness, 8).fnmr.value > 0.5 > of(sharpness, 100).fnmr.value
    assert sharpness.fnmr_refused.value == of(sharpness, 8).fnmr.value
    assert sharpness.half == 12
    assert sharpness.now == (12,)


def test_what_another_gate_refuses_too_is_no_business_of_this_one(tallies, bench, crowd):
    tallies.add("focus", *seen(bench, crowd, sharp=8, bright=10))
    sharpness = told(tallies, "sharpness")
    assert sharpness.refused == 0
    assert sharpness.fnmr_refused.value is None


def test_only_the_ways_that_move_a_gate_are_counted_for_it(tallies, bench, crowd):
    tallies.add("dark", *seen(bench, crowd, sharp=8))
    assert told(tallies, "sharpness").refused == 0
    tallies.add(None, *seen(bench, crowd, sharp=8))
    assert told(tallies, "sharpness").refused == 240


def test_a_gate_whose_ways_were_not_tried_is_not_told(tallies):
    assert {one.setting for one in tallies.told(["size"])} == {"face_width_px", "turn"}
    assert {one.setting for one in tallies.told(EVERY)} == {gate.setting for gate in GATES}


def test_no_useless_sights_have_no_place_where_they_begin():
    few, many = Estimate(0.1, 0.0, 0.2), Estimate(0.8, 0.7, 0.9)
    assert half([Bin(0, 10, 5, few), Bin(10, None, 5, few)]) is None
    assert half([Bin(0, 10, 5, many), Bin(10, None, 5, few)]) == 10
    assert half([Bin(0, 10, 5, many), Bin(10, 20, 0, Estimate(None, 0, 1))]) is None
