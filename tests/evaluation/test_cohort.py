"""Every picture of a roll is looked at once, and every failure is counted."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from appliance.errors import InputError
from appliance.evaluation import cohort as cohorts
from appliance.evaluation import looking as rooms
from appliance.evaluation.cohort import Means, gather
from appliance.evaluation.gaze import Optics
from appliance.evaluation.roll import read_roll
from appliance.evaluation.shelf import Shelf
from provisioning.enrol.gate import Fault
from provisioning.enrol.studio import Answer

DIMENSION = 8


class Looker:
    """Networks that tell what they saw from the words in a file, and how often they looked."""

    def __init__(self):
        self.seen = []

    def __call__(self, task):
        data = task.file.read_bytes()
        self.seen.append(data.decode())
        word, _, number = data.decode().partition(" ")
        notice = hashlib.sha256(data).hexdigest()
        if word == "good":
            template = np.eye(DIMENSION, dtype=np.float32)[int(number)]
            told = {"faces": 1.0 + int(number), "eyes_px": 40.0 + int(number)}
            return Answer(notice=notice, measures=told, template=template)
        if word == "taken":
            # What took a reader over says whatever it likes.
            lies = {
                "1": Answer(notice="ff" * 32, template=np.eye(DIMENSION, dtype=np.float32)[0]),
                "2": Answer(notice=notice, template=np.full(DIMENSION, np.nan, np.float32)),
                "3": Answer(notice=notice, template=np.ones(3, np.float32)),
                "4": Answer(Fault("a word that nobody knows", ""), notice=notice),
                "5": Answer(Fault("undetected", ""), notice="not a sum"),
            }
            return lies[number]
        return Answer(Fault(word, ""), notice=notice)


@pytest.fixture
def looker(monkeypatch):
    looker = Looker()
    monkeypatch.setattr(cohorts, "open_gaze", lambda _: looker)
    return looker


@pytest.fixture
def means(tmp_path):
    return Means(Optics("painted", None), Shelf(tmp_path / "kept", "painted", DIMENSION), 0)


@pytest.fixture
def folder(tmp_path):
    def fill(**people):
        for name, pictures in people.items():
            (tmp_path / "people" / name).mkdir(parents=True)
            for number, words in enumerate(pictures):
                (tmp_path / "people" / name / f"{number}.jpg").write_text(words)
        return read_roll(tmp_path / "people")

    return fill


def quiet():
    return Console(file=StringIO())


def anew(means, tmp_path):
    return replace(means, shelf=Shelf(tmp_path / "kept", "painted", DIMENSION))


def test_every_picture_gives_a_template_or_a_reason(looker, means, folder):
    roll = folder(
        ann=["good 0", "undetected", "good 3"], bob=["unencoded", "unreadable"], cleo=["good 1"]
    )
    cohort = gather(roll, means, quiet())
    assert cohort.acquired.tolist() == [True, False, True, False, False, True]
    assert cohort.owners.tolist() == [0, 0, 0, 1, 1, 2]
    assert cohort.templates[2].tolist() == np.eye(DIMENSION)[3].tolist()
    assert not cohort.templates[1].any()
    assert cohort.failures == {"unreadable": 1, "undetected": 1, "unencoded": 1}
    assert cohort.crowded == 2
    assert cohort.eyes_px == (40.5, 41.0, 42.0)


def test_the_second_time_nobody_looks(looker, means, folder, tmp_path):
    roll = folder(ann=["good 0", "undetected"], bob=["good 1"])
    first = gather(roll, means, quiet())
    assert looker.seen == ["good 0", "undetected", "good 1"]
    again = gather(roll, anew(means, tmp_path), quiet())
    assert len(looker.seen) == 3
    assert np.array_equal(first.templates, again.templates)
    assert (first.failures, first.crowded) == (again.failures, again.crowded)


def test_a_picture_that_has_changed_is_looked_at(looker, means, folder, tmp_path):
    roll = folder(ann=["good 0"], bob=["good 1"])
    gather(roll, means, quiet())
    roll.pictures[0].file.write_text("good 5")
    cohort = gather(roll, anew(means, tmp_path), quiet())
    assert looker.seen[2:] == ["good 5"]
    assert cohort.templates[0].argmax() == 5


class EndedError(Exception):
    """Somebody pressed Ctrl-C."""


def test_who_is_ended_half_way_has_kept_what_was_done(looker, means, folder, tmp_path, monkeypatch):
    monkeypatch.setattr(rooms, "BATCH", 2)
    roll = folder(ann=["good 0", "good 1", "good 2"], bob=["good 3"])
    steps = iter(range(3))

    def step():
        if next(steps, None) is None:
            raise EndedError

    with pytest.raises(EndedError):
        cohorts._looks([picture.file for picture in roll.pictures], means, step)
    gather(roll, anew(means, tmp_path), quiet())
    assert looker.seen.count("good 0") == looker.seen.count("good 1") == 1


def test_nothing_that_a_reader_who_was_taken_over_says_is_believed_or_kept(
    looker, means, folder, tmp_path
):
    lies = [f"taken {number}" for number in range(1, 6)]
    roll = folder(ann=lies, bob=["good 1"])
    cohort = gather(roll, means, quiet())
    assert cohort.acquired.tolist() == [True, False, False, False, False, True]
    assert cohort.failures == {"unreadable": 3, "undetected": 1, "unencoded": 0}
    shelf = Shelf(tmp_path / "kept", "painted", DIMENSION)
    assert shelf.find("ff" * 32) is None
    sums = [hashlib.sha256(lie.encode()).hexdigest() for lie in lies]
    assert [shelf.find(each) is None for each in sums] == [True, False, False, False, True]


def test_a_link_is_counted_and_nobody_looks(looker, means, folder, tmp_path):
    folder(ann=["good 0"], bob=["good 1"])
    (tmp_path / "people" / "ann" / "link.jpg").symlink_to(tmp_path / "people" / "bob" / "0.jpg")
    cohort = gather(read_roll(tmp_path / "people"), means, quiet())
    assert cohort.failures["unreadable"] == 1
    assert looker.seen == ["good 0", "good 1"]


def test_where_nothing_was_acquired_it_says_so(looker, means, folder):
    with pytest.raises(InputError, match="None of the pictures gave a template"):
        gather(folder(ann=["undetected"], bob=["unreadable"]), means, quiet())
