"""The whole pipeline over the van's code and a film of painted people: the same as on the host.

The two networks are the film's own, so TensorRT has a part only in what tells pictures from faces.
"""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from appliance.domain.deployment import Deployment
from appliance.domain.frame import Layout
from appliance.jetson.array import DeviceView
from appliance.jetson.compute import Compute
from appliance.jetson.gallery import Gallery
from appliance.jetson.gpu import open_gpu
from appliance.matching.matcher import Match
from appliance.settings import GpuSettings, MatchingSettings, VisionSettings
from appliance.vision.eyes import Eyes
from appliance.vision.models import Presentation
from appliance.vision.presentation import Suspect
from tests.engines.networks import small_wary
from tests.machine.shelf import VanShelf
from tests.stage import HERE, assemble
from tests.standin import driver


class Net:
    """One of the film's networks, which sees what the GPU has made."""

    def __init__(self, compute, see, sha256):
        self.sha256 = sha256
        self._compute, self._see = compute, see

    def __call__(self, batch):
        outputs = self._see(self._compute.fetch(batch))
        return {name: self._lend(array) for name, array in outputs.items()}

    @staticmethod
    def _lend(array):
        return DeviceView(0, array.shape, array.dtype, fetch=lambda: array.astype(np.float32))


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def law(listing, template, authority):
    """Ann on the list, and an authority."""
    return listing([template("ann")]), Deployment(authority(), HERE)


@pytest.fixture
def match(gpu, law, calibration, clock):
    return Match(Gallery(gpu), *law, calibration, MatchingSettings(), clock)


@pytest.fixture
def van(gpu, film, pack, match, tmp_path):
    """The pipeline as on the van."""
    compute = Compute(gpu, GpuSettings(cache=tmp_path / "plans"))
    nets = [Net(compute, see, pack.model_id) for see in (film.find, film.describe)]
    return assemble(film, Eyes(compute, pack, *nets, VisionSettings()), match)


@pytest.fixture
def watchful(van, gpu, pack, tmp_path):
    """The same with a plan that tells pictures from faces; and what it was asked."""
    side, span = 16, 2.0
    shelf = VanShelf(tmp_path, tmp_path / "plans", gpu)
    placed = shelf.put(small_wary(side), shapes=((1, 3, side, side),) * 3)
    model = Presentation(
        cpu=pack.encoder.cpu, feed=pack.encoder.feed, side=side, span=span, classes=3, live=1,
        licence="-", caveat="-",
    )  # fmt: skip
    net = van.compute.open_net(*placed, fine=True)
    asked = []

    def ask(crops):
        asked.append(np.array(van.compute.fetch(crops)))
        return net(crops)

    van.pipeline.report.suspect = Suspect(van.compute, [(ask, model)])
    return van, asked


def nv12(pixels, height, width):
    """Put the chroma of I420 pixels side by side."""
    luma, chroma = np.split(pixels.reshape(-1), [width * height])
    return np.concatenate([luma, chroma.reshape(2, -1).T.ravel()]).reshape(-1, width)


def uploaded(compute, frame, layout):
    pixels = frame.pixels
    if layout is Layout.NV12:
        pixels = nv12(pixels, frame.height, frame.width)
    return replace(frame, pixels=compute.upload(pixels), layout=layout)


def crowd(person, i):
    """Ann and Bob walk towards each other, and Cleo stands behind a second camera."""
    ann, bob = person("ann", 60 + 8 * i, 150), person("bob", 460 - 6 * i, 160)
    return [[ann, bob], [person("cleo", 200 + i, 90), person("dee", 420, 200)]]


def play(stage, person, prepare, steps=24):
    """Show both cameras' frames, one pair a step."""
    for i in range(steps):
        frames = stage.film.frames(*crowd(person, i))
        stage.pipeline.step([prepare(frame) for frame in frames])


@pytest.mark.parametrize("layout", Layout)
def test_it_comes_to_the_same_alerts_and_the_same_tally_as_the_host(
    van, open_stage, film, person, layout
):
    film.layout = Layout.I420 if layout is Layout.NV12 else layout
    play(van, person, partial(uploaded, van.compute, layout=layout))
    film.count = 0
    host = open_stage("ann")
    play(host, person, lambda frame: frame)
    assert len(van.alerts) == len(host.alerts) == 1
    assert van.pipeline.tally == host.pipeline.tally
    for here, there in zip(van.alerts, host.alerts, strict=True):
        assert here.candidate.score == pytest.approx(there.candidate.score, abs=2e-3)
        assert (here.subject, here.taken_ns, here.camera) == (
            there.subject, there.taken_ns, there.camera,
        )  # fmt: skip
        assert here.crop_jpeg.startswith(b"\xff\xd8\xff")


def test_a_step_hides_no_wait_and_takes_no_memory_once_it_is_warm(van, person):
    prepare = partial(uploaded, van.compute, layout=Layout.I420)
    play(van, person, prepare, steps=12)
    scenes = [van.film.frames(*crowd(person, i)) for i in range(12, 18)]
    steps = [[prepare(frame) for frame in frames] for frames in scenes]
    with driver.counted() as seen:
        for frames in steps:
            van.film.shown = crowd(person, 12)
            van.pipeline.step(frames)
    assert seen["launches"] > 0
    assert (seen["allocations"], seen["frees"]) == (0, 0)
    assert (seen["hidden_waits"], seen["pageable"]) == (0, 0)
    # Six at most: what both networks see and give, measures, a search, an officer's still, erasing.
    assert seen["waits"] <= 6 * len(steps)


def test_after_a_step_the_gpu_holds_the_list_and_the_frames_alone(van, person):
    kept = {block.address for block in driver.blocks() if block.read().any()}
    frames = [uploaded(van.compute, f, Layout.I420) for f in van.film.frames(*crowd(person, 3))]
    kept |= {frame.pixels.address for frame in frames}
    van.pipeline.step(frames)
    assert van.pipeline.tally.detections == 4
    assert {block.address for block in driver.blocks() if block.read().any()} <= kept


def test_nothing_is_left_of_a_face_that_may_be_a_picture_when_its_step_is_over(watchful, person):
    van, asked = watchful
    kept = {block.address for block in driver.blocks() if block.read().any()}
    frames = []
    for i in range(6):
        shown = van.film.frames(*crowd(person, i))
        frames += [uploaded(van.compute, frame, Layout.I420) for frame in shown]
        kept |= {frame.pixels.address for frame in frames}
        van.pipeline.step(frames[-2:])
        assert {block.address for block in driver.blocks() if block.read().any()} <= kept
    assert len(van.alerts) == 1
    (crop,) = asked
    assert crop.any()
