"""The page that leads from each duty to its code and its tests names nothing that is not there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "provisioning" / "conformance.md"
SOURCES = [
    "College of Policing", "Bridges", "Thompson", "Data Protection Act 2018, section 62",
    "BS 9347:2024", "EU AI Act, article 12", "EU AI Act, article 26", "ICO",
]  # fmt: skip
RETENTION = "How long anything is kept"
STATES = ("met", "in part", "not met", "the force's")
NAMED = re.compile(r"`([^`]+)`")


def read(text):
    """Give the rows below each heading, cell by cell, without the head of each table."""
    found = {}
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        lines = [line for line in body.splitlines() if line.startswith("|")]
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        found[title] = rows[2:]
    return found


@cache
def stories(file):
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def missing(names):
    """Give those of the names that stand for no file, and for no test of a file."""
    lost = []
    for name in names:
        file, colons, test = name.partition("::")
        there = (ROOT / file).is_file()
        if not there or (colons and test not in stories(file)):
            lost.append(name)
    return lost


@pytest.fixture(scope="module")
def page():
    return read(PAGE.read_text("utf-8"))


def test_every_file_and_every_test_that_it_names_exists(page):
    cells = [cell for rows in page.values() for row in rows for cell in row[-2:]]
    names = [name for cell in cells for name in NAMED.findall(cell)]
    assert len(names) > 100
    assert not missing(names)


def test_a_name_of_nothing_would_be_found():
    here = Path(__file__).relative_to(ROOT).as_posix()
    names = [f"{here}::test_nothing", "tests/rules/nothing.py", "appliance/nothing.py"]
    assert missing([*names, f"{here}::test_every_source_has_its_duties"]) == names


def test_every_source_has_its_duties(page):
    titles = [title for title in page if title != RETENTION]
    for source in SOURCES:
        (title,) = [title for title in titles if source in title]
        assert page[title], source
    assert len(titles) == len(SOURCES)


def test_every_duty_has_its_state_its_code_and_its_test(page):
    for title, rows in page.items():
        for duty, state, code, tests in [row for row in rows if title != RETENTION]:
            assert state.partition(":")[0] in STATES, duty
            assert state == "met" or ": " in state, f"What is missing? {duty}"
            assert NAMED.findall(code), duty
            assert all("::" in name for name in NAMED.findall(tests)), duty
            assert NAMED.findall(tests), duty


def test_what_is_not_met_is_said(page):
    states = [row[1].partition(":")[0] for title in page for row in page[title] if len(row) > 3]
    assert {"met", "in part", "not met"} <= set(states)


def test_what_is_kept_has_its_end_and_its_test(page):
    for row in page[RETENTION]:
        assert len(row) == 4
        assert all(row)
        assert NAMED.findall(row[3]), row
