"""A table of people: whatever stands in a cell is taken, refused in words, or passed over."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.watchlist import Ground
from appliance.errors import InputError
from provisioning.enrol.columns import NEEDED, OPTIONAL
from provisioning.enrol.table import open_table
from provisioning.enrol.terms import Person
from tests.provisioning.enrol.people import NOW, refused, touch

LINE = {
    "reference": "C-1",
    "ground": "wanted_by_court",
    "reason": "failed to appear",
    "power": "warrant of a court",
    "source": "custody suite",
    "image_date": "2025-03-01",
    "reviewer": "DS 1234",
    "born": "adult",
    "expires": "2026-06-01",
}
SECRET = "Xq7-secret"
few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def sheet(tmp_path):
    """Write a table of lines that differ from a lawful one, and read it."""
    (tmp_path / "C-1.jpg").write_bytes(b"a picture")

    def write(*changes, columns=None, between=",", encoding="utf-8", raw=None):
        lines = [{**LINE, **change} for change in changes or [{}]]
        columns = columns or list(dict.fromkeys(name for line in lines for name in line))
        text = [columns, *([line.get(name, "") for name in columns] for line in lines)]
        file = tmp_path / "people.csv"
        file.write_bytes(raw or "\n".join(map(between.join, text)).encode(encoding))
        return list(open_table(file, None, NOW))

    return write


def test_a_folder_may_carry_its_table(tmp_path, sheet):
    sheet({"reference": "C-1"})
    (person,) = open_table(tmp_path, None, NOW)
    assert person.terms.ground is Ground.COURT


def test_a_line_says_everything_about_a_person(sheet):
    (person,) = sheet(
        {"image_date": "unknown", "born": "1980-02-29", "expires": "2026-05-05T10:00+01:00"}
    )
    assert (person.reference, person.line) == ("C-1", 2)
    assert person.terms.taken_on == (None,)
    assert person.terms.born_on.isoformat() == "1980-02-29"
    assert person.terms.expires_at == datetime(2026, 5, 5, 9, tzinfo=timezone.utc)
    assert [file.name for file in person.pictures] == ["C-1.jpg"]


def test_a_day_counts_to_its_end(sheet):
    (person,) = sheet({"expires": "2026-05-04"})
    assert person.terms.expires_at == datetime(2026, 5, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_what_spreadsheets_save_is_read(sheet, between, encoding):
    (person,) = sheet(
        {"reason": "Zoë failed", "power": "a warrant"}, between=between, encoding=encoding
    )
    assert person.terms.reason == "Zoë failed"


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_every_cell_may_stand_in_quotes(sheet, between):
    lines = [[f'"{cell}"' for cell in line] for line in (LINE, LINE.values())]
    (person,) = sheet(raw="\r\n".join(map(between.join, lines)).encode())
    assert person.terms.power == LINE["power"]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_refused_as_a_whole(sheet, encoding):
    with pytest.raises(InputError, match="UTF-8"):
        sheet({"reason": "Zoë failed", "power": "a warrant"}, encoding=encoding)


def test_columns_may_stand_in_any_order_and_case(sheet):
    (person,) = sheet({"power": "a warrant"}, columns=["expires", *sorted(set(LINE) - {"expires"})])
    assert person.terms.power == "a warrant"


@pytest.mark.parametrize("name", NEEDED)
def test_a_column_that_is_missing_is_named(sheet, name):
    with pytest.raises(InputError, match=f"Line 1: the column {name} is missing"):
        sheet({"power": "a warrant"}, columns=[column for column in LINE if column != name])


def test_a_column_that_nobody_knows_is_refused_by_its_place(sheet):
    with pytest.raises(InputError, match="Line 1, column 10") as refusal:
        sheet({SECRET: "x", "power": "a warrant"})
    assert SECRET not in refusal.value.advice()


def test_a_column_that_stands_twice_is_refused(sheet):
    with pytest.raises(InputError, match="twice"):
        sheet({"power": "a warrant"}, columns=[*LINE, "ground"])


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("reference", "Jane Roe", "not a case reference"),
        ("reference", "../C-1", "not a case reference"),
        ("ground", "associate", "there is no other ground"),
        ("ground", "witness", "there is no other ground"),
        ("ground", "suspect", "there is no other ground"),
        ("image_date", "01.03.2025", "not a day"),
        ("image_date", "2025-02-30", "not a day"),
        ("image_date", "2025-03-01;2025-03-02", "not one date for all"),
        ("born", "child", "not a day"),
        ("born", "2009-01-01", "under 18"),
        ("born", "1009-01-01", "nobody alive"),
        ("born", "2029-01-01", "nobody alive"),
        ("expires", "soon", "not a day or a moment"),
        ("expires", "9999-12-31T23:59-12:00", "not a day or a moment"),
        ("expires", "0001-01-01T00:00+12:00", "not a day or a moment"),
        ("expires", "2026-06-01T10:00", "not a day or a moment"),
        ("expires", "2026-05-03", "has ended"),
        ("reason", "x" * 201, "200"),
        ("reason", "=HYPERLINK(1)", "formula"),
        ("power", "@SUM(1)", "formula"),
        ("source", "-1", "formula"),
        ("reviewer", "a\u202eb", "not shown"),
        ("reviewer", "x" * 3000, "longer"),
    ],
)
def test_a_cell_that_is_wrong_is_named_by_line_and_column(sheet, column, cell, says):
    reason = refused(sheet({"power": "a warrant", column: cell}))
    assert reason.startswith(f"Line 2, column {column}: ")
    assert says in reason
    assert cell not in reason


@pytest.mark.parametrize("column", NEEDED)
def test_nobody_is_listed_with_an_empty_cell(sheet, column):
    assert f"column {column}" in refused(sheet({"power": "a warrant", column: "  "}))


def test_an_override_opens_the_way_to_who_is_under_age(sheet):
    (person,) = sheet({"power": "p", "born": "2009-01-01", "under_age_override": "court order 7"})
    assert person.terms.under_age_override == "court order 7"


def test_the_unusual_ground_needs_a_reason_of_its_own(sheet):
    unusual = {"power": "p", "ground": "About to commit really serious offence"}
    assert "ground_override" in refused(sheet(unusual))
    (person,) = sheet({**unusual, "ground_override": "threat to life: log 12"})
    assert person.terms.ground is Ground.IMMINENT_HARM


def test_a_reference_that_stands_twice_is_refused_the_second_time(sheet):
    first, second = sheet({"power": "p"}, {"power": "p"})
    assert isinstance(first, Person)
    assert refused([second]).startswith("Line 3, column reference: stands twice")


def test_whatever_is_wrong_with_a_line_its_reference_is_not_given_to_another(sheet):
    formula = sheet({"power": "=1"}, {"power": "p"})
    assert refused(formula[1:]).startswith("Line 3, column reference: stands twice")


def test_pictures_are_named_beside_the_table(tmp_path, sheet):
    touch(tmp_path / "a" / "1.jpg", tmp_path / "2.jpg")
    (person,) = sheet(
        {"power": "p", "pictures": "a/1.jpg; 2.jpg", "image_date": "2025-03-01;2024-01-01"}
    )
    assert [file.name for file in person.pictures] == ["1.jpg", "2.jpg"]
    assert person.taken_on(1).year == 2024


def test_without_names_the_reference_names_a_folder(tmp_path, sheet):
    touch(tmp_path / "C-2" / "1.jpg")
    (person,) = sheet({"power": "p", "reference": "C-2"})
    assert [file.name for file in person.pictures] == ["1.jpg"]


@pytest.mark.parametrize(
    "name", ["../x.jpg", "/etc/passwd", "a/../../x.jpg", "C:\\x.jpg", "..\\x.jpg", "missing.jpg"]
)
def test_a_picture_outside_the_folder_is_refused(tmp_path, sheet, name):
    touch(tmp_path.parent / "x.jpg")
    reason = refused(sheet({"power": "p", "pictures": name}))
    assert reason.startswith("Line 2, column pictures: ")
    assert "x.jpg" not in reason


def test_a_picture_behind_a_link_is_refused(tmp_path, sheet):
    touch(tmp_path.parent / "away" / "x.jpg")
    (tmp_path / "linked").symlink_to(tmp_path.parent / "away")
    assert "link" in refused(sheet({"power": "p", "pictures": "linked/x.jpg"}))
    (tmp_path / "C-9.jpg").symlink_to(tmp_path.parent / "away" / "x.jpg")
    assert "no picture" in refused(sheet({"power": "p", "reference": "C-9"}))


def test_quotes_that_do_not_match_are_refused_by_line(sheet):
    text = f'{",".join(LINE)}\n"C-1,x\n'
    with pytest.raises(InputError, match=r"Line \d"):
        sheet(raw=text.encode())


def test_a_cell_too_many_is_refused(sheet):
    text = f"{','.join(LINE)}\n{','.join(LINE.values())},x\n"
    assert "a cell is missing, or there is one too many" in refused(sheet(raw=text.encode()))


def test_the_same_fault_in_two_lines_is_counted_as_one_kind(sheet):
    rows = sheet({"reference": "A-1", "ground": "whim"}, {"reference": "A-2", "ground": "whim"})
    assert len({row.reason for row in rows}) == 2
    assert {row.kind for row in rows} == {"Column ground: there is no other ground."}


def test_empty_lines_are_passed_over(sheet):
    cells = [f'"{cell}"' for cell in LINE.values()]
    text = f"{','.join(LINE)}\n\n{','.join(cells)}\n,,,,,,,,\n"
    (person,) = sheet(raw=text.encode())
    assert person.line == 3


@given(data=st.binary(max_size=300))
@few
def test_any_bytes_are_a_table_or_are_refused(sheet, data):
    with suppress(InputError):
        assert isinstance(sheet(raw=data or b"x"), list)


@given(
    cells=st.lists(
        st.text(max_size=30), min_size=len(NEEDED + OPTIONAL), max_size=len(NEEDED + OPTIONAL)
    )
)
@few
def test_any_cells_make_a_person_or_a_row_that_shows_none_of_them(sheet, cells):
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    text = f"{','.join(NEEDED + OPTIONAL)}\n{','.join(quoted)}\n"
    with suppress(InputError):
        for row in sheet(raw=text.encode("utf-8", "surrogatepass")):
            # Our own words are ASCII, and a cell may chance to hold one of them.
            theirs = [c for c in cells if len(c.strip()) > 8 and not c.isascii()]
            assert not any(cell in row.reason for cell in theirs)


def test_nothing_of_a_person_is_shown(sheet):
    (person,) = sheet({"power": "p", "reason": SECRET, "reviewer": SECRET, "source": SECRET})
    text = repr([person, person.terms, *sheet({"power": "p", "reference": SECRET, "born": "x"})])
    assert SECRET not in text
    assert "C-1" not in text
