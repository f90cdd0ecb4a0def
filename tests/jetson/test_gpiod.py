"""The stand-in for gpiod has no word that the real one has not, and the van uses no other."""

import ast
import importlib
import importlib.util
import inspect
import sys
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.jetson.bench import SITE, laid, without

ROOT = Path(__file__).parents[2]
CHOSEN = ("Bias", "Clock", "Direction", "Drive", "Edge", "Value")


def load(folder, name):
    """Load a gpiod under a name of its own, whatever else has that name."""
    path = folder / "gpiod" / "__init__.py"
    where = [str(path.parent)]
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=where)
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def real():
    yield load(Path(distribution("gpiod").locate_file("")), "real_gpiod")
    for name in [name for name in sys.modules if name.split(".")[0] == "real_gpiod"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def standin():
    yield load(SITE, "standin_gpiod")
    for name in [name for name in sys.modules if name.split(".")[0] == "standin_gpiod"]:
        del sys.modules[name]


def verbs(thing):
    return {
        name: member
        for name, member in vars(thing).items()
        if inspect.isfunction(member) and (name == "__init__" or not name.startswith("_"))
    }


def given(function):
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def test_the_real_one_is_version_2(real):
    assert real.api_version.startswith("2.")
    assert int(real.__version__.split(".")[0]) == 2


def test_every_function_takes_what_the_real_one_takes(real, standin):
    assert given(standin.request_lines) == given(real.request_lines)
    compared = 0
    for name in ("Chip", "LineRequest"):
        real_verbs = verbs(getattr(real, name))
        for verb, ours in verbs(getattr(standin, name)).items():
            if verb in {"feel", "name_of"} or (name, verb) == ("LineRequest", "__init__"):
                continue
            assert given(ours) == given(real_verbs[verb]), f"{name}.{verb}"
            compared += 1
    assert compared > 10


def test_every_record_has_the_fields_of_the_real_one_in_their_order(real, standin):
    for name in ("LineSettings", "ChipInfo", "LineInfo"):
        theirs = [field.name for field in fields(getattr(real, name))]
        ours = [field.name for field in fields(getattr(standin, name))]
        assert is_dataclass(getattr(standin, name))
        assert [field for field in theirs if field in ours] == ours


def test_every_choice_is_one_of_the_real_ones(real, standin):
    for name in CHOSEN:
        theirs, ours = getattr(real.line, name), getattr(standin.line, name)
        assert issubclass(theirs, Enum)
        assert [member.name for member in theirs] == [member.name for member in ours]
    edges = [member.name for member in standin.EdgeEvent.Type]
    assert edges == [member.name for member in real.EdgeEvent.Type]


def test_the_errors_are_the_real_ones(real, standin):
    for name in ("ChipClosedError", "RequestReleasedError"):
        assert issubclass(getattr(real, name), Exception)
        assert getattr(standin, name)().args == getattr(real, name)().args


def test_a_request_that_is_over_and_a_chip_that_is_closed_refuse_as_the_real_ones(
    tmp_path, standin
):
    standin.bench.lay(tmp_path, "board", {"tegra234-gpio": ["PQ.05"]})
    path = str(tmp_path / "gpiochip0")
    request = standin.request_lines(path, {"PQ.05": None})
    request.release()
    with pytest.raises(standin.RequestReleasedError):
        request.get_value("PQ.05")
    chip = standin.Chip(path)
    chip.close()
    with pytest.raises(standin.ChipClosedError):
        chip.get_info()


def test_the_van_uses_no_word_that_the_real_one_lacks(real):
    used = set()
    for name in ("header", "lines", "edges", "pins"):
        tree = ast.parse((ROOT / "appliance" / "jetson" / f"{name}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "gpiod":
                    used.add(node.attr)
                elif node.value.id in CHOSEN:
                    assert hasattr(getattr(real.line, node.value.id), node.attr), node.attr
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "gpiod.LineSettings":
                named = {keyword.arg for keyword in node.keywords}
                assert named <= {field.name for field in fields(real.LineSettings)}
    assert used >= {"Chip", "LineSettings", "request_lines", "LineRequest"}
    assert all(hasattr(real, name) for name in used)


@pytest.mark.parametrize("content", ["", "no chip"])
def test_the_real_one_finds_no_chip_where_none_is(tmp_path, monkeypatch, content):
    """The production code over the real library, as far as a machine without chips goes."""
    (tmp_path / "gpiochip0").write_text(content)
    (tmp_path / "gpiochip1").symlink_to("/dev/null")
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(SITE)])
    before = without()
    try:
        header = importlib.import_module("appliance.jetson.header")
        assert header.find_chips(tmp_path) == {}
        assert hasattr(sys.modules["gpiod"], "_ext")
    finally:
        without()
        sys.modules.update(before)


def test_the_bench_puts_everything_back(tmp_path, monkeypatch):
    before = importlib.import_module("gpiod")
    with laid(tmp_path, monkeypatch=monkeypatch):
        assert importlib.import_module("gpiod") is not before
    assert importlib.import_module("gpiod") is before
