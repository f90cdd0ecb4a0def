"""People sway; what hangs on a wall does not."""

from tests.vision.test_passes import at


def test_a_face_that_hardly_moves_for_longer_than_people_stand_so_still_is_told(walk):
    for step in range(30):
        walk.show(at(100 + step % 2))
    assert walk.passes.still(walk.row())


def test_before_that_nobody_is_called_still(walk):
    for _ in range(10):
        walk.show(at(100))
    assert not walk.passes.still(walk.row())


def test_a_face_that_has_swayed_once_is_not_still(walk):
    for step in range(40):
        walk.show(at(100 + 5 * (step == 12)))
    assert not walk.passes.still(walk.row())


def test_a_face_that_comes_nearer_is_not_still(walk):
    for step in range(40):
        walk.show(at(100 - step / 8, 100 - step / 8, 80 + step / 4))
    assert not walk.passes.still(walk.row())
