"""A vision thread's turns, on a clock that a test sets."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.matching.handover import MOST_S

MARK = 32
OLD, NEW = ["V-000", "V-001", None], [None, "V-000", "V-001"]
"""Who is named for a look along each axis, before a change of lists and after it."""


@dataclass
class Watch:
    """A clock that goes on by so much at each look: by default every piece takes a whole turn."""

    step_s: float = MOST_S
    now_s: float = 0.0

    def __call__(self):
        self.now_s += self.step_s
        return self.now_s


def commitment(number):
    return bytes([number + 1]) * MARK


def go_on(handover, most=100):
    """Turn until the list changes; give how many turns that took."""
    for turns in range(1, most):
        if handover.turn(0):
            return turns
    raise AssertionError("the list never changed")
