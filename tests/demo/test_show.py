"""The demo, as a newcomer runs it: a whole van, a film in real time, a real broker."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

KEYS = {
    "machine", "models", "film", "seconds", "frames", "dropped_frames", "faces_seen", "erased",
    "alerts", "true_alerts", "false_alerts", "seen_to_tablet_ms", "deletion_ms",
}  # fmt: skip
MEMORY = Path("/dev/shm")
pytestmark = pytest.mark.timeout(400)
"""Whichever comes first waits for the whole demo."""
SHARES = {"p50", "p95", "p99", "p999", "max"}


def lfr(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "appliance", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """One demo of its default film, long enough for the weakest networks to alert."""
    folder = tmp_path_factory.mktemp("demo")
    scratch = folder / "scratch"
    scratch.mkdir()
    ended = lfr(
        "demo", "--headless", "--seconds", 12, "--json", folder / "t.json", TMPDIR=str(scratch)
    )
    tally = json.loads((folder / "t.json").read_text())
    # The next demo, of whichever test comes next, puts its own record in the place of this one.
    record = json.loads(Path(tally["record"]).with_suffix(".json").read_text())
    return ended, tally, scratch, record


def test_the_demo_finds_the_listed_person_and_nobody_else(played):
    ended, tally, *_ = played
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert tally["true_alerts"] >= 1
    assert tally["false_alerts"] == 0
    assert tally["alerts"] == tally["true_alerts"]
    assert set(tally["recognised"]) == {"V-001"}


def test_every_face_seen_was_erased_and_each_erasure_was_measured(played):
    _, tally, *_ = played
    assert tally["faces_seen"] == tally["erased"] >= 2
    assert tally["deletion_ms"]["max"] > 0
    assert tally["unencoded"] == 0


def test_the_tally_has_its_documented_keys(played):
    _, tally, *_ = played
    assert set(tally) >= KEYS
    assert set(tally["seen_to_tablet_ms"]) == set(tally["deletion_ms"]) == SHARES
    assert tally["seen_to_tablet_ms"]["p50"] > 0


def test_the_force_goes_the_whole_way(played):
    ended, tally, *_ = played
    assert "demo-1, signed by two" in ended.stdout
    assert "demo-2 is in force, changed between two frames" in ended.stdout
    assert "Withdrawn one person" in ended.stdout
    assert "its key destroyed" in ended.stdout
    assert tally["withdrawn_s"] > 0


def test_it_says_which_film_and_networks_it_uses_and_where_the_page_is(played):
    ended, tally, *_ = played
    assert tally["film"] in ended.stdout
    assert "http://127.0.0.1:" in ended.stdout
    assert "LOOKING" in ended.stdout
    assert ended.stderr == ""


def test_it_ends_with_its_public_record_and_with_nothing_left_of_whoever_passed(played):
    ended, tally, _, told = played
    assert "deletion: 0 residues" in ended.stdout
    assert tally["deletion_residues"] == 0
    assert tally["log_root"] in ended.stdout
    assert told["log"]["root"] == tally["log_root"]
    assert told["deployment"]["finished"]
    assert told["seen"]["faces_seen"] == tally["faces_seen"]


def test_the_throw_away_van_is_thrown_away(played):
    _, _, scratch, _ = played
    assert list(scratch.iterdir()) == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--film", "missing.mp4"], "missing.mp4 cannot be read"),
        (["--film", "text.mp4"], "text.mp4 cannot be read"),
        (["--camera", "/dev/video99"], "The camera mast-1"),
        (["--watchlist", "empty"], "is empty"),
        (["--watchlist", "spoilt"], "not a picture"),
        (["--pack", "nonsense"], "vision.pack"),
        (["--json", "missing/t.json"], "cannot be written"),
    ],
)
def test_whatever_cannot_be_used_is_one_line_that_says_what_to_do(
    tmp_path, monkeypatch, arguments, words
):
    monkeypatch.chdir(tmp_path)
    Path("text.mp4").write_text("this is no film")
    Path("empty").mkdir()
    Path("spoilt").mkdir()
    Path("spoilt/V-001.jpg").write_bytes(b"\xff\xd8\xff" + b"0" * 50)
    ended = lfr("demo", "--headless", "--no-audit", "--seconds", 2, *arguments)
    assert ended.returncode not in {0, 70}
    assert ended.stderr.startswith("lfr: ")
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_password_in_a_cameras_address_is_never_shown():
    ended = lfr("demo", "--headless", "--camera", "rtsp://user:hunter2@127.0.0.1:9")
    assert ended.returncode == 1
    assert "a camera" in ended.stdout
    assert "hunter2" not in ended.stdout + ended.stderr


@pytest.mark.timeout(300)
@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGHUP])
def test_whoever_closes_the_terminal_leaves_nothing_behind(tmp_path, word):
    before = set(MEMORY.glob("lfr-demo-*"))
    process = subprocess.Popen(
        [sys.executable, "-m", "appliance", "demo", "--headless"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    with process:
        while "LOOKING" not in process.stdout.readline():
            pass
        process.send_signal(word)
        # It is at its end when nobody holds the other end of the pipe, no broker either.
        assert "Traceback" not in process.stdout.read()
    assert list(tmp_path.iterdir()) == []
    assert set(MEMORY.glob("lfr-demo-*")) <= before
