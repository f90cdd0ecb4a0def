"""dlib answers as any network does, and keeps nothing."""

import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.errors import MachineError
from appliance.host.dlib_nets import DlibDetector, DlibEncoder, open_dlib
from appliance.vision.alignment import inverse_similarity
from appliance.vision.anchors import decode_dlib
from engines import packs

FACE = [10.0, 20.0, 30.0, 40.0, 0.9, *range(10)]


def pictures(*values: int) -> np.ndarray:
    """A picture of one grey for each value, 6 wide and 4 high."""
    return np.stack([np.full((3, 4, 6), value, np.float32) for value in values])


class Eyes:
    """Sees as many faces in a picture as it is bright, and keeps what it was shown."""

    def __init__(self):
        self.shown: list[np.ndarray] = []

    def __call__(self, picture: np.ndarray):
        self.shown.append(picture)
        return [FACE] * int(picture[0, 0, 0])


def test_the_faces_of_a_batch_stand_in_rows_of_one_length():
    faces = DlibDetector(Eyes(), "sha")(pictures(2, 0, 1))["faces"]
    assert faces.shape == (3, 2, 15)
    assert faces.dtype == np.float32
    assert (faces[..., 4] > 0).sum(axis=1).tolist() == [2, 0, 1]
    found = decode_dlib({"faces": faces}, (6, 4), 0.7)
    assert found.which.tolist() == [0, 0, 2]


@pytest.mark.parametrize("batch", [pictures(0, 0), np.zeros((0, 3, 4, 6), np.float32)])
def test_no_face_is_an_answer_too(batch: np.ndarray):
    faces = DlibDetector(Eyes(), "sha")(batch)["faces"]
    assert faces.shape == (len(batch), 0, 15)
    assert len(decode_dlib({"faces": faces}, (6, 4), 0.7).scores) == 0


def test_dlib_is_shown_height_width_and_colours_as_bytes():
    eyes = Eyes()
    batch = np.stack([np.stack([np.full((4, 6), c, np.float32) for c in (1, 2, 3)])])
    colours: list[list[int]] = []
    DlibDetector(lambda p: colours.append(p[0, 0].tolist()) or eyes(p), "sha")(batch)
    assert colours == [[1, 2, 3]]
    assert eyes.shown[0].shape == (4, 6, 3)
    assert eyes.shown[0].dtype == np.uint8


def test_the_copies_that_dlib_was_shown_are_zero_afterwards():
    eyes = Eyes()
    DlibDetector(eyes, "sha")(pictures(3, 4))
    assert len(eyes.shown) == 2
    assert not any(picture.any() for picture in eyes.shown)


def test_they_are_zero_even_when_dlib_fails():
    shown: list[np.ndarray] = []

    def fail(chips: list[np.ndarray]):
        shown.extend(chips)
        raise RuntimeError("dlib failed")

    with pytest.raises(RuntimeError):
        DlibEncoder(fail, "sha")(pictures(9))
    assert len(shown) == 1
    assert not shown[0].any()


def test_each_face_has_its_own_template():
    encode = DlibEncoder(lambda chips: [[chip.mean()] * 128 for chip in chips], "sha")
    template = encode(pictures(3, 7))["template"]
    assert template.shape == (2, 128)
    assert template[:, 0].tolist() == [3, 7]


def test_no_face_has_no_template():
    template = DlibEncoder(lambda chips: [], "sha")(pictures(1)[:0])["template"]
    assert template.shape == (0, 128)


def test_without_dlib_one_line_says_what_to_do(monkeypatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(MachineError, match="does not load") as refused:
        open_dlib(tmp_path / "shape_predictor.dat", "sha")
    assert "lfr engines fetch dlib" in refused.value.mend


@pytest.fixture(scope="session")
def found():
    """The real pack; downloaded once where this user has never had it."""
    return packs.resolve("dlib", None, fetch=True, notify=lambda line: None)


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """NASA's portrait of Eileen Collins that comes with scikit-image."""
    spec = importlib.util.find_spec("skimage")
    assert spec
    assert spec.origin
    return cv2.cvtColor(
        cv2.imread(str(Path(spec.origin).parent / "data" / "astronaut.png")), cv2.COLOR_BGR2RGB
    )


def feed(picture: np.ndarray) -> np.ndarray:
    return picture.transpose(2, 0, 1)[None].astype(np.float32)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["shape_predictor.dat", "resnet.dat"])
def test_a_file_that_is_not_dlibs_is_refused(found, tmp_path: Path, name: str):
    assert found.pack.name == "dlib"
    (tmp_path / name).write_bytes(b"rubbish" * 100)
    with pytest.raises(MachineError, match="does not load"):
        open_dlib(tmp_path / name, "sha")


@pytest.mark.timeout(300)
def test_our_crop_of_a_real_face_is_the_one_that_dlib_would_cut(found, portrait):
    detect = open_dlib(found.detector, "sha")
    faces = detect(feed(portrait))["faces"][0]
    left, top, right, bottom, score, *points = faces[faces[:, 4].argmax()]
    assert (left, top, right, bottom) == pytest.approx((179, 83, 266, 170), abs=8)
    assert 0.7 < score < 1
    assert (faces[:, 4] >= 0.7).sum() == 1  # what else is a little like a face is none

    marks = np.array(points, np.float32).reshape(1, 5, 2)
    side = found.pack.encoder.side
    template = np.array(found.pack.landmarks.template, np.float32) * side
    inverse = inverse_similarity(marks, template)[0]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(portrait, inverse, (side, side), flags=flags)

    dlib = importlib.import_module("dlib")
    parts = dlib.points([dlib.point(int(x), int(y)) for x, y in marks[0]])
    box = dlib.rectangle(int(left), int(top), int(right), int(bottom))
    own = dlib.get_face_chip(portrait, dlib.full_object_detection(box, parts), side, 0.25)
    assert np.abs(crop.astype(int) - own).mean() < 5

    encode = open_dlib(found.encoder, "sha")
    both = np.concatenate([feed(crop), feed(own)])
    ours, theirs = encode(both)["template"]
    assert ours @ theirs / np.linalg.norm(ours) / np.linalg.norm(theirs) > 0.999
