"""Pictures are tried in every step once, remembered, and nobody believes what a reader says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from appliance.errors import InputError
from appliance.evaluation import trials as rooms
from appliance.evaluation.gaze import Optics
from appliance.evaluation.roll import read_roll
from appliance.evaluation.shelf import Shelf
from appliance.evaluation.sightings import NUMBERS
from appliance.evaluation.spoil import KINDS, Step
from appliance.evaluation.trials import EACH, Means, Plan, Trials, choose, steps_of
from provisioning.enrol.gate import Fault
from provisioning.enrol.studio import Answer

DIMENSION = 4
STEPS = (Step("noise", 5), Step("noise", 60))


def row_of(number, step=None):
    row = np.zeros(DIMENSION + NUMBERS, np.float32)
    row[number] = 1
    row[DIMENSION:] = (2, 0.9, 10, 10, 60, 60, 20, 25, 50, 25, 35, 35, 25, 45, 45, 45, 100, 120)
    row[DIMENSION + 1] -= 0.001 * step.level if step else 0
    return row


@dataclass
class Looker:
    """Networks that read the number of a person out of a file; noise is too much for some."""

    seen: list = field(default_factory=list)

    def __call__(self, task):
        data = task.file.read_bytes()
        word, _, number = data.decode().partition(" ")
        step = task.step if task.spot else None
        self.seen.append((data.decode(), step and step.level, task.spot and task.spot.width_px))
        notice = hashlib.sha256(data).hexdigest()
        if word == "unreadable" or (word == "weak" and step and step.level > 50):
            return Answer(Fault("undetected", ""), notice=notice)
        if word == "taken":
            lies = {
                "1": np.full(DIMENSION + NUMBERS, np.nan, np.float32),
                "2": np.ones(3, np.float32),
                "3": np.ones(DIMENSION + NUMBERS, np.float32),
            }
            return Answer(notice=notice, template=lies[number])
        return Answer(notice=notice, template=row_of(int(number), step))


@pytest.fixture
def looker(monkeypatch):
    looker = Looker()
    monkeypatch.setattr(rooms, "open_trying", lambda _: looker)
    return looker


@pytest.fixture
def means(tmp_path, points):
    def shelf(step):
        return Shelf(tmp_path / "kept", f"painted-{step}", DIMENSION + NUMBERS)

    return Means(Optics("painted", None), points, DIMENSION, shelf, 0)


@pytest.fixture
def folder(tmp_path):
    def fill(**people):
        for name, pictures in people.items():
            (tmp_path / "people" / name).mkdir(parents=True)
            for number, words in enumerate(pictures):
                (tmp_path / "people" / name / f"{number}.jpg").write_text(words)
        return read_roll(tmp_path / "people")

    return fill


def run(chosen, plan, means):
    with Trials(chosen, plan, means).open(Console(file=StringIO())) as (plain, steps):
        return plain, dict(steps)


def test_every_picture_is_looked_at_as_it_is_and_in_each_step(looker, means, folder):
    plan = Plan(STEPS)
    chosen = choose(folder(ann=["good 0", "good 1"], bob=["weak 2"]), plan)
    plain, steps = run(chosen, plan, means)
    assert plain.found.tolist() == [True] * 3
    assert steps[STEPS[0]].found.tolist() == [True] * 3
    weak = int(np.flatnonzero(chosen.owners == 1)[0])
    assert np.flatnonzero(~steps[STEPS[1]].found).tolist() == [weak]
    assert steps[STEPS[1]].faces.scores.max() == pytest.approx(0.84)
    assert plain.faces.boxes[0].tolist() == [10, 10, 60, 60]
    assert len(looker.seen) == 9
    assert {width for _, level, width in looker.seen if level} == {50}


def test_the_second_time_nobody_looks_and_another_step_alone_is_tried(looker, means, folder):
    roll = folder(ann=["good 0", "good 1"], bob=["weak 2", "unreadable 0"])
    plan = Plan(STEPS[:1])
    first, _ = run(choose(roll, plan), plan, means)
    looked = len(looker.seen)
    again, _ = run(choose(roll, plan), plan, means)
    assert len(looker.seen) == looked
    assert np.array_equal(first.templates, again.templates)
    run(choose(roll, plan), Plan(STEPS), means)
    assert {level for _, level, _ in looker.seen[looked:]} == {60}


def test_another_seed_or_width_is_another_trial(looker, means, folder):
    roll = folder(ann=["good 0"], bob=["good 1"])
    for plan in (Plan(STEPS[:1]), Plan(STEPS[:1], seed=2), Plan(STEPS[:1], width_px=40)):
        run(choose(roll, plan), plan, means)
    assert len(looker.seen) == 2 + 3 * 2


def test_what_was_not_found_as_it_is_is_not_spoilt(looker, means, folder):
    plan = Plan(STEPS[:1])
    roll = folder(ann=["good 0", "unreadable 1"], bob=["good 2"])
    _, steps = run(choose(roll, plan), plan, means)
    assert ("unreadable 1", 5, 50) not in looker.seen
    assert steps[STEPS[0]].found.sum() == 2


def test_nothing_that_a_reader_who_was_taken_over_says_is_believed(looker, means, folder):
    plan = Plan(STEPS[:1])
    roll = folder(ann=["taken 1", "taken 2", "taken 3"], bob=["good 2"])
    chosen = choose(roll, plan)
    plain, _ = run(chosen, plan, means)
    assert plain.found.tolist() == (chosen.owners == 1).tolist()


def test_where_nothing_was_found_it_says_so(looker, means, folder):
    plan = Plan(STEPS)
    chosen = choose(folder(ann=["unreadable 0"], bob=["unreadable 0"]), plan)
    with pytest.raises(InputError, match="None of the pictures gave a template"):
        run(chosen, plan, means)


def test_who_has_several_pictures_comes_first_and_nobody_has_too_many(folder):
    roll = folder(
        ann=["good 0"], bob=["good 1"] * 9, cleo=["good 2"] * 2, dee=["good 3"], eve=["good 1"]
    )
    chosen = choose(roll, Plan((), most=3))
    counts = np.bincount(chosen.owners).tolist()
    assert sorted(counts[:2]) == [2, EACH]
    assert counts[2] == 1
    assert chosen.subjects == 3
    names = [file.parent.name for file in chosen.files]
    assert {"bob", "cleo"} <= set(names)
    assert len({(name, owner) for name, owner in zip(names, chosen.owners, strict=True)}) == 3
    everybody = choose(roll, Plan(()))
    assert everybody.subjects == 5
    assert len(everybody.files) == 1 + EACH + 2 + 1 + 1
    assert choose(roll, Plan((), most=3)).files == chosen.files


def test_a_way_that_there_is_not_is_refused_with_those_that_there_are():
    assert [step.kind for step in steps_of(["mask"])] == ["mask", "mask"]
    assert {step.kind for step in steps_of([])} == set(KINDS)
    with pytest.raises(InputError, match="rain is no way") as refused:
        steps_of(["size", "rain"])
    assert "motion" in refused.value.mend
