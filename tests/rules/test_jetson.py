"""Until the Jetson is written, each of its bodies says so in one line. This file goes with them."""

import importlib
import inspect

import pytest

from appliance.errors import MachineError

ROOMS = ("camera", "compute", "gallery", "health", "machine", "pins")


def bodies():
    """Every function of the Jetson's outline, and what it is called."""
    for room in ROOMS:
        module = importlib.import_module(f"appliance.jetson.{room}")
        for name, thing in vars(module).items():
            if getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isclass(thing):
                yield from (
                    pytest.param(method, id=f"{room}.{name}.{verb}")
                    for verb, method in vars(thing).items()
                    if inspect.isfunction(method)
                )
                yield from (
                    pytest.param(value.fget, id=f"{room}.{name}.{verb}")
                    for verb, value in vars(thing).items()
                    if isinstance(value, property)
                )
            elif callable(thing) and not name.startswith("_"):
                yield pytest.param(thing, id=f"{room}.{name}")


@pytest.mark.parametrize("body", list(bodies()))
def test_it_says_that_it_is_not_written_and_what_to_do(body):
    nothing = [None] * len(inspect.signature(body).parameters)
    with pytest.raises(MachineError, match="not written yet") as refused:
        enter(body(*nothing))
    assert "host" in refused.value.mend


def enter(opened):
    """A body that opens something says so when it is entered."""
    opened.__enter__()
