"""The record says what the log says, and anybody who has the log can make it again."""

from collections import Counter
from datetime import timedelta

import pytest

from appliance.bench.day import MORNING, Day, lines
from appliance.domain.decision import Disposal, Engagement, Ethnicity
from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.domain.watchlist import Ground
from appliance.errors import InputError, TrustError
from appliance.oversight import entries, figures
from appliance.oversight.intervals import Share, clopper_pearson
from appliance.oversight.proof import Proof
from appliance.oversight.record import paper
from appliance.oversight.record.series import merge
from appliance.oversight.record.source import draw
from appliance.sealing import Seal
from tests.oversight.log.conftest import make_pen
from tests.oversight.record.conftest import DAY, keep, read, told
from tests.oversight.record.facts import (
    SIGNED,
    alerted,
    concluded,
    counted,
    opened,
    passes,
    recalled,
    scored,
    story,
)


def test_a_day_is_told_with_all_that_was_counted(record):
    assert record.deployment.deployment_id == DAY.deployment_id
    assert (record.seen.faces_seen, record.alerts.alerts) == (DAY.faces, DAY.alerts)
    assert record.seen.uptime == pytest.approx(0.995)
    assert sum(record.deletion_ms.counts.values()) == DAY.faces
    assert record.deployment.notice_hours == 168
    assert record.lists[0].taken_days_ago == (210, 640, 1480)
    assert record.alerts.predicted == (0.1488, 0.1488)
    low, high = clopper_pearson(Share(record.alerts.false_alerts, DAY.faces))
    assert (record.alerts.per_face.low, record.alerts.per_face.high) == (low, high)


def test_whoever_has_the_log_makes_the_same_record_bit_by_bit(log, record):
    again = told(log)
    assert again == record == read(record.model_dump_json())
    assert paper.page(again) == paper.page(record)
    assert paper.table(again) == paper.table(record)


def test_a_log_that_has_grown_still_gives_the_old_record(tmp_path):
    first, second = Day(), Day("day-2", seed=2, starts_at=MORNING + timedelta(days=1))
    folder = keep(tmp_path / "log", lines(first))
    before = told(folder)
    keep(folder, lines(second))
    assert told(folder).deployment.deployment_id == "day-2"
    assert told(folder, "day-1").log != before.log
    assert told(folder, "day-1", size=before.log.entries) == before


def test_nothing_is_told_of_a_log_that_is_not_whole(tmp_path):
    folder = keep(tmp_path / "log", lines(DAY))
    file = folder / "tile" / "entries" / "000"
    file.write_bytes(file.read_bytes().replace(b"High Street", b"Highs Treet"))
    with pytest.raises(TrustError):
        told(folder, size=3)


def test_of_a_log_that_grows_while_it_is_read_the_record_is_of_what_it_was(tmp_path):
    folder = keep(tmp_path / "log", lines(DAY))
    proof, before = Proof(folder, make_pen().key), told(folder)
    keep(folder, [entries.entry("van", entries.Felt(lamp=Lamp.OFF)).line] * 300)
    assert draw(proof) == before
    assert told(folder).log.entries == before.log.entries + 300


def test_nothing_is_told_of_a_log_that_has_more_than_it_should(tmp_path):
    folder = keep(tmp_path / "log", lines(DAY))
    (folder / "stray").touch()
    with pytest.raises(TrustError, match="stray"):
        told(folder)


def test_what_is_not_there_is_said_with_what_is(log, tmp_path):
    with pytest.raises(InputError, match="Nothing stands in the log of day-9") as refused:
        told(log, "day-9")
    assert "day-1" in refused.value.advice()
    with pytest.raises(InputError, match="log has only"):
        told(log, size=1_000_000)
    with pytest.raises(InputError, match="any deployment"):
        told(keep(tmp_path / "empty"))


def test_an_entry_of_a_later_version_is_not_passed_over(tmp_path):
    folder = keep(tmp_path / "log", lines(DAY), [b'{"what":"something new"}'])
    with pytest.raises(InputError, match="does not know"):
        told(folder)


@pytest.mark.parametrize(
    "said",
    [
        counted(faces_seen=2 * 10**9), counted(faces_seen=10**400),
        entries.Applied(model_id="m", threshold=1.5, floor=0.4),
        entries.Applied(model_id="m", threshold=0.5, floor=0.4, false_match_rate=-1.0),
    ],
    ids=["more than can be", "far more", "no score", "no rate"],
)  # fmt: skip
def test_what_no_deployment_can_have_come_to_is_said_in_a_line(tmp_path, said):
    facts = opened(), entries.Applied(model_id="n", threshold=0.5, floor=0.4, false_match_rate=0.1)
    with pytest.raises(InputError, match="log says of d-1 does not fit together"):
        story(tmp_path, *facts, said)


def test_spans_add_up_and_of_each_the_last_word_counts(tmp_path):
    made = story(
        tmp_path, entries.Started(version="1"), opened(),
        counted(faces_seen=10, looked_s=60.0), counted(faces_seen=30, looked_s=120.0),
        entries.Started(version="2"), opened(),
        counted("s-2", faces_seen=5, looked_s=30.0, final=True),
        entries.Closed(deployment_id="d-1", end=End.BUTTON),
    )  # fmt: skip
    assert (made.seen.faces_seen, made.seen.looked_s, made.seen.open_s) == (35, 150, 360)
    assert (made.seen.spans, made.seen.cut_short) == (2, 1)
    assert made.deployment.software == ("1", "2")
    assert made.deployment.end is End.BUTTON


def test_false_alerts_are_those_that_officers_or_time_said_no_to(tmp_path):
    made = story(
        tmp_path, opened(), *[alerted(f"a-{number}") for number in range(8)],
        counted(faces_seen=4_000),
        concluded({"alert": 8, "not_viable": 2, "viable": 5, "not_the_person": 1}, unanswered=1),
    )  # fmt: skip
    assert made.alerts.false_alerts == 4
    assert (made.alerts.per_face.hits, made.alerts.per_face.trials) == (4, 4_000)
    assert (made.alerts.per_alert.hits, made.alerts.per_alert.trials) == (4, 8)
    assert (made.alerts.confirmed_per_alert.hits, made.alerts.confirmed_per_face.hits) == (1, 1)


def test_alerts_to_volunteers_make_no_rate_look_better(tmp_path):
    made = story(
        tmp_path, opened(),
        *[alerted(f"v-{number}", Ground.VOLUNTEER) for number in range(30)],
        *[alerted(f"a-{number}") for number in range(6)],
        counted(faces_seen=100), concluded({"alert": 36, "not_the_person": 3}),
    )  # fmt: skip
    assert (made.alerts.volunteers, made.alerts.per_alert.trials) == (30, 6)
    assert made.alerts.grounds.total == 6


def test_what_officers_say_of_volunteers_is_no_false_alert_and_settled_ones_are(tmp_path):
    made = story(
        tmp_path, opened(),
        *[alerted(f"v-{number}", Ground.VOLUNTEER) for number in range(30)],
        *[alerted(f"a-{number}") for number in range(6)],
        counted(faces_seen=100),
        concluded(
            {"alert": 36, "not_viable": 20, "not_the_person": 9}, settled=2,
            fates={"same_person": 1, "viable": 1, "not_viable": 1, "not_the_person": 1,
                   "unanswered": 2},
        ),
    )  # fmt: skip
    alerts = made.alerts
    assert (alerts.false_alerts, alerts.per_alert.trials) == (4, 6)
    assert (alerts.confirmed_per_alert.hits, alerts.answers.not_viable) == (1, 20)
    assert merge([made]).confirmed_per_alert.hits == 1


def test_what_nobody_has_concluded_is_not_measured_and_not_zero(tmp_path):
    made = story(tmp_path, opened(), alerted("a-1"), counted(faces_seen=9))
    assert (made.alerts.answers, made.alerts.false_alerts, made.alerts.per_face) == (None,) * 3
    assert (made.seen.uptime, made.deployment.closed_at, made.deployment.end) == (None,) * 3
    assert not made.deployment.finished


def test_where_more_was_false_than_was_counted_no_rate_is_told(tmp_path):
    # A process that was killed had told its alerts, and not yet its faces.
    made = story(tmp_path, opened(), alerted("a-1"), concluded({"alert": 1, "not_viable": 1}))
    assert (made.alerts.false_alerts, made.alerts.per_face) == (1, None)
    assert made.alerts.per_alert.hits == 1


def test_predictions_span_the_lists_and_need_a_calibration_for_each(tmp_path):
    def applied(templates, rate=1e-6):
        return entries.Applied(
            model_id="m", threshold=0.5, floor=0.4, false_match_rate=rate, templates=templates
        )

    both = opened(), counted(faces_seen=1_000), applied(100), applied(300)
    made = story(tmp_path / "a", *both)
    assert made.alerts.predicted == (0.1, 0.3)
    assert "predicted_false_alerts_least,0.1," in paper.table(made)
    assert story(tmp_path / "b", *both, applied(300, None)).alerts.predicted is None


def test_a_rate_that_is_drawn_on_beyond_what_was_counted_is_said_to_be(tmp_path):
    def table(counted_to):
        applied = entries.Applied(
            model_id="m", threshold=0.5, floor=0.4, false_match_rate=1e-6, counted_to=counted_to
        )
        return paper.table(story(tmp_path / str(counted_to), opened(), applied))

    assert "drawn on beyond 0.480, to which it was counted" in table(0.48)
    assert "drawn on" not in table(0.55)
    assert "drawn on" not in table(None)


def test_strangers_foretell_false_matches_beside_the_calibration(record):
    (strangers,) = record.scores
    foretold = strangers.foretold
    assert foretold.threshold == 0.52
    assert 0.5 < foretold.rate / foretold.calibration < 5
    assert abs(foretold.drift) < 0.01


def test_without_its_model_or_the_number_of_comparisons_a_score_foretells_nothing(tmp_path):
    def applied(model_id):
        return entries.Applied(model_id=model_id, threshold=0.6, floor=0.4, templates=10)

    assert story(tmp_path / "a", opened(), applied("other"), scored()).scores[0].foretold is None
    assert story(tmp_path / "b", opened(), applied("m"), scored()).scores[0].foretold is None


def test_what_sealed_the_memory_is_what_held_at_each_start(tmp_path):
    def started(*seals):
        return entries.Started(version="1", sealed=seals)

    both, one = (Seal.NO_CORE, Seal.LOCKED), (Seal.LOCKED,)
    made = story(tmp_path / "a", started(*both), opened(), started(*one), opened())
    assert made.deployment.sealed == (Seal.LOCKED,)
    assert "sealed,locked," in paper.table(made)
    assert "sealed,nothing," in paper.table(story(tmp_path / "b", started(), opened()))
    bare = story(tmp_path / "c", entries.Started(version="1"), opened())
    assert "sealed,not measured," in paper.table(bare)


def test_ethnicity_is_told_of_who_was_stopped_and_hides_what_is_small(tmp_path):
    def group(ethnicity, count):
        return figures.Grouped(
            ethnicity=ethnicity, engagement=Engagement.SAME_PERSON, disposal=Disposal.ARREST,
            count=count,
        )  # fmt: skip

    groups = group(Ethnicity.WHITE, 9), group(Ethnicity.BLACK, 3), group(Ethnicity.WHITE, 20)
    made = story(tmp_path, opened(), concluded({"same_person": 32}, groups))
    (stops,) = made.alerts.ethnicity
    assert stops.people.total == 32
    assert {stops.people.cells[name] for name in ("white", "black")} == {"hidden"}
    assert stops.people.cells["asian"] == 0


def test_of_a_list_small_numbers_are_hidden_and_so_is_the_age_of_few_images(tmp_path):
    def listed(name, **changes):
        return entries.Listed(watchlist_id=name, bundle=SIGNED, subjects=4, **changes)

    made = story(
        tmp_path, opened(),
        listed("l-1", grounds={Ground.COURT: 4}, under_18=2, images=19, taken_days_ago=(1,) * 5,
               quality=(0.2, 0.5, 0.9), refused_images=3),
        listed("l-2", grounds={Ground.VOLUNTEER: 4}, images=20, taken_days_ago=(1, 2, 3, 4, 5),
               quality=(0.2, 0.5, 0.9)),
    )  # fmt: skip
    first, second = made.lists
    assert (first.under_18, first.taken_days_ago) == ("1 to 4", None)
    assert set(first.grounds.cells.values()) == {"hidden"}
    assert (first.quality, first.rejected) == (None, "1 to 4")
    assert (second.quality, second.rejected) == ((0.2, 0.5, 0.9), None)
    assert (second.volunteers, second.grounds.total) == (4, 0)
    assert second.taken_days_ago == (2, 3, 4)


def test_groups_of_few_volunteers_are_left_out_with_those_that_give_them_away(tmp_path):
    test = recalled(
        passes("all", 90, 80, 18),
        passes("sex/female", 45, 40, 9),
        passes("sex/male", 45, 40, 9),
        passes("age/old", 5, 1, 1),
        passes("age/young", 45, 42, 9),
        passes("age/middle", 40, 37, 8),
    )
    (recall,) = story(tmp_path, opened(), test).recall
    assert [each.group for each in recall.passed] == ["all", "sex/female", "sex/male", "age/young"]
    assert recall.left_out == 2
    assert not [text for text in recall.said if "old" in text]
    assert [text for text in recall.said if "cannot exclude a gap" in text]
    assert Counter(gap.first.split("/")[0] for gap in recall.gaps) == {"sex": 1}
