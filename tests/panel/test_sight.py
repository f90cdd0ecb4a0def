"""Whoever does not see colours apart tells the states apart all the same, by rhythm alone."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from appliance.domain.lamp import Lamp
from appliance.panel import LOOKS, Look
from tests.panel.sight import SIGHTS, distance, seen

APART = 3.0
"""Beyond doubt, also from the corner of an eye: what is thrice as long."""
ALIKE = 30.0
"""Lights that are less far apart may be taken for each other when they are not side by side."""
ENDLESS_S = 1e9
PAIRS = list(combinations(Lamp, 2))


def phases_s(look):
    """How long a look is lit and how long it is dark, over and over."""
    if not any(look.colour):
        return 0.0, ENDLESS_S
    return (look.on_s, look.off_s) if look.off_s else (ENDLESS_S, 0.0)


def rhythms_differ(one, other):
    lit, dark = zip(phases_s(one), phases_s(other), strict=True)
    return any(max(span_s) >= APART * min(span_s) - 1e-9 for span_s in (lit, dark) if max(span_s))


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_any_two_states_differ_by_rhythm_alone(one, other):
    assert rhythms_differ(LOOKS[one], LOOKS[other])


def test_the_comparison_would_find_two_that_are_too_much_alike():
    assert not rhythms_differ(Look((1, 0, 0), 0.6, 0.6), Look((0, 1, 0), 0.5, 0.7))
    assert not rhythms_differ(Look((1, 0, 0)), Look((0, 1, 0)))
    assert not rhythms_differ(Look((0, 0, 0)), Look((0, 0, 0), 0.2, 0.2))


@pytest.mark.parametrize("sight", SIGHTS)
def test_white_and_dark_look_the_same_to_everybody(sight):
    for light in ((0, 0, 0), (1, 1, 1)):
        assert distance(light, seen(light, sight)) < 1


@pytest.mark.parametrize(
    ("sight", "confused"),
    [
        (None, set()),
        ("protanopia", {(Lamp.READY, Lamp.DEGRADED)}),
        (
            "deuteranopia",
            {(Lamp.READY, Lamp.ALERT), (Lamp.READY, Lamp.DEGRADED), (Lamp.READY, Lamp.FAULT)},
        ),
        ("tritanopia", {(Lamp.DEGRADED, Lamp.UPDATING)}),
    ],
)
def test_states_whose_colours_somebody_confuses_are_none_that_blink_alike(sight, confused):
    alike = {
        (one, other)
        for one, other in PAIRS
        if distance(LOOKS[one].colour, LOOKS[other].colour, sight) < ALIKE
    }
    assert alike == confused | {(Lamp.ALERT, Lamp.FAULT)}, "alert and fault are red for everybody"
    assert all(rhythms_differ(LOOKS[one], LOOKS[other]) for one, other in alike)


def test_every_state_has_a_look_and_each_step_is_whole():
    """A terminal draws them in tenths of a second."""
    assert set(LOOKS) == set(Lamp)
    for look, span in product(LOOKS.values(), ("on_s", "off_s")):
        assert (getattr(look, span) * 10) % 1 == pytest.approx(0)
