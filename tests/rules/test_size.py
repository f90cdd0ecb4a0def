"""A file is read in one sitting, a function at one look."""

import ast


def test_no_file_is_longer_than_300_lines(sources):
    lengths = {s.name: len(s.text.splitlines()) for s in sources}
    assert not {name: lines for name, lines in lengths.items() if lines > 300}


def test_no_function_is_longer_than_25_lines_without_its_docstring(sources):
    long = {}
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = body_lines(node)
                if lines > 25:
                    long[f"{source.name}:{node.name}"] = lines
    assert not long


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body
    if ast.get_docstring(function) is not None:
        body = body[1:]
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0
