"""Who is in which film: what a folder says, what a table says, and what neither may."""

from pathlib import Path

import pytest

from appliance.errors import InputError
from appliance.evaluation.film.labels import NOBODY, Window, read_labels

FILMS_TABLE = Path(__file__).with_name("films.csv")


@pytest.fixture
def table(tmp_path):
    def write(*lines):
        file = tmp_path / "films.csv"
        file.write_text("\n".join(lines) + "\n", "utf-8")
        return file

    return write


@pytest.fixture
def folder(tmp_path):
    people = tmp_path / "people"
    for name, files in {"ann": ("1.jpg", "2.PNG", "walk.mp4"), "bob": ("walk.gif",)}.items():
        (people / name).mkdir(parents=True)
        for file in files:
            (people / name / file).touch()
    (people / "street.mkv").touch()
    return people


def test_in_a_folder_pictures_are_enrolled_and_whatever_else_lies_there_is_a_film(folder):
    labels = read_labels(folder)
    assert [film.name for film in labels.films] == ["walk.mp4", "walk.gif", "street.mkv"]
    assert [(one.subject, one.window) for one in labels.portraits] == [(0, None), (0, None)]
    assert [(one.film, one.subject, one.window) for one in labels.passes] == [
        (0, 0, Window()), (1, 1, Window()),
    ]  # fmt: skip
    assert labels.listed == {0}
    assert labels.subjects == 2


def test_a_table_says_when_and_where_somebody_passes_and_from_what_they_are_enrolled(table):
    labels = read_labels(
        table(
            "path;subject;use;from_s;to_s;left;right",
            "ann.jpg;ann;enrol;;;;",
            "a.mp4;bob;enrol;2.5;;;0,5".replace(",", "."),
            "a.mp4;ann;;1;3.5;0.2;",
            "a.mp4;bob;aside;;;;",
            "a.mp4;;aside;9;;;",
            "b.mp4;;pass;;;;",
        )
    )
    assert [film.name for film in labels.films] == ["a.mp4", "b.mp4"]
    picture, moment = labels.portraits
    assert picture.window is None
    assert moment.window == Window(from_s=2.5, right=0.5)
    ann, bob, whoever = labels.passes
    assert (ann.window, ann.counted) == (Window(1.0, 3.5, left=0.2), True)
    assert (bob.subject, bob.counted) == (1, False)
    assert (whoever.subject, whoever.counted) == (NOBODY, False)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["path,subject,age", "a.mp4,ann,9"], "Line 1: there is no column age"),
        (["path,subject,use", "a.mp4,ann,look"], "Line 2, column use: none of"),
        (["path,subject,use", "a.jpg,,enrol"], "Line 2, column use: none of"),
        (["path,subject,from_s", "a.mp4,ann,soon"], "Line 2, column from_s: is no number"),
        (["path,subject,from_s", "a.mp4,ann,nan"], "Line 2, column from_s: is no number"),
        (["path,subject,left", "a.mp4,ann,1.5"], "Line 2, column left: is no number from 0 to 1"),
        (["path,subject,from_s,to_s", "a.mp4,ann,3,2"], "Line 2, column to_s: lies before from_s"),
        (["path,subject,left,right", "a.mp4,ann,.6,.2"], "column right: lies before left"),
        (["path,subject", "../a.mp4,ann"], "leads out of the folder"),
        (["path,subject", ",ann"], "Line 2, column path: is empty"),
        (["path,subject,use", *["a.jpg,ann,enrol"] * 4], "Line 5: more than 3 pictures"),
        (["path,subject,use", "a.jpg,ann,enrol"], "There is no film"),
    ],
)
def test_what_a_table_may_not_say_is_told_by_its_line(table, lines, fault):
    with pytest.raises(InputError, match=fault) as refused:
        read_labels(table(*lines))
    assert refused.value.mend


def test_a_link_in_the_folder_is_refused(folder, tmp_path):
    (folder / "cleo").symlink_to(tmp_path)
    with pytest.raises(InputError, match="is a link"):
        read_labels(folder)


def test_a_fourth_picture_in_a_sub_folder_is_refused(folder):
    for name in ("3.jpg", "4.jpg"):
        (folder / "ann" / name).touch()
    with pytest.raises(InputError, match="Sub-folder 1: more than 3 pictures"):
        read_labels(folder)


def test_a_face_at_the_rim_is_inside_the_picture():
    assert Window().holds(0.0, -0.01, 1.02)
    assert not Window(left=0.2).holds(0.0, 0.1, 0.5)
    assert not Window(from_s=1.0).holds(0.9, 0.5, 0.5)


def test_the_table_of_the_films_at_hand_says_of_each_film_who_is_in_it():
    labels = read_labels(FILMS_TABLE)
    assert len(labels.films) == 20
    assert labels.subjects == len(labels.listed) == 7
    enrolled_from = {(one.file, one.subject) for one in labels.portraits}
    asides = {(labels.films[one.film], one.subject) for one in labels.passes if not one.counted}
    # What somebody is enrolled from is never where they are found.
    assert enrolled_from <= asides
