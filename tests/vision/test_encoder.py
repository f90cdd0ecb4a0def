"""Templates are of length 1, and what is not a number is said to be unsound."""

import numpy as np
import pytest

from appliance.errors import MachineError
from appliance.host.compute import Compute
from appliance.vision.encoder import Encode

FIRST = np.zeros(1, np.int32)


@pytest.fixture
def open_encode(film, pack):
    def build(net=None, *, mirrored=False, **changes):
        model = pack.encoder.model_copy(update=changes)
        parts = Compute(), net or film.describe, model, pack.landmarks
        return Encode(*parts, mirrored=mirrored)

    return build


@pytest.fixture
def answer(open_encode, film, person, make_faces):
    """Encode one face with a network that answers this."""

    def encode(*rows, **changes):
        ann = person("ann", 100, 100)
        faces = make_faces(*[ann] * len(rows))
        net = lambda crops: {"template": np.array(rows, np.float32)}  # noqa: E731
        which = np.zeros(len(rows), np.int32)
        return open_encode(net, dimension=2, **changes)([film.frame(ann)], which, faces)

    return encode


def test_every_face_gets_the_template_of_its_own_pixels(
    open_encode, film, person, make_faces, template
):
    ann, bob, cleo = (person(n, x, 90) for n, x in (("ann", 40), ("bob", 200), ("cleo", 360)))
    frames = film.frames([ann, bob], [cleo])
    which = np.array([0, 1, 0], np.int32)
    templates = open_encode()(frames, which, make_faces(bob, cleo, ann))
    expected = np.stack([template(name) for name in ("bob", "cleo", "ann")])
    assert templates.vectors == pytest.approx(expected, abs=0.01)
    assert templates.sound.all()


def test_a_turned_head_is_set_upright(open_encode, film, person, make_faces):
    shown = []
    ann = person("ann", 200, 200)
    faces = make_faces(ann)
    middle = ann.box.reshape(2, 2).mean(axis=0)
    quarter = np.array([[0, -1], [1, 0]], np.float32)
    faces.landmarks[:] = (faces.landmarks - middle) @ quarter.T + middle
    frame = film.frame(ann)
    pixels = frame.pixels[: 640 * 480].reshape(480, 640)
    pixels[200:248, 200:296] = 255  # what is above in the picture is on a side of the turned head

    def look(crops):
        shown.append(crops.copy())
        return film.describe(crops)

    open_encode(look)([frame], FIRST, faces)
    crop = shown[0][0].mean(axis=0)
    assert crop[10:54, 4:24].mean() - crop[10:54, 40:60].mean() == pytest.approx(120, abs=40)


def test_no_face_needs_no_run(open_encode, film, make_faces):
    templates = open_encode(net=None)([film.frame()], FIRST[:0], make_faces())
    assert templates.vectors.shape == (0, 8)


def test_a_network_of_one_face_a_run_is_asked_once_for_each(open_encode, film, person, make_faces):
    sizes = []

    def look(crops):
        sizes.append(len(crops))
        return film.describe(crops)

    people = [person("ann", 100, 100), person("bob", 300, 100), person("ann", 100, 300)]
    templates = open_encode(look, batch=1)(
        [film.frame(*people)], np.zeros(3, np.int32), make_faces(*people)
    )
    assert sizes == [1, 1, 1]
    assert templates.vectors[0] == pytest.approx(templates.vectors[2])


def test_a_template_is_of_length_one(answer):
    templates = answer([3, 4], [0.001, 0])
    assert templates.vectors == pytest.approx(np.array([[0.6, 0.8], [1, 0]]))
    assert templates.norms.tolist() == [1, 1]


def test_where_the_length_is_a_quality_it_is_kept(answer):
    assert answer([3, 4], norm_is_quality=True).norms == pytest.approx([5])


@pytest.mark.parametrize("rubbish", [[np.nan, 1], [np.inf, 1], [-np.inf, 0], [0, 0], [1e-9, 0]])
@pytest.mark.parametrize("quality", [True, False])
def test_a_template_of_no_number_or_no_length_is_unsound(answer, rubbish, quality):
    templates = answer([3, 4], rubbish, norm_is_quality=quality)
    assert templates.sound.tolist() == [True, False]
    assert templates.vectors[1].tolist() == [0, 0]
    assert templates.norms[1] == 0


def test_numbers_too_great_to_be_squared_are_unsound_too(answer):
    with np.errstate(over="ignore"):
        templates = answer([1e30, 1e30])
    assert templates.sound.tolist() == [False]
    assert not templates.vectors.any()
    assert templates.norms.tolist() == [0]


def test_a_face_whose_landmarks_say_nothing_is_unsound(open_encode, film, person, make_faces):
    ann, bob = person("ann", 100, 100), person("bob", 300, 100)
    faces = make_faces(ann, bob)
    faces.landmarks[0] = 5
    templates = open_encode()([film.frame(ann, bob)], np.zeros(2, np.int32), faces)
    assert templates.sound.tolist() == [False, True]
    assert not templates.vectors[0].any()


def test_templates_can_be_erased(answer):
    templates = answer([3, 4])
    templates.erase()
    assert not templates.vectors.any()
    assert not templates.norms.any()


def test_there_is_one_copy_of_a_template_and_it_is_overwritten(
    open_encode, film, person, make_faces
):
    ann = person("ann", 100, 100)
    encode = open_encode()
    raws = []
    normalise = encode._normalise
    encode._normalise = lambda raw, aligned: raws.append(raw) or normalise(raw, aligned)
    templates = encode([film.frame(ann)], FIRST, make_faces(ann))
    assert templates.vectors.any()
    assert np.shares_memory(raws[0], templates.vectors)
    templates.erase()
    assert not raws[0].any()


@pytest.mark.parametrize("rows", [[[1.0]], [[1.0, 2.0, 3.0]]])
def test_a_template_of_another_length_is_said_in_a_line(answer, rows):
    with pytest.raises(MachineError, match="does not give 2 numbers") as refused:
        answer(*rows)
    assert "dimension" in refused.value.mend


def test_a_mirror_image_is_encoded_where_that_is_asked(open_encode, film, person, make_faces):
    shown = []
    ann = person("ann", 200, 200)

    def look(crops):
        shown.append(crops.copy())
        return film.describe(crops)

    frame = film.frame(ann)
    for mirrored in (False, True):
        open_encode(look, mirrored=mirrored)([frame], FIRST, make_faces(ann))
    straight, turned = shown
    # Between pixels OpenCV reckons in 32nds.
    assert turned == pytest.approx(straight[..., ::-1], abs=6)
    assert turned != pytest.approx(straight, abs=6)
