"""Whatever stands in a table or a file of templates: it is read, refused in a line, or unused."""

import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from appliance.errors import InputError
from appliance.evaluation.roll import read_roll
from appliance.evaluation.shelf import Shelf

CELL = st.text(alphabet='ab./\\,;\t"\n\r\x00\u2028é', max_size=8)
LINES = st.lists(st.lists(CELL, max_size=4).map(",".join), max_size=5)


@given(body=LINES.map("\n".join).map(str.encode) | st.binary(max_size=80))
@example(body=b'a,"' + b"x" * 200_000 + b'"')
@example(body=b"\\,a\nb,a\nc,b")
@example(body=b"x" * 300 + b"/y,a\nb,b")
@example(body=b"./,a\n.,b")
def test_any_table_is_read_or_refused_in_one_line(body):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.csv"
        file.write_bytes(b"path,subject\n" + body)
        roll = refused = None
        try:
            roll = read_roll(file)
        except InputError as error:
            refused = error.advice()
        if roll is None:
            assert "\n" not in refused
            return
        assert roll.subjects >= 2
        for picture in roll.pictures:
            assert picture.file.is_relative_to(folder)
            assert ".." not in picture.file.parts


@given(data=st.binary(max_size=200))
def test_any_file_of_templates_is_passed_over(data):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "painted.templates").write_bytes(data)
        shelf = Shelf(Path(folder), "painted", 2)
        assert shelf.find(data[:32].hex()) is None
