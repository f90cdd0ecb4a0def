"""The tree is that of RFC 6962, however it has grown."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from appliance.oversight import merkle, shelf
from appliance.oversight.merkle import WIDTH, Edge


def plain_root(leaves):
    """Hash a tree as the RFC defines it, by halves."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256().digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = plain_root(leaves[:half]), plain_root(leaves[half:])
    return sha256(b"\1" + left + right).digest()


@given(st.integers(0, 700))
def test_a_tree_has_the_root_that_the_standard_defines(size):
    leaves = [merkle.leaf(str(number).encode()) for number in range(size)]
    edge = Edge()
    for number in leaves:
        list(edge.add(number))
    assert edge.root == plain_root(leaves)
    assert edge.size == size


def test_roots_that_others_have_published_come_out_the_same():
    # Of no leaf, of one empty leaf, and of the leaves "" and "\0": what RFC 6962's logs test with.
    assert Edge().root.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    edge = Edge()
    list(edge.add(merkle.leaf(b"")))
    assert edge.root.hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    list(edge.add(merkle.leaf(b"\0")))
    assert edge.root.hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"


@given(st.integers(0, 3 * WIDTH**2))
def test_a_log_of_a_size_has_the_pieces_that_the_format_names(size):
    names = set(shelf.names(size))
    assert shelf.partial(size) <= names
    assert {name for name in names if ".p/" in name} == shelf.partial(size)
    level, left = 0, size
    while left:
        part = f".p/{left % WIDTH}"
        held = sum(WIDTH if ".p/" not in name else int(name.rpartition("/")[2])
                   for name in names if name.startswith(f"tile/{level}/"))  # fmt: skip
        assert held == left
        assert (left % WIDTH == 0) == (
            not any(name.endswith(part) for name in names if f"/{level}/" in name)
        )
        level, left = level + 1, left // WIDTH


def test_a_large_number_is_parted_into_folders():
    assert shelf.name(0, 1234067) == "tile/0/x001/x234/067"
    assert shelf.name("entries", 5, 7) == "tile/entries/005.p/7"


def test_a_tree_of_seventy_thousand_leaves_has_the_tiles_of_the_format_s_own_example():
    names = list(shelf.names(70_000))
    at_level = {level: [n for n in names if n.startswith(f"tile/{level}/")] for level in (0, 1, 2)}
    assert (len(at_level[0]), at_level[0][-1]) == (274, "tile/0/273.p/112")
    assert at_level[1] == ["tile/1/000", "tile/1/001.p/17"]
    assert at_level[2] == ["tile/2/000.p/1"]
