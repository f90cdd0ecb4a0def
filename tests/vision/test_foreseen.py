"""Of whom an alert may come goes first, and is judged once, before anybody waits for it."""

import numpy as np


def at(x, y=100.0, side=80.0):
    return [x, y, x + side, y + side]


def test_of_whom_an_alert_may_come_goes_before_the_best(walk):
    walk.show(at(0), at(200), at(400))
    walk.passes.approach(np.array([0, 2]))
    assert walk.worth(0.4, 0.9, 0.6) == [2, 0, 1]


def test_a_passing_is_judged_once_as_soon_as_an_alert_may_come_of_it(walk):
    rows = walk.sights([[at(0), at(200), at(400)]], ["mast-1"]).rows
    assert walk.passes.unjudged(rows).tolist() == []
    walk.passes.approach(rows[1:])
    assert walk.passes.unjudged(rows).tolist() == [1, 2]
    assert walk.passes.judged(rows[1]) is None
    walk.passes.judge(rows[1], flat=True)
    walk.passes.judge(rows[2], flat=False)
    assert walk.passes.unjudged(rows).tolist() == []
    assert [walk.passes.judged(row) for row in rows[1:]] == [True, False]


def test_whoever_has_alerted_or_has_no_room_is_not_to_be_judged(open_walk):
    walk = open_walk(capacity=1)
    rows = walk.sights([[at(0), at(200)]], ["mast-1"]).rows
    walk.passes.approach(rows[:1])
    assert walk.passes.unjudged(rows).tolist() == [0]
    walk.passes.mark(0)
    assert walk.passes.unjudged(rows).tolist() == []
