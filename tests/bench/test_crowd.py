"""The gallery of the bench is as lawful as a signed one, and resembles nobody."""

import cv2
import numpy as np
import pytest

from appliance.app import now
from appliance.bench.crowd import make_law, portraits, strangers
from appliance.domain.watchlist import Ground
from appliance.errors import InputError

MODEL = "a" * 64


def rows_of(entries):
    return np.concatenate([entry.templates for entry in entries])


def test_strangers_have_templates_of_length_one():
    rows = rows_of(strangers(128, 200))
    assert rows.shape == (200, 128)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_strangers_are_the_same_every_time_and_like_nobody_else():
    rows = rows_of(strangers(256, 300))
    assert (rows == rows_of(strangers(256, 300))).all()
    likeness = rows @ rows.T - np.eye(300)
    assert np.abs(likeness).max() < 0.4


def test_the_law_is_in_force_and_covers_its_list():
    law = make_law(strangers(8, 20), MODEL)
    law.deployment.require_open(now())
    law.deployment.authority.require_covers(law.watchlist)
    law.watchlist.require_live(now())
    assert {subject.ground for subject in law.watchlist.subjects} == {Ground.VOLUNTEER}


def test_each_law_has_templates_of_its_own():
    entries = strangers(8, 20)
    make_law(entries, MODEL).watchlist.erase()
    assert np.abs(make_law(entries, MODEL).watchlist.templates).max() > 0


def test_nobody_is_enrolled_where_no_folder_is_given(rig):
    assert portraits(rig.eyes, None) == []


def test_the_people_of_a_folder_are_enrolled(rig, tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "V-001.png"), picture)
    (entry,) = portraits(rig.eyes, tmp_path)
    assert entry.reference == "V-001"


def test_a_folder_of_rubbish_is_refused(rig, tmp_path):
    (tmp_path / "V-001.jpg").write_bytes(b"\xff\xd8 no picture")
    with pytest.raises(InputError, match="Nobody"):
        portraits(rig.eyes, tmp_path)
