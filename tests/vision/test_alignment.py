"""The map from crop to frame is the least-squares similarity, and absurd landmarks have none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.vision.alignment import inverse_similarity, mirror


def umeyama(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The published closed form by singular values, for one face: source to target, 2 x 3."""
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    a, b = source - source_mean, target - target_mean
    u, sizes, vt = np.linalg.svd(b.T @ a / len(a))
    signs = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    turn = u @ np.diag(signs) @ vt
    scale = (sizes * signs).sum() / a.var(axis=0).sum()
    return np.column_stack([scale * turn, target_mean - scale * turn @ source_mean])


@pytest.fixture
def template(points):
    return np.array(points.template, np.float32) * 112


def through(inverse: np.ndarray, places: np.ndarray) -> np.ndarray:
    return places @ inverse[:, :2].T + inverse[:, 2]


@given(
    turn=st.floats(-np.pi, np.pi),
    scale=st.floats(0.05, 20),
    shift=st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)),
)
@settings(max_examples=60, deadline=None)
def test_a_turned_scaled_and_shifted_template_is_found_exactly(turn, scale, shift):
    template = np.array([[38, 52], [74, 51], [56, 72], [42, 92], [71, 92]], np.float32)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    landmarks = (scale * template @ rotation.T + shift).astype(np.float32)
    (inverse,) = inverse_similarity(landmarks[None], template)
    assert through(inverse, template) == pytest.approx(landmarks, abs=0.02 * max(scale, 1))


def test_trembling_landmarks_get_the_published_fit(template):
    random = np.random.default_rng(3)
    landmarks = (template * 1.7 + [300, 200] + random.normal(0, 4, (20, 5, 2))).astype(np.float32)
    inverses = inverse_similarity(landmarks, template)
    for face, inverse in zip(landmarks, inverses, strict=True):
        forward = umeyama(face.astype(float), template.astype(float))
        truth = np.linalg.inv(np.vstack([forward, [0, 0, 1]]))[:2]
        assert inverse == pytest.approx(truth, rel=1e-4, abs=1e-3)


def test_many_faces_are_solved_as_each_alone(template):
    landmarks = np.random.default_rng(1).uniform(0, 500, (7, 5, 2)).astype(np.float32)
    together = inverse_similarity(landmarks, template)
    alone = np.concatenate([inverse_similarity(face[None], template) for face in landmarks])
    assert together == pytest.approx(alone)
    assert together.dtype == np.float32


def test_a_mirrored_face_is_not_mirrored_back(template):
    mirrored = template * np.array([-1, 1], np.float32) + 300
    (inverse,) = inverse_similarity(mirrored[None], template)
    assert np.linalg.det(inverse[:, :2]) > 0


def test_no_face_has_no_map(template):
    assert inverse_similarity(np.zeros((0, 5, 2), np.float32), template).shape == (0, 2, 3)


@pytest.mark.parametrize("rubbish", [np.full((5, 2), 77.0), np.full((5, 2), np.nan)])
def test_landmarks_without_extent_or_number_have_no_map(template, rubbish):
    faces = np.stack([rubbish, template]).astype(np.float32)
    inverses = inverse_similarity(faces, template)
    assert np.isnan(inverses[0]).all()
    assert inverses[1] == pytest.approx(np.array([[1, 0, 0], [0, 1, 0]]), abs=1e-4)


def test_one_coordinate_that_is_no_number_spoils_its_face_only(template):
    faces = np.stack([template, template])
    faces[0, 2, 1] = np.nan
    inverses = inverse_similarity(faces, template)
    assert not np.isfinite(inverses[0]).all()
    assert np.isfinite(inverses[1]).all()


def test_a_mirror_shows_the_other_side_of_the_same_crop(template):
    landmarks = (template * 1.7 + [300, 200]).astype(np.float32)[None]
    inverses = inverse_similarity(landmarks, template)
    turned = inverses.copy()
    mirror(turned, 112)
    places = np.array([[0, 0], [30, 80], [111, 5]], np.float32)
    other = np.array([111, 0], np.float32) + places * np.array([-1, 1], np.float32)
    assert through(turned[0], places) == pytest.approx(through(inverses[0], other), abs=1e-3)
