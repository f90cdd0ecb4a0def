"""A log in a folder, the key that signs it, and entries to put into it."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.oversight.log import open_log
from appliance.oversight.note import WITNESS, Pen
from appliance.oversight.proof import Proof

NAME = "lfr.example/van-1"
OVERSIGHT = "oversight.example/lfr"


def make_pen(name=NAME, number=1, **changes):
    return Pen(name, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32), **changes)


def make_witness(number=9):
    return make_pen(OVERSIGHT, number, kind=WITNESS)


def make_entries(count, begin=0):
    return [f'{{"what":"alert","number":{number}}}'.encode() for number in range(begin, count)]


def keep(folder, *batches):
    """Have the entries in a log, each batch at once."""
    with open_log(folder, make_pen()) as log:
        for batch in batches:
            log.append(batch)
        return log.checkpoint


def look(folder, *known):
    """Go through a log, and give what is in it."""
    return list(Proof(folder, make_pen().key, known).entries())


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "deep" / "log"
