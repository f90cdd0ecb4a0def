"""A passing is one face going by one camera once; it is followed, kept short, and erased."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def at(x, y=100.0, side=80.0):
    return [x, y, x + side, y + side]


def test_one_face_over_many_frames_is_one_passing(walk):
    numbers = {walk.show(at(x))[0] for x in range(0, 400, 8)}
    assert numbers == {1}


def test_every_new_face_is_a_new_passing(walk):
    assert walk.show(at(0), at(200), at(400)) == [1, 2, 3]


def test_a_face_is_known_again_in_whatever_order_it_is_found(walk):
    walk.show(at(0), at(200))
    assert walk.show(at(202), at(500), at(2)) == [2, 3, 1]


def test_two_who_cross_keep_their_numbers(walk):
    for step in range(30):
        left, right = 20 * step, 580 - 20 * step
        numbers = walk.show(at(left, y=100), at(right, y=130))
        assert numbers == [1, 2]


def test_a_face_that_grows_as_it_comes_nearer_is_one_passing(walk):
    numbers = {walk.show(at(300 - 2 * i, 200 - 2 * i, 40 + 4 * i))[0] for i in range(40)}
    assert numbers == {1}


def test_a_fast_face_is_expected_farther_on(walk):
    for step in range(6):
        assert walk.show(at(40 * step)) == [1]
    assert walk.show() == []
    # Two steps of 40 px on, nothing of it is where it was last.
    assert walk.show(at(40 * 7)) == [1]


def test_a_face_that_comes_back_in_time_is_the_same(walk):
    walk.show(at(100))
    walk.rest(0.36)
    assert walk.show(at(104)) == [1]
    assert walk.ended == []


def test_a_face_that_comes_back_later_is_a_new_one(walk):
    walk.show(at(100))
    walk.rest(0.48)
    assert walk.show(at(100)) == [2]
    assert [passing.number for passing in walk.ended] == [1]


def test_a_passing_that_has_ended_says_what_it_was(walk):
    for _ in range(5):
        walk.show(at(100), camera="mast-9")
    row = walk.row()
    walk.passes.gate(np.array([row]))
    walk.fuse([1, 0, 0, 0])
    walk.passes.mark(row)
    walk.rest(0.48)
    (passing,) = walk.ended
    assert (passing.number, passing.camera) == (1, "mast-9")
    assert (passing.sights, passing.shots) == (5, 1)
    assert passing.gated
    assert passing.alerted


def test_two_cameras_do_not_mix(walk):
    assert walk.show(at(100), camera="mast-1") == [1]
    assert walk.show(at(100), camera="mast-2") == [2]
    assert walk.show(at(102), camera="mast-1") == [1]
    assert walk.show(at(102), camera="mast-2") == [2]


def test_the_frames_of_one_moment_stand_side_by_side(walk):
    sights = walk.sights([[at(0)], [], [at(10), at(300)]], ["a", "b", "c"])
    assert sights.which.tolist() == [0, 2, 2]
    assert walk.passes.number[sights.rows].tolist() == [1, 2, 3]
    assert sights.faces.boxes[:, 0].tolist() == [0, 10, 300]


def test_what_is_hardly_a_face_is_not_followed(walk):
    assert walk.show(at(0), at(200), scores=[0.69, 0.71]) == [1]
    assert walk.show(at(0), scores=[np.nan]) == []


def test_more_faces_than_there_is_room_for_are_counted(open_walk):
    walk = open_walk(capacity=2)
    assert sorted(walk.show(at(0), at(200), at(400))) == [0, 1, 2]
    assert walk.passes.overflow == 1
    assert walk.show(at(0)) == [1]


def test_room_that_becomes_free_is_used_with_a_new_number(open_walk):
    walk = open_walk(capacity=1)
    walk.show(at(0))
    walk.rest(0.48)
    assert walk.show(at(400)) == [2]
    assert walk.passes.overflow == 0


def test_faces_seen_are_passings_that_passed_the_gate_once(walk):
    walk.show(at(0), at(200))
    row = np.array([walk.row(1)])
    walk.passes.gate(row)
    walk.passes.gate(row)
    assert walk.passes.seen == 1


def test_the_template_is_the_mean_weighted_by_quality_at_length_one(walk):
    walk.show(at(0))
    walk.fuse([1, 0, 0, 0], quality=0.8)
    walk.show(at(0))
    fused = walk.fuse([0, 1, 0, 0], quality=0.4)
    assert fused == pytest.approx(np.array([2, 1, 0, 0]) / np.sqrt(5))


def test_the_networks_own_quality_weighs_too(walk):
    walk.show(at(0))
    walk.fuse([1, 0, 0, 0], norm=10.0)
    assert walk.fuse([0, 1, 0, 0], norm=30.0) == pytest.approx(np.array([1, 3, 0, 0]) / np.sqrt(10))


def test_an_unsound_shot_adds_nothing(walk):
    walk.show(at(0))
    walk.fuse([1, 0, 0, 0], quality=0.5)
    assert walk.fuse([0, 0, 0, 0], quality=0.9, norm=0.0).tolist() == [1, 0, 0, 0]
    walk.rest(0.48)
    assert walk.ended[0].shots == 1


def test_a_passing_without_a_sound_shot_has_no_template(walk):
    walk.show(at(0))
    assert not walk.fuse([0, 0, 0, 0], norm=0.0).any()


def test_the_first_shots_are_spread_in_time(open_walk):
    walk = open_walk(shot_gap_s=0.1, better=100.0)
    shots = []
    for frame in range(12):
        walk.show(at(0))
        if walk.worth(0.5):
            shots.append(frame)
            walk.fuse([1, 0, 0, 0])
    assert shots == [0, 3, 6, 9]


def test_the_first_shot_need_not_wait(walk):
    walk.show(at(0))
    assert walk.worth(0.5) == [0]


def test_after_the_first_shots_only_clearly_better_ones_are_worth_it(open_walk):
    walk = open_walk(shots=2, shot_gap_s=0.0, better=1.2)
    walk.show(at(0))
    walk.fuse([1, 0, 0, 0], quality=0.5)
    walk.fuse([1, 0, 0, 0], quality=0.5)
    assert walk.worth(0.59) == []
    assert walk.worth(0.61) == [0]


def test_whoever_is_in_view_can_be_granted_more_shots(open_walk):
    walk = open_walk(shots=2, shot_gap_s=0.0, better=100.0)
    walk.show(at(0), at(200))
    for _ in range(2):
        walk.fuse([1, 0, 0, 0])
    assert walk.worth(0.5, 0.5) == [1]
    walk.passes.renew(1)
    assert walk.worth(0.5, 0.5) == [0, 1]
    walk.fuse([1, 0, 0, 0])
    assert walk.worth(0.5, 0.5) == [1]
    for _ in range(2):
        walk.fuse([1, 0, 0, 0], number=2)
    assert walk.worth(0.5, 0.5) == []


def test_more_shots_are_for_those_in_view_alone(open_walk):
    walk = open_walk(shots=2, shot_gap_s=0.0, better=100.0, capacity=1)
    for number in (1, 2):
        walk.show(at(0))
        for _ in range(2):
            walk.fuse([1, 0, 0, 0], number=number)
        assert walk.worth(0.5) == []
        walk.passes.renew(3)
        assert walk.worth(0.5) == [0]
        walk.rest(0.48)


def test_a_clearly_better_shot_does_not_wait(walk):
    walk.show(at(0))
    walk.fuse([1, 0, 0, 0], quality=0.3)
    assert walk.worth(0.3) == []
    assert walk.worth(0.4) == [0]


def test_an_unsound_shot_is_not_the_best_so_far(walk):
    walk.show(at(0))
    walk.fuse([0, 0, 0, 0], quality=0.9, norm=0.0)
    assert walk.worth(0.2) == [0]


def test_a_poor_sight_and_one_without_room_are_never_worth_it(walk):
    walk.show(at(0), at(200))
    assert walk.worth(0.9, 0.9, rows=[-1, 1]) == [1]
    assert walk.worth(0.9, 0.9, passed=[False, True]) == [1]


def test_the_best_comes_first(walk):
    walk.show(at(0), at(200), at(400))
    assert walk.worth(0.4, 0.9, 0.6) == [1, 2, 0]


def test_a_passing_alerts_once(walk):
    walk.show(at(0), at(200))
    walk.passes.mark(walk.row(1))
    assert walk.passes.alerted(walk.row(1))
    assert not walk.passes.alerted(walk.row(2))


def test_a_row_that_is_used_again_remembers_nothing(open_walk):
    walk = open_walk(capacity=1)
    walk.show(at(0))
    walk.passes.mark(0)
    walk.passes.approach(np.array([0]))
    walk.passes.judge(0, flat=True)
    walk.passes.gate(np.array([0]))
    walk.fuse([1, 0, 0, 0], quality=0.9)
    walk.rest(0.48)
    walk.show(at(400))
    assert walk.passes.judged(0) is None
    assert not walk.passes.alerted(0)
    assert walk.worth(0.2) == [0]
    assert walk.fuse([0, 1, 0, 0], number=2).tolist() == [0, 1, 0, 0]
    walk.passes.gate(np.array([0]))
    assert walk.passes.seen == 2


def test_when_a_passing_ends_its_row_is_zero(walk, rows_of):
    walk.show(at(0), camera="other")
    walk.show(at(5))
    walk.show(at(5))
    walk.fuse([1, 2, 3, 4], number=2)
    walk.passes.gate(np.array([walk.row(2)]))
    walk.passes.approach(np.array([walk.row(2)]))
    walk.passes.judge(walk.row(2), flat=True)
    walk.rest(0.6)
    assert len(walk.ended) == 2
    assert not any(array.any() for array in rows_of(walk.passes))


def test_all_can_be_ended_at_once(walk, rows_of):
    walk.show(at(0), at(200))
    walk.fuse([1, 2, 3, 4])
    assert [passing.number for passing in walk.passes.end_all()] == [1, 2]
    assert not any(array.any() for array in rows_of(walk.passes))
    assert walk.passes.end_all() == []


box = st.builds(at, st.floats(0, 600), st.floats(0, 400), st.floats(1, 200))
scene = st.lists(box, max_size=5)


@given(scenes=st.lists(st.tuples(st.sampled_from(["a", "b"]), scene), max_size=25))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whoever_walks_how_ever_the_books_balance(open_walk, rows_of, scenes):
    walk = open_walk(capacity=8)
    shown, last = 0, 0
    for camera, boxes in scenes:
        numbers = walk.show(*boxes, camera=camera)
        followed = [number for number in numbers if number]
        assert len(set(followed)) == len(followed)
        shown += len(followed)
        live = walk.passes.number[walk.passes.number > 0]
        assert len(live) <= min(8, shown)
        new = [number for number in followed if number > last]
        assert sorted(new) == list(range(last + 1, last + 1 + len(new)))
        last += len(new)
        for number in followed:
            walk.fuse([1, 0, 0, 0], number=number)
    walk.ended += walk.passes.end_all()
    assert sorted(passing.number for passing in walk.ended) == list(range(1, last + 1))
    assert sum(passing.sights for passing in walk.ended) == shown
    assert not any(array.any() for array in rows_of(walk.passes))
