"""A network is loaded only if it is the very file that is listed, and lends what it gives."""

import hashlib
from pathlib import Path

import pytest

from appliance.errors import MachineError


def block(number: int, content: bytes) -> bytes:
    """A field of a protobuf message that holds bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def figure(number: int, value: int) -> bytes:
    """A field of a protobuf message that holds a small number."""
    return bytes([number << 3, value])


def tensor(name: bytes) -> bytes:
    """A batch of pictures of any size, as ONNX describes it."""
    sides = b"".join(block(1, block(2, side)) for side in (b"n", b"c", b"h", b"w"))
    return block(1, name) + block(2, block(1, figure(1, 1) + block(2, sides)))


def doubler() -> bytes:
    """The ONNX of a network that adds its input to itself."""
    node = block(1, b"x") + block(1, b"x") + block(2, b"twice") + block(4, b"Add")
    graph = (
        block(1, node)
        + block(2, b"doubler")
        + block(11, tensor(b"x"))
        + block(12, tensor(b"twice"))
    )
    return figure(1, 8) + block(7, graph) + block(8, block(1, b"") + figure(2, 13))


def written(folder: Path, data: bytes, name="net.onnx") -> tuple[Path, str]:
    file = folder / name
    file.write_bytes(data)
    return file, hashlib.sha256(data).hexdigest()


@pytest.fixture
def net(compute, tmp_path):
    return compute.open_net(*written(tmp_path, doubler()))


def refusal(compute, file: Path, sha256: str) -> str:
    with pytest.raises(MachineError) as refused:
        compute.open_net(file, sha256)
    advice = refused.value.advice()
    assert "\n" not in advice
    assert file.name in advice
    assert str(file.parent) not in advice
    assert "lfr engines fetch" in advice
    return advice


def test_a_network_says_which_it_is_and_runs(net, compute, lens, soft, plain):
    assert net.sha256 == hashlib.sha256(doubler()).hexdigest()
    batch = compute.letterbox([lens.rgb(soft((32, 48)))], (64, 32), plain)
    before = lens.fetch(batch)
    outputs = net(batch)
    assert set(outputs) == {"twice"}
    assert lens.fetch(outputs["twice"]) == pytest.approx(2 * before)


def test_what_it_gave_is_zero_after_erase(net, compute, lens, soft, plain):
    outputs = net(compute.letterbox([lens.rgb(soft((32, 48)))], (64, 32), plain))
    assert lens.fetch(outputs["twice"]).any()
    compute.erase()
    assert not lens.fetch(outputs["twice"]).any()


def test_a_missing_file_is_named(compute, tmp_path):
    assert "cannot be read" in refusal(compute, tmp_path / "gone.onnx", "0" * 64)


def test_a_folder_is_no_network(compute, tmp_path):
    (tmp_path / "folder.onnx").mkdir()
    assert "cannot be read" in refusal(compute, tmp_path / "folder.onnx", "0" * 64)


def test_a_file_with_other_bytes_is_not_loaded(compute, tmp_path):
    file, sha256 = written(tmp_path, doubler())
    file.write_bytes(doubler()[:-1] + b"\x0c")
    assert "not the one" in refusal(compute, file, sha256)


@pytest.mark.parametrize(
    "data", [b"", b"rubbish" * 50, doubler()[: len(doubler()) // 2], b"\x00" * 1000]
)
@pytest.mark.parametrize("name", ["net.onnx", "shape_predictor.dat", "net.dat"])
def test_a_listed_file_that_is_no_network_is_refused(compute, tmp_path, data, name):
    assert "does not load" in refusal(compute, *written(tmp_path, data, name))
