"""Many records are one: sums are exact where they can be, and nothing strange is believed."""

import json
import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.bench.day import MORNING, Day, lines
from appliance.errors import InputError
from appliance.oversight.intervals import Share, clopper_pearson
from appliance.oversight.record import paper, series
from appliance.oversight.record.series import load, merge
from tests.oversight.record.conftest import keep, spoil, told
from tests.oversight.record.facts import (
    alerted,
    counted,
    opened,
    passes,
    recalled,
    story,
)
from tests.oversight.record.test_paper import Text


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Three days of one van, in one log."""
    folder = tmp_path_factory.mktemp("days") / "log"
    said = [
        [
            *lines(
                Day(f"day-{number}", 9_000, 40, seed=number, starts_at=MORNING + timedelta(number))
            )
        ]
        for number in range(3)
    ]
    keep(folder, *said)
    return [told(folder, f"day-{number}") for number in range(3)]


def total(merged, name):
    return next((each.low, each.high, each.records) for each in merged.totals if each.name == name)


def place(tmp_path, data):
    file = tmp_path / "record.json"
    file.write_bytes(data)
    return file


def test_what_was_counted_is_added_up_and_intervals_are_worked_out_anew(days):
    merged = merge(days)
    assert total(merged, "faces_seen") == (27_000, 27_000, 3)
    wrong = sum(day.alerts.false_alerts for day in days)
    assert (merged.per_face.hits, merged.per_face.trials) == (wrong, 27_000)
    assert (merged.per_face.low, merged.per_face.high) == clopper_pearson(Share(wrong, 27_000))
    assert merged.per_face.high < min(day.alerts.per_face.high for day in days)
    assert sum(merged.deletion_ms.counts.values()) == 27_000
    assert merged.recall.groups[0].passes == 3 * 84
    assert merged.uptime == pytest.approx(0.995)


def test_the_order_in_which_they_are_given_does_not_matter(days):
    assert merge(days[::-1]) == merge(days)
    assert [member.deployment_id for member in merge(days[::-1]).members] == [
        "day-0",
        "day-1",
        "day-2",
    ]


def test_a_hidden_cell_is_a_range_that_holds_the_truth(tmp_path):
    hidden = [story(tmp_path / name, opened(name), alerted(f"{name}-1")) for name in ("d-3", "d-4")]
    assert total(merge(hidden), "alert_ground:wanted_by_court") == (0, 2, 2)
    page = Text(paper.series_page(merge(hidden))).text
    assert "0 to 2" in page


def test_a_few_are_one_to_four(days):
    few = [
        day.model_copy(update={"upkeep": day.upkeep.model_copy(update={"held": "1 to 4"})})
        for day in days
    ]
    assert total(merge(few), "held") == (3, 12, 3)


def test_who_has_not_measured_takes_no_part_and_is_counted_as_missing(days, tmp_path):
    bare = story(tmp_path, opened("d-9"), counted(deployment_id="d-9", faces_seen=1_000_000))
    merged = merge([*days, bare])
    assert merged.per_face.trials == 27_000
    assert total(merged, "not_viable")[2] == 3
    assert "Not measured in 1." in paper.series_table(merged)
    assert merge([bare]).per_face is None
    assert merge([bare]).uptime is None
    assert "not measured" in Text(paper.series_page(merge([bare]))).text


def test_tests_of_recall_are_pooled_at_what_their_passes_are_worth(tmp_path):
    one = story(tmp_path / "a", opened(), recalled(passes("all", 40, 36, 8)))
    alike = passes("all", 40, 36, 8).model_copy(update={"effect": 4.0})
    other = story(tmp_path / "b", opened("d-2"), recalled(alike, deployment_id="d-2"))
    (pooled,) = merge([one, other]).recall.groups
    assert (pooled.passes, pooled.recognised) == (80, 72)
    assert (pooled.low, pooled.high) == pytest.approx(clopper_pearson(Share(72, 80).worth(2.5)))


def test_an_interval_holds_the_rate_that_stands_beside_it(tmp_path):
    alike = passes("all", 1_000, 500, 8).model_copy(update={"effect": 100.0})
    one = story(tmp_path / "a", opened(), recalled(alike))
    few = passes("all", 10, 10, 5)
    other = story(tmp_path / "b", opened("d-2"), recalled(few, deployment_id="d-2"))
    (pooled,) = merge([one, other]).recall.groups
    assert pooled.low < 510 / 1_010 < pooled.high


def test_over_all_tests_gaps_are_told_with_what_they_cannot_exclude(tmp_path):
    def test(name, women, men):
        groups = (
            passes("all", 80, women + men, 16),
            *(
                passes(f"sex/{sex}", 40, found, 8)
                for sex, found in (("female", women), ("male", men))
            ),
        )
        return story(tmp_path / name, opened(name), recalled(*groups, deployment_id=name))

    first, second = test("d-1", 30, 36), test("d-2", 28, 37)
    alone = merge([first]).recall.gaps[0]
    merged = merge([first, second])
    (gap,) = merged.recall.gaps
    assert (gap.first, gap.second) == ("sex/male", "sex/female")
    assert gap.points == pytest.approx(100 * (73 - 58) / 80)
    assert gap.high - gap.low < alone.high - alone.low
    table = paper.series_table(merged)
    assert "cannot exclude a gap of" in table
    assert "gap:sex/male:sex/female," in table
    assert "volunteers passed" not in table


def test_of_more_groups_than_anybody_declares_none_are_compared(tmp_path):
    told = [
        story(
            tmp_path / f"{number}", opened(f"d-{number}"),
            recalled(
                passes("all", 60, 50, 12), passes(f"town/{number}a", 30, 25, 6),
                passes(f"town/{number}b", 30, 25, 6), deployment_id=f"d-{number}",
            ),
        )
        for number in range(51)
    ]  # fmt: skip
    merged = merge(told).recall
    assert (len(merged.groups), merged.gaps) == (103, ())
    assert "none are compared" in merged.said[0]
    assert merge(told[:2]).recall.gaps


def test_the_page_shows_each_deployment_and_runs_nothing(days):
    page = Text(paper.series_page(merge(days)))
    assert "script" not in page.tags
    assert [name for name in ("day-0", "day-1", "day-2") if name not in page.text] == []
    assert all(page.alts)
    assert "True recognition rate by deployment." in page.text


def test_one_deployment_is_not_counted_twice(days):
    with pytest.raises(InputError, match="two records of day-0"):
        merge([days[0], *days])


def test_a_record_reads_back_as_itself(days, tmp_path):
    assert load(place(tmp_path, days[0].model_dump_json().encode())) == days[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["alerts"]["per_face"].update(high=0.5),
        lambda told: told["alerts"]["per_face"].update(hits=0),
        lambda told: told["alerts"]["per_face"].update(hits=10**9),
        lambda told: told["deletion_ms"].update(max=0.1),
        lambda told: told["deletion_ms"]["counts"].update({"601": 1}),
        lambda told: told["recall"][0]["passed"][0].update(recognised=85),
        lambda told: told["recall"][0]["passed"][0].update(low=0.99),
        lambda told: told["lists"][0]["grounds"].update(total=1),
        lambda told: told["scores"][0].update(counts=[1]),
        lambda told: told["scores"][0]["foretold"].update(rate=2.0),
        lambda told: told["seen"].update(faces_seen=10**400),
        lambda told: told["seen"].update(faces_seen=-1),
        lambda told: told["seen"].update(faces_seen="9"),
        lambda told: told["deployment"].update(officer="somebody"),
        lambda told: told["deployment"].update(place="two\nlines"),
        lambda told: told.update(kind="lfr.record/2"),
        lambda told: told.pop("log"),
    ],
)
def test_a_record_that_was_changed_by_hand_is_refused(days, tmp_path, change):
    with pytest.raises(InputError, match="is no record of this version"):
        load(place(tmp_path, spoil(days[0], change)))


@pytest.mark.parametrize(
    "data",
    [b"", b"null", b"[]", b"\xff\xfe", b"{" * 100_000, b"[" * 100_000, b"NaN", b" " * 4_000_001],
)
def test_what_is_no_record_is_refused(tmp_path, data):
    with pytest.raises(InputError, match="is no record of this version"):
        load(place(tmp_path, data))


def test_a_pipe_in_a_record_s_place_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "record.json")
    with pytest.raises(InputError, match="cannot be read: No ordinary file"):
        load(tmp_path / "record.json")


def test_a_series_has_its_bounds(days):
    for records in ([], [days[0]] * 10_001):
        with pytest.raises(InputError, match="1 to 10000 records"):
            merge(records)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.json cannot be read"):
        load(tmp_path / "gone.json")


def paths(value, at=()):
    yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths(inner, (*at, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths(inner, (*at, number))


JSON = st.one_of(
    st.none(), st.booleans(), st.integers(-10**30, 10**30), st.floats(), st.text(max_size=9),
    st.lists(st.integers(), max_size=3), st.just({}), st.just("hidden"), st.just("1 to 4"),
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_stands_in_a_record_it_is_merged_or_refused(days, tmp_path, data):
    document = json.loads(days[0].model_dump_json())
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from([at for at in paths(document) if at]))
        inner = document
        for step in way:
            inner = inner[step]
        inner[last] = data.draw(JSON)
    file = place(tmp_path, json.dumps(document).encode())
    try:
        merged = merge([load(file), days[1]])
    except InputError:
        return
    assert paper.series_page(merged)
    assert paper.series_table(merged)


def test_more_than_can_be_counted_is_refused(days, monkeypatch):
    monkeypatch.setattr(series, "_rate", lambda *_: series.Rate.of(0, 2 * 10**9))
    with pytest.raises(InputError, match="more than can be"):
        merge(days)
