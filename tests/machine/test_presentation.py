"""Every machine finds a face about as likely a picture as the networks do on a processor."""

from importlib.util import find_spec

import numpy as np
import pytest

from appliance.errors import MachineError
from appliance.host.compute import Compute
from appliance.machine import Feed
from appliance.settings import GpuSettings
from appliance.vision.models import NetworkFile, Presentation
from appliance.vision.presentation import Suspect
from engines import packs
from engines.check import SHARE_MOST
from engines.profiles import presentation_shapes
from tests.engines.networks import small_wary
from tests.machine.conftest import Lens
from tests.machine.shelf import Shelf, VanShelf

BOXES = [[30, 40, 80, 100], [0, 0, 25, 30], [120, 60, 160, 120]]


@pytest.fixture
def shelf(kind, request, tmp_path):
    """Where this machine looks for networks."""
    if kind == "host":
        return Shelf(tmp_path)
    from appliance.jetson.gpu import open_gpu  # noqa: PLC0415

    folder = request.getfixturevalue("standin" if kind == "standin" else "gpu_folder")
    if find_spec("tensorrt") is None:
        pytest.skip("TensorRT is not here")
    return VanShelf(tmp_path, tmp_path / "plans", open_gpu(folder))


@pytest.fixture
def open_compute(kind, machine, shelf):
    """A machine that looks on this shelf, whose other plans are of a precision."""

    def make(precision="fp16"):
        if kind == "host":
            return machine.compute
        from appliance.jetson.compute import Compute as Van  # noqa: PLC0415

        return Van(shelf.gpu, GpuSettings(cache=shelf.plans, precision=precision))

    return make


def small():
    """A small network of the kind, and what it is."""
    file = NetworkFile(name="small.onnx", sha256="0" * 64, bytes=1)
    feed = Feed(bgr=True, mean=0.0, scale=1.0)
    how = {"side": 16, "span": 2.0, "classes": 3, "live": 1, "licence": "-", "caveat": "-"}
    return Presentation(cpu=file, feed=feed, **how), small_wary()


def kinds():
    """The small one, and the register's own where they are here."""
    try:
        found = packs.find_presentations(None, "tensorrt")
    except MachineError:
        found = []
    return [small(), *((model, file.read_bytes()) for model, file in found)]


def judged(compute, net, model, pictures):
    """Ask of some faces of some pictures."""
    suspect, shares = Suspect(compute, [(net, model)]), []
    for picture in pictures:
        frame = Lens(compute).rgb(picture)
        shares += [suspect(frame, np.array(box, np.float32)) for box in BOXES]
        compute.erase()
    return np.array(shares, np.float32)


@pytest.mark.parametrize(("model", "data"), kinds(), ids=lambda part: getattr(part, "side", ""))
def test_it_is_as_sure_as_a_processor_whatever_the_other_plans_are(
    open_compute, shelf, soft, tmp_path, model, data
):
    file, sha256 = shelf.put(data, shapes=presentation_shapes(model))
    pictures = [soft((120, 160), seed) for seed in range(4)]
    host = Compute()
    expected = judged(host, host.open_net(file, sha256), model, pictures)
    assert np.ptp(expected) > 0
    for precision in ("fp16", "int8"):
        compute = open_compute(precision)
        net = compute.open_net(file, sha256, fine=True)
        shares = judged(compute, net, model, pictures)
        assert shares == pytest.approx(expected, abs=SHARE_MOST)


def test_what_a_run_saw_is_zero_after_erase(open_compute, shelf, soft, tmp_path):
    model, data = small()
    compute = open_compute()
    net = compute.open_net(*shelf.put(data, shapes=presentation_shapes(model)), fine=True)
    frame = Lens(compute).rgb(soft((120, 160)))
    kept = []

    def watched(crops):
        kept.extend([compute.fetch(out) for out in net(crops).values()])
        return net(crops)

    assert Suspect(compute, [(watched, model)])(frame, np.array(BOXES[0], np.float32)) is not None
    assert kept[0].any()
    compute.erase()
    assert not kept[0].any()
