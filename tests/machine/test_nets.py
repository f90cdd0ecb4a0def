"""A network is loaded only if it is the very one that is listed, and lends what it gives."""

import hashlib
from importlib.util import find_spec

import pytest

from appliance.errors import MachineError
from appliance.settings import GpuSettings
from tests.machine.shelf import Shelf, VanShelf, doubler


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
def compute(kind, machine, shelf):
    """A machine that looks on this shelf."""
    if kind == "host":
        return machine.compute
    from appliance.jetson.compute import Compute  # noqa: PLC0415

    return Compute(shelf.gpu, GpuSettings(cache=shelf.plans))


@pytest.fixture
def net(compute, shelf):
    return compute.open_net(*shelf.put(doubler()))


@pytest.fixture
def refusal(compute, shelf):
    """Why a network is not loaded, in one line."""

    def ask(file, sha256):
        with pytest.raises(MachineError) as refused:
            compute.open_net(file, sha256)
        advice = refused.value.advice()
        assert "\n" not in advice
        assert file.name in advice
        assert str(file) not in advice
        assert shelf.mend in advice
        return advice

    return ask


def test_a_network_says_which_it_is_and_runs(net, compute, lens, soft, plain):
    assert net.sha256 == hashlib.sha256(doubler()).hexdigest()
    batch = compute.letterbox([lens.rgb(soft((32, 48)))], (64, 32), plain)
    before = lens.fetch(batch)
    outputs = net(batch)
    assert set(outputs) == {"twice"}
    assert lens.fetch(outputs["twice"]) == pytest.approx(2 * before)


def test_what_it_gave_is_zero_after_erase(net, compute, lens, soft, plain):
    outputs = net(compute.letterbox([lens.rgb(soft((32, 48)))], (64, 32), plain))
    given = compute.fetch(outputs["twice"])
    assert given.any()
    compute.erase()
    assert not given.any()


def test_a_missing_network_is_named(refusal, shelf, tmp_path):
    assert shelf.missing in refusal(tmp_path / "gone.onnx", "0" * 64)


def test_a_folder_is_no_network(refusal, shelf):
    assert shelf.folder in refusal(*shelf.put_folder())


def test_a_network_with_other_bytes_is_not_loaded(refusal, shelf):
    file, sha256 = shelf.put(doubler())
    shelf.exchange(file, sha256)
    assert shelf.foreign in refusal(file, sha256)


@pytest.mark.parametrize(
    "data", [b"", b"rubbish" * 50, doubler()[: len(doubler()) // 2], b"\x00" * 1000]
)
@pytest.mark.parametrize("name", ["net.onnx", "shape_predictor.dat", "net.dat"])
def test_what_is_listed_and_no_network_is_refused(refusal, shelf, data, name):
    assert shelf.broken in refusal(*shelf.put_broken(data, name))
