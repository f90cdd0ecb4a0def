"""What a release offers, read from its committed file; and what a source uses of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ROOTS = {"trt", "tensorrt"}
OURS = {"recipe", "key"}
DENIED = {
    # Gone in 11, deprecated since 10, or never there: nothing of ours may lean on them.
    "EXPLICIT_BATCH", "FP16", "BF16", "INT8", "FP8", "INT4", "PREFER_PRECISION_CONSTRAINTS",
    "OBEY_PRECISION_CONSTRAINTS", "int8_calibrator", "set_calibration_profile",
    "set_dynamic_range", "set_output_type", "platform_has_fast_fp16",
    "platform_has_fast_int8", "platform_has_tf32", "device_memory_size", "device_memory",
    "create_execution_context_without_device_memory", "supports_model", "execute_v2",
    "execute_async", "execute_async_v2", "max_workspace_size", "max_batch_size", "num_bindings",
    "binding_is_input", "get_binding_shape", "get_binding_name", "get_binding_dtype",
    "get_binding_index", "set_binding_shape", "build_engine", "build_cuda_engine",
}  # fmt: skip


@dataclass(frozen=True)
class Api:
    """The classes of a release, each with its members; of callables, each way to call them."""

    classes: dict[str, dict[str, set[tuple[str, ...]]]]

    @property
    def members(self) -> set[str]:
        """Every member's name, of whichever class."""
        return {name for members in self.classes.values() for name in members}

    def has(self, chain: list[str]) -> bool:
        """Whether `tensorrt` has such a chain of names."""
        if chain == ["__version__"]:
            return True
        if len(chain) > 1 and ".".join(chain[:2]) in self.classes:
            chain = [".".join(chain[:2]), *chain[2:]]
        members = self.classes.get(chain[0])
        return members is not None and (len(chain) == 1 or chain[1] in members)

    def takes(self, kind: str, call: str, given: tuple[str, ...]) -> bool:
        """Whether some way to call it has these parameters, and needs no more.

        Where pybind11 tells no parameters, any are taken.
        """
        ways = self.classes.get(kind, {}).get(call, set())
        return any(way == ("...",) or _fits(way, given) for way in ways)


def _fits(way: tuple[str, ...], given: tuple[str, ...]) -> bool:
    needed = {name for name in way if not name.endswith("=")}
    names = [name.rstrip("=") for name in way]
    return needed <= set(given) and [name for name in names if name in given] == list(given)


def read_api(file: Path) -> Api:
    """Read a file that `bindings.py` has written."""
    classes: dict[str, dict[str, set[tuple[str, ...]]]] = {}
    for line in file.read_text().splitlines()[1:]:
        head, _, rest = line.partition(": ")
        members = classes.setdefault(head.split()[1].rstrip(":"), {})
        for word in rest.split():
            name, _, given = word.partition("(")
            ways = members.setdefault(name, set())
            if given:
                ways.add(tuple(filter(None, given.rstrip(")").split(","))))
    return Api(classes)


def chains(tree: ast.Module) -> list[list[str]]:
    """List every chain of names that begins at TensorRT's module, without the module."""
    found = []
    for node in ast.walk(tree):
        names: list[str] = []
        part: ast.AST = node
        while isinstance(part, ast.Attribute):
            names.insert(0, part.attr)
            part = part.value
        if isinstance(part, ast.Name) and part.id in ROOTS and names:
            found.append(names)
        elif names and names[0] == "_trt" and isinstance(part, ast.Name):
            found.append(names[1:])
    return [chain for chain in found if chain]


def ours(node: ast.Attribute) -> bool:
    """Whether it is read off a thing of our own, whose names are our own business."""
    return isinstance(node.value, ast.Name) and node.value.id in OURS


def faults(source: str, apis: list[Api]) -> list[str]:
    """Say which names of a source are not in every release, or are denied."""
    tree = ast.parse(source)
    told = [f"trt.{'.'.join(c)}" for c in chains(tree) if not all(api.has(c) for api in apis)]
    known = set().union(*(api.members for api in apis))
    shared = set(known).intersection(*(api.members for api in apis))
    attributes = [n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and not ours(n)]
    told += [f".{name}" for name in attributes if name in (known - shared) | DENIED]
    return told
