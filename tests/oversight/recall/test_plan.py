"""Who takes part is read from a table; what is wrong with it is said without what stands in it."""

import tempfile
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import InputError
from appliance.oversight.recall.plan import MOST_BYTES, read_code, read_table

SECRET = "=cmd"


@pytest.fixture
def write(tmp_path):
    def make(text, encoding="utf-8"):
        file = tmp_path / "volunteers.csv"
        file.write_bytes(text.encode(encoding))
        return file

    return make


def refusal(file):
    with pytest.raises(InputError) as refused:
        read_table(file)
    advice = refused.value.advice()
    assert SECRET not in advice
    assert "\n" not in advice
    return advice


def test_each_line_is_a_volunteer_with_what_they_declare(write):
    volunteers, passes = read_table(
        write("reference,sex,age group\nV-1,female,18 to 29\nV-2,male,\n")
    )
    assert [(one.reference, one.groups) for one in volunteers] == [
        ("V-1", ("sex/female", "age group/18 to 29")),
        ("V-2", ("sex/male",)),
    ]
    assert passes == []


def test_each_has_a_code_that_nobody_guesses_and_that_can_be_read_aloud(write):
    table = write("reference\n" + "".join(f"V-{n}\n" for n in range(100)))
    codes = {one.code for one in read_table(table)[0]}
    assert len(codes) == 100
    assert not codes & {one.code for one in read_table(table)[0]}  # new ones each time
    code = codes.pop()
    assert read_code(code.lower().replace("-", "")) == code


@pytest.mark.parametrize("text", ["", "V-1", "../plan", "0000000001"])
def test_a_code_with_a_slip_of_the_pen_is_nobodys(text):
    with pytest.raises(InputError, match="Nobody takes part"):
        read_code(text)


def test_a_column_of_times_is_a_schedule(write):
    volunteers, passes = read_table(
        write(
            "time,reference,sex\n"
            "2026-06-01T12:10:00Z,V-1,female\n"
            "2026-06-01T14:05:00+02:00,V-2,male\n"
            "2026-06-01T12:20:00Z,V-1,female\n"
        )
    )
    assert [one.reference for one in volunteers] == ["V-1", "V-2"]
    names = {one.code: one.reference for one in volunteers}
    assert [(names[one.code], one.at.minute) for one in passes] == [
        ("V-2", 5), ("V-1", 10), ("V-1", 20),
    ]  # fmt: skip
    assert passes[0].at == datetime(2026, 6, 1, 12, 5, tzinfo=timezone.utc)


def test_what_a_spreadsheet_saves_is_read(write):
    volunteers, _ = read_table(write("\ufeffreference , sex\r\n V-1 , female \r\n"))
    assert (volunteers[0].reference, volunteers[0].groups) == ("V-1", ("sex/female",))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: reference is missing"),
        ("name\nV-1\n", "line 1: reference is missing"),
        ("reference\n", "line 1: reference is missing"),
        ("reference\nV-1\nV-1\n", "line 3: reference stands twice"),
        ("reference\nV 1\n", "line 2: reference is no reference"),
        (f"reference,sex\nV-1,{SECRET}\n", "line 2: sex is no plain word"),
        ("reference,sex/age\nV-1,x\n", "line 1: a characteristic has no plain name"),
        ("reference,all\nV-1,x\n", "line 1: a characteristic has no plain name"),
        ("reference,a,b,c,d,e\nV-1\n", "line 1: e is more than 4 characteristics"),
        ("reference,sex,sex\nV-1,a,b\n", "a column has no name"),
        ("reference,\nV-1,b\n", "a column has no name"),
        ("reference\nV-1,more\n", "a cell without a column"),
        ('reference\n"V-1\n', "is no CSV"),
        ("time,reference\nnoon,V-1\n", "line 2: time is no time"),
        ("time,reference\n2026-06-01T12:10:00,V-1\n", "line 2: time is no time"),
        (
            "time,reference,sex\n2026-06-01T12:10:00Z,V-1,a\n2026-06-01T12:20:00Z,V-1,b\n",
            "line 3: reference stands twice, or has declared something else",
        ),
        ("reference\n" + "".join(f"V-{n}\n" for n in range(501)), "too many lines"),
        ("x" * (MOST_BYTES + 1), "too large"),
    ],
)
def test_a_table_that_cannot_be_counted_is_refused_with_its_line(write, text, fault):
    assert fault in refusal(write(text))


def test_a_table_that_is_no_text_is_refused(write):
    assert "is no CSV" in refusal(write("reference\nV-\xe9\n", "latin-1"))


def test_a_table_that_is_not_there_is_said(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "nothing.csv")


@given(st.binary(max_size=300), st.booleans())
def test_whatever_a_file_holds_it_is_read_or_refused(data, headed):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "volunteers.csv")
        file.write_bytes(b"time,reference,sex\n" * headed + data)
        said = ""
        with suppress(InputError):
            said = repr(read_table(file))
        assert said == "" or "Volunteer" in said


def test_nobody_stands_in_what_a_plan_shows_of_itself(write):
    volunteers, passes = read_table(write("time,reference,sex\n2026-06-01T12:10:00Z,V-1,female\n"))
    shown = repr(volunteers) + repr(passes)
    assert not [word for word in ("V-1", "female", volunteers[0].code) if word in shown]
