"""A detector's raw numbers, made by hand, give the faces that were put into them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.vision.anchors import (
    GROW,
    SHIFT,
    STRIDES,
    decode_dlib,
    decode_retinaface,
    decode_scrfd,
    decode_yunet,
    decoder,
    grid,
)
from appliance.vision.models import Anchors

SIZE = (128, 96)
BOX = np.array([40, 20, 72, 60], np.float32)
MARKS = np.array([[48, 32], [64, 32], [56, 42], [50, 50], [62, 50]], np.float32)


def scrfd_outputs(pictures, stride=8, anchor=0):
    """Answer as SCRFD would that sees these (box, landmarks, score) in each picture."""
    depths = {"score": 1, "bbox": 4, "kps": 10}
    out = {
        f"{part}_{s}": np.zeros((len(pictures), 2 * len(grid(*SIZE, s)), depth), np.float32)
        for part, depth in depths.items()
        for s in STRIDES
    }
    for i, faces in enumerate(pictures):
        for box, marks, score in faces:
            column, row = ((box[:2] + box[2:]) / 2 // stride).astype(int)
            place = 2 * (row * (SIZE[0] // stride) + column) + anchor
            corner = np.array([column, row]) * stride
            out[f"score_{stride}"][i, place] = score
            out[f"bbox_{stride}"][i, place] = np.r_[corner - box[:2], box[2:] - corner] / stride
            out[f"kps_{stride}"][i, place] = ((marks - corner) / stride).ravel()
    return out


SQUARES = Anchors(steps=(8, 16), sides=((10, 20), (32, 64)))


def retina_outputs(faces, step=8, square=1, size=SIZE):
    """Answer as a RetinaFace would that sees these (box, landmarks, score)."""
    wide = -(-size[0] // step)
    before = 0 if step == 8 else 2 * -(-size[0] // 8) * -(-size[1] // 8)
    count = sum(2 * -(-size[0] // s) * -(-size[1] // s) for s in SQUARES.steps)
    out = {"loc": np.zeros((1, count, 4)), "conf": np.zeros((1, count, 2))}
    out["landms"] = np.zeros((1, count, 10))
    side = SQUARES.sides[SQUARES.steps.index(step)][square]
    for box, marks, score in faces:
        column, row = ((box[:2] + box[2:]) / 2 // step).astype(int)
        place = before + 2 * (row * wide + column) + square
        middle = (np.array([column, row]) + 0.5) * step
        shift = ((box[:2] + box[2:]) / 2 - middle) / (SHIFT * side)
        out["loc"][0, place] = [*shift, *np.log((box[2:] - box[:2]) / side) / GROW]
        out["conf"][0, place] = 1 - score, score
        out["landms"][0, place] = ((marks - middle) / (SHIFT * side)).ravel()
    return {name: array.astype(np.float32) for name, array in out.items()}


@pytest.mark.parametrize("size", [SIZE, (136, 104)])  # of the second map the last cells stick out
@pytest.mark.parametrize("step", SQUARES.steps)
@pytest.mark.parametrize("square", [0, 1])
def test_retinaface_gives_the_planted_face_back(step, square, size):
    out = retina_outputs([(BOX, MARKS, 0.8)], step, square, size)
    found = decode_retinaface(out, size, 0.5, SQUARES)
    assert found.which.tolist() == [0]
    assert found.boxes == pytest.approx(BOX[None], abs=1e-3)
    assert found.landmarks == pytest.approx(MARKS[None], abs=1e-3)
    assert found.scores == pytest.approx([0.8])


def test_retinaface_is_read_whatever_its_outputs_are_called():
    out = retina_outputs([(BOX, MARKS, 0.8)])
    turned = {"c": out["landms"], "a": out["loc"], "b": out["conf"]}
    assert decode_retinaface(turned, SIZE, 0.5, SQUARES).boxes == pytest.approx(BOX[None], abs=1e-3)


def test_squares_that_are_not_the_networks_are_found_out():
    out = retina_outputs([(BOX, MARKS, 0.8)])
    with pytest.raises(ValueError, match="other squares"):
        decode_retinaface(out, SIZE, 0.5, Anchors(steps=(8,), sides=((10, 20),)))


def test_scrfd_with_an_output_too_few_is_found_out():
    out = scrfd_outputs([[(BOX, MARKS, 0.8)]])
    del out["kps_32"]
    with pytest.raises(ValueError, match="three outputs"):
        decode_scrfd(out, SIZE, 0.5)


def test_the_cells_of_a_map_are_listed_row_by_row():
    assert grid(24, 16, 8).tolist() == [[0, 0], [8, 0], [16, 0], [0, 8], [8, 8], [16, 8]]


@pytest.mark.parametrize("stride", STRIDES)
def test_yunet_gives_the_planted_face_back(plant, stride):
    found = decode_yunet(plant(SIZE, [[(BOX, MARKS, 0.9)]], stride), SIZE, 0.5)
    assert found.which.tolist() == [0]
    assert found.boxes == pytest.approx(BOX[None], abs=1e-3)
    assert found.landmarks == pytest.approx(MARKS[None], abs=1e-3)
    assert found.scores == pytest.approx([0.9])


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("anchor", [0, 1])
def test_scrfd_gives_the_planted_face_back(stride, anchor):
    found = decode_scrfd(scrfd_outputs([[(BOX, MARKS, 0.8)]], stride, anchor), SIZE, 0.5)
    assert found.which.tolist() == [0]
    assert found.boxes == pytest.approx(BOX[None], abs=1e-3)
    assert found.landmarks == pytest.approx(MARKS[None], abs=1e-3)
    assert found.scores == pytest.approx([0.8])


def test_scrfd_of_one_picture_needs_no_batch():
    single = {name: array[0] for name, array in scrfd_outputs([[(BOX, MARKS, 0.8)]]).items()}
    assert decode_scrfd(single, SIZE, 0.5).boxes == pytest.approx(BOX[None], abs=1e-3)


def test_each_face_of_a_batch_belongs_to_its_picture(plant):
    moved = (BOX + 16, MARKS + 16, 0.7)
    pictures = [[], [(BOX, MARKS, 0.9)], [moved]]
    for out, decode in (
        (plant(SIZE, pictures), decode_yunet),
        (scrfd_outputs(pictures), decode_scrfd),
    ):
        found = decode(out, SIZE, 0.5)
        assert found.which.tolist() == [1, 2]
        assert found.boxes == pytest.approx(np.stack([BOX, BOX + 16]), abs=1e-3)


def test_faces_of_several_strides_stand_together(plant):
    one, two = plant(SIZE, [[(BOX, MARKS, 0.9)]], 8), plant(SIZE, [[(BOX, MARKS, 0.6)]], 32)
    found = decode_yunet({name: one[name] + two[name] for name in one}, SIZE, 0.5)
    assert found.scores == pytest.approx([0.9, 0.6])


@pytest.mark.parametrize("decode", [decode_yunet, decode_scrfd])
def test_nothing_found_is_an_answer_too(plant, decode):
    out = plant(SIZE, [[], []]) if decode is decode_yunet else scrfd_outputs([[], []])
    found = decode(out, SIZE, 0.5)
    assert found.boxes.shape == (0, 4)
    assert found.landmarks.shape == (0, 5, 2)
    assert len(found.which) == len(found.scores) == 0


def test_yunets_score_is_the_middle_of_class_and_object(plant):
    out = plant(SIZE, [[(BOX, MARKS, 1.0)]])
    out["obj_8"] *= 0.25
    assert decode_yunet(out, SIZE, 0.5).scores == pytest.approx([0.5])
    assert len(decode_yunet(out, SIZE, 0.51).scores) == 0


@pytest.mark.parametrize("part", ["cls_8", "obj_8"])
def test_a_score_that_is_not_a_number_is_below_everything(plant, part):
    out = plant(SIZE, [[(BOX, MARKS, 0.9)]])
    out[part][:] = np.nan
    assert len(decode_yunet(out, SIZE, 0.01).scores) == 0


@pytest.mark.parametrize("part", ["bbox", "kps"])
@pytest.mark.parametrize("rubbish", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("decode", [decode_yunet, decode_scrfd])
def test_a_face_without_a_place_is_no_face(plant, part, rubbish, decode):
    make = plant if decode is decode_yunet else lambda size, pictures: scrfd_outputs(pictures)
    out = make(SIZE, [[(BOX, MARKS, 0.9), (BOX + 24, MARKS + 24, 0.8)]])
    place = np.flatnonzero(out["cls_8" if decode is decode_yunet else "score_8"][0, :, 0] > 0.85)
    out[f"{part}_8"][0, place, 0] = rubbish
    assert decode(out, SIZE, 0.5).scores == pytest.approx([0.8])


def test_an_absurd_size_stays_a_number(plant):
    out = plant(SIZE, [[(BOX, MARKS, 0.9)]])
    out["bbox_8"][..., 2:] = 1e30
    found = decode_yunet(out, SIZE, 0.5)
    assert np.isfinite(found.boxes).all()


def test_scores_above_one_are_one(plant):
    out = plant(SIZE, [[(BOX, MARKS, 1.0)]])
    out["cls_8"] *= 7
    assert decode_yunet(out, SIZE, 0.5).scores == pytest.approx([1.0])


def test_dlibs_padding_is_no_face():
    faces = np.zeros((2, 3, 15), np.float32)
    faces[1, 0] = [*BOX, 0.9, *MARKS.ravel()]
    found = decode_dlib({"faces": faces}, SIZE, 0.5)
    assert found.which.tolist() == [1]
    assert found.boxes.tolist() == [BOX.tolist()]
    assert found.landmarks.tolist() == [MARKS.tolist()]


def test_every_family_has_its_decoder(pack):
    def of(family, anchors=None):
        return decoder(pack.detector.model_copy(update={"family": family, "anchors": anchors}))

    assert of("yunet") is decode_yunet
    assert of("scrfd") is decode_scrfd
    assert of("dlib") is decode_dlib
    out = retina_outputs([(BOX, MARKS, 0.8)])
    assert of("retinaface", SQUARES)(out, SIZE, 0.5).scores == pytest.approx([0.8])


@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1.0, 1e3, 1e20, 1e30]))
@settings(max_examples=40, deadline=None)
def test_no_numbers_whatever_break_the_decoders(seed, scale):
    random = np.random.default_rng(seed)
    depths = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
    out = {}
    for part, depth in depths.items():
        for s in STRIDES:
            raw = random.normal(0, 1, (1, len(grid(*SIZE, s)), depth)).clip(-1, 1) * scale
            raw[random.random(raw.shape) < 0.1] = random.choice([np.nan, np.inf, -np.inf])
            out[f"{part}_{s}"] = raw.astype(np.float32)
    yunet = decode_yunet(out, SIZE, 0.5)
    scrfd = decode_scrfd(
        {f"{p}_{s}": out[f"{p}_{s}"] for p in ("cls", "bbox", "kps") for s in STRIDES}, SIZE, 0.5
    )
    squares = {
        name: (random.normal(0, 1, array.shape) * scale).astype(np.float32)
        for name, array in retina_outputs([]).items()
    }
    for found in (yunet, scrfd, decode_retinaface(squares, SIZE, 0.5, SQUARES)):
        assert np.isfinite(found.boxes).all()
        assert np.isfinite(found.landmarks).all()
        assert not np.isnan(found.scores).any()
