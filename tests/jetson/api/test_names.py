"""Every name and parameter of TensorRT that we use is in 10.3, 10.16 and 11.4; none is denied."""

import ast
import inspect
import sys
from pathlib import Path

import pytest

from tests.jetson.api.bindings import HERE, RELEASES, ROOT, Release
from tests.jetson.api.dump import calls, parameters
from tests.jetson.api.names import Api, chains, faults, read_api

TYPINGS = ROOT / "typings/tensorrt/__init__.pyi"
SITE = ROOT / "tests/standin/site"
FETCHED = pytest.mark.timeout(300)
"""The first run fetches three wheels of a megabyte."""

every_release = pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)


@pytest.fixture(scope="module")
def apis() -> list[Api]:
    return [read_api(release.names) for release in RELEASES]


@pytest.fixture(scope="module")
def users() -> list[Path]:
    """The sources that use TensorRT."""
    files = sorted((ROOT / "appliance/jetson").glob("*.py"))
    found = [file for file in files if chains(ast.parse(file.read_text()))]
    assert {file.stem for file in found} >= {"engine", "builder", "listen", "loading"}
    return found


@pytest.fixture(scope="module")
def declared() -> dict[str, dict[str, tuple[str, ...] | None]]:
    """What typings/ says of TensorRT: the members of each class; of callables, what they take."""
    return dict(walk(ast.parse(TYPINGS.read_text()).body, ""))


def walk(body: list[ast.stmt], inside: str):
    for node in body:
        if isinstance(node, ast.ClassDef):
            name = f"{inside}{node.name}"
            yield name, dict(filter(None, map(member, node.body)))
            yield from walk(node.body, f"{name}.")


def member(node: ast.stmt):
    match node:
        case ast.FunctionDef(name=name) if name == "__init__" or not name.startswith("__"):
            return name, tuple(a.arg for a in node.args.args[1:])
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name, None
    return None


@FETCHED
@every_release
def test_the_committed_names_are_those_of_the_real_bindings(release: Release):
    assert release.survey() == release.names.read_text()


@FETCHED
@every_release
def test_our_code_runs_on_the_real_bindings_as_far_as_they_go_without_a_gpu(release: Release):
    done = release.run(str(HERE / "exercise.py"))
    assert done.stdout.strip() == "fine", done.stderr


def test_every_name_that_we_use_is_in_every_release_and_none_is_denied(users, apis):
    assert {
        f"{file.name}: {fault}" for file in users for fault in faults(file.read_text(), apis)
    } == set()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("trt.BuilderFlag.FP16", "trt.BuilderFlag.FP16"),
        ("self._trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH", ".EXPLICIT_BATCH"),
        ("trt.IInt8EntropyCalibrator2()", "trt.IInt8EntropyCalibrator2"),
        ("trt.Builder.create_netwrok", "trt.Builder.create_netwrok"),
        ("trt.OnnxParser.build(x)", "trt.OnnxParser.build"),
        ("engine.device_memory_size", ".device_memory_size"),
        ("context.execute_async_v2([], 0)", ".execute_async_v2"),
        ("context.set_communicator(x)", ".set_communicator"),
        ("engine.create_execution_context_without_device_memory()",
         ".create_execution_context_without_device_memory"),
        ("config.max_workspace_size = 1", ".max_workspace_size"),
    ],
)  # fmt: skip
def test_a_name_that_a_release_lacks_or_that_is_denied_is_found(line, fault, apis):
    assert fault in faults(f"import tensorrt as trt\n{line}\n", apis)


def test_the_types_that_we_check_against_are_those_of_every_release(declared, apis):
    wrong = {
        f"{name}.{member}{given}"
        for name, members in declared.items()
        for member, given in members.items()
        for api in apis
        if not api.has([*name.rsplit(".", 1), member] if "." not in name else [name, member])
        or (given is not None and not api.takes(name, member, given))
    }
    assert not wrong


def test_the_type_checkers_read_these_types(declared):
    assert declared["IExecutionContext"]["set_device_memory"] == ("memory", "size")
    assert declared["DataType"] == {"FLOAT": None, "HALF": None}


@pytest.fixture(scope="module")
def fake():
    """The stand-in, imported by itself."""
    sys.path.insert(0, str(SITE))
    try:
        import tensorrt  # noqa: PLC0415 - only from there

        assert Path(tensorrt.__file__).is_relative_to(SITE)
        yield {name: thing for name, thing in vars(tensorrt).items() if inspect.isclass(thing)}
    finally:
        sys.path.remove(str(SITE))


def own(kind: type) -> dict[str, object]:
    """What a class of the stand-in offers."""
    found = {}
    for part in kind.__mro__[:-1]:
        if part.__module__.startswith("tensorrt"):
            found = {**vars(part), **found}
    return {name: thing for name, thing in found.items() if not name.startswith("_")}


def test_the_stand_in_offers_nothing_that_a_release_lacks(fake, apis):
    strange = {
        f"{name}.{member}"
        for name, kind in fake.items()
        for member, thing in own(kind).items()
        for api in apis
        if not api.has([name, member])
        or (inspect.isfunction(thing) and not api.takes(name, member, taken(thing)))
    }
    assert not strange


def taken(function) -> tuple[str, ...]:
    """The parameters that must be given; those with a default are the real ones' to have."""
    given = list(inspect.signature(function).parameters.values())[1:]
    return tuple(p.name for p in given if p.default is p.empty or p.name == "strategy")


def test_the_stand_in_offers_all_that_we_use(fake, declared):
    missing = {
        f"{name}.{member}"
        for name, members in declared.items()
        if "." not in name
        for member in members
        if member not in own(fake[name]) | fields_of(fake[name]) and member != "__init__"
    }
    assert not missing


def fields_of(kind: type) -> dict[str, object]:
    """Attributes that its constructor sets."""
    tree = ast.parse(inspect.getsource(kind))
    return {
        node.attr: None
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("self: a.B", "()"),
        ("self: a.B, flags: typing.SupportsInt = 0", "(flags=)"),
        ("self: a.B, shape: tuple[int, int], b: Dict[str, List[int]] = {}, c: int", "(shape,b=,c)"),
        ("self: a.B, strategy: a.S = <S.STATIC: 0>, *args", "(strategy=,*args)"),
    ],
)
def test_a_signature_of_pybind11_is_read(text, read):
    assert parameters(text) == read


def test_each_way_to_call_something_is_read():
    def load():
        """Overloaded function.

        1. load(self: a.B, data: buffer) -> a.E

        2. load(self: a.B, reader: a.R) -> a.E
        """

    assert calls("load", load) == ["load(data)", "load(reader)"]
