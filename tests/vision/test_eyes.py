"""The networks as they are: the same person is alike, another is not, and a still is forgotten."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.errors import MachineError
from appliance.host.machine import open_machine
from appliance.matching.calibration import load_calibration
from appliance.settings import VisionSettings
from appliance.vision.eyes import Eyes
from engines import packs

pytestmark = pytest.mark.timeout(300)  # the embedded networks may have to be installed first


@pytest.fixture(scope="session")
def real_pack():
    """The best networks that are here; where there are none, those that can be installed."""
    try:
        return packs.resolve("auto", None, fetch=False, notify=lambda line: None)
    except MachineError:
        return packs.resolve("dlib", None, fetch=True, notify=lambda line: None)


@pytest.fixture(scope="session")
def eyes(real_pack):
    compute, pack = open_machine().compute, real_pack.pack
    detector = compute.open_net(real_pack.detector, pack.detector.cpu.sha256)
    encoder = compute.open_net(real_pack.encoder, pack.encoder.cpu.sha256)
    return Eyes(compute, pack, detector, encoder, VisionSettings())


def inside(package: str, *parts: str) -> np.ndarray:
    """Read a public-domain portrait that comes inside an installed package."""
    place = Path(importlib.util.find_spec(package).origin).parent.joinpath(*parts)
    return cv2.cvtColor(cv2.imread(str(place)), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="session")
def collins():
    return inside("skimage", "data", "astronaut.png")


@pytest.fixture(scope="session")
def hopper():
    return inside("matplotlib", "mpl-data", "sample_data", "grace_hopper.jpg")


def test_one_face_is_found_where_it_is(eyes, collins):
    faces, templates = eyes.look(collins)
    assert len(faces) == 1
    middle = faces.boxes[0].reshape(2, 2).mean(axis=0)
    assert middle == pytest.approx((225, 120), abs=20)
    assert templates.vectors.shape == (1, eyes.pack.encoder.dimension)
    assert np.linalg.norm(templates.vectors[0]) == pytest.approx(1, abs=1e-5)


def test_the_same_person_is_a_match_and_another_is_not(eyes, real_pack, collins, hopper):
    smaller = cv2.resize(collins, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_AREA)
    darker = np.ascontiguousarray((smaller * 0.8).astype(np.uint8)[:, ::-1])
    first, again, other = (eyes.look(p)[1].vectors[0] for p in (collins, darker, hopper))
    calibration = load_calibration(packs.calibration_file(real_pack.pack), real_pack.pack.model_id)
    assert first @ again > calibration.threshold > first @ other


def test_a_picture_of_nobody_has_no_face(eyes):
    faces, templates = eyes.look(np.full((240, 320, 3), 128, np.uint8))
    assert len(faces) == len(templates.sound) == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (17, 33)])
def test_a_picture_of_an_absurd_shape_has_no_face(eyes, shape):
    faces, _ = eyes.look(np.zeros((*shape, 3), np.uint8))
    assert len(faces) == 0


def test_noise_is_nobody(eyes):
    noise = np.random.default_rng(2).integers(0, 256, (256, 320, 3), np.uint8)
    assert len(eyes.look(noise)[0]) == 0
