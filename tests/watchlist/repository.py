"""A force's repository in memory, built with python-tuf's own Metadata API, for good and bad days.

`release` signs all anew, `beat` only says "still the newest", `release_withdrawals` is what one
officer alone can do. What is published is `files`, by path; a test may spoil any of them, sign with
`sign` as anybody, or change who signs (`by`), how long it holds (`life`) and what the roles say
(`root`, `targets`, `withdrawals`, `snapshot`, `timestamp`) before the next release.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

MOMENT = datetime(2026, 5, 4, 10, 0, tzinfo=timezone.utc)
MODEL = "e" * 64
KEY_ID = "0123456789abcdef"
ROLES = ("root", "targets", "withdrawals", "snapshot", "timestamp")


def signers(count):
    return [CryptoSigner.generate_ed25519() for _ in range(count)]


def sign(signed, by):
    """Sign as whoever is named, however few or wrong they are."""
    metadata = Metadata(signed)
    for signer in by:
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


def dump(document):
    return json.dumps(document, default=datetime.isoformat).encode()


def a_promise(bundle, van="van-1", now=MOMENT, **changes):
    """Give what the targets metadata says of a bundle, as JSON's own types."""
    fields = {
        "kind": "watchlist",
        "van": van,
        "watchlist_id": "list-1",
        "key_id": KEY_ID,
        "model_id": MODEL,
        "made_at": (now - timedelta(hours=1)).isoformat(),
        "expires_at": (now + timedelta(hours=11)).isoformat(),
        "subjects": 2,
        "templates": 3,
        "plain_bytes": len(bundle),
    }
    return {**fields, **changes}


def an_authority(now=MOMENT, **changes):
    """Give a lawful authority for `list-1`, as JSON's own types."""
    fields = {
        "deployment_id": "d-1",
        "purpose": "find people wanted by a court",
        "place": {
            "name": "High Street",
            "centre": {"latitude_deg": 51.5, "longitude_deg": -0.1},
            "radius_m": 100.0,
        },
        "starts_at": (now - timedelta(minutes=10)).isoformat(),
        "ends_at": (now + timedelta(hours=6)).isoformat(),
        "notice_published_at": (now - timedelta(days=2)).isoformat(),
        "authorising_officer": "Superintendent",
        "watchlist_id": "list-1",
        "maximum_subjects": 10,
        "threshold_floor": 0.4,
    }
    return {**fields, **changes}


class Repository:
    """What a desk makes, publishes and takes back."""

    def __init__(self, now=MOMENT, life=timedelta(hours=24)):
        self.now, self.files = now, {}
        self.life = dict.fromkeys(ROLES, life) | {"root": timedelta(days=365)}
        self.roots, self.signers, self.online = signers(3), signers(3), signers(1)
        self.by = {
            "root": self.roots[:2],
            "targets": self.signers[:2],
            "withdrawals": self.signers[:1],
            "snapshot": self.online,
            "timestamp": self.online,
        }
        self.targets, self.withdrawals = Targets(), Targets()
        self.snapshot, self.timestamp = Snapshot(), Timestamp()
        self.withdrawn = {"made_at": now - timedelta(hours=1), "entries": [], "revoked": []}
        self._versions = dict.fromkeys(ROLES, 0)
        self.make_root()
        self.delegate()

    # -- Keys

    def make_root(self):
        """Write the next root with the keys as they are now, signed by `by["root"]`."""
        self.root = Root(consistent_snapshot=True)
        holders = {"root": self.roots, "targets": self.signers}
        holders |= {"snapshot": self.online, "timestamp": self.online}
        for role, keys in holders.items():
            for signer in keys:
                self.root.add_key(signer.public_key, role)
            self.root.roles[role].threshold = min(2, len(keys))
        return self.release_root()

    def release_root(self):
        data = self._sign("root", self.root)
        self.files[f"metadata/{self.root.version}.root.json"] = data
        return data

    def delegate(self):
        """Let any one signer take somebody off."""
        keys = {signer.public_key.keyid: signer.public_key for signer in self.signers}
        role = DelegatedRole("withdrawals", [*keys], 1, True, paths=["withdrawals.json"])
        self.targets.delegations = Delegations(keys, {"withdrawals": role})

    def rotate(self):
        """Take new keys for every role; the old root's holders agree to it."""
        old = self.roots
        self.roots, self.signers, self.online = signers(3), signers(3), signers(1)
        self.by = {
            "root": [*old[:2], *self.roots[:2]],
            "targets": self.signers[:2],
            "withdrawals": self.signers[:1],
            "snapshot": self.online,
            "timestamp": self.online,
        }
        self.make_root()
        self.delegate()
        self.by["root"] = self.roots[:2]

    @property
    def pinned(self):
        """The root that the van was born with."""
        return self.files["metadata/1.root.json"]

    # -- What is published

    def put(self, role, path, data, custom=None):
        """Make a file a target; what lay there before stays where it is."""
        target = TargetFile.from_data(path, data)
        if custom is not None:
            target.unrecognized_fields["custom"] = custom
        role.targets[path] = target
        folder, _, name = path.rpartition("/")
        prefix = f"targets/{folder}/" if folder else "targets/"
        place = f"{prefix}{sha256(data).hexdigest()}.{name}"
        self.files[place] = data
        return place

    def put_list(self, bundle=b"sealed", van="van-1", **changes):
        promise = a_promise(bundle, van, self.now, **changes)
        return self.put(self.targets, f"vans/{van}/watchlist.age", bundle, promise)

    def put_authority(self, van="van-1", **changes):
        authority = an_authority(self.now, **changes)
        custom = {
            "kind": "authority",
            "van": van,
            "deployment_id": authority["deployment_id"],
            "watchlist_id": authority["watchlist_id"],
            "ends_at": authority["ends_at"],
        }
        return self.put(self.targets, f"vans/{van}/authority.json", dump(authority), custom)

    def withdraw(self, *commitments):
        """Take entries off, each named by its commitment (32 bytes)."""
        entries = [{"commitment": c.hex(), "at": self.now} for c in commitments]
        self.withdrawn["entries"] += entries
        self.withdrawn["made_at"] = self.now

    def revoke(self, deployment_id="d-1"):
        self.withdrawn["revoked"].append({"deployment_id": deployment_id, "at": self.now})
        self.withdrawn["made_at"] = self.now

    # -- Signing

    def release(self):
        """Sign all anew: what two officers do."""
        data = self._sign("targets", self.targets)
        self.files[f"metadata/{self.targets.version}.targets.json"] = data
        self.snapshot.meta["targets.json"] = self._meta("targets", data)
        self.release_withdrawals()
        return self

    def release_withdrawals(self):
        """Sign what is taken back: what one officer does."""
        self.put(self.withdrawals, "withdrawals.json", dump(self.withdrawn))
        data = self._sign("withdrawals", self.withdrawals)
        self.files[f"metadata/{self.withdrawals.version}.withdrawals.json"] = data
        self.snapshot.meta["withdrawals.json"] = self._meta("withdrawals", data)
        self.release_snapshot()
        return self

    def release_snapshot(self):
        data = self._sign("snapshot", self.snapshot)
        self.files[f"metadata/{self.snapshot.version}.snapshot.json"] = data
        self.timestamp.snapshot_meta = self._meta("snapshot", data)
        return self.beat()

    def beat(self):
        """Say that this is still the newest: what the online key does by itself."""
        self.files["metadata/timestamp.json"] = self._sign("timestamp", self.timestamp)
        return self

    def publish(self, folder):
        """Write the files into a folder, the newest word last."""
        folder.mkdir(exist_ok=True, parents=True)
        for path, data in sorted(self.files.items(), key=lambda file: "timestamp" in file[0]):
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        return folder

    def _sign(self, role, signed):
        self._versions[role] += 1
        signed.version = self._versions[role]
        signed.expires = self.now + self.life[role]
        return sign(signed, self.by[role])

    def _meta(self, role, data):
        return MetaFile.from_data(self._versions[role], data, ["sha256"])


def a_repository(now=MOMENT, bundle=b"sealed", van="van-1"):
    """Give an honest repository with one list and its authority for one van."""
    repository = Repository(now)
    repository.put_list(bundle, van)
    repository.put_authority(van)
    return repository.release()
