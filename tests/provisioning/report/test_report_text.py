"""Text from outside in a report: shown, never run, and nowhere that a log could take it."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.paper.press import BLOT
from provisioning.enrol.rows import Row
from provisioning.report.document import Document
from provisioning.report.flags import Acceptance, flag
from provisioning.report.likeness import Likeness
from provisioning.report.paper import Card, Entry, Pair
from provisioning.report.report import write
from tests.provisioning.report.reports import RULES, Reader, about, compared, refused, taken

HOSTILE = "<img src=x onerror=alert(1)>\"'&{{7*7}}</style><script>alert(2)</script>"


def test_nothing_of_it_names_anybody_in_a_log(make):
    likeness = Likeness("duplicate", "quarantined", 0, 0, 1, 1, 0.8123, 1)
    test = compared(likeness, accepted={"R-1": Acceptance("PS 77", "seen")})
    written, _, _ = make([taken("R-1", "a.jpg"), taken("R-2")], test=test)
    document = Document.model_validate_json(written.document.read_bytes())
    told = flag(likeness, ["R-1", "R-2"], RULES, test.accepted)
    card = Card.of(taken("R-1", "a.jpg"))
    things = (about(), test, likeness, written, document, told, card, Pair(told, (card,)))
    for thing in (*things, document.rows[0], document.flags[0], Entry("R-1", None, [card])):
        shown = repr(thing)
        assert not [secret for secret in SECRETS if secret in shown], type(thing).__name__


SECRETS = ("R-1", "R-2", "PS 77", "seen", "a.jpg", "0.81", "xff")


# -- Text from outside


def pages_of(written):
    return [Reader(file.read_text("utf-8")) for file in written.pages]


def test_text_from_outside_is_shown_and_never_run(make):
    rows = [
        taken("R-1", HOSTILE, verdict="review", reason=HOSTILE),
        refused("R-1", HOSTILE, reason=HOSTILE),
        Row(HOSTILE, HOSTILE, "refused", HOSTILE, HOSTILE),
        taken("R-2", HOSTILE),
    ]
    likeness = Likeness("duplicate", "quarantined", 0, 0, 1, 1, 0.81, 1)
    test = compared(likeness, accepted={"R-1": Acceptance(HOSTILE, HOSTILE)})
    _, page, _ = make(rows, test=test)
    tags = {tag for tag, _ in page.tags}
    assert "script" not in tags
    assert tags.isdisjoint({"iframe", "object", "link", "form", "base"})
    assert all(one["src"].startswith("data:image/jpeg") for one in page.pictures)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert page.says("{{7*7}}")
    assert "style" not in {name for _, attributes in page.tags for name in attributes}


def test_letters_that_hide_or_turn_others_are_blotted_out(make):
    _, page, _ = make([refused("R-1", "photo\u202egpj.exe\u200b")], about([]))
    assert page.says(f"photo{BLOT}gpj.exe{BLOT}")


def test_a_name_that_is_no_text_is_written_all_the_same(make):
    written, page, document = make([refused("R-1", "photo\udce9.jpg")], about([]))
    assert page.says(f"photo{BLOT}.jpg")
    assert document["rows"][0]["picture"] == "photo\ufffd.jpg"
    assert Document.model_validate_json(written.document.read_bytes())


def test_what_is_no_jpeg_is_not_shown(make):
    rows = [taken("R-1", thumbnail=b"<svg onload=alert(1)>"), taken("R-2", thumbnail=b"")]
    _, page, _ = make(rows)
    assert page.pictures == []
    assert page.says("No picture to show")


def test_the_page_may_load_nothing_and_run_nothing(make):
    written, page, _ = make([taken("R-1")], about(["R-1"]))
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    text = re.sub(r"base64,[^\"]*", "", written.pages[0].read_text("utf-8"))
    assert "http:" not in text
    assert "https:" not in text
    assert "url(" not in text


TEXT = st.text(max_size=30)


@settings(max_examples=60)
@given(reference=TEXT, picture=TEXT, reason=TEXT, mend=TEXT, thumbnail=st.binary(max_size=20))
def test_any_row_makes_a_sound_page(tmp_path_factory, reference, picture, reason, mend, thumbnail):
    row = Row(reference, picture, "refused", reason, mend, thumbnail=thumbnail)
    written = write([row], about([]), compared(), tmp_path_factory.mktemp("report"))
    (page,) = pages_of(written)
    assert {tag for tag, _ in page.tags} <= ALLOWED
    document = Document.model_validate_json(written.document.read_bytes())
    assert len(document.rows) == 1


ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "a", "header", "main", "section", "nav"),
    *("h1", "h2", "h3", "p", "strong", "span", "br", "ul", "li", "dl", "div", "dt", "dd", "code"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "svg", "rect", "figure"),
    *("figcaption", "img"),
}
