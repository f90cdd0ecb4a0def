"""The terminal, the page and the JSON say the same, and nothing of anybody."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO

import pytest
from rich.console import Console

from appliance.errors import InputError
from appliance.evaluation import document as documents
from appliance.evaluation.document import Bootstrap, Model
from appliance.evaluation.identification import Plan
from appliance.evaluation.page import render, write
from appliance.evaluation.plots import Scale, det, roc
from appliance.evaluation.sheet import show
from tests.evaluation.crowd import Crowd, unheard

BOOTSTRAP = Bootstrap(100, 7)
MODEL = Model("painted", "Painted people", "a" * 64, "b" * 64, "c" * 64, 0.6)
ODD = {"sex": tuple(("<b>F", "[red]M[/nobody]")[i % 2] for i in range(60))}


@pytest.fixture(scope="module")
def verified(crowd):
    return documents.verification(crowd, MODEL, BOOTSTRAP, unheard)


@pytest.fixture(scope="module")
def identified(crowd):
    plan = Plan(sizes=(20, 30, 500), images=(1, 3), draws=2)
    return documents.identification(crowd, MODEL, plan, BOOTSTRAP, unheard)


def printed(document):
    console = Console(file=StringIO(), width=200)
    show(console, document)
    return console.file.getvalue()


class Reader(HTMLParser):
    """Collects the tags of a page, and the words between them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.words, self.open = [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += f" {data}"


def words(page):
    return " ".join(Reader(page).words.split())


def test_the_terminal_says_what_was_measured_and_how_sure_it_is(verified):
    said = printed(verified)
    assert "240 pictures of 60 subjects. Failure to acquire 0.00 %" in said
    assert "360 mated comparisons of 60 subjects, 28,320 non-mated." in said
    assert "not told: 2.8 errors expected, 3 needed" in said
    assert "fewer than 30 errors" in said
    assert "FNMR by sex" in said
    assert "This data cannot exclude" in said
    assert "bootstrap over subjects (100 rounds, seed 7)" in said
    assert documents.SCOPE in said


def test_a_rate_of_nothing_is_a_nought_and_what_was_not_tried_a_dash(crowd):
    strict = replace(MODEL, threshold=0.9999)
    said = printed(documents.verification(crowd, strict, BOOTSTRAP, unheard))
    assert "│ 0 (0 to 0.12)" in said
    lonely = Crowd(60, 1).cohort()
    assert "│ - (0.0 to 100.0 %)" in printed(
        documents.verification(lonely, MODEL, BOOTSTRAP, unheard)
    )


def test_a_group_of_one_has_no_strangers_and_a_dash(crowd):
    alone = Crowd(60, 4).cohort(groups={"sex": ("F", *"M" * 59)})
    assert re.search(
        r"F +│ 1 +│ 0 +│ - \(0 to 1\)",
        printed(documents.verification(alone, MODEL, BOOTSTRAP, unheard)),
    )


def test_the_terminal_tells_lists_by_length_and_images(identified):
    said = printed(identified)
    assert "TPIR, FPIR 10.0 %" in said
    assert "TPIR, FPIR 0.0001" in said
    assert "Too few people for lists of 500 with 1, 500 with 3 image(s)." in said
    assert "TPIR by sex" in said
    assert "FPIR by sex" in said


def test_failures_are_in_every_form(crowd):
    cohort = replace(
        Crowd(60, 4).cohort(failed=range(24)),
        failures={"unreadable": 4, "undetected": 19, "unencoded": 1},
        eyes_px=None,
    )
    document = documents.verification(cohort, MODEL, BOOTSTRAP, unheard)
    line = (
        "Failure to acquire 10.00 %: 4 could not be read, 19 failed to detect a face, "
        "1 failed to encode. Without a template: 6 subjects."
    )
    assert line in printed(document)
    assert line in words(render(document))
    assert document.record()["acquired"]["failure_to_acquire"] == 0.1


@pytest.mark.parametrize("kind", ["verified", "identified"])
def test_the_page_runs_nothing_and_needs_nothing(kind, request):
    page = render(request.getfixturevalue(kind))
    reader = Reader(page)
    names = {tag for tag, _ in reader.tags}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
    assert "svg" in names
    for _, attributes in reader.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert "src" not in attributes
        assert attributes.get("href", "#").startswith("#")
    (policy,) = [a["content"] for tag, a in reader.tags if "http-equiv" in a]
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"


def test_the_page_says_what_the_terminal_says(verified, identified):
    for document in (verified, identified):
        page, said = words(render(document)), " ".join(printed(document).split())
        for characteristic in document.groups:
            for sentence in characteristic.said:
                assert sentence in page
                assert sentence in said
        assert document.scope in page
    at = verified.result.rates[0]
    assert f"{100 * at.fnmr.value:.1f} % (" in words(render(verified))
    assert "not told: 2.8 errors expected" in words(render(verified))
    assert "Too few people for these lists: 500 with 1 image, 500 with 3 images." in words(
        render(identified)
    )


def test_every_column_of_a_table_has_its_head(identified, verified):
    for document in (identified, verified):
        for table in re.findall(r"<table>.*?</table>", render(document), re.DOTALL):
            heads = table.count('<th scope="col">')
            rows = re.findall(r"<tr>(?!<th scope=\"col\").*?</tr>", table, re.DOTALL)
            for row in rows:
                spans = sum(int(span) - 1 for span in re.findall(r'colspan="(\d)"', row))
                assert row.count("<td") + row.count('<th scope="row">') + spans == heads


def test_a_group_with_an_odd_name_is_a_word_and_no_markup():
    document = documents.verification(Crowd(60, 4).cohort(groups=ODD), MODEL, BOOTSTRAP, unheard)
    page = render(document)
    assert "<b>F" not in page
    assert "&lt;b&gt;F" in page
    assert "[red]M[/nobody]" in printed(document)


def test_the_json_is_whole_and_has_numbers_of_people_only(verified, identified):
    one = json.loads(json.dumps(verified.record(), allow_nan=False))
    assert one["kind"] == "verification"
    assert one["model"]["model_id"] == "a" * 64
    assert [rate["fmr"] for rate in one["result"]["rates"]] == [1e-3, 1e-4, 1e-5, 1e-6]
    other = json.loads(json.dumps(identified.record(), allow_nan=False))
    assert "counts" not in other["result"]
    assert other["result"]["left_out"] == [[500, 1], [500, 3]]
    assert [row["size"] for row in other["result"]["rows"]] == [20, 30, 20, 30]


def test_where_no_list_could_be_drawn_the_report_says_only_that():
    plan = Plan(sizes=(500,), images=(1,), draws=1)
    document = documents.identification(Crowd(20, 3).cohort(), MODEL, plan, BOOTSTRAP, unheard)
    assert document.groups[0].metrics == ()
    assert "Too few people" in printed(document)
    assert "<svg" not in render(document)


def test_where_every_list_could_be_drawn_none_is_said_to_be_left_out(crowd):
    plan = Plan(sizes=(20,), images=(1,), draws=1)
    document = documents.identification(crowd, MODEL, plan, BOOTSTRAP, unheard)
    assert "Too few people" not in printed(document) + words(render(document))


def test_people_with_one_picture_each_have_no_curve():
    document = documents.verification(Crowd(60, 1).cohort(), MODEL, BOOTSTRAP, unheard)
    assert "<svg" not in render(document)
    assert "FNMR of sex: nothing can be compared" in printed(document)


def test_the_report_is_written_where_it_was_asked_for(verified, tmp_path):
    write(tmp_path / "report.html", verified)
    assert (tmp_path / "report.html").read_text("utf-8") == render(verified)
    with pytest.raises(InputError, match=r"report\.html cannot be written: "):
        write(tmp_path / "nothing" / "report.html", verified)


def test_a_curve_lies_within_its_axes():
    plot = det([(0.2, 1.0, 0.0), (0.5, 1e-3, 0.02), (0.7, 1e-5, 0.3)], 1e-4)
    assert [tick.text for tick in plot.columns] == ["1e-5", "1e-4", "1e-3", "1e-2", "1e-1", "1"]
    for point in plot.lines[0].points.split():
        x, y = map(float, point.split(","))
        assert plot.left <= x <= plot.right
        assert plot.top <= y <= plot.bottom
    middle = Scale(1e-5, 1.0, plot.left, plot.right, logarithmic=True).place(1e-4)
    assert plot.mark.at == middle
    assert det([(0.2, 1.0, 0.1)], 0.0).mark is None


def test_curves_are_told_apart_without_a_colour():
    curves = [(f"list of {size}", [(0.01, 0.8), (0.1, 0.95)]) for size in (100, 500, 1000)]
    plot = roc(curves, "Open set")
    assert len({line.dash for line in plot.lines}) == 3
    assert plot.rows[0].text == "80 %"
    assert roc([], "Open set") is None
