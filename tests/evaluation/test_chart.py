"""A calibration is drawn as it is, what is drawn on apart from what was counted, and laid over."""

from __future__ import annotations

import re

import pytest

from appliance.domain.scores import EDGES
from appliance.evaluation.chart import Laid, lay_over, one_in
from appliance.evaluation.overlay import overlay
from appliance.oversight.figures import Scored
from appliance.oversight.tail import tail


@pytest.fixture
def counted(calibration):
    spans = ((0.8e-4, 1.2e-4), (0.7e-5, 1.4e-5), (0.5e-6, 4e-6))
    return calibration.model_copy(update={"intervals": spans, "counted_to": 0.5})


@pytest.fixture
def found(counted):
    """10,000 faces before 100 templates, 200 of them as near as 0.45."""
    counts = [0] * (len(EDGES) - 1)
    for score, faces in ((0.3, 8_800), (0.4, 1_000), (0.45, 200)):
        counts[EDGES.index(score)] = faces
    scored = Scored(
        deployment_id="d-1", model_id="m", faces=10_000, edges=EDGES, counts=tuple(counts),
        comparisons=1_000_000,
    )  # fmt: skip
    return tail([scored], counted.points, 0.55)


def names(plot):
    return [line.name for line in plot.lines]


def test_what_was_counted_and_what_is_drawn_on_are_two_lines(counted):
    plot = overlay(counted, 0.55)
    assert names(plot) == ["counted", "drawn on", "95 %, lower end", "95 %, upper end"]
    assert len({line.dash for line in plot.lines[:3]}) == 3
    assert plot.lines[0].points.split()[-1] == plot.lines[1].points.split()[0]
    assert [tick.text for tick in plot.columns] == ["0.4", "0.5", "0.6"]
    assert plot.mark.text == "threshold 0.550"


def test_what_was_all_counted_is_one_line(calibration):
    assert names(overlay(calibration, 0.5)) == ["counted"]


def test_what_nobody_has_measured_is_not_drawn(calibration):
    assert overlay(calibration.model_copy(update={"points": ()}), 0.5) is None


def test_what_vans_have_seen_lies_over_it_at_its_height(counted, found):
    plot = overlay(counted, 0.55, found.steps)
    assert names(plot)[-2:] == ["seen by vans", "seen, lower end"]
    seen = [tuple(map(float, at.split(","))) for at in plot.lines[-2].points.split()]
    curve = [tuple(map(float, at.split(","))) for at in plot.lines[0].points.split()]
    # At 0.45 two faces of a hundred, each before 100 templates, are 2 in 10,000: above the curve.
    assert seen[-1][0] == pytest.approx((curve[0][0] + curve[1][0]) / 2, abs=0.2)
    assert seen[-1][1] < curve[0][1]


def test_the_page_has_figures_curve_and_words_and_no_script(counted, found):
    said = ("<b>10,000</b> faces", "They score higher.")
    page = lay_over([Laid("retail", counted, found, said), Laid("other", None, found, ())])
    assert page.count("<svg") == 1
    assert "&lt;b&gt;10,000&lt;/b&gt; faces" in page
    assert re.search(r'<th scope="row">0.45</th><td>200</td><td>4,9\d\d</td>', page)
    assert "<script" not in page


def test_a_rate_that_nobody_knows_is_a_dash():
    assert one_in(None) == "-"
    assert one_in(1e-4) == "10,000"
