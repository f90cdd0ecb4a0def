"""The desk's tablets: who is let in, who is shut out, and what runs out when."""

import stat
from ipaddress import ip_address

import pytest
from cryptography import x509

from appliance.errors import InputError
from provisioning.desk import keys
from provisioning.desk.status import status
from provisioning.desk.tablets import Tablets
from tests.command.desk_at import WORDS, QuickLock


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(keys, "passphrase", QuickLock)


@pytest.fixture
def tablets(desk):
    return desk.office.tablets


@pytest.fixture
def authority(tablets):
    return tablets.open(WORDS)


def serials(file):
    """Say which certificates a list has revoked."""
    return {f"{one.serial_number:x}" for one in x509.load_pem_x509_crl(file.read_bytes())}


def test_the_authority_is_made_once_and_lies_locked(tablets, desk):
    made = tablets.open(WORDS)
    key = tablets.folder / "ca.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert tablets.open(WORDS).pem == made.pem
    with pytest.raises(InputError, match="not opened by this passphrase"):
        tablets.open("open sesame please")
    assert "A trial" in made.own.certificate.subject.rfc4514_string()


def test_a_passphrase_that_can_be_guessed_makes_no_authority(tablets):
    with pytest.raises(InputError, match="letters"):
        tablets.open("short")
    assert not tablets.founded()


def test_an_authority_that_was_cut_off_while_it_was_made_is_made_again(tablets):
    """Its certificate comes last: a key without one has issued nothing."""
    tablets.open(WORDS)
    (tablets.folder / "ca.pem").unlink()
    again = tablets.open("four other words said once")
    assert tablets.open("four other words said once").pem == again.pem


def test_a_tablet_has_one_name_on_both_certificates_and_is_on_the_roll(tablets, authority):
    packed = tablets.make(authority, "tablet-7", 100)
    (entry,) = tablets.roll().tablets
    assert entry == packed.tablet
    assert entry.tls != entry.signing
    assert tablets.names() == ["tablet-7"]
    assert packed.password not in tablets._file.read_text()


def test_a_tablet_is_let_in_once_until_it_is_nearly_over(tablets, authority, clock):
    tablets.make(authority, "tablet-7", 100)
    with pytest.raises(InputError, match="already"):
        tablets.make(authority, "tablet-7", 100)
    clock.pass_by(days=80)
    tablets.make(authority, "tablet-7", 100)
    assert len(tablets.known("tablet-7")) == 2


@pytest.mark.parametrize("name", ["", "Tablet", "tablet/7", "tablet_7", "-7", "t" * 33, "+", "#"])
def test_a_name_that_could_not_stand_in_a_topic_is_refused(tablets, authority, name):
    with pytest.raises(InputError, match="The tablet's name"):
        tablets.make(authority, name, 100)
    with pytest.raises(InputError, match="The van's name"):
        tablets.place(name)


def test_a_revoked_tablet_is_on_the_list_with_all_that_was_made_for_it(tablets, authority, clock):
    tablets.make(authority, "tablet-7", 20)
    tablets.make(authority, "tablet-7", 100)
    tablets.make(authority, "tablet-8", 100)
    clock.pass_by(hours=1)
    gone = tablets.revoke(authority, "tablet-7")
    assert {one.revoked_at for one in gone} == {clock.now}
    revoked = {number for one in gone for number in (one.tls, one.signing)}
    assert serials(tablets.folder / "crl.pem") == revoked
    assert tablets.names() == ["tablet-8"]


def test_who_is_revoked_twice_was_revoked_the_first_time(tablets, authority, clock):
    tablets.make(authority, "tablet-7", 100)
    tablets.revoke(authority, "tablet-7")
    (tablets.folder / "crl.pem").unlink()  # cut off before it was written
    clock.pass_by(hours=1)
    (entry,) = tablets.revoke(authority, "tablet-7")
    assert entry.revoked_at < clock.now
    assert len(serials(tablets.folder / "crl.pem")) == 2


def test_a_name_may_be_taken_again_once_it_is_revoked(tablets, authority):
    tablets.make(authority, "tablet-7", 100)
    tablets.revoke(authority, "tablet-7")
    tablets.make(authority, "tablet-7", 100)
    assert tablets.names() == ["tablet-7"]
    assert len(serials(tablets.folder / "crl.pem")) == 2


def test_a_tablet_that_is_spelt_wrongly_revokes_nobody(tablets, authority):
    tablets.make(authority, "tablet-7", 100)
    with pytest.raises(InputError, match="no tablet"):
        tablets.revoke(authority, "tablet-77")
    assert tablets.names() == ["tablet-7"]


# -- Vans


def test_a_van_s_folder_is_whole_and_never_forgets_who_is_revoked(tablets, authority):
    tablets.make(authority, "tablet-7", 100)
    tablets.revoke(authority, "tablet-7")
    folder = tablets.place("van-1")
    tablets.equip(authority, "van-1", ["van-1.local"], [ip_address("10.0.0.1")])
    names = {file.name for file in folder.iterdir()}
    assert names == {"ca.pem", "crl.pem", "server.pem", "server.key"}
    assert len(serials(folder / "crl.pem")) == 2
    assert stat.S_IMODE((folder / "server.key").stat().st_mode) == 0o600


def test_every_van_s_list_is_made_anew_when_a_tablet_is_revoked(tablets, authority):
    tablets.make(authority, "tablet-7", 100)
    for van in ("van-1", "van-2"):
        tablets.equip(authority, van, [f"{van}.local"], [])
    tablets.revoke(authority, "tablet-7")
    for van in ("van-1", "van-2"):
        assert len(serials(tablets.place(van) / "crl.pem")) == 2


def test_where_a_van_was_the_last_time_is_remembered(tablets, authority):
    tablets.equip(authority, "van-1", ["old.local"], [])
    tablets.equip(authority, "van-1", ["new.local"], [ip_address("10.0.0.1")])
    tablets.equip(authority, "van-2", ["other.local"], [])
    assert tablets.last("van-1").hosts == ("new.local",)
    assert Tablets(tablets.folder.parent, "", tablets._clock).last("van-1").addresses == (
        ip_address("10.0.0.1"),
    )
    with pytest.raises(InputError, match="Nothing says where"):
        tablets.last("van-3")


# -- What runs out


def test_a_desk_without_tablets_is_not_warned_of_them(desk):
    assert desk.office.tablets.warnings() == []
    assert status(desk.office)["tablets"] == []


def test_somebody_is_told_before_vans_refuse_every_tablet(tablets, authority, clock, desk):
    tablets.make(authority, "tablet-7", 400)
    assert tablets.warnings() == []
    clock.pass_by(days=71)
    (told,) = [line for line in status(desk.office)["warnings"] if "crl.pem" in line]
    assert "soon: run `lfr desk tablet refresh`" in told
    clock.pass_by(days=30)
    (told,) = tablets.warnings()
    assert told.startswith("crl.pem has ended, and vans refuse every tablet: run")
    tablets.refresh(authority)
    assert tablets.warnings() == []
    (tablets.folder / "crl.pem").unlink()
    assert len(tablets.warnings()) == 1


def test_somebody_is_told_whose_certificates_end_soon(tablets, authority, clock):
    for name in ("tablet-7", "tablet-8", "tablet-9"):
        tablets.make(authority, name, 50)
    tablets.equip(authority, "van-1", ["van-1.local"], [])
    clock.pass_by(days=30)
    tablets.make(authority, "tablet-7", 400)
    tablets.revoke(authority, "tablet-8")
    (told,) = tablets.warnings()
    assert told.startswith("tablet-9's")
    clock.pass_by(days=345)
    tablets.refresh(authority)
    assert any("lfr desk tablet van van-1" in told for told in tablets.warnings())


def test_somebody_is_told_a_year_before_the_authority_itself_ends(tablets, authority, clock):
    clock.pass_by(days=3650 - 360)
    tablets.refresh(authority)
    (told,) = tablets.warnings()
    assert "authority ends" in told


@pytest.mark.parametrize("name", ["roster.json", "crl.pem", "ca.pem"])
def test_a_damaged_file_is_named(tablets, authority, name):
    tablets.make(authority, "tablet-7", 100)
    (tablets.folder / name).write_bytes(b"-----BEGIN rubbish")
    with pytest.raises(InputError, match=f"{name} is damaged"):
        tablets.warnings()
