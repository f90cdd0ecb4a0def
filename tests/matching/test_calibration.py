"""A score means nothing without the calibration of the network that gave it."""

import contextlib
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.candidate import Band
from appliance.errors import SettingsError
from appliance.matching.calibration import load_calibration

NETWORK = "a" * 64
PREPARED = "c" * 64
SOUND = f"""
pack = "made-up"
model_id = "{NETWORK}"
preprocessing = "{PREPARED}"
source = "made up for this test"
measured = true
points = [[0.4, 1e-4], [0.5, 1e-5], [0.6, 1e-6]]
threshold = 0.5
floor = 0.4
likely_from = 0.6
strong_from = 0.7
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "made-up.toml"
    file.write_text(SOUND, "utf-8")
    return file


@pytest.fixture
def calibration(file: Path):
    return load_calibration(file, NETWORK)


def refusal(file: Path, model_id: str = NETWORK) -> str:
    with pytest.raises(SettingsError) as refused:
        load_calibration(file, model_id)
    advice = refused.value.advice()
    assert "\n" not in advice
    assert file.name in advice
    return advice


def test_without_a_file_nothing_starts(tmp_path: Path):
    assert "no start" in refusal(tmp_path / "nothing.toml")


def test_the_file_of_another_network_is_refused(file: Path):
    assert "another network" in refusal(file, "b" * 64)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("threshold = 0.5", 'threshold = "high"', "threshold"),
        ("threshold = 0.5", "threshold = nan", "threshold"),
        ("threshold = 0.5", "threshold = 0.3", "order"),
        ("strong_from = 0.7", "strong_from = 0.55", "order"),
        ("[0.5, 1e-5]", "[0.5, 1e-3]", "order"),
        ("[0.5, 1e-5]", "[0.3, 1e-5]", "order"),
        ("[0.5, 1e-5]", "[0.5, 0.0]", "points.1.1"),
        ("floor = 0.4", "", "floor"),
        ("floor = 0.4", "floor = 0.4\nroof = 1.0", "roof"),
        (NETWORK, "short", "model_id"),
        (PREPARED, "short", "preprocessing"),
        ("floor = 0.4", "floor = 0.4\nintervals = [[1e-5, 1e-3]]", "order"),
        ("floor = 0.4", f"floor = 0.4\nintervals = {[[1e-5, 1e-3]] * 3}", "order"),
    ],
)
def test_what_is_not_sound_is_refused_by_its_field(file: Path, old: str, new: str, field: str):
    file.write_text(SOUND.replace(old, new), "utf-8")
    assert f"wrong at {field}." in refusal(file)


@given(rubbish=st.one_of(st.binary(max_size=200), st.just(b"a = " + b"[" * 20_000)))
@settings(max_examples=60, deadline=None)
def test_no_bytes_whatever_give_more_than_a_refusal(tmp_path_factory, rubbish: bytes):
    file = tmp_path_factory.getbasetemp() / "rubbish.toml"
    file.write_bytes(rubbish)
    refusal(file)


values = st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=5), st.booleans())


@given(key=st.sampled_from(["threshold", "points", "measured", "pack", "model_id"]), value=values)
@settings(max_examples=60, deadline=None)
def test_no_value_whatever_ends_in_anything_else(tmp_path_factory, key: str, value: object):
    lines = [line for line in SOUND.splitlines() if not line.startswith(key)]
    file = tmp_path_factory.getbasetemp() / "values.toml"
    file.write_text("\n".join([*lines, f"{key} = {value!r}"]), "utf-8", "surrogatepass")
    with contextlib.suppress(SettingsError):
        load_calibration(file, NETWORK)


def test_a_likeness_is_put_in_words_by_its_score(calibration):
    words = [calibration.band(score) for score in (0.5, 0.599, 0.6, 0.699, 0.7, 1.0)]
    assert words == [
        Band.POSSIBLE, Band.POSSIBLE, Band.LIKELY, Band.LIKELY, Band.STRONG, Band.STRONG,
    ]  # fmt: skip


def test_between_two_points_the_rate_falls_by_equal_shares(calibration):
    assert calibration.false_match_rate(0.4) == pytest.approx(1e-4)
    assert calibration.false_match_rate(0.45) == pytest.approx(math.sqrt(1e-4 * 1e-5))
    assert calibration.false_match_rate(0.6) == pytest.approx(1e-6)


@given(score=st.floats(-1, 1))
def test_a_rate_is_never_claimed_where_nobody_has_measured(score: float, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "sound.toml"
    file.write_text(SOUND, "utf-8")
    rate = load_calibration(file, NETWORK).false_match_rate(score)
    assert (rate is not None) == (0.4 <= score <= 0.6)


@pytest.fixture
def spread(calibration):
    """The same, with an interval for each point, and the last one drawn on."""
    spans = ((0.5e-4, 2e-4), (0.5e-5, 2e-5), (1e-7, 1e-5))
    return calibration.model_copy(update={"intervals": spans, "counted_to": 0.5})


def test_a_rate_has_an_interval_and_says_whether_it_was_counted(spread):
    low, between, high = (spread.foretold(score) for score in (0.4, 0.55, 0.6))
    assert (low.low, low.high) == pytest.approx((0.5e-4, 2e-4))
    assert (between.low, between.high) == pytest.approx((math.sqrt(0.5e-12), math.sqrt(2e-10)))
    assert (low.drawn_on, spread.foretold(0.5).drawn_on) == (False, False)
    assert between.drawn_on
    assert high.drawn_on


def test_without_an_interval_the_rate_stands_for_it(calibration):
    found = calibration.foretold(0.5)
    assert found.low == found.high == found.rate == pytest.approx(1e-5)
    assert not found.drawn_on


@given(rate=st.floats(1e-12, 1e-2))
def test_the_score_of_a_rate_is_as_rare_or_rarer(rate: float, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "sound.toml"
    file.write_text(SOUND, "utf-8")
    calibration = load_calibration(file, NETWORK)
    score = calibration.score_of(rate)
    assert 0.4 <= score <= 1
    if score <= 0.6:
        assert calibration.false_match_rate(score) <= rate * 1.0001
    else:
        assert rate <= 1e-6


def test_above_the_last_point_the_line_goes_on(calibration):
    assert calibration.score_of(1e-7) == pytest.approx(0.7)
    assert calibration.score_of(1e-11) == 1.0


def test_where_nobody_has_measured_no_rate_has_a_score(calibration):
    assert calibration.model_copy(update={"points": ()}).score_of(1e-5) is None


def test_the_more_seldom_strangers_may_match_the_higher_is_the_threshold(calibration):
    assert calibration.in_force(None, 0.0, 1e-4) == 0.5
    assert calibration.in_force(None, 0.0, 1e-6) == pytest.approx(0.6)
    assert calibration.in_force(0.65, 0.0, 1e-6) == 0.65
    assert calibration.in_force(None, 0.62, 1e-6) == 0.62


def test_where_no_rate_is_known_the_length_of_the_list_asks_nothing(calibration):
    assert calibration.model_copy(update={"points": ()}).in_force(None, 0.0, 1e-9) == 0.5


def test_without_a_setting_the_default_is_in_force(calibration):
    assert calibration.in_force(None, 0.0) == 0.5


def test_a_setting_moves_the_threshold_both_ways(calibration):
    assert calibration.in_force(0.65, 0.0) == 0.65
    assert calibration.in_force(0.4, 0.0) == 0.4


def test_the_authority_has_the_last_word(calibration):
    assert calibration.in_force(None, 0.62) == 0.62
    assert calibration.in_force(0.55, 0.62) == 0.62
    assert calibration.in_force(0.65, 0.62) == 0.65


@pytest.mark.parametrize("setting", [0.399, 0.0, math.nan])
def test_no_setting_goes_below_the_floor(calibration, setting: float):
    with pytest.raises(SettingsError, match=r"below 0\.4.*made-up"):
        calibration.in_force(setting, 0.9)
