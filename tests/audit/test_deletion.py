"""The audit itself, whole: the real appliance, a real broker, and builds that keep something."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.audit.deletion import audit_deletion
from appliance.audit.reel import CODECS
from appliance.audit.sieve import Needle
from appliance.audit.verdict import Verdict

ROOT = Path(__file__).parents[2]
PASSINGS, FEW = 130, 40
pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def audited():
    """One audit over two pictures of faces."""
    return subprocess.run(
        [sys.executable, "-m", "appliance", "audit", "deletion", "--json",
         "--passings", str(PASSINGS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_of_a_passer_by_nothing_is_left_anywhere(audited):
    told = json.loads(audited.stdout or "{}")
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert told["planted"] == told["found_while_in_view"] == PASSINGS
    assert told["pictures"] == 2
    assert told["residues"] == 0
    assert told["left"] == {}
    assert 0 < told["deletion_ms"]["p50"] <= told["deletion_ms"]["max"]
    assert told["proven"]


def test_of_a_network_camera_s_film_nothing_is_left_either():
    told = audit_deletion(FEW, codec=CODECS["h264"], spoilt=False)
    assert (told.planted, told.found_while_in_view, told.left) == (FEW, FEW, {})
    assert told.seen["film"], "its compressed pictures are looked for, too"
    assert told.proven


def test_what_is_looked_for_is_what_the_appliance_makes_of_a_face(audited):
    seen = json.loads(audited.stdout)["in_view"]
    assert seen["luma"] >= PASSINGS
    assert seen["sum"] >= PASSINGS, "a template is followed from the network to its passing"
    assert {"chroma", "film", "landmarks"} <= {*seen}


def test_builds_that_keep_a_crop_or_a_template_are_caught(audited):
    assert json.loads(audited.stdout)["spoilt_builds_caught"] == {"crop": True, "template": True}


def test_a_crash_with_faces_in_view_leaves_nothing_of_them_on_a_disk(audited):
    told = json.loads(audited.stdout)
    assert told["crashes_in_view"] == 2
    assert told["core_bytes"] == 0
    assert not [place for place in told["left"] if place.endswith("what a crash leaves")]


def test_nothing_that_runs_on_a_van_leads_to_the_spoilt_build():
    sources = [file for room in ("appliance", "engines", "provisioning", "systemd")
               for file in (ROOT / room).rglob("*") if file.is_file()]  # fmt: skip
    naming = {
        file.relative_to(ROOT).as_posix()
        for file in sources
        if b"audit.leaky" in file.read_bytes() and file.suffix != ".pyc"
    }
    assert naming == {"appliance/audit/stand.py"}
    assert "import appliance.audit.leaky" not in (ROOT / "appliance/audit/stand.py").read_text()


@pytest.mark.parametrize("kind", ["crop", "template"])
def test_a_van_cannot_be_spoilt(tmp_path, kind):
    file = tmp_path / "van.toml"
    file.write_text('machine = "jetson"\n[panel]\nfactory = "jetson"\n')
    ended = subprocess.run(
        [sys.executable, "-m", "appliance.audit.leaky", kind, str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == "A build that is spoilt on purpose runs on no van.\n"


def needles(*faces, form="luma"):
    return [Needle(face, form, bytes(range(1, 33))) for face in faces]


def test_a_verdict_counts_faces_and_not_needles():
    verdict = Verdict(planted=3)
    verdict.see([*needles(0, 1, 2), *needles(0, -1, form="jpeg")])
    assert (verdict.found_while_in_view, verdict.proven) == (3, True)
    verdict.blame("memory", [*needles(1), *needles(1, form="crop")])
    verdict.blame("files", needles(1))
    assert (verdict.residues, verdict.proven) == (1, False)
    assert verdict.document()["left"] == {
        "crop in memory": 1, "luma in files": 1, "luma in memory": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spoilt", "what"),
    [
        ({"planted": 4}, "one was not found in view"),
        ({"swapped_kb": 4}, "where nobody can look"),
        ({"core_bytes": -1}, "a crash would write it down"),
        ({"caught": {"crop": False}}, "the audit is blind"),
    ],
)
def test_nothing_is_proven_where_the_search_could_miss_something(spoilt, what):
    verdict = Verdict(**{"planted": 3, **spoilt})
    verdict.see(needles(0, 1, 2))
    assert not verdict.proven, what
    assert "NOT proven" in verdict.sentence
