"""A collection's table: who is who after its errata, and what is declared of each."""

import csv
import json

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.errors import InputError
from appliance.evaluation.roll import read_roll
from appliance.evaluation.tabulate import (
    Corrections,
    read_corrections,
    read_labels,
    tabulate,
)


@pytest.fixture
def folder(tmp_path):
    """Three people, one of them under two names, and one picture of the wrong person."""
    people = tmp_path / "people"
    for name in ("Ann_1", "Ann_2", "Bob_1", "Bob_2", "Bob_3", "Bobby_1", "Cleo_1"):
        (people / name.partition("_")[0]).mkdir(parents=True, exist_ok=True)
        (people / name.partition("_")[0] / f"{name}.jpg").write_bytes(b"")
    (people / "Ann" / "notes.txt").write_text("none")
    return people


@pytest.fixture
def corrections(tmp_path):
    file = tmp_path / "corrections.csv"
    file.write_text(
        "kind,image_or_name,true_identity,source\n"
        "image,Bob_2,Ann,errata\n"
        "name,Bobby,Bob,looked at\n"
        "exclude,Bob_3,,blurred\n"
        "twins,Cleo,Dee,\n"
    )
    return file


def lines(file):
    return list(csv.reader(file.read_text().splitlines()))


def test_the_table_says_who_is_really_on_a_picture(folder, corrections, tmp_path):
    written = tabulate(folder, tmp_path / "all.csv", read_corrections(corrections), {})
    assert lines(tmp_path / "all.csv") == [
        ["path", "subject"],
        ["Ann/Ann_1.jpg", "Ann"],
        ["Ann/Ann_2.jpg", "Ann"],
        ["Bob/Bob_1.jpg", "Bob"],
        ["Bob/Bob_2.jpg", "Ann"],
        ["Bobby/Bobby_1.jpg", "Bob"],
        ["Cleo/Cleo_1.jpg", "Cleo"],
    ]
    assert (written.pictures, written.subjects, written.left_out) == (6, 3, 1)


def test_a_subject_is_what_most_of_its_pictures_say(folder, tmp_path):
    labels = tmp_path / "sex.csv"
    labels.write_text("image,label\nAnn_1,F\nAnn_2,F\nBob_1,M\nBob_2,M\nBob_3,F\nCleo_1,\n")
    to = tmp_path / "all.csv"
    written = tabulate(folder, to, Corrections(), {"sex": read_labels(labels)})
    assert {tuple(line[1:]) for line in lines(to)[1:]} == {
        ("Ann", "F"),
        ("Bob", "M"),
        ("Bobby", ""),
        ("Cleo", ""),
    }
    assert written.undecided == {"sex": 2}


def test_of_whom_pictures_say_two_things_as_often_is_in_no_group(folder, tmp_path):
    said = {"Ann_1": "F", "Ann_2": "M", "Bob_1": "M"}
    tabulate(folder, tmp_path / "all.csv", Corrections(), {"sex": said})
    roll = read_roll(tmp_path / "all.csv", folder)
    assert roll.groups["sex"] == ("", "M", "", "")


def test_the_command_writes_a_table_that_an_evaluation_reads(folder, corrections, tmp_path):
    to, labels = tmp_path / "all.csv", tmp_path / "sex.csv"
    labels.write_text("image,label\nAnn_1,F\n")
    words = ["table", folder, to, "--corrections", corrections, "--group", f"sex={labels}"]
    told = run(*words, "--json")
    assert json.loads(told) == {
        "pictures": 6,
        "subjects": 3,
        "left_out": 1,
        "undecided": {"sex": 2},
    }
    assert "6 pictures of 3 subjects, 1 left out." in run(*words)
    assert "In no group of sex: 2." in run(*words)
    assert read_roll(to, folder).subjects == 3


def run(*words):
    done = CliRunner().invoke(app, ["evaluate", *map(str, words)], catch_exceptions=False)
    assert done.exit_code == 0
    return " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"kind,who\n", "corrections.csv has not the columns kind, image_or_name"),
        (b"kind,image_or_name,true_identity\nwrong,Ann,Bob\n", "line 2: 'wrong' is none of"),
        (b"\xff", "is no CSV in UTF-8"),
        (b'kind,image_or_name,true_identity\nimage,"Ann', "is no CSV in UTF-8"),
    ],
)
def test_corrections_that_say_something_else_are_refused_in_a_line(corrections, text, fault):
    corrections.write_bytes(text)
    with pytest.raises(InputError, match=fault):
        read_corrections(corrections)


def test_what_is_not_there_is_said(folder, tmp_path):
    with pytest.raises(InputError, match=r"none\.csv cannot be read"):
        read_labels(tmp_path / "none.csv")
    with pytest.raises(InputError, match="no picture"):
        tabulate(tmp_path / "empty", tmp_path / "all.csv", Corrections(), {})
    with pytest.raises(InputError, match=r"all\.csv cannot be written"):
        tabulate(folder, tmp_path / "nowhere" / "all.csv", Corrections(), {})
    with pytest.raises(InputError, match="a name and a file"):
        run("table", folder, tmp_path / "all.csv", "--group", "sex")
