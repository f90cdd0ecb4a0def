"""`lfr evaluate` over real portraits and the networks of the vans."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.errors import InputError
from engines import packs

STILLS = packs.SHARED.parent / "media" / "stills" / "demo"


@pytest.fixture
def folder(tmp_path):
    """Two people with two portraits each, and things that are none."""
    people = tmp_path / "people"
    for name in ("biden", "obama"):
        (people / name).mkdir(parents=True)
        for stem in (name, f"{name}2"):
            shutil.copy(STILLS / f"{stem}.jpg", people / name)
    (people / "obama" / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    (people / "obama" / "link.jpg").symlink_to(people / "biden" / "biden.jpg")
    return people


@pytest.fixture
def lfr(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*words):
        done = CliRunner().invoke(app, ["evaluate", *map(str, words)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def test_two_people_are_told_apart_and_what_failed_is_counted(lfr, folder, tmp_path):
    report = tmp_path / "report.html"
    words = ("verification", folder, "--pack", "retail", "--workers", 0, "--report", report)
    told = json.loads(lfr(*words, "--json"))
    assert told["acquired"]["failures"] == {"unreadable": 2, "undetected": 0, "unencoded": 0}
    at = told["result"]["operating"]
    assert (told["result"]["mated"], told["result"]["non_mated"]) == (2, 4)
    assert (at["threshold"], at["fmr"]["value"], at["fnmr"]["value"]) == (0.537, 0.0, 0.0)
    assert at["frr"]["value"] == pytest.approx(5 / 7)
    assert "<svg" in report.read_text("utf-8")
    (kept,) = (tmp_path / "cache" / "lfr" / "evaluation").iterdir()
    assert kept.read_bytes().count(b"\xff\xd8\xff") == 0


def test_the_next_run_needs_no_network_and_says_the_same(lfr, folder, tmp_path):
    words = ("verification", folder, "--pack", "retail", "--json")
    first = lfr(*words, "--workers", 0, "--cache", tmp_path / "mine")
    assert lfr(*words, "--workers", 1, "--no-cache") == first
    assert lfr(*words, "--cache", tmp_path / "mine") == first
    assert not (tmp_path / "cache").exists()


def test_a_report_that_cannot_be_written_is_said_before_anybody_looks(lfr, folder, tmp_path):
    with pytest.raises(InputError, match=r"report\.html cannot be written"):
        lfr("verification", folder, "--report", tmp_path / "nothing" / "report.html")
    assert not (tmp_path / "cache").exists()


def test_four_portraits_are_too_few_for_a_list_and_it_says_so(lfr, folder):
    said = lfr("identification", folder, "--size", 10, "--images", 1, "--threshold", 0.5)
    assert "Too few people for lists of 10 with 1 image(s)." in " ".join(said.split())


def test_two_packs_stand_side_by_side_on_the_same_portraits(lfr, folder, tmp_path):
    report = tmp_path / "report.html"
    words = ("compare", "retail", "mbf", folder, "--workers", 0, "--report", report)
    told = json.loads(lfr(*words, "--threshold", 0.5, "--threshold", 0.3, "--json"))
    assert [told[side]["model"]["threshold"] for side in ("first", "second")] == [0.5, 0.3]
    assert told["second"]["cost"]["encode_ms"] > 0
    assert {"fta", "fnmr", "fmr"} <= {one["name"] for one in told["contrasts"]}
    assert "retail beside mbf" in report.read_text("utf-8")
    said = lfr("compare", "retail", "mbf", folder, "--no-cost", "--no-cache", "--workers", 0)
    assert "not timed" in said


def test_a_pack_of_the_users_own_is_measured_like_ours(lfr, folder, tmp_path):
    register = tmp_path / "models.toml"
    register.write_text(
        '[packs.mine]\ntitle = "Ours, joined anew"\ndetector = "yunet_n"\nencoder = "esp_mbf"\n'
        'landmarks = "yunet_to_arcface"\n'
    )
    words = ("verification", folder, "--models", register, "--pack", "mine", "--workers", 1)
    told = json.loads(lfr(*words, "--threshold", 0.337, "--json"))
    assert told["model"]["pack"] == "mine"
    assert told["result"]["operating"]["fnmr"]["value"] == 0.0


def test_one_command_measures_and_writes_cards_and_pages(lfr, folder, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- lfr evaluate figures: verification -->\n<!-- end -->\n")
    places = ("--to", tmp_path / "cards", "--page", page)
    words = ("figures", folder, "--pack", "retail", *places, "--rounds", 100, "--workers", 0)
    written = json.loads(lfr(*words, "--step", "verification", "--json"))
    assert [name.rsplit("/")[-1] for name in written] == [
        "retail.verification.json",
        "retail.json",
        "retail.md",
        "page.md",
    ]
    assert "| `retail` | " in page.read_text()
    assert "page.md" in lfr("figures", *places)
    card = (tmp_path / "cards" / "retail.json").read_bytes()
    (tmp_path / "cards" / "retail.json").unlink()
    lfr("figures", *places, "--evidence", tmp_path / "cache" / "lfr" / "evidence")
    assert (tmp_path / "cards" / "retail.json").read_bytes() == card
    assert not (tmp_path / "cards" / "mbf.json").exists()


def test_a_mask_is_drawn_on_everybody_and_the_report_says_what_it_does(lfr, folder, tmp_path):
    report = tmp_path / "report.html"
    words = ("degradation", folder, "--pack", "retail", "--kind", "mask", "--kind", "mixed")
    told = json.loads(lfr(*words, "--workers", 0, "--json", "--report", report))
    _, mask, mixed = told["result"]["curves"]
    assert [row["level"] for row in mask["rows"]] == [1, 2]
    assert all(row["tried"] == 4 for row in (*mask["rows"], *mixed["rows"]))
    assert mask["rows"][1]["score"] < told["result"]["plain"]["score"]
    assert "Mask" in report.read_text("utf-8")
    kept = [file.name for file in (tmp_path / "cache" / "lfr" / "evaluation").iterdir()]
    assert sorted(name.rsplit("-", 2)[1] for name in kept if "mask" in name) == ["mask1", "mask2"]
    assert lfr(*words, "--json") == lfr(*words, "--workers", 0, "--no-cache", "--json")


def test_the_closer_look_can_be_left_out_and_is_kept_apart(lfr, folder, tmp_path):
    words = ("degradation", folder, "--pack", "retail", "--kind", "mask", "--workers", 0, "--json")
    assert json.loads(lfr(*words))["result"]["closer"]
    told = json.loads(lfr(*words, "--no-closer", "--plain", "--shots", 2))["result"]
    assert not told["closer"]
    assert (told["lists"]["shots"], told["lists"]["score"]) == (2, "cosine")
    kept = [file.name for file in (tmp_path / "cache" / "lfr" / "evaluation").iterdir()]
    assert {name.split("-")[2] for name in kept} == {"40", "0"}


def test_a_way_that_there_is_not_is_refused_before_anybody_looks(lfr, folder, tmp_path):
    with pytest.raises(InputError, match="rain is no way of spoiling"):
        lfr("degradation", folder, "--kind", "rain")
    assert not (tmp_path / "cache").exists()


def test_two_people_are_too_few_to_calibrate_and_no_calibration_is_needed_for_it(
    lfr, folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(packs, "CALIBRATIONS", tmp_path / "nowhere")
    words = ("calibrate", folder, "--of", "portraits", "--pack", "retail", "--workers", 0)
    with pytest.raises(InputError, match="4 comparisons of strangers are too few"):
        lfr(*words, "--to", tmp_path / "retail.toml", "--no-cache")


def test_four_portraits_are_too_few_to_try_ways_on_and_every_kind_is_kept(lfr, folder, tmp_path):
    with pytest.raises(InputError, match="too few people for lists of 10"):
        lfr("ablation", folder, "--pack", "retail", "--size", 10, "--workers", 0)
    kept = (tmp_path / "cache" / "lfr" / "evaluation").iterdir()
    by_end = {file.stem[33:]: file.read_bytes() for file in kept}
    assert by_end.keys() == {"", "-mirrored", "-40-plain"}
    assert len({*by_end.values()}) == 3


def test_passings_of_several_pictures_and_plain_cosines_can_be_asked_for(lfr, folder):
    words = ("identification", folder, "--pack", "retail", "--size", 10, "--workers", 0)
    told = json.loads(lfr(*words, "--shots", 2, "--plain", "--json"))
    assert (told["result"]["way"]["shots"], told["result"]["way"]["score"]) == (2, "cosine")
    assert json.loads(lfr(*words, "--json"))["result"]["way"]["score"] == "crowding"
