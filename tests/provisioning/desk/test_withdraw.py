"""Taking off: one signer, at once, and it lasts."""

from datetime import timedelta

import pytest

from appliance.errors import InputError, TrustError
from provisioning.desk import log
from provisioning.desk.enlist import Order, barred, begin, enlist
from provisioning.desk.repository import FORGOTTEN_AFTER
from provisioning.desk.trial import Given
from provisioning.desk.withdraw import revoke, withdraw
from provisioning.enrol.sealing import Envelope


def withdrawn(watchlist, trusted):
    return [int(i) for i in watchlist.withdrawn(trusted.withdrawals.commitments())]


@pytest.fixture
def held(desk, van, out):
    """Open the list that a van holds."""

    def look():
        with van.look(out) as (seen, _):
            return withdrawn(seen, van.believe(out))

    return look


def test_one_signer_alone_takes_one_person_off_and_nobody_else(desk, ready, held, out):
    ready()
    desk.publish(out)
    assert held() == []
    desk.withdraw("R-2", out)
    assert held() == [1]
    desk.withdraw("R-3", out, by="signer-1")
    assert held() == [1, 2]


def test_twice_is_once(desk, ready, van, out):
    ready()
    desk.publish(out)
    desk.withdraw("R-2", out)
    desk.withdraw("R-2", out)
    assert len(van.believe(out).withdrawals.entries) == 1


def test_it_does_not_wait_for_what_is_half_signed(desk, ready, people, held, out):
    ready("list-1")
    desk.publish(out)
    desk.enlist(people("list-2"), ["van-1"])
    desk.sign("signer-1")
    desk.withdraw("R-2", out)
    assert held() == [1]
    assert desk.office.repository.draft() is not None


def test_it_reaches_a_list_that_is_about_to_be_signed(desk, ready, held, out):
    ready("list-1")
    desk.publish(out)
    ready("list-2")
    desk.withdraw("R-2", out)
    desk.publish(out)
    assert held() == [1]


def test_one_list_can_be_meant(desk, ready, out):
    ready("list-1")
    ready("list-2")
    assert withdraw(desk.office, "R-1", desk.ring["signer-1"], "list-2") == ["list-2"]
    assert withdraw(desk.office, "R-1", desk.ring["signer-1"]) == ["list-1", "list-2"]


def test_signing_the_next_list_keeps_what_was_taken_back(desk, ready, van, out):
    ready("list-1")
    desk.publish(out)
    desk.withdraw("R-2", out)
    ready("list-2")
    desk.publish(out)
    assert len(van.believe(out).withdrawals.entries) == 1


@pytest.mark.parametrize("name", ["root-1", "online"])
def test_no_other_key_takes_anybody_off(desk, ready, name):
    ready()
    with pytest.raises(TrustError, match="signer"):
        withdraw(desk.office, "R-1", desk.ring[name])
    with pytest.raises(TrustError, match="signer"):
        revoke(desk.office, "list-1-1", desk.ring[name])


def test_somebody_who_is_on_no_list_is_said_without_the_reference(desk, ready):
    ready()
    with pytest.raises(InputError, match="no list") as refusal:
        withdraw(desk.office, "R-99", desk.ring["signer-1"])
    assert "R-99" not in refusal.value.advice()


def test_who_was_taken_off_is_barred_until_somebody_gives_a_reason(desk, ready, people, out, clock):
    ready()
    desk.publish(out)
    desk.withdraw("R-2", out)
    again = Given(people("list-2"))
    assert barred(desk.office, again, desk.key) == [1]
    desk.office.marks.reinstate(log.mark(desk.key, "R-2"), clock.now, "charged anew")
    assert barred(desk.office, again, desk.key) == []


def test_the_desk_s_memory_of_it_names_nobody(desk, ready, out):
    ready()
    desk.publish(out)
    desk.withdraw("R-2", out)
    assert b"R-2" not in (desk.office.folder / "withdrawn.json").read_bytes()


def test_a_reason_is_demanded(desk, ready, out, clock):
    ready()
    desk.publish(out)
    desk.withdraw("R-2", out)
    with pytest.raises(InputError, match="reason"):
        desk.office.marks.reinstate(log.mark(desk.key, "R-2"), clock.now, " ")


def test_reinstating_somebody_who_was_never_taken_off_changes_nothing(desk, clock):
    desk.office.marks.reinstate(bytes(32), clock.now, "why not")
    assert desk.office.marks.barred() == frozenset()


def test_after_two_days_nothing_of_it_is_published_any_more(desk, ready, van, clock, out):
    ready()
    desk.publish(out)
    desk.withdraw("R-2", out)
    clock.pass_by(hours=FORGOTTEN_AFTER.total_seconds() / 3600)
    ready("list-2")
    desk.publish(out)
    assert van.believe(out).withdrawals.entries == ()


def test_a_revocation_stays_for_as_long_as_the_authority_is_promised(
    desk, people, authority, van, clock, out
):
    watchlist = people()
    desk.enlist(watchlist, ["van-1"])
    long = authority(watchlist, ends_at=clock.now + timedelta(days=20))
    desk.authorise(long, ["van-1"])
    desk.publish(out)
    desk.revoke("list-1-1", out)
    clock.pass_by(days=3)
    desk.revoke("list-1-1", out)
    assert van.believe(out).withdrawals.revokes("list-1-1")
    assert len(van.believe(out).withdrawals.revoked) == 1
    clock.pass_by(days=18)
    desk.office.repository.stage(desk.forget)
    desk.publish(out)
    clock.pass_by(days=3)
    desk.office.repository.stage(desk.forget)
    desk.publish(out)
    assert not van.believe(out).withdrawals.revoked


def test_what_nobody_has_authorised_cannot_be_revoked(desk, ready):
    ready()
    with pytest.raises(InputError, match="No deployment"):
        revoke(desk.office, "d-99", desk.ring["signer-1"])


def test_withdrawals_that_were_changed_on_the_desk_s_disk_are_not_signed_again(desk, ready, out):
    ready()
    desk.publish(out)
    (file,) = (desk.office.repository.targets).glob("*.withdrawals.json")
    file.write_bytes(b'{"made_at": "2026-05-04T10:00:00Z", "entries": [], "revoked": []}')
    with pytest.raises(TrustError, match="withdrawals were changed"):
        withdraw(desk.office, "R-1", desk.ring["signer-1"])


def test_a_list_is_begun_before_anybody_is_put_on_it(desk, people, clock):
    watchlist = people("list-3")
    with pytest.raises(InputError, match="no key of that list"):
        enlist(desk.office, Given(watchlist), Order(watchlist.head, ["van-1"], desk.key))


def test_a_list_s_name_is_used_once(desk, ready, out):
    ready("list-1")
    desk.publish(out)
    with pytest.raises(InputError, match="published already"):
        begin(desk.office, "list-1")


def test_a_list_s_name_is_used_once_even_after_the_metadata_has_forgotten_it(
    desk, ready, clock, out
):
    for number in range(3):
        ready(f"list-{number}")
        desk.publish(out)
        clock.pass_by(days=40)
    assert "log/list-0.json" not in desk.office.repository.coming().targets
    with pytest.raises(InputError, match="published already"):
        begin(desk.office, "list-0")


def test_a_van_without_keys_gets_no_list_and_nothing_is_laid_out(desk, people):
    for number in range(6):
        desk.enlist(people(f"list-{number}"), ["van-1"])
    with pytest.raises(InputError, match="no keys left"):
        desk.enlist(people("list-6"), ["van-1"])
    assert "log/list-6.json" not in desk.office.repository.coming().targets


def test_a_list_with_nobody_left_on_it_spends_no_key(desk, people):
    given = Given(people("list-8"))
    begin(desk.office, "list-8")
    before = desk.office.vans.known("van-1").unspent
    everybody = frozenset(range(len(given.references)))
    with pytest.raises(InputError, match="Nobody is left"):
        enlist(desk.office, given, Order(given.watchlist.head, ["van-1"], desk.key, everybody))
    assert desk.office.vans.known("van-1").unspent == before


def test_a_van_that_is_not_known_is_said(desk, people):
    with pytest.raises(InputError, match="van-9"):
        desk.enlist(people(), ["van-9"])


def test_a_memory_that_is_damaged_bars_the_next_list_and_does_not_let_everybody_on(desk, people):
    (desk.office.folder / "withdrawn.json").write_bytes(b"{")
    with pytest.raises(InputError, match="damaged"):
        barred(desk.office, Given(people()), desk.key)


def test_a_list_that_is_given_is_sealed_whole(desk, people, tmp_path):
    given = Given(people())
    with pytest.raises(ValueError, match="whole"):
        given.seal(Envelope(given.watchlist.head, [], tmp_path / "x", bytes, {0}))
