"""What tells a picture of a face from a face is of no pack, and goes with every one."""

import hashlib
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from appliance.domain.frame import Layout
from appliance.errors import InputError, MachineError
from appliance.host.compute import Compute, Net
from appliance.settings import VisionSettings
from appliance.vision.eyes import Eyes
from engines import packs, survey
from engines.build import build_presentations
from engines.check import LIMITS, compare, judge, render
from engines.half import to_half
from engines.lint import require_clean
from engines.profiles import presentation_shapes
from tests.engines.networks import small_wary
from tests.engines.test_build import HALF, Oven, kinds, nobody
from tests.engines.test_packs import pinned, put


@pytest.fixture
def described(tmp_path, monkeypatch):
    """Let the register list small networks; a folder for them."""
    monkeypatch.delenv(packs.VARIABLE, raising=False)
    monkeypatch.setattr(packs, "SHARED", tmp_path / "shared")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def list_them(**files):
        models = [
            model.model_copy(update={"side": 16, "cpu": file, "tensorrt": file})
            for model, file in zip(packs.read_presentations(), files.values(), strict=True)
        ]
        monkeypatch.setattr(packs, "read_presentations", lambda: models)
        return tmp_path / "quality"

    return list_them


def test_it_is_found_whole_or_not_at_all(described, tmp_path):
    folder = described(a=pinned("a.onnx", b"a"), b=pinned("b.onnx", b"b"))
    put(folder, a=b"a")
    for form in ("cpu", "tensorrt"):
        with pytest.raises(MachineError, match="are not here") as missing:
            packs.find_presentations(tmp_path, form)
        assert "models.toml" in missing.value.mend
    put(folder, b=b"b")
    here = [file.name for _, file in packs.find_presentations(tmp_path)]
    assert here == ["a.onnx", "b.onnx"]


def test_other_bytes_under_its_name_are_not_it(described, tmp_path):
    folder = described(a=pinned("a.onnx", b"a"), b=pinned("b.onnx", b"b"))
    put(folder, a=b"a", b=b"c")
    with pytest.raises(MachineError, match="is not the network"):
        packs.find_presentations(tmp_path, "tensorrt")


@pytest.fixture
def small(described, tmp_path):
    """Two small networks of the kind, found in files."""
    files = {name: small_wary(side) for name, side in (("a", 16), ("b", 16))}
    put(described(**{name: pinned(f"{name}.onnx", data) for name, data in files.items()}), **files)
    return packs.find_presentations(tmp_path, "tensorrt")


def test_each_is_built_in_fp16_for_one_face_a_run_under_its_published_name(small, tmp_path):
    oven = Oven(tmp_path)
    plans = build_presentations(small, oven, nobody)
    assert [plan.name for plan in plans] == ["a.plan", "b.plan"]
    for recipe, (_, file) in zip(oven.recipes, small, strict=True):
        assert recipe.source_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
        assert recipe.precision == "fp16"
        assert recipe.shapes == ((1, 3, 16, 16),) * 3
        assert kinds(recipe)[1] == HALF


def test_one_that_tensorrt_would_not_take_is_refused_before_minutes_are_spent(small, tmp_path):
    oven = Oven(tmp_path)
    small[1][1].write_bytes(b"no network")
    with pytest.raises(InputError, match="b is no valid ONNX"):
        build_presentations(small, oven, nobody)
    assert not oven.recipes


def test_what_is_said_before_any_gpu_is_said_of_it_too(small, tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "load_packs", dict)
    assert survey.lint_packs(tmp_path) == []
    small[0][1].unlink()
    with pytest.raises(InputError, match="No networks are here"):
        survey.lint_packs(tmp_path)


def test_the_register_s_own_are_what_tensorrt_takes_where_they_are_here():
    try:
        found = packs.find_presentations(None, "tensorrt")
    except MachineError as error:
        assert "are not here" in str(error)  # noqa: PT017 - either is as it should be
        return
    for model, file in found:
        for form in (file.read_bytes(), to_half(file.read_bytes())):
            require_clean(file.stem, form, presentation_shapes(model)[-1])


# ---- Plans beside their networks


def says(live):
    """A network that answers so of every face."""
    return lambda crops: {"prob": np.array([[1 - live, live, 0]], np.float32)}


@pytest.fixture
def eyes(film, pack, described):
    """The film's networks, with some that tell pictures from faces."""
    film.layout = Layout.RGB8
    described(a=pinned("a.onnx", b"a"), b=pinned("b.onnx", b"b"))
    models = packs.read_presentations()

    def make(*answers):
        compute = Compute()
        detector, encoder, *wary = (
            Net(run, pack.model_id, compute._lent)
            for run in (film.find, film.describe, *map(says, answers))
        )
        checks = list(zip(wary, models, strict=True)) if wary else []
        return Eyes(compute, pack, detector, encoder, VisionSettings(), checks)

    return make


@pytest.fixture
def three(person):
    return [person(name, 40 + 180 * i, 40) for i, name in enumerate(("ann", "bob", "cleo"))]


@pytest.fixture
def verdicts(eyes, film, three):
    """Compare plans that answer so with networks that find every face a picture by a tenth."""

    def ask(*answers, precision="fp16", truth=(0.9, 0.9)):
        pictures = (film.frame(*three).pixels for _ in range(2))
        return judge(compare(eyes(*truth), eyes(*answers), pictures), precision)

    return ask


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_a_plan_that_answers_as_its_network_goes_live(verdicts, precision):
    *needed, a, b = verdicts(0.9, 0.895, precision=precision)
    assert [verdict.plan for verdict in (a, b)] == ["a", "b"]
    assert a.passed
    assert b.passed
    assert all(verdict.needed for verdict in needed)
    assert not a.needed
    assert (a.precision, a.pictures, a.faces) == ("fp16", 2, 6)
    assert b.figures == {"share_most": pytest.approx(0.005), "share_mean": pytest.approx(0.005)}
    limits = LIMITS["fp16"]
    assert b.limits == {"share_most": limits.share_most, "share_mean": limits.share_mean}


@pytest.mark.parametrize("live", [0.88, 0.1, 0.0, np.nan, 2.0])
def test_one_that_is_off_is_refused_and_the_others_answer_for_themselves(verdicts, live):
    *others, b = verdicts(0.9, live)
    assert not b.passed
    assert all(verdict.passed for verdict in others)
    assert json.loads(json.dumps(b.record(), allow_nan=False))["passed"] is False
    told = io.StringIO()
    render([b], Console(file=told, width=300))
    assert "REFUSED; the van looks without it" in told.getvalue()


def test_one_face_that_is_far_off_is_enough(eyes, film, three):
    trial = eyes(0.9, 0.9)
    answers = iter([0.7, *[0.9] * 20])
    net, model = trial.checks[1]
    net._run = lambda crops: {"prob": np.array([[0, live := next(answers), 1 - live]], np.float32)}
    trial = replace(trial, checks=[trial.checks[0], (net, model)])
    pictures = (film.frame(*three).pixels for _ in range(7))
    *_, b = judge(compare(eyes(0.9, 0.9), trial, pictures), "fp16")
    assert b.figures["share_most"] == pytest.approx(0.2)
    assert b.figures["share_mean"] < LIMITS["fp16"].share_mean
    assert not b.passed


@pytest.mark.parametrize("which", ["no plan", "no network"])
def test_where_one_side_has_none_the_pack_is_compared_alone(verdicts, which):
    told = verdicts() if which == "no plan" else verdicts(0.9, 0.9, truth=())
    assert [verdict.plan for verdict in told] == ["detector", "encoder"]
    assert all(verdict.passed for verdict in told)
