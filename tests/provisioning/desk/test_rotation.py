"""A key that is lost or leaked is replaced, and a van born long before follows."""

import pytest
from tuf.api.metadata import Root

from appliance.errors import InputError, TrustError
from appliance.watchlist.chain import Chain
from appliance.watchlist.refusals import SignatureError
from appliance.watchlist.trust import read
from provisioning.desk import rotation
from provisioning.desk.keys import load, make_key, signer_of
from provisioning.desk.settle import settle

WORDS = "four words said once"


@pytest.fixture
def replace(desk):
    """Replace one key, signed by two of root and by two signers."""

    def do(name, by=("root-1", "root-3")):
        new = signer_of(make_key(), name)
        rotation.renew(desk.office.repository, name, new)
        old, desk.ring[name] = desk.ring[name], new
        for holder in by:
            rotation.sign(desk.office.repository, desk.ring[holder])
        return old

    return do


@pytest.mark.parametrize("name", ["signer-1", "signer-3", "online", "root-2"])
def test_any_key_is_replaced_and_a_van_that_knows_only_the_first_root_follows(
    desk, ready, van, replace, out, name
):
    ready("list-1")
    desk.publish(out)
    replace(name)
    ready("list-2")
    desk.publish(out)
    assert van.believe(out).promise.watchlist_id == "list-2"
    desk.withdraw("R-1", out, by="signer-3")
    assert len(van.believe(out).withdrawals.entries) == 2  # on the old list and on the new


def test_all_three_of_root_are_replaced_one_after_the_other(desk, ready, van, replace, out):
    for number, name in enumerate(("root-1", "root-2", "root-3")):
        others = [other for other in ("root-1", "root-2", "root-3") if other != name]
        replace(name, by=[*others, name])
        ready(f"list-{number}")
        desk.publish(out)
        assert van.believe(out).promise.watchlist_id == f"list-{number}"
    assert desk.office.repository.shelf.versions("root") == [1, 2, 3, 4]


def test_a_leaked_signer_s_key_is_worth_nothing_afterwards(desk, ready, replace, out):
    ready()
    desk.publish(out)
    leaked = replace("signer-2")
    desk.publish(out)
    ready("list-2")
    with pytest.raises(TrustError, match="none of"):
        desk.office.repository.sign(leaked)


def test_one_holder_of_root_is_not_enough(desk, replace, out):
    desk.publish(out)
    replace("signer-2", by=["root-1"])
    desk.sign("signer-1", "signer-3")
    with pytest.raises(TrustError, match="new root has 1 of 2"):
        settle(desk.office.repository, desk.ring["online"])
    assert desk.office.repository.shelf.versions("root") == [1]


def test_a_new_root_without_new_targets_is_not_published(desk, replace, out):
    """What two signers signed before names the old keys."""
    desk.publish(out)
    replace("signer-2")
    with pytest.raises(TrustError, match="0 of 2"):
        settle(desk.office.repository, desk.ring["online"])


def test_a_change_of_the_root_drops_the_signatures_it_had(desk, replace):
    replace("signer-2")
    assert rotation.missing(desk.office.repository) == []
    lost = rotation.renew(desk.office.repository)
    assert lost == ["root-1", "root-3"]
    assert rotation.missing(desk.office.repository) == ["root-1", "root-2", "root-3"]


def test_two_keys_can_be_replaced_in_one_root(desk, replace, ready, van, out):
    replace("signer-1", by=())
    replace("signer-2")
    ready()
    desk.publish(out)
    assert van.believe(out).promise.watchlist_id == "list-1"
    assert desk.office.repository.shelf.versions("root") == [1, 2]


def test_until_a_new_root_is_published_the_old_signers_take_people_off(
    desk, ready, van, replace, out
):
    ready()
    desk.publish(out)
    old = replace("signer-2", by=())
    desk.ring["signer-2"] = old
    desk.withdraw("R-1", out, by="signer-2")
    assert len(van.believe(out).withdrawals.entries) == 1


def test_the_root_is_renewed_for_another_year(desk, van, clock, out):
    desk.publish(out)
    clock.pass_by(days=360)
    rotation.renew(desk.office.repository)
    for name in ("root-1", "root-2"):
        rotation.sign(desk.office.repository, desk.ring[name])
    desk.publish(out)
    clock.pass_by(days=20)
    desk.refresh(out)
    assert van.believe(out).fault is None


def test_a_signer_s_key_signs_no_root(desk, replace):
    replace("signer-2", by=())
    with pytest.raises(TrustError, match="root"):
        rotation.sign(desk.office.repository, desk.ring["signer-1"])


def test_no_root_is_signed_where_none_is_laid_out(desk):
    with pytest.raises(InputError, match="No root"):
        rotation.sign(desk.office.repository, desk.ring["root-1"])


def test_a_key_that_nobody_has_cannot_be_replaced(desk):
    for name in ("answer", "signer-9", ""):
        with pytest.raises(InputError, match="names no"):
            rotation.replace(desk.office, name, desk.office.keys / "new.key", lambda _: WORDS)
    assert not (desk.office.keys / "new.key").exists()


def test_a_key_does_not_replace_itself(desk):
    with pytest.raises(InputError, match="already"):
        rotation.renew(desk.office.repository, "signer-1", desk.ring["signer-1"])


def test_the_new_key_is_made_or_one_that_is_there_is_taken(desk):
    file = desk.office.keys / "signer-2.new.key"
    rotation.replace(desk.office, "signer-2", file, lambda _: WORDS)
    made = signer_of(load(file, WORDS), "signer-2").public_key.keyid
    assert made in desk.office.repository.root().keys
    with pytest.raises(InputError, match="already"):
        rotation.replace(desk.office, "signer-2", file, lambda _: WORDS)


def test_a_root_that_was_signed_by_strangers_is_not_followed(desk, van, out, clock):
    """Somebody who has the web server, and nobody's key, puts a root of their own there."""
    desk.publish(out)
    draft = desk.office.repository.shelf.require(Root)
    draft.signed.version = 2
    draft.signatures.clear()
    for name in ("root-1", "root-2"):
        draft.sign(signer_of(make_key(), name), append=True)
    (out / "metadata/2.root.json").write_bytes(draft.to_bytes())
    with pytest.raises(SignatureError):
        van.believe(out)


def test_who_has_the_newest_root_needs_no_older_one(desk, ready, replace, out, clock):
    ready()
    replace("online")
    desk.publish(out)
    newest = (out / "metadata/2.root.json").read_bytes()

    def fetch(want):
        file = out / want.path
        return file.read_bytes() if file.exists() else None

    assert read(Chain(newest, clock.now, fetch), "van-1", clock.now).promise is not None
