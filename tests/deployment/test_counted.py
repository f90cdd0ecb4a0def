"""What a van has counted that runs no more is said when its deployment is closed."""

import tempfile
from pathlib import Path

import pytest

from appliance.account import open_account
from appliance.deployment.closing import close_ended
from appliance.domain.scores import Scores
from appliance.oversight.interim import Interim
from tests.deployment.conftest import DEPLOYMENT
from tests.tablets.signing import VERDICT


@pytest.fixture
def counted(van):
    """A van that has counted a thousand strangers, and was stopped."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        interim = Path(memory)
        oversight = van.settings.oversight.model_copy(update={"interim": interim})
        van.settings = van.settings.model_copy(update={"oversight": oversight})
        scores = Scores()
        for _ in range(1000):
            scores.add(0.1, 3)
        Interim(interim).keep("a-model", {DEPLOYMENT: scores})
        van.alert("alert-1", VERDICT)
        van.clock.turn(61)
        yield van


def test_what_it_has_counted_is_said_once_and_before_the_deployment_is_closed(counted):
    counted.end()
    for _ in range(2):
        close_ended(counted.settings, counted.clock())
    kinds = counted.kinds()
    assert kinds.count("scored") == 1
    assert kinds.index("scored") < kinds.index("deployment_closed")
    assert not any(counted.settings.oversight.interim.iterdir())


def test_what_a_van_that_runs_has_counted_is_its_own_to_say(counted):
    counted.end()
    with open_account(counted.settings.oversight.folder, counted.settings.van):
        close_ended(counted.settings, counted.clock())
    assert "scored" not in counted.kinds()
    assert any(counted.settings.oversight.interim.iterdir())


def test_a_deployment_that_goes_on_is_left_to_count(counted):
    close_ended(counted.settings, counted.clock())
    assert "scored" not in counted.kinds()
    assert any(counted.settings.oversight.interim.iterdir())
