"""One list follows another in a gallery, whatever memory they lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from appliance.domain.watchlist import MAX_IMAGES
from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from appliance.machine import Listed

DEPTH = MAX_IMAGES + 1
"""Rows that a search gives: the last of them is of another subject than the best."""


class Sheet(Protocol):
    """The rows of one list."""

    @property
    def whole(self) -> bool:
        """Whether all of the list was brought."""
        ...

    def fill(self, templates: Listed) -> Iterator[None]:
        """Bring the list, a piece at each step."""
        ...

    def sweep(self) -> Iterator[None]:
        """Overwrite everything with zeros, a piece at each step, and let it go."""
        ...


S = TypeVar("S", bound=Sheet)


class Succession(Generic[S]):
    """The part of `machine.Gallery` in which lists come and go; how one is searched is not here.

    Args:
        open_sheet: Makes room for a list of (N, D) rows, or raises a MachineError.
    """

    def __init__(self, open_sheet: Callable[[tuple[int, int]], S]) -> None:
        self._open_sheet = open_sheet
        self._held: S | None = None
        self._next: S | None = None
        self._gone: list[S] = []

    def load(self, templates: Listed) -> None:
        """Replace everything by (N, D) rows of length 1.

        Raises:
            InputError: there is no row.
            MachineError: there is no room for them.
        """
        self.erase()
        for _ in self.stage(templates):
            pass
        self.swap()

    def stage(self, templates: Listed) -> Iterator[None]:
        """Bring the next list, a piece at each step; see `machine.Gallery`."""
        if len(templates) == 0:
            raise InputError("The watchlist is empty.", mend="Enrol somebody.")
        self._drop(self._next)
        self._next = self._open_sheet((templates.shape[0], templates.shape[1]))
        return self._bring(self._next, templates)

    def _bring(self, sheet: S, templates: Listed) -> Iterator[None]:
        for _ in sheet.fill(templates):
            yield
            if sheet is not self._next:
                return  # it is being overwritten

    def swap(self) -> None:
        """Search the next list from now on."""
        if self._next is None or not self._next.whole:
            raise ValueError("the next list is not whole")
        following = self._next
        self._drop(self._held)
        self._held, self._next = following, None

    def sweep(self) -> Iterator[None]:
        """Overwrite whatever is not searched with zeros, a piece at each step."""
        self._drop(self._next)
        while self._gone:
            yield from self._gone[-1].sweep()
            self._gone.pop()

    def erase(self) -> None:
        """Overwrite every template with zeros and forget them."""
        self._drop(self._held)
        self._held = None
        for _ in self.sweep():
            pass

    def _drop(self, sheet: S | None) -> None:
        if sheet is not None:
            self._gone.append(sheet)
        if sheet is self._next:
            self._next = None
