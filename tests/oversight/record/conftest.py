"""A log of a day on the street, to be spoilt; and the record that is made of it."""

import json

import pytest

from appliance.bench.day import Day, lines
from appliance.oversight.log import open_log
from appliance.oversight.proof import Proof
from appliance.oversight.record.record import Record
from appliance.oversight.record.source import draw
from tests.oversight.log.conftest import make_pen

DAY = Day()


def keep(folder, *batches):
    """Have entries in a log."""
    with open_log(folder, make_pen()) as log:
        for batch in batches:
            log.append([*batch])
    return folder


def told(folder, deployment_id=None, **changes):
    """Make a record of a log."""
    return draw(Proof(folder, make_pen().key), deployment_id, **changes)


def spoil(record, change):
    """Change a record's document as somebody does by hand."""
    document = json.loads(record.model_dump_json())
    change(document)
    return json.dumps(document).encode()


def read(data):
    return Record.model_validate_json(data, strict=True)


@pytest.fixture(scope="session")
def log(tmp_path_factory):
    return keep(tmp_path_factory.mktemp("day") / "log", lines(DAY))


@pytest.fixture(scope="session")
def record(log):
    return told(log)
