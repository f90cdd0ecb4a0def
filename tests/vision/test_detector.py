"""Frames in, the faces of each frame out, in the frame's own pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import MachineError
from appliance.host.compute import Compute
from appliance.vision.detector import Detect, fit, input_size, suppress
from appliance.vision.passes import overlap


@pytest.fixture
def open_detect(film, pack):
    def build(size=(640, 480), score=0.3, **changes):
        model = pack.detector.model_copy(update=changes)
        return Detect(Compute(), film.find, model, size, score)

    return build


@pytest.mark.parametrize("size", [(640, 480), (320, 256), (256, 320)])
def test_the_face_is_found_where_it_stands(open_detect, film, person, size):
    ann = person("ann", 123, 77)
    (faces,) = open_detect(size)([film.frame(ann)])
    assert faces.boxes == pytest.approx(ann.box[None], abs=0.01)
    assert faces.landmarks == pytest.approx(ann.landmarks[None], abs=0.01)
    assert faces.scores == pytest.approx([0.9])


def test_each_frame_of_a_batch_has_its_own_faces(open_detect, film, person):
    ann, bob = person("ann", 100, 100), person("bob", 300, 100, score=0.95)
    found = open_detect()(film.frames([ann], [], [bob, ann], cameras="abc"))
    assert [len(faces) for faces in found] == [1, 0, 2]
    assert found[2].boxes == pytest.approx(np.stack([bob.box, ann.box]), abs=0.01)


def test_an_empty_frame_has_no_faces(open_detect, film):
    (faces,) = open_detect()([film.frame()])
    assert len(faces) == 0
    assert faces.landmarks.shape == (0, 5, 2)


def test_the_fainter_of_two_boxes_of_one_face_is_left_out(open_detect, film, person):
    (faces,) = open_detect()(
        [film.frame(person("ann", 100, 100, score=0.6), person("ann", 108, 104))]
    )
    assert faces.scores == pytest.approx([0.9])


def test_what_is_less_like_a_face_than_asked_is_left_out(open_detect, film, person):
    frame = film.frame(person("ann", 100, 100, score=0.5))
    assert [len(f) for f in open_detect(score=0.4)([frame])] == [1]
    assert [len(f) for f in open_detect(score=0.6)([frame])] == [0]


def test_a_network_of_one_size_gets_one_frame_at_a_time(film, pack, person):
    batches = []

    def find(batch):
        batches.append(batch.shape)
        shown, film.shown = film.shown, film.shown[len(batches) - 1 :][:1]
        out = film.find(batch)
        film.shown = shown
        return out

    model = pack.detector.model_copy(update={"fixed": (320, 320)})
    scenes = [person("ann", 100, 100)], [person("bob", 300, 100)]
    found = Detect(Compute(), find, model, (640, 480), 0.3)(film.frames(*scenes))
    assert batches == [(1, 3, 320, 320)] * 2
    assert found[1].boxes == pytest.approx(scenes[1][0].box[None], abs=0.01)


@pytest.mark.parametrize(
    ("width", "shapes", "size"),
    [
        (640, [(1920, 1080)], (640, 384)),
        (640, [(640, 480)], (640, 480)),
        (640, [(480, 270)], (480, 288)),  # never wider than the camera
        (640, [(1920, 1080), (640, 480)], (640, 480)),  # the tallest decides
        (650, [(1920, 1080)], (672, 384)),
        (640, [(641, 479)], (640, 480)),
        (640, [(270, 480)], (288, 480)),
    ],
)
def test_the_input_wastes_least(width, shapes, size):
    assert input_size(width, shapes) == size


@given(
    width=st.integers(64, 4096),
    shapes=st.lists(st.tuples(st.integers(2, 4096), st.integers(2, 4096)), min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_every_camera_fits_into_the_input(width, shapes):
    size = input_size(width, shapes)
    assert size[0] % 32 == size[1] % 32 == 0
    for w, h in shapes:
        scale = fit(w, h, size)
        assert w * scale <= size[0] + 1e-6
        assert h * scale <= size[1] + 1e-6


def test_a_network_of_few_pictures_a_run_gets_no_more(film, pack, person):
    batches = []

    def find(batch):
        batches.append(len(batch))
        return film.find(batch)

    model = pack.detector.model_copy(update={"batch": 2})
    Detect(Compute(), find, model, (640, 480), 0.3)(film.frames([], [], [], [], cameras="abcd"))
    assert batches == [2, 2]


@pytest.mark.parametrize("family", ["scrfd", "dlib"])
def test_a_network_of_another_family_is_said_in_a_line(open_detect, film, family):
    with pytest.raises(MachineError, match=f"not answer as one of the family {family}") as refused:
        open_detect(family=family)([film.frame()])
    assert "models.toml" in refused.value.mend


def test_suppression_keeps_the_best_and_what_stands_apart():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10]], np.float32)
    assert suppress(boxes, np.array([0.5, 0.9, 0.7], np.float32), 0.3) == [1, 2]
    assert suppress(boxes[:0], np.zeros(0, np.float32), 0.3) == []


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_no_two_that_are_kept_overlap_more_than_allowed(seed, count):
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 100, (count, 2))
    boxes = np.hstack([corner, corner + random.uniform(1, 60, (count, 2))]).astype(np.float32)
    scores = random.uniform(0.1, 1, count).astype(np.float32)
    kept = suppress(boxes, scores, 0.3)
    shared = overlap(boxes[kept], boxes[kept]) - np.eye(len(kept))
    assert shared.max(initial=0) <= 0.3 + 1e-4
    left = [i for i in range(count) if i not in kept]
    assert all((overlap(boxes[[i]], boxes[kept]) > 0.3 - 1e-4).any() for i in left)
    assert scores[kept].tolist() == sorted(scores[kept], reverse=True)
