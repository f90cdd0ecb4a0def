"""The bench counts every frame and face, times every stage, and compares like with like."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from appliance.bench.loop import Looker, Peer, frames_in
from appliance.bench.pipeline import Wishes, bench, measure
from appliance.bench.stopwatch import STAGES
from appliance.bench.table import render
from appliance.errors import InputError
from tests.bench.conftest import FRAMES


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=160)


@pytest.fixture
def peer(rig, film_file):
    """A library that sees two people everywhere."""
    gallery = np.eye(4, dtype=np.float32)
    looker = Looker(lambda picture: [gallery[0] * 3, gallery[1] * 5], 4, "two eyes")
    return Peer(looker, gallery, film_file, None)


def run(rig, film_file, console, peers=None, **wishes):
    return measure(rig, peers or {}, Wishes(film_file, **{"rounds": 2, **wishes}), console)


def test_every_frame_is_played_and_the_one_passing_is_encoded(rig, film_file, console):
    document = run(rig, film_file, console)
    counts = {key: document[key] for key in ("frames", "passings", "faces_seen")}
    assert counts == {"frames": FRAMES, "passings": 1, "faces_seen": 1}
    assert document["faces"] == FRAMES / 2  # looked at 15 times a second at most
    assert document["unencoded"] == 0
    assert document["shots"] >= 2
    assert document["gallery"] == 50


def test_every_stage_has_a_time(rig, film_file, console):
    document = run(rig, film_file, console)
    assert list(document["stages_ms"]) == list(document["stages_mean_ms"]) == list(STAGES)
    assert all(median > 0 for median in document["stages_ms"].values())


def test_the_means_of_the_stages_add_up_to_less_than_the_whole(rig, film_file, console):
    document = run(rig, film_file, console, rounds=1)
    assert 0 < sum(document["stages_mean_ms"].values()) <= document["ms"]


def test_the_document_is_json(rig, film_file, console, peer):
    document = run(rig, film_file, console, {"library": peer})
    assert json.loads(json.dumps(document)) == document


def test_a_peer_encodes_every_face_of_every_frame(rig, film_file, console, peer):
    told = run(rig, film_file, console, {"library": peer})["peers"]["library"]
    assert told["faces"] == 2 * FRAMES
    assert told["models"] == "two eyes"
    assert told["times_slower"] > 0


def test_allocations_are_measured_in_bytes(rig, film_file, console):
    allocated = run(rig, film_file, console)["allocations_per_frame"]
    assert allocated["peak"] > 1000
    assert abs(allocated["kept"]) < allocated["peak"]


def test_a_round_may_be_cut_short_and_is_the_same_for_everyone(rig, film_file, console, peer):
    assert frames_in(film_file, None) is None
    assert frames_in(film_file, 0.001) == 1
    peers = {"library": replace(peer, most=frames_in(film_file, 0.4))}
    told = run(rig, film_file, console, peers, seconds=0.4)
    assert told["frames"] == 10
    assert told["peers"]["library"]["faces"] == 20


def test_a_peer_that_cannot_read_the_film_says_so(peer, tmp_path):
    with pytest.raises(InputError, match="cannot read") as refusal:
        Peer(peer.looker, peer.gallery, tmp_path / "none.avi", None).play()
    assert "--no-peers" in refusal.value.advice()


def test_a_person_can_read_it(rig, film_file, console, peer):
    render(run(rig, film_file, console, {"library": peer}), console)
    page = console.file.getvalue()
    assert "unencoded" in page
    assert "detect" in page
    assert "library" in page


@pytest.mark.timeout(300)
def test_real_networks_run_before_a_gallery_of_ten_thousand(film_file, console, pack_name):
    document = bench(Wishes(film_file, pack_name, peers=False, seconds=1.0, rounds=1), console)
    assert document["gallery"] == 10_000
    assert document["frames"] > 0
    assert document["models"].startswith(pack_name)


def test_a_film_that_is_none_is_refused(rig, tmp_path, console, pack_name):
    hoax = tmp_path / "hoax.avi"
    hoax.write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(InputError):
        bench(Wishes(hoax, pack_name, peers=False), console)
