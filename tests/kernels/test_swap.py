"""What a swap on the van's GPU leaves behind, and that an int8 copy follows it."""

import numpy as np
import pytest

from appliance.errors import MachineError
from appliance.jetson import rows as rows_module
from appliance.jetson.gallery import Gallery
from appliance.jetson.rows import PIECE

COUNT = 2 * PIECE + 5


def likeness(count, dimension, seed):
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


OLD, NEW = likeness(COUNT, 24, 1), likeness(COUNT, 24, 2)


@pytest.fixture(params=[False, True], ids=["fp16", "int8"])
def gallery(gpu, request):
    return Gallery(gpu, int8=request.param)


def finish(steps):
    return sum(1 for _ in steps)


def swap(gallery, templates):
    finish(gallery.stage(templates))
    gallery.swap()


def test_the_old_list_is_zero_once_it_is_swept_and_only_the_new_one_is_there(gpu, gallery):
    gallery.load(OLD)
    old = list(gpu.lent)
    swap(gallery, NEW)
    assert any(array.any() for array in old)
    finish(gallery.sweep())
    assert not any(array.any() for array in old)
    held = [array for array in gpu.lent if array.any()]
    assert {array.dtype for array in held} <= {np.dtype(np.float16), np.dtype(np.int8)}
    assert len(held) == 1 + (gallery._held.preview is not None)


def test_after_each_piece_the_pinned_memory_is_zero(gpu, gallery):
    gallery.load(OLD)
    for _ in gallery.stage(NEW):
        gallery.search(OLD[:3])
        pinned = [array for array in gpu.lent if array.shape[0] == PIECE]
        assert pinned
        assert not any(array.any() for array in pinned)


def test_a_list_given_up_half_way_leaves_nothing(gpu, gallery):
    gallery.load(OLD)
    before = [id(array) for array in gpu.lent if array.any()]
    steps = gallery.stage(NEW)
    for _ in range(4):
        next(steps, None)
    assert [id(array) for array in gpu.lent if array.any()] != before
    finish(gallery.sweep())
    assert [id(array) for array in gpu.lent if array.any()] == before


@pytest.mark.parametrize("steps", [1, 3, 5, 99])
def test_erasing_overwrites_what_is_held_coming_and_gone(gpu, gallery, steps):
    gallery.load(OLD)
    swap(gallery, NEW)
    for _, _ in zip(range(steps), gallery.stage(OLD), strict=False):
        pass
    gallery.erase()
    assert not any(array.any() for array in gpu.lent)


def test_the_old_list_is_overwritten_in_pieces(gpu, gallery, monkeypatch):
    gallery.load(OLD)
    swap(gallery, NEW)
    monkeypatch.setattr(rows_module, "ERASED_BYTES", 64 * PIECE)
    forms = 1 + (gallery._held.preview is not None)
    assert finish(gallery.sweep()) == 3 * forms
    assert gallery.search(NEW[:2])[1][:, 0].tolist() == [0, 1]


def test_what_is_struck_is_zero_in_every_form(gpu, gallery):
    gallery.load(OLD)
    gallery.strike(np.array([0, 1, 2, 9, COUNT - 1], np.int32))
    for form in gallery._held.forms:
        device = (form if form is gallery._held.rows else form._rows).device
        held = gpu.at(device)[:COUNT]
        assert np.flatnonzero(~held.any(axis=1)).tolist() == [0, 1, 2, 9, COUNT - 1]


@pytest.mark.parametrize("templates", [OLD, NEW])
def test_with_rows_struck_int8_first_gives_the_same_answer(gpu, templates):
    plain, looking = Gallery(gpu), Gallery(gpu, int8=True)
    for gallery in (plain, looking):
        gallery.load(NEW)
        swap(gallery, templates.astype(np.float16))
        gallery.strike(np.arange(0, COUNT, 3, dtype=np.int32))
    wanted, found = plain.search(templates[:40]), looking.search(templates[:40])
    assert np.array_equal(wanted[0], found[0])
    assert np.array_equal(wanted[1], found[1])


def test_a_list_with_a_row_that_is_no_number_is_searched_without_int8(gpu):
    gallery, broken = Gallery(gpu, int8=True), NEW.copy()
    broken[PIECE + 1, 3] = np.nan
    gallery.load(OLD)
    swap(gallery, broken)
    assert gallery._held.preview is None
    assert gallery.search(NEW[:2])[1][:, 0].tolist() == [0, 1]


def test_where_there_is_no_room_the_held_list_is_searched_as_before(gpu, gallery, monkeypatch):
    gallery.load(OLD)

    def full(_shape, _kind):
        raise MachineError("The GPU has no 1 MB left.", mend="Take a smaller list.")

    monkeypatch.setattr(gpu, "allocate", full)
    with pytest.raises(MachineError):
        gallery.stage(NEW)
    monkeypatch.undo()
    finish(gallery.sweep())
    assert gallery.search(OLD[:2])[1][:, 0].tolist() == [0, 1]
