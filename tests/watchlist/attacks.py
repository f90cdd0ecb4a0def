"""Bad repositories of our own, and the error by which each is refused.

Each takes an honest repository whose list the van holds, and whose `old` files are older.
"""

from __future__ import annotations

from datetime import timedelta

from tuf.api.metadata import MetaFile

from appliance.errors import InputError
from appliance.watchlist import refusals as no
from tests.watchlist.fleet import renew
from tests.watchlist.fourteen import path_of
from tests.watchlist.repository import MOMENT, signers


def a_list_for_another_van(repository):
    repository.put_list(b"for another")
    target = repository.targets.targets["vans/van-1/watchlist.age"]
    target.unrecognized_fields["custom"]["van"] = "van-2"
    repository.release()


def an_old_authority_with_a_new_list(repository):
    repository.put_list(b"sealed anew", watchlist_id="list-2")
    repository.release()


def a_list_without_an_authority(repository):
    del repository.targets.targets["vans/van-1/authority.json"]
    repository.release()


def a_list_longer_than_its_authority_allows(repository):
    renew(repository, subjects=11)


def an_authority_that_was_not_promised(repository):
    repository.put_authority(deployment_id="d-2")
    target = repository.targets.targets["vans/van-1/authority.json"]
    target.unrecognized_fields["custom"]["deployment_id"] = "d-1"
    repository.release()


def an_authority_that_says_a_thing_twice(repository):
    path = "vans/van-1/authority.json"
    custom = repository.targets.targets[path].custom
    data = next(d for p, d in repository.files.items() if p.endswith(".authority.json"))
    twice = data.replace(b'"maximum', b'"maximum_subjects": 1, "maximum', 1)
    repository.put(repository.targets, path, twice, custom)
    repository.release()


def an_authority_without_end(repository):
    repository.put_authority(purpose="x" * 100_000)
    repository.release()


def an_authority_to_the_end_of_time(repository):
    """At that hour of that zone, UTC has no date any more: nobody could say when it ends."""
    repository.put_authority(ends_at="9999-12-31T23:59:59-23:59")
    repository.release()


def a_list_from_before_all_time(repository):
    made_at, expires_at = ("0001-01-01T00:00:00+23:59", "0001-01-01T00:00:01+23:59")
    renew(repository, made_at=made_at, expires_at=expires_at)


def signed_tomorrow(repository):
    renew(repository, made_at=(MOMENT + timedelta(hours=2)).isoformat())


def taken_back_tomorrow(repository):
    repository.withdrawn["made_at"] = MOMENT + timedelta(hours=2)
    repository.release_withdrawals()


def another_encoder(repository):
    renew(repository, model_id="f" * 64)


def a_bundle_that_swells(repository):
    renew(repository, plain_bytes=1 << 34)


def a_name_with_a_path_in_it(repository):
    target = repository.targets.targets["vans/van-1/watchlist.age"]
    target.hashes = {"sha256": "../../../../etc/passwd"}
    repository.release()


def a_hash_that_nobody_knows(repository):
    target = repository.targets.targets["vans/van-1/watchlist.age"]
    target.hashes = {"md5": "0" * 32}
    repository.release()


def timestamp_replayed(repository):
    repository.files["metadata/timestamp.json"] = repository.old["metadata/timestamp.json"]


def deep_json(repository):
    repository.files["metadata/timestamp.json"] = b"[" * 16_000


def timestamp_too_long(repository):
    repository.files["metadata/timestamp.json"] += b" " * 20_000


def a_root_of_strangers(repository):
    repository.roots = repository.by["root"] = signers(3)
    repository.make_root()


def a_root_that_skips_a_number(repository):
    repository._versions["root"] = 4
    data = repository.release_root()
    repository.files["metadata/2.root.json"] = data


def a_root_that_trusts_one(repository):
    repository.root.roles["targets"].threshold = 1
    repository.release_root()


def the_root_has_expired(repository):
    repository.life["root"] = timedelta(seconds=-1)
    repository.release_root()


def withdrawals_by_a_stranger(repository):
    repository.by["withdrawals"] = signers(1)
    repository.release_withdrawals()


def withdrawals_rolled_back(repository):
    old = repository.old["metadata/1.withdrawals.json"]
    repository.snapshot.meta["withdrawals.json"] = MetaFile.from_data(1, old, ["sha256"])
    repository.release_snapshot()


def withdrawals_left_out(repository):
    del repository.snapshot.meta["withdrawals.json"]
    repository.release_snapshot()


def withdrawals_without_a_hash(repository):
    repository.snapshot.meta["withdrawals.json"].hashes = None
    repository.release_snapshot()


def nobody_may_withdraw(repository):
    repository.targets.delegations = None
    repository.release()


def withdrawals_that_cannot_be_read(repository):
    repository.withdrawn["entries"] = [{"commitment": "x", "at": MOMENT}]
    repository.release_withdrawals()


def withdrawals_not_there(repository):
    repository.withdrawals.targets.clear()
    data = repository._sign("withdrawals", repository.withdrawals)
    repository.files[path_of(repository, "withdrawals")] = data
    repository.snapshot.meta["withdrawals.json"] = repository._meta("withdrawals", data)
    repository.release_snapshot()


OURS = {
    a_list_for_another_van: no.ForeignError,
    an_old_authority_with_a_new_list: no.PairError,
    a_list_without_an_authority: no.PairError,
    a_list_longer_than_its_authority_allows: no.PairError,
    an_authority_that_was_not_promised: no.PairError,
    an_authority_that_says_a_thing_twice: InputError,
    an_authority_without_end: no.OversizeError,
    an_authority_to_the_end_of_time: InputError,
    a_list_from_before_all_time: InputError,
    signed_tomorrow: no.ClockError,
    taken_back_tomorrow: no.ClockError,
    another_encoder: no.EncoderError,
    a_bundle_that_swells: no.OversizeError,
    a_name_with_a_path_in_it: no.DamagedError,
    a_hash_that_nobody_knows: no.DamagedError,
    timestamp_replayed: no.RollbackError,
    deep_json: no.DamagedError,
    timestamp_too_long: no.OversizeError,
    a_root_of_strangers: no.SignatureError,
    a_root_that_skips_a_number: no.RollbackError,
    a_root_that_trusts_one: no.RootError,
    the_root_has_expired: no.StaleError,
    withdrawals_by_a_stranger: no.SignatureError,
    withdrawals_rolled_back: no.RollbackError,
    withdrawals_left_out: no.DamagedError,
    withdrawals_without_a_hash: no.DamagedError,
    nobody_may_withdraw: no.DamagedError,
    withdrawals_that_cannot_be_read: InputError,
    withdrawals_not_there: no.MissingError,
}
