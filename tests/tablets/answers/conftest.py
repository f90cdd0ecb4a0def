"""Two tablets whose pens the van believes, and a van that has sent one alert."""

from types import SimpleNamespace

import pytest

from provisioning.trial import make_roster
from tests.tablets.bureau import Bureau
from tests.tablets.signing import OUTCOME, Pen

WHITE = {**OUTCOME, "ethnicity": "white"}


@pytest.fixture
def pens(tmp_path, force):
    trial = make_roster(tmp_path, ["tablet-7", "tablet-8"], force)
    named = {name: Pen(name, one.signing) for name, one in trial.tablets.items()}
    return SimpleNamespace(seven=named["tablet-7"], eight=named["tablet-8"], trial=trial)


@pytest.fixture
def bureau(tmp_path, clock, pens):
    bureau = Bureau(tmp_path, clock)
    bureau.send()
    return bureau
