"""A witness stands by a log as long as it is the one that it knows."""

import shutil

import pytest

from appliance.errors import InputError, MachineError, TrustError
from appliance.oversight import witness
from appliance.oversight.note import Note
from tests.oversight.log.conftest import keep, look, make_entries, make_pen, make_witness

NOW_S = 1_780_000_000


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "seen"


def cosign(folder, kept, pen=None):
    return witness.cosign(folder, make_pen().key, pen or make_witness(), kept, NOW_S)


def test_a_witness_stands_by_a_log_and_by_what_it_grows_to(folder, kept):
    keep(folder, make_entries(3))
    assert cosign(folder, kept).size == 3
    keep(folder, make_entries(300, begin=3))
    assert cosign(folder, kept).size == 300
    signed = Note.read(kept.read_bytes())
    assert signed.require(make_pen().key) == 0
    assert signed.require(make_witness().key) == NOW_S
    assert look(folder, witness.recall(kept)) == make_entries(300)


def test_a_log_that_was_rewritten_or_set_back_gets_no_signature(folder, tmp_path, kept):
    keep(folder, make_entries(3))
    before = shutil.copytree(folder, tmp_path / "before")
    keep(folder, make_entries(5, begin=3))
    cosign(folder, kept)
    word = kept.read_bytes()
    with pytest.raises(TrustError, match="shorter"):
        cosign(before, kept)
    keep(tmp_path / "forged", [b"x", *make_entries(9)])
    with pytest.raises(TrustError, match="others than they were"):
        cosign(tmp_path / "forged", kept)
    (folder / "tile/entries/000.p/5").write_bytes(b"")
    with pytest.raises(TrustError, match="not what it was"):
        cosign(folder, kept)
    assert kept.read_bytes() == word


def test_a_witness_believes_only_what_it_has_signed_itself(folder, kept):
    keep(folder, make_entries(3))
    cosign(folder, kept, make_witness(8))
    with pytest.raises(TrustError, match="is not signed by"):
        cosign(folder, kept)


def test_what_cannot_be_read_or_kept_is_said(folder, kept, tmp_path):
    keep(folder, make_entries(3))
    kept.write_bytes(b"nothing")
    with pytest.raises(InputError, match="no signed note"):
        cosign(folder, kept)
    with pytest.raises(InputError, match="cannot be read"):
        witness.recall(tmp_path / "nowhere")
    with pytest.raises(MachineError, match="cannot be written"):
        cosign(folder, tmp_path / "nowhere" / "seen")
