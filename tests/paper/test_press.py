"""Every page is printed alike: one skeleton, one style, and a policy under which nothing runs."""

import base64
import hashlib

import pytest
from jinja2 import TemplateRuntimeError, UndefinedError

from appliance.paper.press import SHARED, open_press

PAGE = """{% extends "paper.html" %}
{% set title = "On " ~ whom %}
{% block head %}<h1>{{ whom|plain }}, {{ 3|twice }}</h1>{% endblock %}
{% block main %}<p>{{ ours }}</p>{% endblock %}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "own.css").write_text("h1 { color: var(--strong); }\n")
    return tmp_path


def printed(folder, whom="<b>Ann", name="page.html", **how):
    filters = {"twice": lambda number: str(2 * number)}
    press = open_press(folder, "own.css", filters=filters, values={"ours": "known"}, **how)
    return press.get_template(name).render(whom=whom)


def test_a_page_has_the_skeleton_and_its_own_words(folder):
    page = printed(folder)
    assert page.startswith("<!doctype html>")
    assert "<title>On &lt;b&gt;Ann</title>" in page
    assert "<h1>&lt;b&gt;Ann, 6</h1>" in page
    assert '<main id="main">\n<p>known</p></main>' in page


def test_its_own_style_comes_after_the_one_of_all_and_both_are_signed_for(folder):
    page = printed(folder)
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert style == (SHARED / "paper.css").read_text() + "\nh1 { color: var(--strong); }\n"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"content=\"default-src 'none'; style-src 'sha256-{digest}'\"" in page


def test_only_a_page_with_pictures_may_show_them(folder):
    assert "img-src" not in printed(folder)
    assert "default-src 'none'; img-src data:; style-src" in printed(folder, pictures=True)


def test_what_turns_or_hides_other_letters_is_blotted_out(folder):
    page = printed(folder, "A\u202enn\0")
    assert "<title>On A\ufffdnn\ufffd</title>" in page
    assert "\u202e" not in page


def test_a_page_that_says_less_than_it_must_is_not_printed(folder):
    (folder / "empty.html").write_text('{% extends "paper.html" %}{% set title = "" %}')
    with pytest.raises(TemplateRuntimeError, match="Required block 'head' not found"):
        printed(folder, name="empty.html")
    (folder / "unknown.html").write_text(PAGE.replace("ours", "theirs"))
    with pytest.raises(UndefinedError):
        printed(folder, name="unknown.html")
