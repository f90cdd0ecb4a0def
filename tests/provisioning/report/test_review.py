"""From people who were enrolled to a decision: who is left out, who stays, and what is written."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from pyrage import x25519

from appliance.domain.watchlist import Ground, Head, ListImage
from provisioning.enrol.enrolment import Enrolment
from provisioning.enrol.gate import Fault
from provisioning.enrol.merge import gather
from provisioning.enrol.rows import Row
from provisioning.enrol.shards import Shard, ShardWriter, Taken
from provisioning.enrol.studio import Answer
from provisioning.enrol.terms import Person, Terms
from provisioning.report.compare import NOBODY, People, compare, keep, merge, recall
from provisioning.report.compare import Shard as Part
from provisioning.report.flags import Acceptance
from provisioning.report.likeness import Rules
from provisioning.report.review import Comparison, review

MODEL = "an-encoder"
RULES = Rules(threshold=0.3, same=0.8, floor=0.2, rate=1e-5, likely=0.5)
DIMENSION = 16


def quiet(_done, _of):
    pass


def apart(count):
    """Make rows that have nothing to do with each other."""
    return np.eye(DIMENSION, dtype=np.float32)[:count]


@pytest.fixture
def enrolled(subject, jpeg, clock, tmp_path):
    """Enrol people, each with these templates."""

    def make(templates, **changes):
        identity = x25519.Identity.generate()
        shard = Shard(1, 1, "a-table", MODEL, DIMENSION)
        writer = ShardWriter(tmp_path / "shards", str(identity.to_public()), shard)
        image = ListImage(jpeg=jpeg, source="custody suite")
        for number, template in enumerate(templates):
            fields = {"images": (image,), "expires_at": clock.now + timedelta(days=2)}
            person = subject(f"R-{number}", **{**fields, **changes})
            row = Row(f"R-{number}", "a.jpg", "taken", thumbnail=jpeg)
            writer.add(Taken(person, [template], [jpeg]), [row])
        writer.close()
        return gather(tmp_path / "shards", str(identity))

    return make


@pytest.fixture
def head(clock):
    return Head(
        watchlist_id="list-1",
        model_id=MODEL,
        made_at=clock.now,
        expires_at=clock.now + timedelta(hours=12),
    )


@pytest.fixture
def twice():
    """Three people, of whom two have one face."""
    rows = apart(3)
    return np.stack((rows[0], rows[1], rows[0]))


def test_who_stands_twice_is_left_out_and_not_counted(enrolled, head, twice, tmp_path):
    done = review(enrolled(twice), head, Comparison(RULES, quiet), tmp_path / "report")
    assert done.left_out == {0, 2}
    assert done.written.summary.subjects == 1
    assert done.written.summary.grounds == {Ground.COURT: 1}
    assert done.written.summary.strangers == 0


def test_who_is_accepted_stays(enrolled, head, twice, tmp_path):
    accepted = {"R-2": Acceptance("PS 7", "seen in custody today")}
    comparison = Comparison(RULES, quiet, accepted=accepted)
    done = review(enrolled(twice), head, comparison, tmp_path / "report")
    assert done.left_out == {0}
    assert done.written.summary.grounds == {Ground.COURT: 2}


def test_without_a_comparison_everybody_stays_and_the_report_says_so(
    enrolled, head, twice, tmp_path
):
    done = review(enrolled(twice), head, None, tmp_path / "report")
    assert done.left_out == frozenset()
    assert done.written.summary.strangers is None
    assert "likeness test was left out" in done.written.pages[0].read_text("utf-8")


def test_strangers_are_compared_too(enrolled, head, tmp_path):
    strangers = People(np.repeat(apart(1), 12, axis=0), np.arange(12, dtype=np.int32))
    told = []
    comparison = Comparison(RULES, lambda done, of: told.append((done, of)), strangers)
    done = review(enrolled(apart(3)), head, comparison, tmp_path / "report")
    assert done.left_out == {0}
    assert told[-1] == (2, 2)
    assert done.written.summary.strangers == 12


def test_what_other_machines_have_compared_is_not_compared_again(enrolled, head, twice, tmp_path):
    everybody = enrolled(twice)
    listed = People(everybody.templates, everybody.owners)
    parts = [compare(listed, NOBODY, 0.3, quiet, Part(i, 2)) for i in range(2)]
    found = merge([recall(keep(part), listed) for part in parts], listed)
    told = []
    comparison = Comparison(RULES, lambda *_: told.append(1), found=found)
    done = review(everybody, head, comparison, tmp_path / "report")
    assert done.left_out == {0, 2}
    assert told == []


def test_who_is_barred_is_left_out_and_refused(enrolled, head, tmp_path):
    comparison = Comparison(RULES, quiet)
    barred = frozenset({1})
    done = review(enrolled(apart(3)), head, comparison, tmp_path / "report", barred=barred)
    assert done.left_out == {1}
    assert done.written.summary.subjects == 2
    assert "Was taken off a list before." in done.written.pages[0].read_text("utf-8")


def test_a_file_whose_name_is_no_text_is_enrolled_and_reported(head, clock, tmp_path):
    identity = x25519.Identity.generate()
    shard = Shard(1, 1, "a-table", MODEL, DIMENSION)
    writer = ShardWriter(tmp_path / "shards", str(identity.to_public()), shard)
    end = clock.now + timedelta(days=2)
    terms = Terms(Ground.VOLUNTEER, "a test", "none", "given", "PC 7", end)
    answer = Answer(Fault("No face was found.", "Choose another."))
    enrolment = Enrolment(lambda tasks: [answer for _ in tasks], writer, lambda _: None)
    enrolment.run([Person("R-1", terms, (Path("photo\udce9.jpg"),))])
    enrolled = gather(tmp_path / "shards", str(identity))
    done = review(enrolled, head, None, tmp_path / "report")
    assert "photo\N{REPLACEMENT CHARACTER}.jpg" in done.written.pages[0].read_text("utf-8")
