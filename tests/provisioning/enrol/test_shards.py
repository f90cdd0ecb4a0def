"""What enrolment leaves behind, and what it becomes: encrypted, in order, and nobody's but ours."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyrage
import pytest
from pyrage import x25519

from appliance.errors import InputError
from provisioning.enrol import shards
from provisioning.enrol.leaf import file_name
from provisioning.enrol.merge import gather
from provisioning.enrol.rows import Row
from provisioning.enrol.sealing import Envelope, in_one
from provisioning.enrol.shards import Shard
from tests.provisioning.enrol.people import NOW
from tests.provisioning.enrol.taken import (
    DIMENSION,
    HEAD,
    JPEG,
    commit,
    open_sealed,
    person,
    write,
)


def test_what_was_enrolled_is_what_the_van_opens(tmp_path, identity):
    people = [person(1, 2), person(2), person(3, 3)]
    write(tmp_path, identity, people)
    enrolled = gather(tmp_path, str(identity))
    sealed = enrolled.seal(
        Envelope(HEAD, [str(identity.to_public())], tmp_path / "list.age", commit)
    )
    watchlist = open_sealed(tmp_path / "list.age", identity, sealed)
    assert [subject.reference for subject in watchlist.subjects] == ["C-1", "C-2", "C-3"]
    assert watchlist.owners.tolist() == [0, 0, 1, 2, 2, 2]
    assert [image.jpeg for s in watchlist.subjects for image in s.images] == [
        jpeg for each in people for jpeg in each.jpegs
    ]
    for first, last, each in ((0, 2, people[0]), (2, 3, people[1]), (3, 6, people[2])):
        mean = np.mean(each.templates, axis=0)
        wanted = mean / np.linalg.norm(mean)
        assert np.allclose(watchlist.templates[first:last], wanted, atol=1e-3)
    assert watchlist.commitments[1].tobytes() == commit("C-2")


def test_pictures_of_one_subject_become_one_template_and_others_stay_as_they_are():
    rows = np.eye(4, 8, dtype=np.float16)
    together = in_one(rows, np.array([0, 1, 3, 4]))
    half = np.sqrt(0.5)
    assert together[[0, 3]] == pytest.approx(rows[[0, 3]].astype(np.float32))
    assert together[1] == pytest.approx([0, half, half, 0, 0, 0, 0, 0])
    assert (together[2] == together[1]).all()


def test_opposite_pictures_have_no_mean_and_stay_as_they_are():
    rows = np.array([[1, 0], [-1, 0]], np.float16)
    assert (in_one(rows, np.array([0, 2])) == rows).all()


def test_every_recipient_can_open_it_and_nobody_else(tmp_path, identity):
    write(tmp_path, identity, [person(1)])
    van, desk = x25519.Identity.generate(), x25519.Identity.generate()
    public = [str(van.to_public()), str(desk.to_public())]
    gather(tmp_path, str(identity)).seal(Envelope(HEAD, public, tmp_path / "list.age", commit))
    data = (tmp_path / "list.age").read_bytes()
    assert pyrage.decrypt(data, [van]) == pyrage.decrypt(data, [desk])
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(data, [identity])


def test_who_is_quarantined_is_left_out_whole(tmp_path, identity):
    write(tmp_path, identity, [person(1, 2), person(2, 3), person(3)])
    enrolled = gather(tmp_path, str(identity))
    file = tmp_path / "list.age"
    sealed = enrolled.seal(Envelope(HEAD, [str(identity.to_public())], file, commit, {1}))
    watchlist = open_sealed(file, identity, sealed)
    assert [subject.reference for subject in watchlist.subjects] == ["C-1", "C-3"]
    assert watchlist.owners.tolist() == [0, 0, 1]
    assert watchlist.subjects[1].images[0].jpeg == person(3).jpegs[0]


def test_many_shards_of_many_leaves_are_one_list_in_the_tables_order(
    tmp_path, identity, monkeypatch
):
    monkeypatch.setattr(shards, "LEAF_SUBJECTS", 3)
    for number in (2, 1, 3):
        people = [person(10 * number + i, 1 + i % 3) for i in range(8)]
        write(tmp_path, identity, people, number, 3)
    enrolled = gather(tmp_path, str(identity))
    wanted = [f"C-{10 * shard + i}" for shard in (1, 2, 3) for i in range(8)]
    assert list(enrolled.references) == wanted
    assert [row.reference for row in enrolled.rows()][:3] == ["C-10", "C-11", "C-11"]
    file = tmp_path / "list.age"
    sealed = enrolled.seal(Envelope(HEAD, [str(identity.to_public())], file, commit, {0, 5, 23}))
    watchlist = open_sealed(file, identity, sealed)
    kept = [reference for i, reference in enumerate(wanted) if i not in {0, 5, 23}]
    assert [subject.reference for subject in watchlist.subjects] == kept


def test_a_shard_of_nobody_is_a_shard(tmp_path, identity):
    refusal = Row(
        "C-9", "a.jpg", "refused", "No face was found.", "Choose another.", thumbnail=JPEG
    )
    write(tmp_path, identity, [refusal], 1, 2)
    write(tmp_path, identity, [person(1)], 2, 2)
    enrolled = gather(tmp_path, str(identity))
    assert list(enrolled.references) == ["C-1"]
    first, second = enrolled.rows()
    assert (first.verdict, first.thumbnail, first.mend) == ("refused", JPEG, "Choose another.")
    assert (second.thumbnail, second.measures) == (person(1).jpegs[0], {"eyes_px": 70.0})


def test_where_nobody_is_left_there_is_a_report_and_no_list(tmp_path, identity):
    write(tmp_path, identity, [Row("C-9", "a.jpg", "refused", "No face was found.", "x")])
    enrolled = gather(tmp_path, str(identity))
    assert [row.reference for row in enrolled.rows()] == ["C-9"]
    assert enrolled.templates.shape == (0, DIMENSION)
    with pytest.raises(InputError, match="Nobody"):
        enrolled.seal(Envelope(HEAD, [str(identity.to_public())], tmp_path / "list.age", commit))
    assert not (tmp_path / "list.age").exists()


def test_nothing_lies_on_the_disk_that_can_be_read(tmp_path, identity):
    write(tmp_path, identity, [person(1)])
    files = list(tmp_path.iterdir())
    assert len(files) == len(shards.FILES)
    for file in files:
        assert file.read_bytes().startswith(b"age-encryption.org/v1")
        assert b"C-1" not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
        assert "C-1" not in file.name


def test_an_earlier_try_of_the_same_shard_is_replaced(tmp_path, identity):
    write(tmp_path, identity, [person(1), person(2)])
    write(tmp_path, identity, [person(3)])
    assert list(gather(tmp_path, str(identity)).references) == ["C-3"]


def test_another_key_opens_nothing(tmp_path, identity):
    write(tmp_path, identity, [person(1)])
    with pytest.raises(InputError, match="Shard 1 of 1"):
        gather(tmp_path, str(x25519.Identity.generate()))
    with pytest.raises(InputError, match="key of the shards"):
        gather(tmp_path, "AGE-SECRET-KEY-1")


def test_a_shard_that_is_missing_is_named(tmp_path, identity):
    write(tmp_path, identity, [person(1)], 1, 3)
    write(tmp_path, identity, [person(3)], 3, 3)
    with pytest.raises(InputError, match="Shard 2 of 3"):
        gather(tmp_path, str(identity))


def test_shards_of_two_tries_or_two_tables_or_two_packs_do_not_mix(tmp_path, identity):
    write(tmp_path / "a", identity, [person(1)], 1, 2)
    write(tmp_path / "a", identity, [person(2)], 1, 3)
    write(tmp_path / "b", identity, [person(1)], 1, 2, digest="one")
    write(tmp_path / "b", identity, [person(2)], 2, 2, digest="two")
    write(tmp_path / "c", identity, [person(1)], 1, 2)
    write(tmp_path / "c", identity, [person(2)], 2, 2, model_id="another")
    write(tmp_path / "d", identity, [person(1)], 1, 2)
    write(tmp_path / "d", identity, [person(1)], 2, 2)
    for name, says in {"a": "mixed", "b": "another table", "c": "pack", "d": "reference"}.items():
        with pytest.raises(InputError, match=says):
            gather(tmp_path / name, str(identity))
    with pytest.raises(InputError, match="no shard"):
        gather(tmp_path, str(identity))


def test_a_renamed_damaged_or_swapped_file_is_refused(tmp_path, identity, monkeypatch):
    monkeypatch.setattr(shards, "LEAF_SUBJECTS", 1)
    write(tmp_path, identity, [person(1), person(2, 2)])
    first, second = (tmp_path / file_name(1, 1, number, "index") for number in (0, 1))
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    with pytest.raises(InputError, match="renamed"):
        gather(tmp_path, str(identity))
    first.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(InputError, match="not whole"):
        gather(tmp_path, str(identity))
    first.write_bytes(kept)
    templates = tmp_path / file_name(1, 1, 0, "templates")
    templates.write_bytes((tmp_path / file_name(1, 1, 1, "templates")).read_bytes())
    with pytest.raises(InputError, match="fit together"):
        gather(tmp_path, str(identity))


def test_records_that_were_swapped_are_refused_when_it_is_sealed(tmp_path, identity, monkeypatch):
    monkeypatch.setattr(shards, "LEAF_SUBJECTS", 1)
    write(tmp_path, identity, [person(1), person(2)])
    one, two = (tmp_path / file_name(1, 1, number, "records") for number in (0, 1))
    one.write_bytes(two.read_bytes())
    enrolled = gather(tmp_path, str(identity))
    with pytest.raises(InputError):
        enrolled.seal(Envelope(HEAD, [str(identity.to_public())], tmp_path / "list.age", commit))
    assert not (tmp_path / "list.age").exists()


def test_a_template_that_is_none_is_refused(tmp_path, identity):
    spoilt = person(1)
    spoilt.templates[0][:] = np.nan
    write(tmp_path, identity, [spoilt])
    with pytest.raises(InputError, match="length 1"):
        gather(tmp_path, str(identity))


def test_who_has_lapsed_since_is_refused_when_it_is_sealed(tmp_path, identity):
    write(tmp_path, identity, [person(1, expires_at=NOW - timedelta(minutes=1))])
    enrolled = gather(tmp_path, str(identity))
    with pytest.raises(InputError, match="had ended"):
        enrolled.seal(Envelope(HEAD, [str(identity.to_public())], tmp_path / "list.age", commit))


def test_a_head_of_another_encoder_is_refused(tmp_path, identity):
    write(tmp_path, identity, [person(1)], model_id="another")
    enrolled = gather(tmp_path, str(identity))
    with pytest.raises(InputError, match="another encoder"):
        enrolled.seal(Envelope(HEAD, [str(identity.to_public())], tmp_path / "list.age", commit))


@pytest.mark.parametrize(("number", "of"), [(0, 1), (2, 1), (1, 0), (1, 20_000)])
def test_a_shard_that_cannot_be_is_refused(number, of):
    with pytest.raises(InputError, match="no shard"):
        Shard(number, of, "d", "m", DIMENSION)


@pytest.mark.parametrize(("people", "of"), [(10, 3), (2, 5), (0, 2), (1000, 16)])
def test_every_person_is_in_exactly_one_shard(people, of):
    spans = [Shard(number, of, "d", "m", 1).span(people) for number in range(1, of + 1)]
    assert [person for span in spans for person in span] == list(range(people))


def test_nothing_of_a_person_is_shown(tmp_path, identity):
    write(tmp_path, identity, [person(1)])
    enrolled = gather(tmp_path, str(identity))
    leaf = enrolled.leaf(enrolled.places[0])
    text = repr([person(1), enrolled, leaf, *leaf.entries, *enrolled.rows()])
    assert "C-1" not in text
    assert "SECRET" not in text
    assert "0.jpg" not in text
