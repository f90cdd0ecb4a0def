"""The fourteen bad repositories of the reference (twelve attacks, two outages), and their errors.

Each takes an honest repository whose list the van holds, and whose `old` files are older.
"""

from __future__ import annotations

import json
from datetime import timedelta

from appliance.watchlist import refusals as no
from tests.watchlist.fleet import renew
from tests.watchlist.repository import dump, signers


def edit(repository, path, change):
    """Change a signed file and sign nothing anew."""
    document = json.loads(repository.files[path])
    change(document["signed"])
    repository.files[path] = dump(document)


def path_of(repository, role):
    return f"metadata/{getattr(repository, role).version}.{role}.json"


def rolled_back(repository):
    repository.files.clear()
    repository.files.update(repository.old)


def old_targets_under_a_new_name(repository):
    old = repository.files[path_of(repository, "targets")]
    renew(repository)
    repository.files[path_of(repository, "targets")] = old
    repository.snapshot.meta["targets.json"] = repository._meta("targets", old)
    repository.release_snapshot()


def timestamp_expired(repository):
    repository.life["timestamp"] = timedelta(seconds=-1)
    repository.beat()


def targets_expired(repository):
    repository.life["targets"] = timedelta(seconds=-1)
    renew(repository)


def metadata_edited(repository):
    renew(repository)
    edit(repository, path_of(repository, "targets"), lambda signed: signed["targets"].clear())
    rehash(repository)


def rehash(repository):
    """Let the online key vouch for whatever lies there as targets."""
    data = repository.files[path_of(repository, "targets")]
    repository.snapshot.meta["targets.json"] = repository._meta("targets", data)
    repository.release_snapshot()


def one_authoriser_only(repository):
    repository.by["targets"] = repository.signers[:1]
    renew(repository)


def same_key_twice(repository):
    repository.by["targets"] = repository.signers[:1]
    renew(repository)
    document = json.loads(repository.files[path_of(repository, "targets")])
    document["signatures"] *= 2
    repository.files[path_of(repository, "targets")] = dump(document)
    rehash(repository)


def one_good_and_a_stranger(repository):
    repository.by["targets"] = [repository.signers[0], *signers(1)]
    renew(repository)


def timestamp_by_a_stranger(repository):
    repository.by["timestamp"] = signers(1)
    repository.beat()


def bundle_path(repository):
    target = repository.targets.targets["vans/van-1/watchlist.age"]
    return "targets/" + target.get_prefixed_paths()[0]


def bundle_flipped(repository):
    renew(repository)
    repository.files[bundle_path(repository)] = b"Sealed anew"


def bundle_longer_than_signed(repository):
    renew(repository)
    repository.files[bundle_path(repository)] += b"more"


def snapshot_missing(repository):
    renew(repository)
    del repository.files[path_of(repository, "snapshot")]


def server_empty(repository):
    repository.files.clear()


def garbage(repository):
    repository.files["metadata/timestamp.json"] = b"\xff\xfe<html>"


FOURTEEN = {
    rolled_back: no.RollbackError,
    old_targets_under_a_new_name: no.RollbackError,
    timestamp_expired: no.StaleError,
    targets_expired: no.StaleError,
    metadata_edited: no.SignatureError,
    one_authoriser_only: no.SignatureError,
    same_key_twice: no.DamagedError,
    one_good_and_a_stranger: no.SignatureError,
    timestamp_by_a_stranger: no.SignatureError,
    bundle_flipped: no.MismatchError,
    bundle_longer_than_signed: no.OversizeError,
    snapshot_missing: no.MissingError,
    server_empty: no.MissingError,
    garbage: no.DamagedError,
}
