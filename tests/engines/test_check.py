"""Plans beside their networks: a plan goes live only where both see the same."""

import io
import json

import numpy as np
import pytest
from rich.console import Console

from appliance.domain.frame import Layout
from appliance.errors import InputError
from appliance.host.compute import Compute, Net
from appliance.settings import VisionSettings
from appliance.vision.anchors import STRIDES
from appliance.vision.eyes import Eyes
from engines.check import LEAST_FACES, LIMITS, compare, judge, overlaps, render
from tests.engines.conftest import host_eyes

NAMES = ("ann", "bob", "cleo")


def same(outputs):
    return outputs


@pytest.fixture
def eyes(film, pack):
    """The film's networks, with something done to what they give."""
    film.layout = Layout.RGB8

    def make(find=same, describe=same):
        compute = Compute()
        runs = (lambda b: find(film.find(b)), lambda b: describe(film.describe(b)))
        nets = [Net(run, pack.model_id, compute._lent) for run in runs]
        return Eyes(compute, pack, *nets, VisionSettings())

    return make


@pytest.fixture
def pictures(film, person):
    """Two pictures of three people; each is painted when it is asked for."""

    def paint(side=96.0, score=0.9, count=3):
        for row in (40, 300):
            people = [
                person(name, 40 + 180 * i, row, side, score) for i, name in enumerate(NAMES[:count])
            ]
            yield film.frame(*people).pixels

    return paint


@pytest.fixture
def verdicts(eyes, pictures):
    """Compare with a plan that does something to its answers."""

    def ask(precision="fp16", **how):
        return judge(compare(eyes(), eyes(**how), pictures()), precision)

    return ask


def scored(change):
    """Change every score of a detector."""

    def do(outputs):
        for stride in STRIDES:
            outputs[f"obj_{stride}"] = outputs[f"cls_{stride}"] = change(outputs[f"cls_{stride}"])
        return outputs

    return do


def grown(share):
    """Make every box larger."""

    def do(outputs):
        for stride in STRIDES:
            outputs[f"bbox_{stride}"][..., 2:] += np.log(share).astype(np.float32)
        return outputs

    return do


def turned(angle):
    """Turn every template so far."""

    def do(outputs):
        template = outputs["template"]
        lengths = np.linalg.norm(template, axis=1)
        template *= np.cos(angle)
        template[:, -2] += lengths * np.sin(angle)
        return outputs

    return do


def test_a_plan_that_answers_as_its_network_goes_live(verdicts):
    detector, encoder = verdicts()
    assert detector.passed
    assert encoder.passed
    assert detector.figures == {
        "missed": 0, "extra": 0, "overlap_mean": pytest.approx(1), "score_most": 0,
    }  # fmt: skip
    assert encoder.figures == {
        "cosine_least": pytest.approx(1), "cosine_mean": pytest.approx(1),
    }  # fmt: skip
    assert (detector.pictures, detector.faces) == (2, 6)


@pytest.mark.parametrize(
    ("change", "figure", "value"),
    [
        (scored(lambda cells: cells * 0), "missed", 6),
        (scored(lambda cells: np.where(cells > 0, cells - 0.05, 0)), "score_most", 0.05),
        (scored(lambda cells: cells * np.float32("nan")), "missed", 6),
        (grown(1.05), "overlap_mean", 1 / 1.05**2),
    ],
    ids=["blind", "other scores", "no numbers", "larger boxes"],
)
def test_a_detector_that_is_off_is_refused_and_the_encoder_answers_for_itself(
    verdicts, change, figure, value
):
    detector, encoder = verdicts(find=change)
    assert not detector.passed
    assert encoder.passed
    assert detector.figures[figure] == pytest.approx(value, abs=0.01)


def test_a_face_that_only_the_plan_sees_is_counted(verdicts, film, person):
    def ghost(outputs):
        film.shown = [[*scene, person("dee", 500, 200)] for scene in film.shown]
        (size,) = {(640, 480)}
        more = film.find(np.zeros((1, 3, *size[::-1]), np.float32))
        film.shown = [scene[:-1] for scene in film.shown]
        return more

    detector, _ = verdicts(find=ghost)
    assert detector.figures["extra"] == 2
    assert not detector.passed


@pytest.mark.parametrize("angle", [0.05, 0.3, 3.0])
def test_an_encoder_that_is_off_is_refused_and_the_detector_answers_for_itself(verdicts, angle):
    detector, encoder = verdicts(describe=turned(angle))
    assert detector.passed
    assert not encoder.passed
    assert encoder.figures["cosine_least"] == pytest.approx(np.cos(angle), abs=1e-4)


def test_one_bad_template_among_good_ones_is_enough(verdicts):
    def spoil(outputs):
        outputs["template"][0] = turned(0.3)({"template": outputs["template"][:1]})["template"]
        return outputs

    assert not verdicts(describe=spoil)[1].passed


def test_a_template_that_is_no_number_is_refused_and_can_be_written_down(verdicts):
    def spoil(outputs):
        outputs["template"][1] = np.nan
        return outputs

    _, encoder = verdicts(describe=spoil)
    assert not encoder.passed
    assert json.loads(json.dumps(encoder.record(), allow_nan=False))["passed"] is False


def test_fewer_bits_may_be_off_by_more(verdicts):
    slightly = {"find": grown(1.01), "describe": turned(0.07)}
    assert [v.passed for v in verdicts("fp16", **slightly)] == [True, False]
    assert [v.passed for v in verdicts("int8", **slightly)] == [True, True]
    fine, coarse = LIMITS["fp16"], LIMITS["int8"]
    assert fine.cosine_least > coarse.cosine_least
    assert fine.overlap_mean > coarse.overlap_mean
    assert fine.score_most < coarse.score_most


def test_faces_that_nobody_would_encode_do_not_count(eyes, pictures):
    with pytest.raises(InputError, match="Only 0 faces") as refused:
        compare(eyes(), eyes(), pictures(side=20.0))
    assert str(LEAST_FACES) in refused.value.mend


def test_too_few_faces_prove_nothing(eyes, pictures):
    with pytest.raises(InputError, match="Only 2 faces"):
        compare(eyes(), eyes(), pictures(count=1))
    with pytest.raises(InputError, match="in 0 pictures"):
        compare(eyes(), eyes(), [])


def test_faces_at_the_gate_may_be_seen_by_one_and_not_by_the_other(eyes, pictures):
    """Else a plan that is a hair off would be refused for a face that hardly counts."""
    truth, trial = eyes(), eyes(find=scored(lambda cells: np.where(cells > 0, cells - 0.01, 0)))
    comparison = compare(truth, trial, _then(pictures(), pictures(score=0.705)))
    assert (comparison.missed, comparison.extra) == (0, 0)
    assert comparison.faces == 6


def _then(*parts):
    for part in parts:
        yield from part


def test_nothing_of_the_pictures_is_left(eyes, pictures, film):
    truth, trial = eyes(), eyes()
    comparison = compare(truth, trial, pictures())
    for one in (truth, trial):
        assert not any(array.any() for array in one.compute._scratch.values())
        assert not one.compute._lent
    assert "0." not in repr(comparison)


def test_the_verdict_names_its_limits_and_the_moment(verdicts):
    for verdict in verdicts("int8"):
        record = json.loads(json.dumps(verdict.record()))
        assert record["precision"] == "int8"
        assert set(record["limits"]) <= set(record["figures"])
        assert record["limits"]
        assert record["checked_at"].endswith("+00:00")


def test_each_plan_gets_one_line(verdicts):
    told = io.StringIO()
    render(verdicts(describe=turned(0.3)), Console(file=told, width=300))
    detector, encoder = told.getvalue().splitlines()
    assert detector.endswith("may go live")
    assert encoder.endswith("REFUSED")
    assert "6 faces" in encoder


def test_overlaps_are_those_of_rectangles():
    one = np.array([[0, 0, 10, 10], [20, 20, 30, 30]], np.float32)
    other = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [100, 100, 90, 90]], np.float32)
    assert overlaps(one, other) == pytest.approx(np.array([[1, 1 / 3, 0], [0, 0, 0]], np.float32))
    assert overlaps(one, other[:0]).shape == (2, 0)


@pytest.mark.timeout(300)
def test_real_networks_agree_with_themselves(real_samples, stills):
    """The machinery itself loses nothing: two processors of one kind give the same."""
    from provisioning.enrol.pictures import open_picture  # noqa: PLC0415 - where there are networks

    for found, _ in real_samples:
        if found.pack.name == "tiny":
            eyes = host_eyes(found), host_eyes(found)
            verdicts = judge(compare(*eyes, map(open_picture, stills)), "fp16")
            assert [verdict.passed for verdict in verdicts] == [True, True]
            assert verdicts[1].figures["cosine_least"] == pytest.approx(1, abs=1e-6)
