"""Whoever changes a log is found out: by one bit, one entry, or one day set back."""

import random
import shutil
from itertools import pairwise

import pytest

from appliance.errors import ApplianceError, InputError, TrustError
from appliance.oversight import shelf
from appliance.oversight.checkpoint import Checkpoint
from appliance.oversight.log import open_log
from appliance.oversight.note import write
from appliance.oversight.proof import Proof
from tests.oversight.log.conftest import keep, look, make_entries, make_pen

SEED = 20261127
TRIALS = 10_000
SIZE = 600


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A log of which an older word is known, and nobody has changed anything."""
    folder = tmp_path_factory.mktemp("whole") / "log"
    known = keep(folder, make_entries(SIZE - 100))
    keep(folder, make_entries(SIZE, begin=SIZE - 100))
    return folder, known


def test_a_log_that_nobody_has_touched_is_whole(whole):
    assert look(whole[0], whole[1]) == make_entries(SIZE)


def pieces(folder):
    return sorted(file for file in folder.rglob("*") if file.is_file())


def edit(dice, folder):
    file = dice.choice(pieces(folder))
    data = bytearray(file.read_bytes())
    place = dice.randrange(8 * len(data))
    data[place // 8] ^= 1 << place % 8
    file.write_bytes(data)


def drop(dice, folder):
    dice.choice(pieces(folder)).unlink()


def cut(dice, folder):
    file = dice.choice(pieces(folder))
    data = file.read_bytes()
    file.write_bytes(data[: dice.randrange(len(data))])


def swap(dice, folder):
    one, other = dice.sample(pieces(folder), 2)
    first, second = one.read_bytes(), other.read_bytes()
    if first == second:
        edit(dice, folder)
    one.write_bytes(second)
    other.write_bytes(first)


def add(dice, folder):
    (folder / f"tile/entries/{dice.randrange(500, 999)}").write_bytes(dice.randbytes(9))


def reorder(dice, folder):
    """Let two entries change places, and all else be as it was."""
    file = folder / shelf.name(shelf.ENTRIES, dice.randrange(SIZE // 256))
    entries = shelf.unbundle(file.read_bytes())
    one, other = dice.sample(range(len(entries)), 2)
    entries[one], entries[other] = entries[other], entries[one]
    file.write_bytes(shelf.bundle(entries))


def set_back(dice, folder):
    """Put the log itself in its own place, as it was, signed and whole, before it was last seen."""
    past = dice.choice(sorted((folder.parent / "past").iterdir()))
    folder.rename(folder.with_name("aside"))
    folder.symlink_to(past)


@pytest.fixture
def past(tmp_path):
    """The same log at earlier times."""
    dice = random.Random(f"{SEED} past")
    sizes = [0, *sorted(dice.sample(range(1, SIZE - 100), 20)), SIZE - 101]
    for begin, size in pairwise([0, *sizes]):
        keep(tmp_path / "now", make_entries(size, begin=begin))
        shutil.copytree(tmp_path / "now", tmp_path / "past" / f"{size}")
        assert len(look(tmp_path / "past" / f"{size}")) == size


ACTS = edit, drop, cut, swap, reorder, set_back, add


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("past")
@pytest.mark.parametrize("act", ACTS)
def test_every_change_of_the_files_is_found(whole, tmp_path, act):
    """Together 10,000 of them; the seed says which."""
    dice = random.Random(f"{SEED} {act.__name__}")
    folder = shutil.copytree(whole[0], tmp_path / "log")
    good = {file: file.read_bytes() for file in pieces(folder)}
    for trial in range(TRIALS // len(ACTS) + 1):
        act(dice, folder)
        assert found_out(folder, whole[1]), f"trial {trial}"
        mend(folder, good)


def found_out(folder, known):
    try:
        look(folder, known)
    except ApplianceError:
        return True
    return False


def mend(folder, good):
    if folder.is_symlink():
        folder.unlink()
        folder.with_name("aside").rename(folder)
    for file in pieces(folder):
        if file not in good:
            file.unlink()
    for file, data in good.items():
        if not file.exists() or file.read_bytes() != data:
            file.write_bytes(data)


def forged(tmp_path, entries):
    """A log by somebody who has the key: whoever knows no older word of it believes it."""
    keep(tmp_path / "forged", entries)
    assert look(tmp_path / "forged") == entries
    return tmp_path / "forged"


def other(number):
    entries = make_entries(SIZE)
    entries[number] = b'{"what":"nothing"}'
    return entries


@pytest.mark.parametrize(
    "entries",
    [
        other(0), other(SIZE - 101),
        make_entries(SIZE)[1:], [*make_entries(SIZE)[:5], *make_entries(SIZE)[6:]],
        [*make_entries(SIZE)[1::-1], *make_entries(SIZE)[2:]],
    ],
    ids=["first", "last known", "dropped", "dropped inside", "reordered"],
)  # fmt: skip
def test_not_even_the_key_s_owner_rewrites_what_somebody_has_seen(whole, tmp_path, entries):
    with pytest.raises(TrustError, match="others than they were"):
        look(forged(tmp_path, entries), whole[1])


@pytest.mark.parametrize("size", [0, 1, SIZE - 101])
def test_nobody_sets_a_log_back(whole, tmp_path, size):
    with pytest.raises(TrustError, match="shorter than it has been"):
        look(forged(tmp_path, make_entries(size)), whole[1])


def test_a_checkpoint_that_says_more_than_there_is_is_found(tmp_path):
    keep(tmp_path, make_entries(3))
    lie = Checkpoint(make_pen().name, 3, bytes(32))
    (tmp_path / "checkpoint").write_bytes(write(lie.text, [make_pen().sign(lie.text)]))
    with pytest.raises(TrustError, match="checkpoint of the log is not what it was"):
        look(tmp_path)


def test_another_s_log_is_not_taken_for_this_one(whole, tmp_path):
    with open_log(tmp_path, make_pen("lfr.example/van-2", 2)) as log:
        log.append(make_entries(3))
        strange = log.checkpoint
    with pytest.raises(TrustError, match="has not signed"):
        look(tmp_path)
    with pytest.raises(InputError, match="of another log"):
        Proof(whole[0], make_pen().key, [strange])


def test_where_no_log_is_it_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        look(tmp_path / "nowhere")


def test_a_link_is_not_a_piece_of_a_log(whole, tmp_path):
    folder = shutil.copytree(whole[0], tmp_path / "log")
    (folder / "tile" / "more").symlink_to("/nowhere")
    with pytest.raises(TrustError, match="nothing that the checkpoint vouches for"):
        look(folder)
