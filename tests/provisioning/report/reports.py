"""Rows, likenesses and what a report is of; and a reader that sees a page as a browser does."""

from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

import numpy as np

from provisioning.enrol.rows import Row
from provisioning.report.likeness import Outcome, Rules
from provisioning.report.report import About, Compared

NOW = datetime(2026, 11, 27, 10, tzinfo=timezone.utc)
RULES = Rules(threshold=0.3, same=0.5, floor=0.2, rate=1e-5, likely=0.4)
MEASURES = {"eyes_px": 110.0, "sharpness": 0.1, "turn": 0.1, "score": 0.9, "age_years": 2.0}
JPEG = b"\xff\xd8\xff\xe0 not much of a picture"


def taken(reference, picture="a.jpg", **changes):
    fields = {"verdict": "taken", "measures": MEASURES, "thumbnail": JPEG}
    return Row(reference, picture, **{**fields, **changes})


def refused(reference, picture="b.jpg", reason="The eyes are 43 px apart.", **changes):
    return Row(reference, picture, "refused", reason, "Choose a larger picture.", **changes)


def about(references=("R-1", "R-2"), counts=None, **changes):
    counts = counts or [1] * len(references)
    owners = np.repeat(np.arange(len(references), dtype=np.int32), counts)
    fields = {"watchlist_id": "list-1", "made_at": NOW, "expires_at": NOW + timedelta(hours=12)}
    return About(**fields, references=references, owners=owners, **changes)


def compared(*likenesses, left_out=0, strangers=100, **changes):
    return Compared(Outcome(likenesses, left_out), RULES, strangers, **changes)


class Reader(HTMLParser):
    """Reads a page as a browser does: what is a tag, and what is text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text, self.pictures = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_data(self, data):
        if data.strip() and self.tags[-1][0] != "style":
            self.text.append(" ".join(data.split()))

    def says(self, words):
        return words in " ".join(self.text)
