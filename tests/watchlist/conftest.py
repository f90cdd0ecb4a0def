"""A lawful list and a lawful authority, to be spoilt by the tests."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load, save

from appliance.domain.deployment import Authority, Place, Position
from appliance.domain.watchlist import Ground, Head, ListImage, Subject, Watchlist
from appliance.watchlist.bundle import pack
from tests.watchlist.fleet import repository, served, van
from tests.watchlist.places import land, part, place, stick, told, web

__all__ = ["land", "part", "place", "repository", "served", "stick", "told", "van", "web"]

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=timezone.utc)


@pytest.fixture
def now():
    return NOW


@pytest.fixture(scope="session")
def jpeg():
    file = BytesIO()
    Image.new("RGB", (24, 30), "grey").save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def make_subject(jpeg):
    def make(reference="V-001", images=1, **changes):
        image = ListImage(jpeg=jpeg, source="custody suite")
        fields = {
            "reference": reference,
            "ground": Ground.COURT,
            "reason": "failed to appear",
            "power": "warrant, section 7",
            "reviewer": "PC 1234",
            "images": (image,) * images,
            "expires_at": NOW + timedelta(days=30),
        }
        return Subject(**{**fields, **changes})

    return make


@pytest.fixture
def make_list(make_subject):
    def make(subjects=None, templates=None, **changes):
        subjects = subjects or (make_subject("V-001", images=2), make_subject("V-002"))
        counts = [len(subject.images) for subject in subjects]
        owners = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        if templates is None:
            templates = np.random.default_rng(7).normal(size=(len(owners), 16)).astype(np.float32)
            templates /= np.linalg.norm(templates, axis=1, keepdims=True)
        fields = {
            "watchlist_id": "list-1",
            "model_id": "an-encoder",
            "made_at": NOW - timedelta(hours=1),
            "expires_at": NOW + timedelta(hours=11),
        }
        return Watchlist.of(Head(**{**fields, **changes}), tuple(subjects), templates, owners)

    return make


@pytest.fixture
def make_authority():
    def make(**changes):
        fields = {
            "deployment_id": "d-1",
            "purpose": "find people wanted by a court",
            "place": Place(
                name="High Street",
                centre=Position(latitude_deg=51.5, longitude_deg=-0.1),
                radius_m=100,
            ),
            "starts_at": NOW - timedelta(minutes=10),
            "ends_at": NOW + timedelta(hours=6),
            "notice_published_at": NOW - timedelta(days=2),
            "authorising_officer": "Superintendent",
            "watchlist_id": "list-1",
            "maximum_subjects": 10,
            "threshold_floor": 0.4,
        }
        return Authority(**{**fields, **changes})

    return make


@pytest.fixture
def forge(make_list):
    """Make a bundle's bytes with arrays replaced, or with the register edited as a dict."""

    def make(edit=None, **arrays):
        whole = load(pack(make_list()))
        if edit:
            register = json.loads(whole["register"].tobytes())
            edit(register)
            whole["register"] = np.frombuffer(json.dumps(register).encode(), np.uint8)
        return save({**whole, **{name: np.ascontiguousarray(a) for name, a in arrays.items()}})

    return make
