"""A report is written, and read again as a person and as a program would."""

import json

import pytest

from provisioning.report.report import write
from tests.provisioning.report.reports import Reader, about


@pytest.fixture
def make(tmp_path):
    """Write a report; gives what was written, its first page as read, and its JSON."""

    def make(rows, of=None, test=None, **options):
        written = write(rows, of or about(), test, tmp_path / "report", **options)
        page = Reader(written.pages[0].read_text("utf-8"))
        return written, page, json.loads(written.document.read_text("utf-8"))

    return make
