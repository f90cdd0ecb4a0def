"""A calibration is of the worst declared group, and is read by the van as it was written."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from appliance.command.calibrate import _show
from appliance.errors import InputError
from appliance.evaluation.calibration import calibrate
from appliance.evaluation.chart import render
from appliance.evaluation.document import Bootstrap
from appliance.evaluation.paper import spell, write
from appliance.matching.calibration import Calibration, load_calibration
from engines import packs
from tests.evaluation.crowd import Crowd, unheard

PEOPLE = 500
BOOTSTRAP = Bootstrap(100, 7)


@pytest.fixture(scope="module")
def pack():
    return packs.load_packs()["tiny"]


@pytest.fixture(scope="module")
def cohort():
    """Women and men; the women resemble each other more, and a dozen people declare nothing."""
    cohort = Crowd(PEOPLE, 2).cohort()
    sexes = [*("FM"[person % 2] for person in range(PEOPLE - 12)), *[""] * 12]
    women = np.array([sex == "F" for sex in sexes])[cohort.owners]
    cohort.templates[women] += 0.3 * cohort.templates[0]
    cohort.templates[:] /= np.linalg.norm(cohort.templates, axis=1, keepdims=True)
    places = tuple("north" if person < 20 else "south" for person in range(PEOPLE))
    return replace(cohort, groups={"sex": tuple(sexes), "region": places})


@pytest.fixture(scope="module")
def made(cohort, pack):
    return calibrate(cohort, pack, "painted people", BOOTSTRAP, unheard)


def test_the_worst_group_binds(made):
    times = {part.name: part.times for part in made.parts}
    assert times["sex F"] > times["sex M"]
    assert times["sex F"] > times["region south"] > 0.8
    assert made.calibration.group == "sex F"
    assert made.binding.subjects < made.everybody.subjects == PEOPLE
    score = made.calibration.threshold
    assert made.binding.rate_at(score) > 1.5 * made.everybody.rate_at(score)


def test_a_group_that_is_too_small_by_itself_is_named(made):
    assert {part.name: part.curve for part in made.parts}["region north"] is None
    assert "Too few to be calibrated by themselves: region north." in made.calibration.source


def test_floor_threshold_and_bands_are_rates_within_it(made):
    said = made.calibration
    for score, rate in ((said.floor, 1e-4), (said.threshold, 1e-5)):
        assert 0.95 * rate < made.binding.rate_at(score) < 1.001 * rate
    assert said.threshold < said.likely_from <= said.strong_from <= 1
    assert said.foretold(said.threshold).drawn_on
    assert said.counted_to < said.threshold


def test_without_groups_everybody_binds_and_it_says_what_that_hides(cohort, pack):
    made = calibrate(replace(cohort, groups={}), pack, "painted people", BOOTSTRAP, unheard)
    assert made.calibration.group is None
    assert made.binding is made.everybody
    assert "No groups are declared" in made.calibration.source


def test_groups_that_are_no_worse_than_everybody_do_not_bind(cohort, pack):
    nobody = replace(cohort, groups={"year": ("2026",) * PEOPLE})
    assert calibrate(nobody, pack, "painted", BOOTSTRAP, unheard).calibration.group is None


def test_too_few_people_are_refused(pack):
    with pytest.raises(InputError, match="28,320 comparisons of strangers are too few"):
        calibrate(Crowd(60, 4).cohort(), pack, "painted", BOOTSTRAP, unheard)


def test_the_van_reads_what_was_written(made, tmp_path, pack):
    file = tmp_path / "tiny.toml"
    write(file, made.calibration)
    assert load_calibration(file, pack.model_id) == made.calibration
    assert max(map(len, file.read_text("utf-8").splitlines())) <= 100


def test_words_that_would_end_a_text_are_read_as_words(made, tmp_path, pack):
    odd = 'a "quote" """ and \\ a\nbreak\x7f\x00, twice  over ' * 4
    strange = made.calibration.model_copy(update={"source": odd, "group": odd, "pack": odd})
    file = tmp_path / "odd.toml"
    write(file, strange)
    read = load_calibration(file, pack.model_id)
    assert (read.group, read.pack) == (odd, odd)
    assert read.source.split() == odd.split()


def test_what_was_never_measured_is_written_as_such(made, tmp_path):
    bare = {"points": (), "intervals": (), "counted_to": None, "group": None, "measured": False}
    unknown = Calibration(**{**made.calibration.model_dump(), **bare})
    assert "counted_to" not in spell(unknown)
    (tmp_path / "bare.toml").write_text(spell(unknown), "utf-8")
    assert load_calibration(tmp_path / "bare.toml", unknown.model_id) == unknown


def test_a_file_that_cannot_be_written_is_refused(made, tmp_path):
    with pytest.raises(InputError, match=r"x\.toml cannot be written"):
        write(tmp_path / "nothing" / "x.toml", made.calibration)


def test_the_page_says_what_the_file_says(made):
    page = render(made)
    said = made.calibration
    for word in (f"{said.threshold}", "drawn on", "sex F", "region north: too few", "<svg"):
        assert word in page
    assert "<script" not in page


def test_the_record_and_the_terminal_say_the_same(made):
    told = made.record()
    assert told["calibration"]["threshold"] == made.calibration.threshold
    assert [group["name"] for group in told["groups"]] == [
        "sex F", "sex M", "region north", "region south",
    ]  # fmt: skip
    console = Console(file=StringIO(), width=120)
    _show(console, made)
    said = console.file.getvalue()
    assert "region north: too few" in said
    assert "drawn on" in said
    assert f"threshold {made.calibration.threshold}" in said
