"""What is counted while a deployment lasts is said when it ends, or erased unsaid."""

import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from appliance.domain.scores import EDGES, Scores
from appliance.oversight.interim import Interim
from appliance.oversight.recall.plan import Plan, Volunteer

NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def memory():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def interim(memory):
    return Interim(memory, lambda: NOON)


def faces(count, score=0.12, templates=3):
    """What a span has counted: so many strangers, alike."""
    scores = Scores()
    for _ in range(count):
        scores.add(score, templates)
    return scores


def test_of_a_thousand_faces_the_scores_are_said_and_nothing_is_left(interim, memory):
    interim.keep("model-1", {"d-1": faces(1000)})
    (said,) = interim.conclude("d-1")
    assert (said.deployment_id, said.model_id, said.faces) == ("d-1", "model-1", 1000)
    assert said.comparisons == 3000
    place = EDGES.index(0.1)
    assert said.counts[place] == sum(said.counts) == 1000
    assert not any(memory.iterdir())
    assert interim.conclude("d-1") == []


def test_of_fewer_nothing_is_said_and_they_are_erased(interim, memory):
    interim.keep("model-1", {"d-1": faces(999)})
    (memory / "kept").hardlink_to(memory / "d-1.scores")
    assert interim.conclude("d-1") == []
    assert [file.name for file in memory.iterdir()] == ["kept"]
    assert not any((memory / "kept").read_bytes())


def test_the_spans_of_a_deployment_are_added_also_by_another_process(interim, memory):
    interim.keep("model-1", {"d-1": faces(600)})
    Interim(memory).keep("model-1", {"d-1": faces(600, score=-0.3, templates=5)})
    (said,) = interim.conclude("d-1")
    assert (said.faces, said.comparisons) == (1200, 600 * 3 + 600 * 5)
    assert sorted(filter(None, said.counts)) == [600, 600]


def test_what_is_kept_is_taken_out_so_that_nothing_counts_twice(interim):
    scores = {"d-1": faces(1000), "d-2": faces(5)}
    interim.keep("model-1", scores)
    interim.keep("model-1", scores)
    assert scores == {}
    assert interim.conclude("d-1")[0].faces == 1000


def test_two_models_are_never_mixed(interim):
    interim.keep("model-1", {"d-1": faces(1000)})
    interim.keep("model-2", {"d-1": faces(999)})
    assert [one.model_id for one in interim.conclude("d-1")] == ["model-1"]


def test_nothing_finer_than_a_span_is_written_and_for_nobody_else_to_read(interim, memory):
    interim.keep("model-1", {"d-1": faces(7)})
    (file,) = memory.iterdir()
    assert file.stat().st_mode & 0o077 == 0
    assert "2026" not in file.read_text()


def test_a_recall_test_ends_with_its_deployment(interim):
    plan = Plan(
        deployment_id="d-1",
        began_at=NOON - timedelta(hours=1),
        before=timedelta(0),
        window=timedelta(seconds=20),
        volunteers=(Volunteer(code="CODE", reference="V-1"),),
    )
    interim.book.begin(plan)
    interim.book.mark("CODE")
    assert interim.conclude("d-2") == []
    interim._clock = lambda: NOON + timedelta(minutes=1)
    (said,) = interim.conclude("d-1")
    assert (said.what, said.deployment_id, said.passes[0].passes) == ("recalled", "d-1", 1)
    assert interim.book.plan() is None
    assert interim.conclude("d-1") == []


def test_what_has_ended_while_nobody_looked_is_concluded_later(interim):
    interim.keep("model-1", {"d-1": faces(1000), "d-2": faces(1000), "d-3": faces(5)})
    plan = Plan(
        deployment_id="d-0", began_at=NOON, before=timedelta(0), window=timedelta(1), volunteers=()
    )
    interim.book.begin(plan)
    said = interim.conclude_others("d-2")
    assert [(one.what, one.deployment_id) for one in said] == [
        ("recalled", "d-0"), ("scored", "d-1"),
    ]  # fmt: skip
    assert interim.conclude_others("d-2") == []
    assert len(interim.conclude("d-2")) == 1


@pytest.mark.parametrize("text", ["", "{", '{"m": {"counts": [1], "comparisons": 1}}', "[]"])
def test_a_file_that_is_spoilt_counts_for_nothing(interim, memory, text):
    (memory / "d-1.scores").write_text(text)
    assert interim.conclude("d-1") == []
    assert not any(memory.iterdir())
    (memory / "d-1.scores").write_text(text)
    interim.keep("model-1", {"d-1": faces(1000)})
    assert len(interim.conclude("d-1")) == 1


@pytest.mark.parametrize("folder", [Path("/proc"), Path("/nowhere")])
def test_where_there_is_no_memory_for_it_nothing_is_kept_and_the_van_goes_on(folder, caplog):
    interim = Interim(folder)
    interim.keep("model-1", {"d-1": faces(1000)})
    assert "not counted over a restart" in caplog.text
    assert interim.conclude("d-1") == interim.conclude_others("d-2") == []
