from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import TypeAdapter

from appliance.domain.watchlist import Ground, Reference
from appliance.errors import InputError, MachineError
from appliance.watchlist.trust import open_keys, open_watchlist
from provisioning.enrol import Person, Sight, Terms, draw_up, enrol, people, refer
from provisioning.keys import make_signers, public_keys
from provisioning.sign import sign_watchlist

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=timezone.utc)
WIDTH_PER_EYES = 4
"""The fake network believes that a face fills a picture four eye distances wide."""


def see(picture):
    """Find as many faces as the top left pixel is red in tens."""
    height, width, _ = picture.shape
    faces = round(int(picture[0, 0, 0]) / 10)
    return Sight(
        boxes=np.array([[0, 0, width, height]] * faces, np.float32).reshape(faces, 4),
        templates=np.eye(8, dtype=np.float32)[[0] * faces],
        eyes_px=np.full(faces, width / WIDTH_PER_EYES, np.float32),
    )


def draw(file, faces=1, width=400):
    file.parent.mkdir(exist_ok=True)
    Image.new("RGB", (width, width), (faces * 10, 0, 0)).save(file)


def run(folder, see=see, **options):
    return enrol(people(folder), see, lambda _: None, **options)


@pytest.fixture
def terms():
    return Terms(
        watchlist_id="list-1",
        model_id="an-encoder",
        made_at=NOW,
        expires_at=NOW + timedelta(hours=8),
        ground=Ground.VOLUNTEER,
        reason="takes part in a recall test",
        power="none: a volunteer",
        source="a portrait given for the test",
    )


def test_a_folder_or_a_file_is_a_person(tmp_path):
    draw(tmp_path / "V-001" / "a.png")
    draw(tmp_path / "V-001" / "b.png")
    draw(tmp_path / "V-002.png")
    (tmp_path / ".hidden").write_text("not a person")
    found = {p.reference: [file.name for file in p.pictures] for p in people(tmp_path)}
    assert found == {"V-001": ["a.png", "b.png"], "V-002": ["V-002.png"]}


def test_two_names_that_become_alike_are_refused(tmp_path):
    draw(tmp_path / "V 001.png")
    draw(tmp_path / "V+001.png")
    with pytest.raises(InputError, match="same reference"):
        list(people(tmp_path))


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere"):
        list(people(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("name", "reference"),
    [("Zoë  Müller", "Zoe-Muller"), ("../etc", "etc"), ("a" * 99, "a" * 64), ("x;y\n", "x-y")],
)
def test_a_name_becomes_a_safe_reference(name, reference):
    assert refer(name) == reference


@given(name=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_any_name_makes_a_reference_or_is_refused(name):
    try:
        reference = refer(name)
    except InputError:
        return
    TypeAdapter(Reference).validate_python(reference)


def test_one_face_is_enrolled(tmp_path):
    draw(tmp_path / "V-001.png")
    entries, refusals = run(tmp_path)
    assert [entry.reference for entry in entries] == ["V-001"]
    assert refusals == []


@pytest.mark.parametrize(("faces", "reason"), [(0, "No face"), (2, "More than one"), (3, "More")])
def test_no_face_or_several_are_refused_and_said(tmp_path, faces, reason):
    draw(tmp_path / "V-001.png")
    draw(tmp_path / "V-002.png", faces=faces)
    entries, (picture, person) = run(tmp_path)
    assert [entry.reference for entry in entries] == ["V-001"]
    assert picture.name == "V-002.png"
    assert picture.reason.startswith(reason)
    assert picture.mend
    assert person.name == "V-002"


def test_eyes_that_are_too_near_are_refused_unless_allowed(tmp_path):
    draw(tmp_path / "V-001.png", width=200)
    with pytest.raises(InputError, match="Nobody"):
        run(tmp_path)
    entries, _ = run(tmp_path, eyes_px=50)
    assert entries[0].portraits[0].eyes_px == 50


def test_the_three_largest_pictures_are_kept(tmp_path):
    for width in (300, 600, 400, 500):
        draw(tmp_path / "V-001" / f"{width}.png", width=width)
    entries, refusals = run(tmp_path)
    assert [portrait.eyes_px for portrait in entries[0].portraits] == [150, 125, 100]
    assert refusals == []


def test_one_good_picture_makes_up_for_a_bad_one(tmp_path):
    draw(tmp_path / "V-001" / "good.png")
    (tmp_path / "V-001" / "bad.jpg").write_bytes(b"")
    entries, refusals = run(tmp_path)
    assert len(entries[0].portraits) == 1
    assert [refusal.name for refusal in refusals] == ["bad.jpg"]


def test_a_person_without_pictures_is_left_out_and_said(tmp_path):
    draw(tmp_path / "V-001.png")
    (tmp_path / "V-002").mkdir()
    entries, refusals = run(tmp_path)
    assert len(entries) == 1
    assert [refusal.name for refusal in refusals] == ["V-002"]


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(InputError, match="is empty"):
        run(tmp_path)


def test_nobody_at_all_is_an_error_that_says_why(tmp_path):
    (tmp_path / "V-001.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"Nobody.*V-001\.png.*not a picture"):
        run(tmp_path)


@pytest.mark.parametrize("spoilt", ["boxes", "templates", "eyes_px"])
def test_numbers_that_are_none_are_refused(tmp_path, spoilt):
    def see_nothing(picture):
        sight = see(picture)
        getattr(sight, spoilt).fill(np.nan)
        return sight

    draw(tmp_path / "V-001.png")
    with pytest.raises(InputError, match="Nobody"):
        run(tmp_path, see=see_nothing)


def test_a_machine_that_fails_is_not_taken_for_a_bad_picture(tmp_path):
    def fail(_):
        raise MachineError("The encoder is lost.", mend="Start again.")

    draw(tmp_path / "V-001.png")
    with pytest.raises(MachineError):
        run(tmp_path, see=fail)


def test_progress_is_told_after_every_person(tmp_path):
    draw(tmp_path / "V-001.png")
    draw(tmp_path / "V-002.png", faces=0)
    told = []
    enrol(people(tmp_path), see, told.append)
    assert told == [1, 2]


def test_what_is_drawn_up_and_signed_is_believed_on_the_van(tmp_path, terms):
    draw(tmp_path / "V-001" / "a.png")
    draw(tmp_path / "V-001" / "b.png")
    draw(tmp_path / "V-002.png")
    entries, _ = run(tmp_path)
    signers = make_signers(2)
    envelope = sign_watchlist(draw_up(entries, terms), signers)
    got = open_watchlist(envelope, open_keys(public_keys(signers, 2)), NOW, "an-encoder")
    assert [subject.reference for subject in got.register.subjects] == ["V-001", "V-002"]
    assert got.owners.tolist() == [0, 0, 1]
    assert {subject.ground for subject in got.register.subjects} == {Ground.VOLUNTEER}


def test_unlawful_terms_are_refused(tmp_path, terms):
    draw(tmp_path / "V-001.png")
    entries, _ = run(tmp_path)
    too_long = Terms(**{**vars(terms), "expires_at": NOW + timedelta(days=2)})
    with pytest.raises(InputError, match="24 hours"):
        draw_up(entries, too_long)


def test_nothing_of_a_person_is_shown(tmp_path):
    draw(tmp_path / "Roe" / "Jane.png")
    draw(tmp_path / "Roe" / "John.png", faces=0)
    entries, refusals = run(tmp_path)
    portrait = entries[0].portraits[0]
    person = Person("Roe", (tmp_path / "Jane.png",))
    text = repr([entries, refusals, portrait, person, see(np.zeros((2, 2, 3), np.uint8))])
    for secret in ("Roe", "Jane", "John", "xff", "array"):
        assert secret not in text


def test_a_portrait_does_not_hold_the_whole_picture(tmp_path):
    draw(tmp_path / "V-001.png", width=1000)
    entries, _ = run(tmp_path)
    assert entries[0].portraits[0].template.base is None
