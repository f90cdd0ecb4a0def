"""Print what TensorRT's bindings offer: a line for each class, with its parameters.

    enum DataType: BF16 BOOL ...
    class Builder: __init__(logger) build_serialized_network(network,config) create_network(flags=)

Run by `bindings.py` in a process of its own, which finds the bindings and stubs of their libraries.
"""

import inspect
import re
import sys


def parameters(text: str) -> str:
    """Give the names of a signature, `=` after those that may be left out: `(a,b=)`."""
    depth, words, word = 0, [], ""
    for mark in f"{text},":
        depth += (mark in "([{<") - (mark in ")]}>")
        if mark == "," and depth == 0:
            words.append(word)
            word = ""
        else:
            word += mark
    named = [re.match(r"\s*(\**\w+)", part) for part in words]
    names = [found[1] for found in named if found]
    optional = [" = " in part for part in words]
    given = [f"{n}=" if may else n for n, may in zip(names, optional, strict=False) if n != "self"]
    return f"({','.join(given)})"


def calls(name: str, thing: object) -> list[str]:
    """Give each way to call something, by what pybind11 writes into its docstring."""
    lines = re.findall(rf"(?:^|\s){re.escape(name)}\((.*)\) ->", thing.__doc__ or "", re.MULTILINE)
    return [f"{name}{parameters(line)}" for line in lines] or [f"{name}(...)"]


def members(kind: type) -> list[str]:
    """Give the public members of a class."""
    told = calls("__init__", kind.__init__) if "__init__" in vars(kind) else []
    for name in sorted(vars(kind)):
        thing = getattr(kind, name)
        if name.startswith("_") or inspect.isclass(thing):
            continue
        told += calls(name, thing) if callable(thing) else [name]
    return told


def describe(name: str, kind: type) -> list[str]:
    """Give the lines of a class and of those inside it."""
    values = getattr(kind, "__members__", None)
    if values is not None:
        return [f"enum {name}: {' '.join(values)}"]
    inner = [value for value in vars(kind).values() if inspect.isclass(value)]
    lines = [line for value in inner for line in describe(f"{name}.{value.__name__}", value)]
    return [" ".join([f"class {name}:", *members(kind)]), *lines]


def survey(module: object) -> list[str]:
    """Give the lines of a module."""
    kinds = {
        name: thing
        for name, thing in vars(module).items()
        if inspect.isclass(thing) and not name.startswith("_")
        if thing.__module__.startswith("tensorrt")
    }
    return [line for name in sorted(kinds) for line in describe(name, kinds[name])]


if __name__ == "__main__":
    import tensorrt_bindings as trt

    sys.stdout.write("\n".join([f"TensorRT {trt.__version__}", *survey(trt), ""]))
