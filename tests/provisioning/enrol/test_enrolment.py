"""A folder is enrolled through painted networks: who is listed, in which order, and why not."""

from __future__ import annotations

import json
from datetime import date
from functools import partial

import numpy as np
import pytest

from provisioning.enrol.enrolment import Count, Enrolment
from provisioning.enrol.gate import TRIAL, Gate
from provisioning.enrol.merge import gather
from provisioning.enrol.pictures import STAMPS
from provisioning.enrol.shards import Shard, ShardWriter
from provisioning.enrol.studio import Studio, Task
from provisioning.enrol.table import open_table
from provisioning.enrol.workers import look_here
from tests.provisioning.enrol.people import NOW, TERMS
from tests.provisioning.enrol.studios import DIMENSION, Painted, draw, open_painted

TODAY = date(2026, 5, 4)


@pytest.fixture
def run(tmp_path, identity):
    """Enrol a folder through the painted networks, and gather what came of it."""

    def start(folder, studio=None, progress=lambda _: None, span=None):
        table = list(open_table(folder, TERMS, NOW))
        people = table if span is None else table[span]
        shard = Shard(1, 1, "digest", "an-encoder", DIMENSION)
        writer = ShardWriter(tmp_path / "shards", str(identity.to_public()), shard)
        look = partial(look_here, studio or open_painted(TODAY))
        count = Enrolment(look, writer, progress).run(people)
        enrolled = gather(tmp_path / "shards", str(identity))
        return enrolled, list(enrolled.rows()), count

    return start


@pytest.fixture
def people(tmp_path):
    folder = tmp_path / "people"
    folder.mkdir()
    return folder


def told(rows):
    return [(row.reference, row.picture, row.verdict) for row in rows]


def test_one_face_is_enrolled(run, people):
    draw(people / "V-001.png", person=3)
    enrolled, rows, count = run(people)
    assert list(enrolled.references) == ["V-001"]
    assert enrolled.templates.argmax() == 3
    assert enrolled.templates.dtype == np.float16
    assert told(rows) == [("V-001", "V-001.png", "taken")]
    assert rows[0].thumbnail.startswith(b"\xff\xd8\xff")
    assert rows[0].measures["eyes_px"] == 160
    assert count == Count(people=1, listed=1, pictures=1, taken=1)


@pytest.mark.parametrize(("faces", "reason"), [(0, "No face"), (2, "2 faces"), (3, "3 faces")])
def test_no_face_or_several_are_refused_and_said(run, people, faces, reason):
    draw(people / "V-001.png")
    draw(people / "V-002.png", faces=faces)
    enrolled, (_, picture, person), _ = run(people)
    assert list(enrolled.references) == ["V-001"]
    assert picture.reason.startswith(reason)
    assert picture.mend
    assert picture.thumbnail
    assert (person.reference, person.picture, person.verdict) == ("V-002", "", "refused")


def test_the_three_best_pictures_are_kept_best_first(run, people):
    for width in (240, 160, 280, 100):
        draw(people / "V-001" / f"{width}.png", width=width)
    enrolled, rows, _ = run(people)
    assert [row.picture for row in rows] == ["280.png", "240.png", "160.png", "100.png"]
    assert [row.verdict for row in rows] == ["taken"] * 3 + ["refused"]
    assert "better pictures" in rows[3].reason
    assert enrolled.owners.tolist() == [0, 0, 0]


def test_one_good_picture_makes_up_for_a_bad_one(run, people):
    draw(people / "V-001" / "good.png")
    (people / "V-001" / "bad.jpg").write_bytes(b"")
    enrolled, rows, count = run(people)
    assert len(enrolled.references) == 1
    assert told(rows) == [("V-001", "good.png", "taken"), ("V-001", "bad.jpg", "refused")]
    assert (count.pictures, count.taken) == (2, 1)


def test_people_stay_in_order_with_those_who_were_refused_between(run, people):
    draw(people / "A.png")
    (people / "B").mkdir()
    draw(people / "C.png", person=1)
    draw(people / "D.png", faces=0)
    draw(people / "E.png", person=2)
    enrolled, rows, _ = run(people)
    assert list(enrolled.references) == ["A", "C", "E"]
    assert [row.reference for row in rows] == ["A", "B", "C", "D", "D", "E"]
    assert enrolled.templates.argmax(axis=1).tolist() == [0, 1, 2]


def test_progress_is_told_after_every_picture_and_every_person(run, people):
    draw(people / "V-001" / "a.png")
    draw(people / "V-001" / "b.png")
    draw(people / "V-002.png", faces=0)
    seen = []
    run(people, progress=seen.append)
    assert [(count.people, count.pictures) for count in seen] == [
        (0, 1), (0, 2), (1, 2), (1, 3), (2, 3),
    ]  # fmt: skip


def test_nobody_at_all_is_a_report_without_a_list(run, people):
    draw(people / "V-001.png", faces=0)
    enrolled, rows, _ = run(people)
    assert len(enrolled.references) == 0
    assert [row.verdict for row in rows] == ["refused", "refused"]


def test_an_empty_folder_is_nobody(run, people):
    enrolled, rows, count = run(people)
    assert len(enrolled.references) == len(rows) == count.people == 0


def test_the_date_of_each_picture_stands_in_the_record(run, people, identity, tmp_path):
    draw(people / "C-1" / "small.png", width=200)
    draw(people / "C-1" / "large.png")
    line = {
        "reference": "C-1",
        "ground": "wanted_by_court",
        "reason": "failed to appear",
        "power": "a warrant",
        "source": "custody suite",
        "image_date": "2020-01-02;2025-03-04",
        "reviewer": "DS 1",
        "born": "adult",
        "expires": "2026-06-01",
        "pictures": "C-1/small.png;C-1/large.png",
    }
    table = people / "people.csv"
    table.write_text("\n".join([",".join(line), ",".join(line.values())]))
    enrolled, rows, _ = run(people)
    assert [(row.picture, row.verdict) for row in rows] == [
        ("large.png", "taken"),
        ("small.png", "review"),
    ]
    leaf = enrolled.leaf(enrolled.places[0])
    record = json.loads(enrolled.reader.part(leaf, "records"))
    assert [image["taken_on"] for image in record["images"]] == ["2025-03-04", "2020-01-02"]
    assert rows[1].line == 2


def test_a_large_jpeg_is_looked_at_small(tmp_path):
    see = Painted()
    studio = Studio(see, TRIAL, STAMPS["large"], TODAY)
    answer = studio(Task(draw(tmp_path / "a.jpg", width=2400)))
    assert see.shown == [(300, 300, 3)]
    assert answer.measures["eyes_px"] == pytest.approx(960)


def test_of_a_small_face_in_it_more_is_read(tmp_path):
    see = Painted(share=0.2)
    studio = Studio(see, Gate(eyes_px=1, looks=False), STAMPS["large"], TODAY)
    answer = studio(Task(draw(tmp_path / "a.jpg", width=2400)))
    assert see.shown == [(300, 300, 3)]
    assert answer.measures["eyes_px"] == pytest.approx(192, abs=1)


def test_where_nothing_is_found_all_of_it_is_looked_at(tmp_path):
    see = Painted()
    studio = Studio(see, TRIAL, STAMPS["large"], TODAY)
    answer = studio(Task(draw(tmp_path / "a.jpg", faces=0, width=2400)))
    assert answer.fault.reason == "No face was found."
    assert see.shown == [(300, 300, 3), (2000, 2000, 3)]


@pytest.mark.parametrize("spoilt", ["boxes", "landmarks"])
def test_numbers_that_are_none_are_refused(tmp_path, spoilt):
    see = Painted(spoilt=spoilt)
    for name in ("a.png", "a.jpg"):
        answer = Studio(see, TRIAL, STAMPS["large"], TODAY)(Task(draw(tmp_path / name, width=900)))
        assert "made nothing of it" in answer.fault.reason
        assert answer.template is None


def test_a_template_that_is_unsound_is_refused(tmp_path):
    studio = Studio(Painted(sound=False), TRIAL, STAMPS["large"], TODAY)
    answer = studio(Task(draw(tmp_path / "a.png")))
    assert "made nothing of it" in answer.fault.reason


def test_an_answer_holds_neither_the_picture_nor_the_encoders_array(tmp_path):
    answer = open_painted(TODAY)(Task(draw(tmp_path / "a.png", width=1000)))
    assert answer.template.base is None
    assert len(answer.jpeg) < 20_000
