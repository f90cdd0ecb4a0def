"""A force with two tablets, a pen of one of them, and the van's roster of both."""

import pytest

from appliance.tablets.proof import Roster
from provisioning.desk.certificates import Authority
from provisioning.trial import make_roster
from tests.tablets.conftest import NOON
from tests.tablets.signing import Pen


@pytest.fixture(scope="module")
def force():
    return Authority.create(clock=lambda: NOON)


@pytest.fixture
def trial(tmp_path, force):
    return make_roster(tmp_path, ["tablet-7", "tablet-8"], force)


@pytest.fixture
def pen(trial):
    return Pen("tablet-7", trial.tablets["tablet-7"].signing)


@pytest.fixture
def roster(trial, clock):
    return Roster(trial.folder, clock)
