"""`lfr check` says for how long tablets can come, and what to bring when they no longer can."""

from datetime import timedelta

import pytest

from appliance.errors import SettingsError, TrustError
from appliance.tablets.papers import inspect
from provisioning.desk.certificates import Authority
from provisioning.trial import make_roster
from tests.law import MOMENT


@pytest.fixture
def roster(tmp_path):
    return make_roster(tmp_path, ["tablet-1", "lost"], Authority.create(clock=lambda: MOMENT))


def test_what_ends_first_is_named_with_its_day(roster):
    roster.revoke("lost")
    said = inspect(roster.folder, MOMENT)
    assert said == "2 revoked, good until 2026-08-12 (the list of revoked tablets)"


def test_it_says_so_when_the_end_is_near(roster):
    assert "renew it soon" in inspect(roster.folder, MOMENT + timedelta(days=90))


def test_after_the_end_no_tablet_comes(roster):
    with pytest.raises(TrustError, match="the list of revoked tablets") as over:
        inspect(roster.folder, MOMENT + timedelta(days=101))
    assert "lfr desk tablet van" in over.value.mend


@pytest.mark.parametrize("name", ["ca.pem", "crl.pem", "server.pem"])
def test_a_file_that_is_missing_or_something_else_is_refused(roster, name):
    (roster.folder / name).write_text("nothing")
    with pytest.raises(SettingsError, match="cannot be read"):
        inspect(roster.folder, MOMENT)
    (roster.folder / name).unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        inspect(roster.folder, MOMENT)


def test_a_file_of_another_force_is_refused(roster, tmp_path):
    other = Authority.create("Another force", lambda: MOMENT)
    (roster.folder / "crl.pem").write_bytes(other.crl())
    with pytest.raises(TrustError, match="do not belong together"):
        inspect(roster.folder, MOMENT)
