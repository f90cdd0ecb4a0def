"""Small cells are not told: how many of a few people had something in common is about somebody.

Totals of a deployment are told exactly, for they are what a van did. What is split by what people
are has its cells of 1 to 4 hidden, and with them every cell of the next size, or the zeros where
there is none (complementary suppression, Cox 1980). Which cells are hidden then depends on sizes
alone: whatever a hidden cell has, another may have instead, so that no total gives it away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from appliance.oversight.fact import Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

SMALL: Final = 5
HIDDEN: Final = "hidden"
Number = Annotated[int, Field(ge=0, le=10**9)]
Few = Number | Literal["1 to 4"]
"""A number that stands alone."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 +,/()_-]{0,39}$")]


def few(number: int) -> Few:
    """Tell a number that stands alone, unless it is small."""
    return "1 to 4" if 0 < number < SMALL else number


def hidden(cells: Mapping[str, int]) -> set[str]:
    """Choose the cells of a split that are not told."""
    if not any(0 < count < SMALL for count in cells.values()):
        return set()
    # Without its like, a cell that hides others would be known by its name's place in the order.
    screen = min((count for count in cells.values() if count >= SMALL), default=0)
    return {name for name, count in cells.items() if 0 < count < SMALL or count == screen}


class Split(Fact):
    """A total, and how it is made up, as far as that may be told."""

    total: Number
    cells: dict[Name, Number | Literal["hidden"]]

    @classmethod
    def of(cls, cells: Mapping[str, int]) -> Self:
        """Hide what is small."""
        gone = hidden(cells)
        told = {name: HIDDEN if name in gone else count for name, count in cells.items()}
        return cls.model_validate({"total": sum(cells.values()), "cells": told})

    @property
    def left(self) -> int:
        """How much the hidden cells have together."""
        return self.total - sum(count for count in self.cells.values() if count != HIDDEN)

    @model_validator(mode="after")
    def _adds_up(self) -> Split:
        gone = HIDDEN in self.cells.values()
        if self.left < 0 or (self.left > 0) != gone:
            raise ValueError("the cells do not add up")
        return self

    def ranges(self) -> dict[str, tuple[int, int]]:
        """Tell within what each cell lies, as anybody can work it out."""
        return {
            name: (0, self.left) if count == "hidden" else (count, count)
            for name, count in self.cells.items()
        }
