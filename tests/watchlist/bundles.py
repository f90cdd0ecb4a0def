"""Small lawful lists as bytes, to be spoilt, and a van that holds them."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from types import SimpleNamespace

import numpy as np
from PIL import Image
from safetensors.numpy import load, save

from appliance.domain.watchlist import Ground, Head, ListImage, Subject, Watchlist
from appliance.watchlist.bundle import check, pack, view
from appliance.watchlist.chain import Chain
from appliance.watchlist.generation import Label
from appliance.watchlist.keyring import Keyring, seal
from appliance.watchlist.store import Store
from appliance.watchlist.trust import Promise, read
from tests.watchlist.repository import MODEL, MOMENT, Repository

VAN = "van-1"


def a_jpeg(width=24, height=30):
    file = BytesIO()
    Image.new("RGB", (width, height), "grey").save(file, "JPEG")
    return file.getvalue()


JPEG = a_jpeg()


def a_subject(reference="V-001", images=1, jpeg=JPEG, **changes):
    fields = {
        "reference": reference,
        "ground": Ground.COURT,
        "reason": "failed to appear",
        "power": "warrant, section 7",
        "reviewer": "PC 1234",
        "images": (ListImage(jpeg=jpeg, source="custody suite"),) * images,
        "expires_at": MOMENT + timedelta(days=30),
    }
    return Subject(**{**fields, **changes})


def a_list(subjects=None, dimension=16, seed=7, **changes):
    subjects = subjects or (a_subject("V-001", images=2), a_subject("V-002"))
    counts = [len(subject.images) for subject in subjects]
    random = np.random.default_rng(seed)
    templates = random.normal(size=(sum(counts), dimension)).astype(np.float32)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    fields = {
        "watchlist_id": "list-1",
        "model_id": MODEL,
        "made_at": MOMENT - timedelta(hours=1),
        "expires_at": MOMENT + timedelta(hours=11),
    }
    return Watchlist.of(
        Head(**{**fields, **changes}),
        tuple(subjects),
        templates,
        np.repeat(np.arange(len(counts), dtype=np.int32), counts),
        random.integers(0, 256, (len(counts), 32), np.uint8),
    )


def another(**changes):
    return a_list((a_subject("V-9"),), seed=9, **changes)


def a_promise(watchlist, data, key_id="0" * 16, **changes):
    head = watchlist.head
    fields = {
        "van": VAN,
        "watchlist_id": head.watchlist_id,
        "key_id": key_id,
        "model_id": head.model_id,
        "made_at": head.made_at,
        "expires_at": head.expires_at,
        "subjects": len(watchlist.subjects),
        "templates": len(watchlist.templates),
        "plain_bytes": len(data),
    }
    return Promise(**{**fields, **changes})


def forged(watchlist=None, **arrays):
    """Give a bundle's bytes with arrays replaced; None leaves one out."""
    whole = {**load(pack(watchlist or a_list())), **arrays}
    return save({n: np.ascontiguousarray(a) for n, a in whole.items() if a is not None})


def with_records(*texts):
    """Give a bundle whose records are these bytes."""
    blob = np.frombuffer(b"".join(texts), np.uint8)
    return forged(records=blob, record_ends=np.cumsum([len(text) for text in texts]))


def with_pictures(*jpegs):
    """Give a bundle whose pictures are these bytes."""
    blob = np.frombuffer(b"".join(jpegs), np.uint8)
    return forged(thumbnails=blob, thumbnail_ends=np.cumsum([len(jpeg) for jpeg in jpegs]))


def examine(data, promise=None):
    """Do all that the child does with what it has decrypted."""
    watchlist = view(data)
    check(watchlist, promise or a_promise(watchlist, data))
    return watchlist


class Van:
    """A van's own folders, and a force that sends it lists."""

    def __init__(self, folder, now=MOMENT):
        self.now, self.repository = now, Repository(now)
        for name in ("store", "keyring"):
            (folder / name).mkdir(mode=0o700)
        self.store, self.keyring = Store(folder / "store"), Keyring(folder / "keyring")
        self.root = folder / "root.json"
        self.root.write_bytes(self.repository.pinned)
        self.settings = SimpleNamespace(
            folder=folder / "store", keyring=folder / "keyring", root=self.root
        )
        self._folder = folder

    def send(self, watchlist=None, data=None, authority=None, custom=None, cipher=None):
        """Make a list, sign it, and install it as a new generation."""
        watchlist = watchlist or a_list()
        data = pack(watchlist) if data is None else data
        key = self.keyring.make(1)[0]
        sealed = BytesIO()
        seal(BytesIO(data), sealed, [key.recipient])
        sealed = cipher or sealed.getvalue()
        promise = a_promise(watchlist, data, **{"key_id": key.key_id, **(custom or {})})
        self.repository.put(
            self.repository.targets,
            f"vans/{VAN}/watchlist.age",
            sealed,
            promise.model_dump(mode="json"),
        )
        self.repository.put_authority(VAN, **(authority or {}))
        self.repository.release()
        return self.install(sealed)

    def install(self, sealed=None):
        """Take over what the force says now, with the bundle where there is one."""
        files = self.repository.files
        chain = Chain(self.root.read_bytes(), self.now, lambda want: files.get(want.path))
        trusted = read(chain, VAN, self.now)
        bundle = None
        if sealed is not None:
            bundle = self._folder / f"{sha256(sealed).hexdigest()}.age"
            bundle.write_bytes(sealed)
        promise, authority = trusted.promise, trusted.authority
        label = Label(
            deployment_id=authority and authority.deployment_id,
            ends_at=authority and authority.ends_at,
            expires_at=promise and promise.expires_at,
            key_id=promise and promise.key_id,
            bundle_sha256=trusted.bundle_sha256,
        )
        return self.store.install(chain.files, bundle, label)
