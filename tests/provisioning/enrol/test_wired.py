"""The whole enrolment over the networks of the vans."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from appliance.app import open_eyes, open_machine
from appliance.bench.enrol import Wishes, bench
from appliance.desk import EnrolWishes, enrol, enrol_shard, gather
from appliance.errors import ApplianceError, InputError
from appliance.settings import Appliance, VisionSettings
from engines import packs
from tests.provisioning.enrol.people import NOW, TERMS

STILLS = packs.SHARED.parent / "media" / "stills" / "demo"


@pytest.fixture
def console():
    return Console(file=StringIO())


@pytest.fixture
def wishes(tmp_path, identity):
    return EnrolWishes(
        source=STILLS,
        folder=tmp_path / "shards",
        recipient=str(identity.to_public()),
        terms=TERMS,
        made_at=NOW,
        pack="retail",
        workers=0,
    )


def test_portraits_become_a_list_and_groups_do_not(wishes, identity, console):
    enrolled = enrol(wishes, str(identity), console)
    assert list(enrolled.references) == ["biden", "biden2", "obama", "obama2"]
    same, other = (float(enrolled.templates[0] @ enrolled.templates[i]) for i in (1, 2))
    assert same > 0.5
    assert other < 0.3
    refused = {row.reference for row in enrolled.rows() if row.verdict == "refused"}
    assert refused == {"obama_and_biden", "runners_crowd", "two_people"}


@pytest.mark.timeout(300)
def test_workers_shards_and_borrowed_eyes_give_the_same_list(wishes, identity, console):
    alone = enrol(wishes, str(identity), console)
    crew = enrol(replace(wishes, workers=2), str(identity), console)
    apart = replace(wishes, folder=wishes.folder / "parts")
    for number in (3, 1, 2):
        count = enrol_shard(replace(apart, shard=(number, 3)), console)
        assert count.people in {2, 3}
    parts = gather(apart.folder, str(identity))
    eyes = open_eyes(open_machine(Appliance()), VisionSettings(pack="retail"))
    lent = enrol(replace(wishes, eyes=eyes), str(identity), console)
    for other in (crew, parts, lent):
        assert other.references == alone.references
        assert np.array_equal(other.templates, alone.templates)
        assert [row.reason for row in other.rows()] == [row.reason for row in alone.rows()]


def test_the_larger_thumbnails_are_for_short_lists(wishes, identity, console):
    sizes = [
        enrol(replace(wishes, thumbnails=name), str(identity), console).thumbnail_bytes.mean()
        for name in ("auto", "medium", "small")
    ]
    assert sizes[0] > sizes[1] > sizes[2]


def test_what_cannot_begin_leaves_no_shard(wishes, console):
    for spoilt in (
        {"source": STILLS / "nowhere"},
        {"pack": "no-such-pack"},
        {"recipient": "age1"},
        {"shard": (4, 3)},
        {"terms": None},
    ):
        with pytest.raises(ApplianceError):
            enrol_shard(replace(wishes, **spoilt), console)
    assert not list(wishes.folder.glob("*.age"))


@pytest.mark.timeout(300)  # two crews have to open their networks
def test_the_bench_says_how_near_the_encoder_it_comes(tmp_path, console):
    document = bench(Wishes(STILLS, "retail", pictures=16, rounds=1, workers=1), console)
    assert document["portraits"] == 4
    assert document["enrolled_per_s"] > 0
    assert 0 < document["ratio"] < 2
    assert document["whole_ms"] > document["encode_ms"] > 0
    with pytest.raises(InputError, match="No picture"):
        bench(Wishes(tmp_path, "retail"), console)


def test_wishes_show_nobody(tmp_path):
    wishes = EnrolWishes(tmp_path / "roe", tmp_path, "age1", TERMS, NOW)
    assert "roe" not in repr(wishes)
    assert "PC 1" not in repr(wishes)
