"""Page, table and JSON have every column, nobody in them, and no word that claims too much."""

import csv
import io
import json
from html.parser import HTMLParser

import pytest

from appliance.domain.decision import Disposal, Verdict
from appliance.oversight import entries
from appliance.oversight.record import paper
from appliance.oversight.record.rows import sections
from tests.oversight.record.conftest import told
from tests.oversight.record.facts import (
    SIGNED,
    alerted,
    concluded,
    counted,
    keep,
    opened,
    passes,
    recalled,
    scored,
    story,
)

COLUMNS = """force deployment_id purpose ao_rank ao_time notice_lead_time place start end model:1
software:1 model_sha256:1 threshold:1 floor:1 list_sha256:1 list_size:1
list_ground:1:wanted_by_court under_18:1 image_age_median:1 image_quality_median:1 rejects:1
faces faces_definition detections alerts not_viable engaged confirmed_true confirmed_false stale
arrests other_disposals false_stop_minutes stops:same_person:arrest
ethnicity:same_person:arrest:white
false_alerts_per_face false_alerts_per_alert predicted_false_alerts passes:1:all
true_recognition_rate:1:all seen_to_tablet_p50_ms seen_to_tablet_p95_ms seen_to_tablet_p99_ms
deletion_p99_ms deletion_p999_ms deletion_max_ms uptime dropped_frames log_root log_entries"""
NEVER = ("no bias", "unbiased", "not biased", "no false")


class Text(HTMLParser):
    """What a page says to somebody who sees no pictures, and what it asks for."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.asked, self.words, self.alts = set(), [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.asked += [value for name, value in attrs if name in {"src", "href", "srcset"}]
        self.asked += [name for name, _ in attrs if name.startswith("on")]
        self.alts += [dict(attrs).get("aria-label") for _ in [0] if tag == "svg"]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def table(record):
    return {row["name"]: row for row in csv.DictReader(io.StringIO(paper.table(record)))}


def papers(record):
    return paper.page(record), paper.table(record), record.model_dump_json()


def test_every_column_that_the_public_asks_for_is_there(record):
    assert set(COLUMNS.split()) - table(record).keys() == set()
    shown = [section for section in sections(record) if section.name != "ethnicity"]
    labels = {row.label for section in shown for row in section.rows}
    text = Text(paper.page(record)).text
    assert [label for label in labels if label not in text] == []


def test_what_does_not_exist_is_said_and_not_left_out(tmp_path):
    bare = story(tmp_path, opened())
    rows = table(bare)
    for name in ("force", "ao_time", "not_viable", "false_alerts_per_face", "uptime", "ethnicity"):
        assert rows[name]["value"] == "not measured"
    assert "not measured" in Text(paper.page(bare)).text
    assert json.loads(bare.model_dump_json())["alerts"]["answers"] is None


def test_the_page_runs_nothing_and_asks_for_nothing(record):
    page = Text(paper.page(record))
    assert (
        page.tags & {"script", "link", "img", "iframe", "object", "form", "foreignobject"} == set()
    )
    assert [asked for asked in page.asked if not asked.startswith("#")] == []
    assert len(page.alts) == 6
    assert all(page.alts)


def test_who_sees_no_plot_reads_every_figure(record):
    text = Text(paper.page(record)).text
    missing = [
        row.name
        for section in sections(record)
        for row in section.rows
        if " ".join(paper._shown(row).split()) not in text or paper._interval(row) not in text
    ]
    assert missing == []
    assert f"Log root {record.log.root}" in text


def test_ethnicity_is_a_table_of_what_stops_came_to(record):
    text = Text(paper.page(record)).text
    assert "stops all White Mixed Asian Black Other Not stated" in text
    arrests = next(each for each in record.alerts.ethnicity if each.disposal is Disposal.ARREST)
    assert f"Same person, arrest {arrests.people.total} " in text
    assert "and never inferred" in text


def test_beside_a_zero_stands_what_it_cannot_exclude(tmp_path):
    made = story(tmp_path, opened(), counted(faces_seen=2_000), concluded({"alert": 0}))
    for text in papers(made)[:2]:
        assert "cannot exclude up to 1 in 543" in text
    assert not [word for text in papers(made) for word in NEVER if word in text.lower()]


def test_no_word_claims_that_nothing_was_wrong(record):
    assert not [word for text in papers(record) for word in NEVER if word in text.lower()]


def test_nobody_is_in_it_whoever_stands_in_the_log(tmp_path):
    said = {"alert_id": "needle-alert", "signed": SIGNED}
    facts = [
        opened(),
        entries.Alerted(**{**alerted("needle-alert").model_dump(), "camera": "needle-camera"}),
        entries.Decided(decision_id="needle-decision", answer=Verdict.VIABLE, **said),
        entries.Settled(alert_id="needle-alert"),
        entries.Disclosed(alert_id="needle-alert"),
    ]
    lines = [
        entries.entry("tablet/needle-tablet", fact, "Needle Smith, PC 456, of Needle Road.").line
        for fact in facts
    ]
    for text in papers(told(keep(tmp_path / "log", lines))):
        assert [word for word in ("needle", "smith", "456", "road") if word in text.lower()] == []


def test_outside_text_is_text_on_the_page_and_no_formula_in_a_spreadsheet(tmp_path):
    hostile = "=1+1</td><script>alert(1)</script>"
    made = story(tmp_path, opened(purpose=hostile, place="@SUM(1)"))
    page = Text(paper.page(made))
    assert "script" not in page.tags
    assert hostile in page.text
    rows = table(made)
    assert (rows["purpose"]["value"], rows["place"]["value"]) == (f"'{hostile}", "'@SUM(1)")


def test_a_deployment_that_goes_on_says_so(record, tmp_path):
    assert "is not closed" in paper.page(story(tmp_path, opened()))
    assert "is not closed" not in paper.page(record)
    unfinished = record.model_copy(
        update={"deployment": record.deployment.model_copy(update={"finished": False})}
    )
    assert "Not every alert has its end yet" in paper.page(unfinished)


def test_a_test_in_which_nobody_passed_has_no_rate_and_no_plot(tmp_path):
    made = story(tmp_path, opened(), recalled(passes("all", 0, 0, 3)), scored())
    assert table(made)["true_recognition_rate:1:all"]["value"] == "not measured"
    page = Text(paper.page(made))
    assert page.alts == ["1,000 faces in 2 bins, 990 in the fullest"]


def test_an_interval_is_said_in_the_words_of_its_value(tmp_path):
    made = story(
        tmp_path, opened(), alerted("a-1"), counted(faces_seen=1), recalled(passes("all", 9, 8, 5)),
        concluded({"alert": 1, "not_viable": 1}),
    )  # fmt: skip
    text = Text(paper.page(made)).text
    assert "100.0 % 2.5 % to 100.0 %" in text
    assert "88.9 % 51.8 % to 99.7 %" in text


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "not measured"), (True, "yes"), (False, "no"), (20_000, "20,000"), (0.00015, "0.00015"),
     (1234.5, "1,234"), ("hidden", "hidden")],
)  # fmt: skip
def test_figures_are_said_as_people_read_them(value, said):
    assert paper.said(value) == said
