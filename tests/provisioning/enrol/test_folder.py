"""A folder of people: each folder or file is somebody, and whatever is odd is a refusal."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from appliance.domain.watchlist import Reference
from appliance.errors import InputError
from provisioning.enrol.table import open_table, refer
from provisioning.enrol.terms import Person
from tests.provisioning.enrol.people import NOW, TERMS, refused, touch

few = settings(max_examples=60, deadline=None)


def test_a_folder_or_a_file_is_a_person(tmp_path):
    touch(tmp_path / "V-001" / "a.png", tmp_path / "V-001" / "b.png", tmp_path / "V-002.png")
    (tmp_path / ".hidden").write_text("not a person")
    table = open_table(tmp_path, TERMS, NOW)
    found = {p.reference: [file.name for file in p.pictures] for p in table}
    assert found == {"V-001": ["a.png", "b.png"], "V-002": ["V-002.png"]}
    assert len(table) == 2


def test_the_terms_of_a_folder_are_everybodys(tmp_path):
    touch(tmp_path / "V-001.png")
    (person,) = open_table(tmp_path, TERMS, NOW)
    assert person.terms is TERMS
    assert person.taken_on(0) is None


def test_a_folder_without_terms_is_no_list(tmp_path):
    with pytest.raises(InputError, match=r"no ground"):
        open_table(tmp_path, None, NOW)


def test_two_names_that_become_alike_are_refused_once(tmp_path):
    touch(tmp_path / "V 001.png", tmp_path / "V+001.png")
    first, second = open_table(tmp_path, TERMS, NOW)
    assert isinstance(first, Person)
    assert "same reference" in refused([second])


@pytest.mark.parametrize("kind", ["file", "folder", "inside"])
def test_a_link_in_a_folder_is_refused(tmp_path, kind):
    away = tmp_path / "away"
    touch(away / "secret.png")
    folder = tmp_path / "people"
    (folder / "V-1").mkdir(parents=True)
    target, link = {
        "file": (away / "secret.png", folder / "V-2.png"),
        "folder": (away, folder / "V-3"),
        "inside": (away / "secret.png", folder / "V-1" / "a.png"),
    }[kind]
    link.symlink_to(target)
    assert any("link" in row.reason for row in open_table(folder, TERMS, NOW))


def test_an_empty_folder_of_a_person_is_refused(tmp_path):
    (tmp_path / "V-001").mkdir()
    assert "no picture" in refused(open_table(tmp_path, TERMS, NOW))


def test_a_person_of_a_hundred_pictures_is_refused(tmp_path):
    touch(*(tmp_path / "V-001" / f"{i}.png" for i in range(100)))
    assert "more than" in refused(open_table(tmp_path, TERMS, NOW))


def test_a_source_that_is_not_there_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        open_table(tmp_path / "nowhere", TERMS, NOW)


@pytest.mark.parametrize(
    ("name", "reference"),
    [("Zoë  Müller", "Zoe-Muller"), ("../etc", "etc"), ("a" * 99, "a" * 64), ("x;y\n", "x-y")],
)
def test_a_name_becomes_a_safe_reference(name, reference):
    assert refer(name) == reference


@given(name=st.text(max_size=80))
@few
def test_any_name_makes_a_reference_or_is_refused(name):
    with suppress(InputError):
        TypeAdapter(Reference).validate_python(refer(name))
