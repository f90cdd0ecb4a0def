"""The cards that come with the software are those of its networks as they are now."""

import pytest

from appliance.evaluation.blocks import blocks, fill
from appliance.evaluation.card_text import card_text
from appliance.oversight.record.card import read_cards
from engines.calibrated import calibrated
from engines.packs import CARDS, load_packs

KNOWN = load_packs()


@pytest.fixture(params=read_cards([CARDS]), ids=lambda card: card.pack)
def card(request):
    return request.param


def test_the_packs_for_the_street_that_were_measured_have_a_card():
    assert {card.pack for card in read_cards([CARDS])} >= {"retail", "mbf"}


def test_a_card_is_of_the_networks_in_the_register(card):
    pack = KNOWN[card.pack]
    assert card.model_id == pack.model_id
    assert (card.title, card.street) == (pack.title, pack.street)
    for part, network in ((card.detector, pack.detector), (card.encoder, pack.encoder)):
        assert part.sha256 == network.tensorrt.sha256
        assert (part.licence, part.caveat) == (network.licence, network.caveat)


def test_a_card_has_the_threshold_at_which_it_was_measured(card):
    pack = KNOWN[card.pack]
    calibration = calibrated(pack)
    assert (card.threshold, card.floor) == (calibration.threshold, calibration.floor)
    (fnmr,) = [one for one in card.figures if one.name == "fnmr"]
    assert f"at {calibration.threshold:.3f}" in fnmr.label


def test_a_card_can_be_read_by_people_too(card):
    text = (CARDS / f"{card.pack}.md").read_text("utf-8")
    assert text == card_text(card)
    assert "## Limits" in text


@pytest.mark.parametrize("page", ["README.md", "engines/README.md"])
def test_the_tables_of_a_page_are_those_of_the_cards(page):
    text = (CARDS.parents[1] / page).read_text("utf-8")
    assert fill(text, blocks(read_cards([CARDS])), page) == text
