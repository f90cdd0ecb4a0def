"""What two people must sign, what one may take back, and what a van believes of it."""

from datetime import timedelta

import pytest
from tuf.api.metadata import Targets

from appliance.domain.ending import End
from appliance.errors import InputError, TrustError
from appliance.watchlist.trust import Promise
from provisioning.desk import settle as settling
from provisioning.desk.keys import make_key, signer_of
from provisioning.desk.repository import Repository
from provisioning.desk.roles import LIVES
from provisioning.desk.settle import settle
from provisioning.desk.stage import promised


def test_a_desk_is_born_with_a_repository_that_a_van_believes_and_that_promises_nothing(
    desk, van, out
):
    desk.publish(out)
    trusted = van.believe(out)
    assert trusted.promise is None
    assert trusted.authority is None
    assert trusted.fault is None


def test_what_two_have_signed_is_believed_and_opens_with_the_van_s_key(desk, ready, van, out):
    watchlist = ready()
    desk.publish(out)
    trusted = van.believe(out)
    assert trusted.authority.watchlist_id == "list-1"
    assert trusted.promise.subjects == 3
    with van.look(out) as (seen, _):
        assert [s.reference for s in seen.subjects] == [s.reference for s in watchlist.subjects]
        assert len({bytes(row) for row in seen.commitments}) == 3


def test_one_signature_is_not_enough(desk, ready, out):
    ready()
    desk.sign("signer-1")
    with pytest.raises(TrustError, match="1 of 2") as refusal:
        settle(desk.office.repository, desk.ring["online"])
    assert "signer-2, signer-3" in refusal.value.mend


def test_the_same_signer_twice_counts_once(desk, ready):
    ready()
    desk.sign("signer-2", "signer-2")
    draft = desk.office.repository.draft()
    assert desk.office.repository.standing(draft).missing == 1


def test_a_stranger_s_signature_is_refused(desk, ready):
    ready()
    with pytest.raises(TrustError, match="none of those"):
        desk.office.repository.sign(signer_of(make_key(), "signer-1"))


@pytest.mark.parametrize("name", ["root-1", "online"])
def test_another_role_s_key_is_no_signer_s(desk, ready, name):
    ready()
    with pytest.raises(TrustError, match="signer"):
        desk.sign(name)


def test_a_signature_added_by_hand_for_another_key_counts_for_nobody(desk, ready):
    ready()
    repository = desk.office.repository
    desk.sign("signer-1")
    draft = repository.draft()
    forged = draft.sign(signer_of(make_key(), ""), append=True)
    draft.signatures[desk.ring["signer-2"].public_key.keyid] = forged
    assert repository.standing(draft).missing == 1


def test_a_change_after_the_first_signature_drops_it_and_says_whose(desk, ready, authority, people):
    watchlist = ready()
    desk.sign("signer-1")
    changed = authority(watchlist, purpose="something else")
    lost = desk.authorise(changed, ["van-1"])
    assert lost == ["signer-1"]
    draft = desk.office.repository.draft()
    assert desk.office.repository.standing(draft).missing == 2


def test_what_changed_while_somebody_read_it_is_not_signed(desk, ready, authority):
    watchlist = ready()
    desk.authorise(authority(watchlist, purpose="something else"), ["van-1"])
    with pytest.raises(TrustError, match="while you read"):
        desk.office.repository.sign(desk.ring["signer-1"], "0" * 64)


def test_a_bundle_that_was_swapped_on_the_disk_is_not_signed(desk, ready):
    ready()
    repository = desk.office.repository
    target = repository.draft().signed.targets["vans/van-1/watchlist.age"]
    file = repository.file_of(target)
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(TrustError, match="not the one"):
        desk.sign("signer-1")


def test_nothing_can_be_signed_where_nothing_is_laid_out(desk, out):
    desk.publish(out)
    with pytest.raises(InputError, match="Nothing wants"):
        desk.sign("signer-1")


def test_a_list_without_its_authority_is_not_published(desk, people, authority, out):
    desk.enlist(people("list-1"), ["van-1"])
    with pytest.raises(TrustError, match="no authority for list list-1"):
        desk.publish(out)
    other = people("list-2")
    desk.authorise(authority(other), ["van-1"])
    with pytest.raises(TrustError, match="no authority for list list-1"):
        desk.publish(out)


def test_a_list_that_ended_before_it_was_published_is_not(desk, ready, clock, out):
    ready()
    desk.sign()
    clock.pass_by(hours=12)
    with pytest.raises(TrustError, match="has ended"):
        settle(desk.office.repository, desk.ring["online"])


@pytest.mark.usefixtures("other")
def test_a_van_whose_list_or_authority_has_ended_keeps_no_other_van_from_its_list(
    desk, people, authority, clock, van, out
):
    """Of one the list ends first, of the other the authority."""
    first = people("list-1")
    desk.enlist(first, ["van-1", "van-2"])
    desk.authorise(authority(first, ends_at=clock.now + timedelta(hours=20)), ["van-1"])
    desk.authorise(authority(first, ends_at=clock.now + timedelta(hours=2)), ["van-2"])
    desk.publish(out)
    clock.pass_by(hours=3)
    second = people("list-2")
    desk.enlist(second, ["van-1"])
    desk.authorise(authority(second), ["van-1"])
    desk.publish(out)
    assert van.believe(out, "van-1").promise.watchlist_id == "list-2"
    assert van.believe(out, "van-2").promise is None
    clock.pass_by(hours=20)
    desk.publish(out)
    assert van.believe(out, "van-1").fault is None


def test_the_next_list_takes_the_place_of_the_last_and_versions_only_rise(desk, ready, van, out):
    ready("list-1")
    desk.publish(out)
    first = van.believe(out)
    ready("list-2")
    desk.publish(out)
    second = van.believe(out)
    assert (first.promise.watchlist_id, second.promise.watchlist_id) == ("list-1", "list-2")
    assert first.promise.key_id != second.promise.key_id
    assert desk.office.repository.shelf.versions("targets") == [1, 2, 3]


def test_what_has_ended_falls_out_of_the_next_draft(desk, ready, authority, people, clock, out):
    ready("list-1")
    desk.publish(out)
    clock.pass_by(hours=13)
    desk.office.repository.stage(lambda _: None)
    ready("list-2", van="van-1")
    lists = promised(desk.office.repository.coming(), Promise)
    assert [one.watchlist_id for one in lists] == ["list-2"]


def test_each_van_has_its_own_list_and_only_its_own_key_opens_it(
    desk, people, authority, other, van, out
):
    watchlist = people()
    desk.enlist(watchlist, ["van-1", "van-2"])
    desk.authorise(authority(watchlist), ["van-1", "van-2"])
    desk.publish(out)
    one, two = van.believe(out, "van-1"), van.believe(out, "van-2")
    assert one.bundle_sha256 != two.bundle_sha256
    assert one.promise.watchlist_id == two.promise.watchlist_id
    assert one.promise.key_id in van.keyring.ids()
    assert two.promise.key_id in other.ids()


def test_refresh_says_again_that_nothing_is_newer_and_moves_nothing_else(
    desk, ready, van, clock, out
):
    ready()
    desk.publish(out)
    before = {file.name for file in (out / "metadata").iterdir()}
    clock.pass_by(hours=6)
    copied = desk.refresh(out)
    assert copied.files == 1
    assert {file.name for file in (out / "metadata").iterdir()} == before
    assert van.believe(out).valid_until == (clock.now + LIVES["timestamp"]).replace(microsecond=0)


def test_refresh_goes_on_after_the_snapshot_s_half_life(desk, ready, van, clock, out):
    ready()
    desk.publish(out)
    clock.pass_by(days=6)
    desk.refresh(out)
    assert van.believe(out).valid_until > clock.now


def test_refresh_never_publishes_what_waits_for_signatures(desk, ready, van, out):
    desk.publish(out)
    ready()
    desk.refresh(out)
    assert van.believe(out).promise is None


def test_damaged_metadata_of_the_desk_is_said_and_not_a_crash(desk, ready, out):
    ready()
    file = desk.office.repository.pending / "targets.json"
    for data in (b"", b"{}", b"[]", b'{"signed": {"_type": "root"}}', b"\xff\xfe"):
        file.write_bytes(data)
        with pytest.raises(TrustError, match="targets"):
            desk.office.repository.draft()
    file.write_bytes((out.parent / "desk/repository/metadata/1.root.json").read_bytes())
    with pytest.raises(TrustError, match="another kind"):
        desk.office.repository.draft()


def test_a_repository_without_its_root_is_said(desk):
    (desk.office.repository.shelf.folder / "1.root.json").unlink()
    with pytest.raises(TrustError, match="no root"):
        desk.office.repository.root()


def test_a_second_repository_is_never_made_over_the_first(desk, clock):
    with pytest.raises(InputError, match="already"):
        Repository.create(desk.office.folder, desk.ring, clock)


def test_a_list_that_is_revoked_or_over_is_so_for_the_van(desk, ready, van, clock, out):
    ready()
    desk.publish(out)
    assert van.believe(out).end(clock.now) is None
    desk.revoke("list-1-1", out)
    assert van.believe(out).end(clock.now) is End.REVOKED


def test_the_newest_targets_hold_only_what_this_desk_knows(desk, ready, out):
    ready()
    desk.publish(out)
    targets = desk.office.repository.shelf.require(Targets).signed
    assert sorted(targets.targets) == [
        "log/list-1.json",
        "vans/van-1/authority.json",
        "vans/van-1/watchlist.age",
    ]


def test_more_vans_than_a_van_would_read_about_are_not_published(desk, ready, monkeypatch):
    ready()
    desk.sign()
    monkeypatch.setattr(settling, "TARGETS_BYTES", 1_000)
    with pytest.raises(TrustError, match="more vans"):
        settle(desk.office.repository, desk.ring["online"])
