"""Where a machine finds a network: beside its sha256 on the host, built from it on the van."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from appliance.jetson.builder import Builder
from appliance.jetson.plans import find_plan, key_of, store_plan, store_verdict
from appliance.workshop import Recipe
from engines.half import to_half

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = ((1, 3, 32, 32), (1, 3, 32, 64), (2, 3, 64, 128))


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


class Shelf:
    """The host's: a file in a folder."""

    mend = "lfr engines fetch"
    missing, folder, foreign, broken = (
        *("cannot be read", "cannot be read"),
        *("not the one", "does not load"),
    )

    def __init__(self, place: Path) -> None:
        self.place = place

    def put(self, data: bytes, name: str = "net.onnx", shapes=SHAPES) -> tuple[Path, str]:
        """Put a published network there, for inputs of these sizes."""
        del shapes  # the host's takes any
        file = self.place / name
        file.write_bytes(data)
        return file, hashlib.sha256(data).hexdigest()

    def put_broken(self, data: bytes, name: str) -> tuple[Path, str]:
        """Put something there that is listed, and no network."""
        return self.put(data, name)

    def put_folder(self) -> tuple[Path, str]:
        """Put a folder where the network should be."""
        (self.place / "folder.onnx").mkdir()
        return self.place / "folder.onnx", "0" * 64

    def exchange(self, file: Path, _: str) -> None:
        """Put other bytes in a network's place."""
        data = file.read_bytes()
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


@dataclass
class VanShelf(Shelf):
    """The van's: a plan in the cache, built from the file and compared with it."""

    place: Path
    plans: Path
    gpu: Any
    mend = "lfr engines build"
    missing, folder, foreign, broken = (
        *("There is no fp16 plan", "cannot be read"),
        *("is not what was built", "TensorRT refuses the plan"),
    )

    def put(self, data: bytes, name: str = "net.onnx", shapes=SHAPES) -> tuple[Path, str]:
        file, sha256 = super().put(data, name)
        recipe = Recipe(name, to_half(data), sha256, "fp16", shapes)
        Builder(self.gpu, self.plans).build(recipe, lambda _step, _share: None)
        return self._approved(file, sha256)

    def put_broken(self, data: bytes, name: str) -> tuple[Path, str]:
        file, sha256 = super().put(data, name)
        about = {"network": name, "form_sha256": sha256, "shapes": SHAPES}
        store_plan(self.plans, key_of(sha256, "fp16", self.gpu), data, about)
        return self._approved(file, sha256)

    def put_folder(self) -> tuple[Path, str]:
        file, sha256 = self.put(doubler())
        plan = find_plan(self.plans, sha256, "fp16", self.gpu).file
        plan.unlink()
        plan.mkdir()
        return file, sha256

    def exchange(self, _: Path, sha256: str) -> None:
        super().exchange(find_plan(self.plans, sha256, "fp16", self.gpu).file, sha256)

    def _approved(self, file: Path, sha256: str) -> tuple[Path, str]:
        plan = find_plan(self.plans, sha256, "fp16", self.gpu, checked=False)
        store_verdict(plan, {"passed": True})
        return file, sha256
