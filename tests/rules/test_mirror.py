"""`jetson/` and `host/` have the same outline, so that a diff of the two is the porting guide."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import machine as contract

ROOMS = ("camera", "compute", "gallery", "health", "machine")
ALONE = {
    # What one machine has for itself, and nobody but that machine calls.
    "host": {
        "compute.Session.__call__": "the Jetson's Net runs its plan itself",
        "camera.Camera.start": "the host decodes in a thread of its own",
    },
    "jetson": {},
}


def outline(root: Path, file: Path) -> dict[str, list[str]]:
    """Public functions and methods, each with the names of what a caller must give."""
    tree, found = ast.parse(file.read_text("utf-8")), {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = required(node)
        elif isinstance(node, ast.ClassDef):
            methods = [item for item in members(root, tree, node) if is_verb(item)]
            found |= {f"{node.name}.{item.name}": required(item)[1:] for item in methods}
    return {name: given for name, given in found.items() if public(name)}


def members(root: Path, tree: ast.Module, node: ast.ClassDef) -> Iterator[ast.stmt]:
    """All that a class has, also from a class of ours that both machines share."""
    shared = {ast.unparse(base).partition("[")[0] for base in node.bases}
    for item in tree.body:
        if isinstance(item, ast.ImportFrom) and shared & {alias.name for alias in item.names}:
            file = root / f"{item.module.replace('.', '/')}.py"
            if file.exists():
                there = ast.parse(file.read_text("utf-8"))
                for each in there.body:
                    if isinstance(each, ast.ClassDef) and each.name in shared:
                        yield from members(root, there, each)
    yield from node.body


def is_verb(item: ast.stmt) -> bool:
    """A property is a name, which the other machine may keep as an attribute."""
    return isinstance(item, ast.FunctionDef) and not item.decorator_list


def public(name: str) -> bool:
    last = name.rsplit(".", 1)[-1]
    return last == "__call__" or not (name.startswith("_") or last.startswith("_"))


def required(function: ast.FunctionDef) -> list[str]:
    names = [argument.arg for argument in function.args.posonlyargs + function.args.args]
    return names[: len(names) - len(function.args.defaults)]


@pytest.fixture
def outlines(root):
    """Every public outline of a package, without what it has for itself."""

    def read(package: str) -> dict[str, list[str]]:
        found = {}
        for room in ROOMS:
            file = root / "appliance" / package / f"{room}.py"
            found |= {f"{room}.{name}": given for name, given in outline(root, file).items()}
        return found

    return read


def test_the_two_outlines_are_one(outlines):
    host, jetson = (
        {name: given for name, given in outlines(package).items() if name not in ALONE[package]}
        for package in ("host", "jetson")
    )
    assert host == jetson


@pytest.mark.parametrize("package", ["host", "jetson"])
def test_what_is_said_to_be_alone_is_there(outlines, package):
    assert set(ALONE[package]) <= set(outlines(package))


@pytest.mark.parametrize("package", ["host", "jetson"])
@pytest.mark.parametrize(
    ("room", "name"),
    [("compute", "Compute"), ("compute", "Net"), ("gallery", "Gallery"), ("camera", "Camera")],
)
def test_each_machine_has_every_verb_of_the_contract(outlines, package, room, name):
    found = outlines(package)
    for verb, member in vars(getattr(contract, name)).items():
        if callable(member) and (verb == "__call__" or not verb.startswith("_")):
            code = member.__code__
            assert found[f"{room}.{name}.{verb}"] == list(code.co_varnames[1 : code.co_argcount])


@pytest.mark.parametrize("package", ["host", "jetson"])
def test_all_that_a_machine_is_put_together_from_exists(root, outlines, package):
    text = (root / "appliance" / package / "machine.py").read_text("utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            f"appliance.{package}"
        ):
            file = root / (node.module.replace(".", "/") + ".py")
            there = {
                getattr(item, "name", None) for item in ast.parse(file.read_text("utf-8")).body
            }
            there |= {
                target.id
                for item in ast.walk(ast.parse(file.read_text("utf-8")))
                if isinstance(item, ast.Assign)
                for target in item.targets
                if isinstance(target, ast.Name)
            }
            assert {alias.name for alias in node.names} <= there
