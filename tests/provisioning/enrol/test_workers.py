"""Workers that die, hang or lie cost one picture and no more."""

from __future__ import annotations

import os
import resource
import signal
from contextlib import closing
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread

import pytest

from appliance.command.counter import WORDS
from appliance.errors import MachineError
from provisioning.enrol.parcel import Failure, unpack
from provisioning.enrol.studio import Task
from provisioning.enrol.workers import CHUNK, Crew, look_here, serve
from tests.provisioning.enrol.studios import die_at_once, look_by_name, open_by_name, open_nothing


def tasks(*names):
    return [Task(Path(f"{name}.jpg")) for name in names]


def said(answers):
    """What came of each: its own name where it went well."""
    return [answer.fault.reason if answer.fault else answer.notice for answer in answers]


def many(count):
    return [f"good-{i}" for i in range(count)]


@pytest.fixture(scope="module")
def crew():
    with Crew(open_by_name, 2) as crew:
        yield crew


def test_the_answers_come_in_the_order_of_the_pictures(crew):
    names = many(10 * CHUNK + 3)
    assert said(crew.answers(tasks(*names))) == [f"{name}.jpg" for name in names]


def test_a_crew_can_be_asked_again_and_for_nothing(crew):
    assert list(crew.answers([])) == []
    assert said(crew.answers(tasks("good-1"))) == ["good-1.jpg"]


def test_who_reads_pictures_does_not_know_the_passphrase(monkeypatch):
    monkeypatch.setenv(WORDS, "a passphrase of the force")
    with Crew(open_by_name, 1) as crew:
        (names,) = said(crew.answers(tasks("environment-1")))
    assert "PATH" in names.split()
    assert WORDS not in names.split()
    assert os.environ[WORDS] == "a passphrase of the force"


def test_a_refusal_is_an_answer(crew):
    assert said(crew.answers(tasks("bad-1"))) == ["bad-1.jpg is bad."]


def test_a_reader_that_loses_its_head_is_one_refused_picture(crew):
    assert said(crew.answers(tasks("good-1", "odd-1", "good-2"))) == [
        "good-1.jpg",
        "It could not be examined.",
        "good-2.jpg",
    ]


def test_pictures_that_end_their_process_are_refused_and_nobody_elses(crew):
    names = many(4 * CHUNK)
    names[3] = names[4] = names[2 * CHUNK] = names[-1] = "die"
    found = said(crew.answers(tasks(*names)))
    assert [i for i, word in enumerate(found) if "ended the process" in word] == [
        3,
        4,
        2 * CHUNK,
        4 * CHUNK - 1,
    ]
    assert found[5] == "good-5.jpg"


def test_a_picture_that_never_comes_back_is_refused_after_a_while():
    with Crew(open_by_name, 1, patience_s=0.5) as crew:
        assert said(crew.answers(tasks("good-1", "stick", "good-2"))) == [
            "good-1.jpg",
            "It could not be read in good time.",
            "good-2.jpg",
        ]


def test_a_worker_that_was_taken_over_is_replaced_and_not_believed(crew):
    found = said(crew.answers(tasks("good-1", "taken", "good-2")))
    assert found == ["good-1.jpg", "It ended the process that read it.", "good-2.jpg"]


def test_a_machine_that_fails_ends_it_all(crew):
    with pytest.raises(MachineError, match="encoder is lost") as failure:
        list(crew.answers(tasks("lost")))
    assert failure.value.mend == "Start again."


@pytest.mark.parametrize(
    ("factory", "says"), [(open_nothing, "not here"), (die_at_once, "does not start")]
)
def test_networks_that_do_not_open_are_said(factory, says):
    with Crew(factory, 1) as crew, pytest.raises(MachineError, match=says):
        list(crew.answers(tasks("good-1")))


def test_no_process_is_left_when_it_ends_or_is_broken_off():
    with Crew(open_by_name, 2) as crew:
        pids = [worker._process.pid for worker in crew._workers]
        with closing(crew.answers(tasks(*many(100)))) as answers:
            next(answers)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_an_interrupt_is_for_the_parent_alone(crew):
    list(crew.answers(tasks("good-1")))
    for worker in crew._workers:
        os.kill(worker._process.pid, signal.SIGINT)
    names = many(4 * CHUNK)
    assert len(said(crew.answers(tasks(*names)))) == len(names)


def test_a_worker_says_that_it_is_ready_then_answers_until_the_pipe_closes():
    ours, theirs = Pipe()
    ours.send(tasks("good-1", "bad-1"))
    ours.send(tasks("lost"))
    worker = Thread(target=serve, args=(theirs, open_by_name))
    worker.start()
    ready, good, bad, lost = (unpack(ours.recv_bytes()) for _ in range(4))
    ours.close()
    worker.join()
    theirs.close()
    assert ready is None
    assert said([good, bad]) == ["good-1.jpg", "bad-1.jpg is bad."]
    assert lost == Failure("The encoder is lost.", "Start again.")


def test_a_worker_that_a_picture_ends_leaves_no_core():
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        with Crew(open_by_name, 1) as crew:
            assert said(crew.answers(tasks("core-1"))) == ["dumpable 0, core 0"]
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def test_a_worker_without_networks_says_so():
    ours, theirs = Pipe()
    with ours, theirs:
        serve(theirs, open_nothing)
        assert unpack(ours.recv_bytes()) == Failure("The network is not here.", "Fetch it.")


def test_one_process_looks_by_itself_just_as_well():
    names = tasks("good-1", "odd-1", "bad-1")
    assert said(look_here(look_by_name, names)) == [
        "good-1.jpg",
        "It could not be examined.",
        "bad-1.jpg is bad.",
    ]
    with pytest.raises(MachineError, match="lost"):
        list(look_here(look_by_name, tasks("lost")))


def test_what_is_sent_to_a_worker_shows_nobody():
    assert "roe" not in repr(Task(Path("roe.jpg")))
    assert "roe" not in repr(look_by_name(Task(Path("roe.jpg"))))
