"""Where the settings say so, nobody is looked for before somebody has opened the deployment."""

import os

import pytest

from appliance.domain.ending import End
from appliance.errors import LapsedError
from appliance.oversight.openings import Opening, Openings
from appliance.settings import DeploymentSettings
from tests.custody.conftest import Post
from tests.deployment.receivers import Speaker, fix
from tests.law import HERE


@pytest.fixture
def by_hand(van, calibration, clock):
    post = Post(van, calibration, clock, opens="by-hand")
    van.send()
    yield post
    if post.handover:
        post.stop()
    post.custody.drop()


@pytest.fixture
def openings(by_hand):
    return Openings(by_hand.settings.oversight.folder)


def opening(post, clock):
    name = "d-1"
    return Opening(deployment_id=name, at=clock(), user=os.getuid(), position="declared")


def test_a_list_that_is_in_force_is_not_even_opened_before_somebody_says_so(by_hand):
    assert by_hand.custody.seek() is None
    assert "has not been opened" in str(by_hand.custody.trouble)
    assert not by_hand.custody.updating
    with pytest.raises(LapsedError, match="not been opened"):
        by_hand.look()


def test_once_it_is_opened_the_van_looks_also_after_a_restart(by_hand, openings, clock):
    openings.place(opening(by_hand, clock))
    law = by_hand.seek()
    assert (law.by, law.user) == ("hand", os.getuid())
    by_hand.custody.drop()
    by_hand.start()
    assert by_hand.seek().by == "hand"


def test_the_opening_goes_with_its_deployment(by_hand, openings, clock):
    openings.place(opening(by_hand, clock))
    law = by_hand.seek()
    by_hand.custody.end(End.COMMAND)
    assert openings.find(law.deployment.authority.deployment_id) is None


@pytest.mark.parametrize("spoil", ["open-to-others", "other-deployment", "nonsense", "link"])
def test_an_opening_that_somebody_else_may_have_made_opens_nothing(
    by_hand, openings, clock, spoil, tmp_path
):
    openings.place(opening(by_hand, clock))
    (file,) = (by_hand.settings.oversight.folder / "openings").iterdir()
    if spoil == "open-to-others":
        file.chmod(0o620)
    elif spoil == "link":
        file.rename(tmp_path / "other")
        file.symlink_to(tmp_path / "other")
    else:
        text = file.read_text().replace("d-1", "d-9")
        file.write_text(text if spoil == "other-deployment" else "{")
    assert by_hand.custody.seek() is None


def test_another_deployment_that_comes_meanwhile_waits_for_its_own_opening(
    by_hand, openings, clock
):
    openings.place(opening(by_hand, clock))
    by_hand.look()
    by_hand.van.send(authority={"deployment_id": "d-2"})
    by_hand.beat(lambda: by_hand.custody.trouble is not None)
    assert "has not been opened" in str(by_hand.custody.trouble)
    assert by_hand.custody.law.deployment.authority.deployment_id == "d-1"
    openings.place(opening(by_hand, clock).model_copy(update={"deployment_id": "d-2"}))
    by_hand.custody._arrivals.close()
    by_hand.beat(lambda: by_hand.custody.law.deployment.authority.deployment_id == "d-2")
    assert by_hand.custody.law.by == "hand"


def test_where_a_list_opens_by_itself_nobody_is_asked(looking):
    assert (looking.custody.law.by, looking.custody.law.position) == ("itself", "declared")


def test_a_van_that_leaves_its_place_looks_no_more(van, calibration, clock):
    speaker = Speaker(fix(clock(), HERE.latitude_deg, HERE.longitude_deg))
    post = Post(van, calibration, clock, position="gpsd", gpsd_port=speaker.port)
    van.send()
    assert post.look().position == "gpsd"
    post.beat()
    speaker.say(fix(clock(), HERE.latitude_deg + 0.1, HERE.longitude_deg))
    with pytest.raises(LapsedError, match="left the signed place"):
        post.beat(lambda: False)
    post.stop()
    post.custody.drop()
    speaker.close()


class Receiver:
    """Has a position of the moment whenever it is asked."""

    def __init__(self, post, north_deg=0.0):
        self.post, self.north_deg = post, north_deg

    def __iter__(self):
        yield fix(self.post.custody.now(), HERE.latitude_deg + self.north_deg, HERE.longitude_deg)


@pytest.fixture
def abroad(van, calibration, clock):
    """A van that has a list, and a receiver that says that it is elsewhere."""
    speaker = Speaker()
    post = Post(van, calibration, clock, position="gpsd", gpsd_port=speaker.port)
    speaker.reports = Receiver(post, north_deg=0.1)
    van.send()
    assert post.seek() is None
    assert "outside the signed place" in str(post.custody.trouble)
    yield post, speaker
    post.custody.drop()
    speaker.close()


def test_a_van_that_is_not_in_its_place_does_not_open_its_list_on_the_way(abroad):
    post, speaker = abroad
    post.custody._arrivals.close()  # from now on it would be opened at once
    assert post.custody.seek() is None
    assert not post.custody.updating
    speaker.reports = Receiver(post)
    assert post.seek().position == "gpsd"


def test_a_newer_list_is_looked_at_wherever_the_van_is(abroad):
    post, _ = abroad
    there = {"latitude_deg": HERE.latitude_deg + 0.1, "longitude_deg": HERE.longitude_deg}
    post.van.send(authority={"place": {"name": "There", "centre": there, "radius_m": 100}})
    assert post.seek().deployment.authority.place.name == "There"


def test_the_settings_of_a_van_ask_for_a_hand():
    assert DeploymentSettings().opens == "by-itself"
