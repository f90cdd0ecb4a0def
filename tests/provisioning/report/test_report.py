"""The report of an enrolment: who was refused and why, what must be decided, who is on the list."""

import stat

import pytest

from appliance.domain.watchlist import Gauged, Ground
from provisioning.enrol.enrolment import SURPLUS
from provisioning.report import report, sheet
from provisioning.report.document import Document
from provisioning.report.flags import Acceptance
from provisioning.report.likeness import Likeness
from tests.provisioning.report.reports import MEASURES, Reader, about, compared, refused, taken


def test_who_is_refused_stands_before_who_is_taken(make):
    _, page, _ = make([taken("R-1"), refused("R-3"), taken("R-2")])
    text = " ".join(page.text)
    assert text.index("The eyes are 43 px apart.") < text.rindex("Taken")
    assert page.says("Choose a larger picture.")
    assert page.says("b.jpg")


@pytest.mark.parametrize(
    ("years", "words"),
    [
        (0.2, "110 px, under a year"),
        (1.2, "110 px, 1 year"),
        (7, "110 px, 7 years"),
        (None, "not known"),
    ],
)
def test_of_each_picture_the_size_and_the_time_are_said(make, years, words):
    measures = {name: value for name, value in MEASURES.items() if name != "age_years"}
    known = measures if years is None else {**measures, "age_years": years}
    _, page, _ = make([taken("R-1", measures=known)], about(["R-1"]))
    assert page.says(words)


def test_each_picture_that_is_taken_is_shown_once(make):
    rows = [taken("R-1", "a.jpg"), taken("R-1", "b.jpg"), taken("R-2")]
    _, page, _ = make(rows, about(counts=[2, 1]))
    assert [one["alt"] for one in page.pictures] == [
        "Picture 1 of R-1",
        "Picture 2 of R-1",
        "Picture 1 of R-2",
    ]
    assert all(one["src"].startswith("data:image/jpeg;base64,/9j/") for one in page.pictures)


def test_the_figures_are_those_of_the_rows(make):
    old = {**MEASURES, "age_years": 8.0}
    undated = {name: value for name, value in MEASURES.items() if name != "age_years"}
    small = "The eyes are too few pixels apart."
    rows = [
        taken("R-1"),
        taken("R-1", "c.jpg", measures=old, verdict="review", reason="It is 8 years old."),
        refused("R-1", kind=small),
        taken("R-2", measures=undated),
        refused("R-9", reason="The eyes are 12 px apart.", kind=small),
        refused("R-9", "", reason="No picture can be used."),
    ]
    of = about(counts=[2, 1], grounds={Ground.COURT: 2}, minors=1)
    written, page, document = make(rows, of, compared())
    summary = written.summary
    assert (summary.subjects, summary.taken, summary.refused) == (2, 3, 2)
    assert (summary.people_refused, summary.noted, summary.undated) == (1, 1, 1)
    assert summary.reasons == {small: 2}
    assert summary.measures["age_years"].median == 5.0
    assert 0 < summary.measures["quality"].low <= 1
    assert sheet.gauged(summary).refused == 2
    assert sheet.gauged(summary).quality[1] == summary.measures["quality"].median
    assert document["summary"]["minors"] == 1
    assert page.says("Wanted by a court")
    assert page.says("It is 8 years old.")
    assert page.says("On the list with other pictures.")
    assert page.says("Nobody is on the list under this reference.")
    assert not page.says("No picture can be used.")


def test_who_is_left_out_for_another_reason_is_no_poor_picture(make):
    surplus = refused("R-1", "c.jpg", reason=SURPLUS)
    written, _, _ = make(
        [taken("R-1", measures={}), surplus, refused("R-1"), taken("R-2")],
        about(barred=frozenset({1})),
    )
    assert written.summary.refused == 3
    assert sheet.gauged(written.summary) == Gauged(quality=None, refused=1)


def test_the_document_is_what_its_schema_says(make):
    likeness = Likeness("duplicate", "quarantined", 0, 0, 1, 1, 0.81, 1)
    written, _, _ = make([taken("R-1"), refused(""), taken("R-2")], test=compared(likeness))
    document = Document.model_validate_json(written.document.read_bytes())
    assert document.flags[0].references == ("R-1", "R-2")
    assert document.flags[0].band == "strong"
    assert [row.verdict for row in document.rows] == ["quarantined", "refused", "quarantined"]
    assert Document.model_json_schema()["title"] == "Document"


def test_of_who_is_left_out_for_likeness_the_document_says_so_at_each_picture(make):
    likeness = Likeness("duplicate", "quarantined", 0, 0, 1, 1, 0.81, 1)
    rows = [taken("R-1", reason="It is 8 years old."), taken("R-2")]
    _, _, document = make(rows, test=compared(likeness))
    assert {row["reason"] for row in document["rows"]} == {"Left out for likeness."}
    assert all(row["mend"] for row in document["rows"])


def test_pictures_are_in_the_document_only_where_they_were_asked_for(make):
    _, _, without = make([taken("R-1")], about(["R-1"]))
    assert [row["jpeg"] for row in without["rows"]] == [None]
    _, _, with_them = make([taken("R-1")], about(["R-1"]), pictures=True)
    assert with_them["rows"][0]["jpeg"].startswith("/9j/")


def test_two_who_are_alike_stand_side_by_side_without_a_percentage(make):
    likeness = Likeness("look_alike", "review", 0, 0, 1, 1, 0.4444, 1)
    _, page, _ = make([taken("R-1"), taken("R-2")], test=compared(likeness))
    assert page.says("Two people who look alike")
    assert page.says("Likely likeness")
    assert page.says("On the list. Somebody must look before it is signed.")
    text = " ".join(page.text)
    assert "%" not in text
    assert "444" not in text
    assert [one["alt"] for one in page.pictures[:2]] == [
        "List picture of R-1",
        "List picture of R-2",
    ]


def test_who_is_like_too_many_is_told_with_the_number(make):
    lamb = Likeness("lamb", "quarantined", 1, 1, count=17, outlying=9.0)
    written, page, document = make([taken("R-1"), taken("R-2")], test=compared(lamb))
    assert page.says("The van would take 17 of the people it was compared with for this one.")
    assert page.says("Left out, unless a reviewer accepts it by name and says why.")
    assert (written.summary.subjects, written.summary.quarantined) == (1, 1)
    assert document["flags"][0]["count"] == 17


def test_who_stands_out_a_little_is_told_without_one(make):
    lamb = Likeness("lamb", "review", 1, 1, outlying=7.0)
    _, page, _ = make([taken("R-1"), taken("R-2")], test=compared(lamb))
    assert page.says("More strangers come near this picture than near any sound one.")


def test_a_picture_unlike_the_others_is_shown_beside_the_nearest(make):
    mixed = Likeness("mixed", "review", 0, 0, 1, 0, 0.1)
    rows = [taken("R-1", "a.jpg"), taken("R-1", "b.jpg")]
    _, page, document = make(rows, about(["R-1"], [2]), compared(mixed))
    assert page.says("A picture that is unlike the others")
    assert document["flags"][0]["references"] == ["R-1"]
    assert document["flags"][0]["band"] is None
    assert page.says("a.jpg")


def test_an_accepted_entry_stays_and_whoever_accepted_it_is_named(make):
    likeness = Likeness("duplicate", "quarantined", 0, 0, 1, 1, 0.81, 1)
    word = Acceptance("PS 77", "They are twins, both seen")
    test = compared(likeness, accepted={"R-2": word})
    assert test.left_out(["R-1", "R-2"]) == {0}
    written, page, document = make([taken("R-1"), taken("R-2")], test=test)
    assert written.summary.subjects == 1
    assert page.says("R-2 was accepted by PS 77: They are twins, both seen. R-1 is left out.")
    assert [row["verdict"] for row in document["rows"]] == ["quarantined", "taken"]
    both = compared(likeness, accepted={"R-1": word, "R-2": word})
    assert both.left_out(["R-1", "R-2"]) == frozenset()


@pytest.mark.parametrize(
    ("test", "words"),
    [
        (None, "The likeness test was left out."),
        (compared(strangers=0), "but with no strangers"),
        (compared(), "and with 100 people who are not on it"),
        (compared(left_out=1234), "1,234 more pairs lie above the van's threshold"),
    ],
)
def test_the_report_says_what_was_compared(make, test, words):
    _, page, _ = make([taken("R-1"), taken("R-2")], test=test)
    assert page.says(words)


def test_it_says_that_it_shows_faces_and_when_it_must_go(make):
    _, page, _ = make([taken("R-1")], about(["R-1"]))
    assert page.says("This page shows the faces of people on a watchlist.")
    assert page.says("Delete it when the list is signed")
    assert page.says("27 November 2026, 22:00 UTC")


def test_only_its_owner_can_read_it(make):
    written, _, _ = make([taken("R-1")], about(["R-1"]))
    for file in (*written.pages, written.document):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(written.document.parent.stat().st_mode) == 0o700
    assert {file.name for file in written.document.parent.iterdir()} == {
        "enrolment.html",
        "enrolment.json",
    }


def test_nobody_at_all_is_a_report_too(make):
    _, page, document = make([], about([]), compared())
    assert page.says("Nothing was refused.")
    assert page.says("Nothing was found.")
    assert document["rows"] == document["flags"] == []


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(report, "PAGE_CARDS", 2)
    monkeypatch.setattr(sheet, "MOST_REFUSED", 5)
    monkeypatch.setattr(sheet, "MOST_TAKEN", 3)
    monkeypatch.setattr(sheet, "MOST_FLAGS", 2)


def test_many_refusals_go_on_further_pages_and_the_rest_is_counted(make, few):
    written, page, document = make([refused(f"R-{i}") for i in range(8)], about([]))
    assert [file.name for file in written.pages] == [
        "enrolment.html",
        "enrolment-2.html",
        "enrolment-3.html",
    ]
    assert len(document["rows"]) == 8
    assert ("a", {"href": "enrolment-2.html"}) in page.tags
    last = Reader(written.pages[-1].read_text("utf-8"))
    assert last.says("3 more stand in the JSON file only.")
    assert last.says("page 3 of 3")
    assert not last.says("Taken")


def test_of_an_older_report_no_page_is_left(make, few):
    make([refused(f"R-{i}") for i in range(5)], about([]))
    written, _, _ = make([refused("R-1")], about([]))
    assert len(list(written.document.parent.glob("*.html"))) == 1


def test_a_long_list_is_counted_and_its_flags_are_still_shown(make, few):
    names = [f"R-{i}" for i in range(4)]
    twins = Likeness("duplicate", "quarantined", 0, 0, 3, 3, 0.8, 1)
    _, page, document = make([taken(name) for name in names], about(names), compared(twins))
    assert page.says("They are too many to be shown here.")
    assert page.says("lfr desk inspect --list list-1 --pictures FOLDER")
    assert [one["alt"] for one in page.pictures] == ["List picture of R-0", "List picture of R-3"]
    assert len(document["rows"]) == 4


def test_of_too_many_flags_the_gravest_are_shown(make, few):
    names = [f"R-{i}" for i in range(3)]
    flags = [Likeness("look_alike", "review", 0, 0, i, i, 0.4, 1) for i in (1, 2)]
    lamb = Likeness("lamb", "review", 0, 0, outlying=8.0)
    _, page, document = make([taken(n) for n in names], about(names), compared(lamb, *flags))
    assert page.says("1 more pairs lie above")
    assert len(document["flags"]) == 3


def test_a_row_of_nobody_stands_where_it_was(make):
    rows = [
        refused("", "", reason="Line 2, column ground: there is no other.", line=2),
        taken("R-1"),
    ]
    _, page, document = make(rows, about(["R-1"]))
    assert page.says("No reference")
    assert document["rows"][0]["line"] == 2
    assert document["rows"][1]["verdict"] == "taken"


def test_who_stands_in_three_lines_is_on_the_list_and_refused_twice(make):
    line = {"reason": "Line 3, column reference: stands twice.", "kind": "Stands twice."}
    rows = [taken("R-1"), refused("R-1", "", **line), refused("R-1", "", **line)]
    written, page, _ = make(rows, about(["R-1"]))
    assert page.says("On the list with other pictures.")
    assert not page.says("Nobody is on the list under this reference.")
    assert written.summary.reasons == {"Stands twice.": 2}


def test_a_reference_refused_twice_and_taken_between_is_one_entry(make):
    rows = [refused("R-1"), taken("R-2"), refused("R-2", "c.jpg"), refused("R-1")]
    written, _, document = make(rows, about(["R-2"]))
    assert (written.summary.taken, written.summary.refused) == (1, 3)
    assert [row["verdict"] for row in document["rows"]].count("taken") == 1
