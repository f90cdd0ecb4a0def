"""No person is in what a thing says of itself: not in a log, an error or a debugger's line."""

import dataclasses
from datetime import date

import numpy as np
import pytest

from appliance.domain.alert import Alert, Place
from appliance.domain.candidate import Band, Candidate
from appliance.domain.decision import Decision
from appliance.domain.deployment import Deployment, Position
from appliance.domain.face import Faces
from appliance.domain.watchlist import ListImage
from appliance.host.compute import Compute
from appliance.settings import CameraSettings
from appliance.vision.anchors import Candidates
from appliance.vision.choice import Shots
from appliance.vision.encoder import Templates
from appliance.vision.passes import Sights

MARK = 0.7312345
SECRETS = (
    "JR-7",
    "arson",
    "custody",
    "PC 123",
    "Superintendent",
    "0.7312",
    "1984",
    "hunter2",
    "xff",
)
ROW = np.full((1, 4), MARK, np.float32)
FACES = Faces(ROW, np.full((1, 5, 2), MARK, np.float32), ROW[0, :1])
SIGHTS = Sights(np.zeros(1, np.int32), np.zeros(1, np.int32), FACES)


@pytest.fixture
def listed(subject):
    image = ListImage(jpeg=b"\xff\xd8", source="custody suite")
    return subject("JR-7", reason="wanted for arson", images=(image,), born_on=date(1984, 1, 1))


@pytest.fixture
def things(listed, listing, authority, clock, film):
    """One of each kind of thing that is about a person."""
    watchlist = listing(ROW, subjects=[listed])
    candidate = Candidate(0, MARK, MARK, Band.LIKELY, 0.5)
    here = Position(latitude_deg=51.5, longitude_deg=-0.1)
    place = Place(MARK, MARK, MARK, MARK)
    texts = ("mast-1", clock.now, clock.now, "list-1", "model", "d-1")
    frame = film.frame()
    frame.pixels.fill(0xFF)
    return [
        Alert("a-1", listed, candidate, b"\xff\xd8", place, *texts),
        Decision("a-1", "PC 123", clock.now),
        Deployment(authority(), here),
        Candidates(np.zeros(1, np.int32), ROW, FACES.landmarks, FACES.scores),
        Shots(SIGHTS, np.ones(1, np.float32)),
        Templates(ROW, ROW[0, :1], np.ones(1, bool)),
        CameraSettings(uri="rtsp://officer:hunter2@mast/1"),
        *(watchlist, watchlist.head, listed, listed.images[0]),
        *(FACES, SIGHTS, frame, Compute()),
    ]


def test_nothing_shows_the_person(things):
    for thing in things:
        for text in (repr(thing), str(thing), f"{[thing]}"):
            assert not [secret for secret in SECRETS if secret in text], type(thing).__name__


def test_no_array_of_a_face_is_a_field_that_is_shown(things):
    for thing in things:
        if dataclasses.is_dataclass(thing):
            shown = {f.name for f in dataclasses.fields(thing) if f.repr}
            assert not {"pixels", "vectors", "boxes", "landmarks", "templates", "crop_jpeg"} & shown


def test_a_template_is_never_part_of_a_message(things):
    alert = things[0]
    shapes = [
        np.asarray(value).shape for value in vars(alert).values() if isinstance(value, np.ndarray)
    ]
    assert shapes == []
