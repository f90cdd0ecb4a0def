"""Pieces that are added behind one another come back in their order, as far as they are whole."""

from appliance.tablets.strongbox import KEY_FILE
from tests.tablets.sealed import files, full

SECRET = b"\xff\xd8\xff\xe0 a face"


def test_pieces_of_one_name_come_back_in_their_order(box, reopen):
    assert not box.add("journal", b"too early")
    assert box.put("journal", b"first")
    assert box.add("journal", SECRET)
    assert box.add("journal", b"")
    assert reopen().load() == [b"first", SECRET, b""]


def test_of_pieces_that_were_added_one_that_is_torn_ends_them(box, reopen, memory):
    box.put("journal", b"first")
    for piece in (b"second", b"third"):
        box.add("journal", piece)
    (name,) = set(files(memory)) - {KEY_FILE}
    whole = files(memory)[name]
    for end in range(1, len(b"third") + 32):
        (memory / name).write_bytes(whole[:-end])
        assert reopen().load() == [b"first", b"second"]


def test_a_new_piece_takes_the_place_of_all_that_were_added(box, reopen):
    box.put("journal", b"first")
    box.add("journal", b"second")
    box.put("journal", b"anew")
    assert reopen().load() == [b"anew"]


def test_where_the_memory_is_full_what_was_added_before_stays_whole(box, reopen, caplog):
    box.put("journal", b"first")
    with full():
        assert not box.add("journal", bytes(20))
    assert box.add("journal", b"second")
    assert reopen().load() == [b"first", b"second"]
    assert caplog.messages == []
