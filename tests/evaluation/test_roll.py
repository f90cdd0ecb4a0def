"""Who is on the pictures is read from a folder or a table, and from nothing else."""

import pytest

from appliance.errors import InputError
from appliance.evaluation import roll as rolls
from appliance.evaluation.roll import read_roll


@pytest.fixture
def folder(tmp_path):
    for name in ("ann/1.jpg", "ann/2.jpg", "bob/1.jpg"):
        file = tmp_path / "people" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"a picture")
    return tmp_path / "people"


@pytest.fixture
def table(folder):
    def write(*lines, name="table.csv"):
        file = folder / name
        file.write_text("\n".join(lines) + "\n", "utf-8")
        return file

    return write


def refusal(*source):
    with pytest.raises(InputError) as refused:
        read_roll(*source)
    assert refused.value.mend
    return str(refused.value)


def whose(roll):
    return [(picture.file.name, picture.subject) for picture in roll.pictures]


def test_a_folder_has_a_person_in_each_sub_folder(folder):
    (folder / "notes.txt").write_text("not a person")
    (folder / ".hidden").mkdir()
    (folder / "ann" / "deeper").mkdir()
    roll = read_roll(folder)
    assert (roll.subjects, roll.groups) == (2, {})
    assert whose(roll) == [("1.jpg", 0), ("2.jpg", 0), ("1.jpg", 1)]


def test_a_person_who_is_a_link_is_refused_without_a_name(folder, tmp_path):
    (folder / "cleo").symlink_to(tmp_path)
    told = refusal(folder)
    assert told == "Sub-folder 3 is a link, which leads out of the folder."


def test_a_picture_that_is_a_link_stays_and_will_be_counted(folder, tmp_path):
    (folder / "bob" / "2.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    (folder / "bob" / "3.jpg").symlink_to(tmp_path)
    assert whose(read_roll(folder))[-2:] == [("2.jpg", 1), ("3.jpg", 1)]


def test_one_person_alone_is_nobody_to_compare_with(folder):
    (folder / "bob" / "1.jpg").unlink()
    (folder / "bob").rmdir()
    assert refusal(folder) == "There are fewer than two subjects."


def test_what_is_no_folder_and_no_table_is_refused(tmp_path):
    assert "cannot be read: No such file" in refusal(tmp_path / "nothing")


def test_a_folder_that_may_not_be_read_is_refused(folder, monkeypatch):
    def locked(_self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(folder), "iterdir", locked)
    assert "cannot be read: Permission denied" in refusal(folder)


def test_a_table_says_whose_each_picture_is_and_who_belongs_to_which_group(table):
    file = table(
        "Path,Subject,Age Band,sex",
        "ann/1.jpg,ann,30-40,F",
        "bob/1.jpg,bob,,M",
        "",
        "ann/2.jpg,ann,30-40,F",
    )
    roll = read_roll(file)
    assert whose(roll) == [("1.jpg", 0), ("2.jpg", 0), ("1.jpg", 1)]
    assert roll.groups == {"age_band": ("30-40", ""), "sex": ("F", "M")}


def test_a_table_from_a_spreadsheet_is_read_as_well(table):
    file = table("\ufeffpath;subject", "ann\\1.jpg;ann", '"bob/1.jpg";"b;b"')
    assert whose(read_roll(file)) == [("1.jpg", 0), ("1.jpg", 1)]


def test_pictures_may_lie_elsewhere(table, tmp_path):
    file = table("path,subject", "1.jpg,ann", "2.jpg,bob")
    assert read_roll(file, tmp_path).pictures[0].file == tmp_path / "1.jpg"


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../1.jpg", "ann/../../1.jpg", "C:/1.jpg", "linked/1.jpg"]
)
def test_no_path_leads_out_of_the_folder(table, folder, tmp_path, name):
    (folder / "linked").symlink_to(tmp_path)
    told = refusal(table("path,subject", f"{name},ann", "bob/1.jpg,bob"))
    assert told == "Line 2, column path: leads out of the folder of the pictures."


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["file,who", "a,b"], "Line 1: the table has no column path or subject."),
        ([], "Line 1: the table has no column path or subject."),
        (["path,subject,sex,sex", "a,b,c,d"], "Line 1: a column has no name, or one that stands"),
        (["path,subject,", "a,b,c"], "Line 1: a column has no name, or one that stands twice."),
        (["path,subject", "a,b,c"], "Line 2: a cell is missing, or there is one too many."),
        (["path,subject", "a"], "Line 2: a cell is missing, or there is one too many."),
        (["path,subject", "a,"], "Line 2, column subject: is empty."),
        (["path,subject", ",b"], "Line 2, column path: is empty."),
        (["path,subject", '"a,b'], "Line 2: the quotes do not match."),
        (["path,subject", f"a,{'b' * 1001}"], "Line 2, column subject: too long, or holds"),
        (["path,subject,sex", "a,b,\x1b[31m"], "Line 2, column sex: too long, or holds a letter"),
        (
            ["path,subject,sex", "a,b,F", "c,b,M"],
            "Line 3, column sex: not what an earlier line of the subject says.",
        ),
    ],
)
def test_an_odd_table_is_refused_by_line_and_column(table, lines, told):
    assert refusal(table(*lines)).startswith(told)


def test_a_table_of_other_bytes_is_refused(folder):
    file = folder / "table.csv"
    file.write_bytes(b"path,subject\n\xff\xfe,b\n")
    assert refusal(file) == "The table is not UTF-8 text."


def test_a_table_without_an_end_is_refused(table, monkeypatch):
    file = table("path,subject", "ann/1.jpg,ann", "bob/1.jpg,bob")
    monkeypatch.setattr(rolls, "MAX_TABLE_BYTES", 20)
    assert refusal(file) == "The table is larger than 20 bytes."


def test_nobody_is_in_what_a_roll_says_of_itself(table):
    roll = read_roll(table("path,subject,sex", "ann/1.jpg,ann,F", "bob/1.jpg,bob,M"))
    assert "ann" not in repr(roll) + repr(roll.pictures[0])
