"""Pictures are told from faces on a Jetson where there are plans for it, and it looks without."""

import hashlib
import shutil

import pytest

from appliance import app, forge, probes
from appliance.jetson.cubins import cubin_file
from appliance.settings import Appliance
from appliance.vision.models import NetworkFile
from engines import packs
from engines.packs import Found
from tests.engines.networks import small_detector, small_encoder, small_wary
from tests.standin import CAPABILITY

WARY = ("first", "second")
PINS = {"factory": "jetson", "red": "BOARD29", "green": "BOARD31", "blue": "BOARD33"}


def nobody(what, share):
    pass


def laid(folder, name, data):
    """Put a network there, and pin it."""
    (folder / f"{name}.onnx").write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    return NetworkFile(name=f"{name}.onnx", sha256=sha256, bytes=len(data))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def found(pack, folder):
    """A pack of small networks."""
    looks = {"tensorrt": laid(folder, "detector", small_detector())}
    knows = {"tensorrt": laid(folder, "encoder", small_encoder()), "side": 16}
    detector = pack.detector.model_copy(update=looks)
    encoder = pack.encoder.model_copy(update=knows)
    small = pack.model_copy(update={"detector": detector, "encoder": encoder})
    return Found(small, folder / "detector.onnx", folder / "encoder.onnx")


@pytest.fixture
def wary(folder, monkeypatch):
    """Two small networks that tell pictures from faces: no two of the same bytes."""
    models = []
    for name, model in zip(WARY, packs.read_presentations(), strict=True):
        file = laid(folder, name, small_wary(16 if name == "first" else 24))
        side = 16 if name == "first" else 24
        models.append(model.model_copy(update={"side": side, "cpu": file, "tensorrt": file}))
    monkeypatch.setattr(packs, "read_presentations", lambda: models)
    monkeypatch.setattr(packs, "SHARED", folder)
    return models


@pytest.fixture
def settings(standin, tmp_path, found, wary, monkeypatch):
    """A van with an empty cache, but for its kernels."""
    for room in (app, forge):
        monkeypatch.setattr(room, "resolve", lambda *_given, **_how: found)
    cache = tmp_path / "engines"
    cache.mkdir()
    shutil.copy(cubin_file(standin, CAPABILITY), cubin_file(cache, CAPABILITY))
    vision = {"models": found.detector.parent}
    return Appliance(machine="jetson", panel=PINS, gpu={"cache": cache}, vision=vision)


@pytest.fixture
def passed(settings):
    """Let plans of these networks go live."""

    def let(*networks):
        builder = app.open_builder(settings)
        for network in networks:
            builder.record(network.tensorrt.sha256, "fp16", {"passed": True})

    return let


@pytest.fixture
def eyes(settings):
    return lambda **how: app.open_eyes(app.open_machine(settings, **how), settings.vision)


def test_plans_are_built_of_them_after_the_packs_own(settings):
    built = forge.build(settings, nobody)
    assert len(built.plans) == 4
    assert built.untold == ""


def test_they_are_opened_once_all_of_them_were_checked(settings, found, wary, passed, eyes):
    forge.build(settings, nobody)
    passed(found.pack.detector, found.pack.encoder)
    assert (eyes().checks, "never compared" in eyes().untold) == ([], True)
    passed(wary[0])
    assert eyes().checks == []
    assert "second.onnx" in eyes().untold
    passed(wary[1])
    opened = eyes()
    assert [model for _, model in opened.checks] == wary
    assert opened.untold == ""


def test_the_check_itself_opens_them_before(settings, wary, eyes):
    forge.build(settings, nobody)
    assert [model for _, model in eyes(checked=False).checks] == wary


def test_a_van_without_their_plans_looks_all_the_same_and_its_check_says_what_is_missing(
    settings, found, folder, passed, calibration, monkeypatch
):
    monkeypatch.setattr(probes, "calibrated", lambda _: calibration)
    for name in WARY:
        (folder / f"{name}.onnx").rename(folder / f"{name}.away")
    built = forge.build(settings, nobody)
    assert len(built.plans) == 2
    assert "are not here" in built.untold
    passed(found.pack.detector, found.pack.encoder)
    assert forge.ready(settings)
    assert "pictures are not told from faces: The networks" in probes.check_models(settings)
    for name in WARY:
        (folder / f"{name}.away").rename(folder / f"{name}.onnx")
    said = probes.check_models(settings)
    assert "There is no fp16 plan" in said
    assert said.endswith("Build it with `lfr engines build`.")


def test_one_that_tensorrt_does_not_take_keeps_no_plan_of_the_pack_from_being_built(
    settings, folder, wary, monkeypatch
):
    file = laid(folder, "second", b"no network")
    models = [wary[0], wary[1].model_copy(update={"cpu": file, "tensorrt": file})]
    monkeypatch.setattr(packs, "read_presentations", lambda: models)
    built = forge.build(settings, nobody)
    assert len(built.plans) == 2
    assert "second is no valid ONNX" in built.untold


def test_other_bytes_under_the_name_of_one_are_said_and_stop_nothing(
    settings, found, folder, passed, eyes
):
    forge.build(settings, nobody)
    passed(found.pack.detector, found.pack.encoder)
    (folder / "first.onnx").write_bytes(b"something else")
    opened = eyes()
    assert opened.checks == []
    assert "first.onnx is not the network" in opened.untold
