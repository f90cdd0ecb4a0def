"""Alerts while broker, van and tablets are killed and started again, drawn by lot from a seed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial
from heapq import heapify, heappop, heappush
from itertools import count
from random import Random
from typing import TYPE_CHECKING

from appliance.bench.actor import POLL_S, waited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from appliance.bench.actor import Victim
    from appliance.bench.yard import Yard

LONG_S, SHORT_S = 60.0, 4.0
EVERY = 10
"""One alert of so many is short-lived: an outage may outlast it, and it must not be shown late."""
SHORTEST_DOWN_S, LONGEST_DOWN_S = 0.1, 3.0
LATER_S = 0.2
TAKE_S = 5.0
"""A van that lives has taken by then what it was told."""
SETTLE_S = 40.0


@dataclass(frozen=True)
class Kill:
    """Who is killed when, and for how long."""

    at_s: float
    victim: str
    down_s: float


def life_s(number: int) -> float:
    """Say how long an alert is worth showing."""
    return SHORT_S if number % EVERY == EVERY - 1 else LONG_S


def forecast(seed: int, kills: int, span_s: float, tablets: Sequence[str]) -> list[Kill]:
    """Draw the kills: broker, van and some tablet are each as likely."""
    lot = Random(seed)  # noqa: S311  # it is to be the same each time
    found: list[Kill] = []
    for _ in range(kills):
        victim = lot.choice(("broker", "van", lot.choice(tablets)))
        down_s = lot.uniform(SHORTEST_DOWN_S, LONGEST_DOWN_S)
        found.append(Kill(lot.uniform(0, span_s), victim, down_s))
    return sorted(found, key=lambda kill: kill.at_s)


@dataclass
class Storm:
    """One run; see `rage`."""

    yard: Yard
    advance: Callable[[int], None]
    """Is told how many alerts have been ordered so far."""
    kills: dict[str, int] = field(default_factory=dict[str, int])
    _todo: list[tuple[float, int, Callable[[float], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _down: set[str] = field(default_factory=set[str])

    def rage(self, alerts: int, rate: float, kills: Sequence[Kill]) -> bool:
        """Order alerts and kill; then wait until all that was lost on the way has come again.

        Returns:
            Whether everything came to rest in time.
        """
        for number in range(alerts):
            self._plan(number / rate, self._ordering(number))
        for kill in kills:
            self._plan(kill.at_s, self._killing(kill))
        self._play()
        # What the van was told and died over was never an alert; the camera sees somebody else.
        while not waited(partial(self._has_taken, alerts), TAKE_S):
            for number in sorted(set(range(alerts)) - self._taken()):
                self._plan(0.0, self._ordering(number))
            self._play()
        return waited(self._calm, SETTLE_S)

    def _plan(self, at_s: float, act: Callable[[float], None]) -> None:
        heappush(self._todo, (at_s, next(self._numbers), act))

    def _play(self) -> None:
        began_s = time.monotonic()
        heapify(self._todo)
        while self._todo:
            at_s, _, act = self._todo[0]
            now_s = time.monotonic() - began_s
            if at_s > now_s:
                time.sleep(min(POLL_S, at_s - now_s))
                continue
            heappop(self._todo)
            act(now_s)

    def _ordering(self, number: int) -> Callable[[float], None]:
        def order(now_s: float) -> None:
            van = self.yard.van
            here = van.name in self.yard.account.ready
            if here and van.order(number=number, life_s=life_s(number)):
                self.advance(number + 1)
            else:
                self._plan(now_s + LATER_S, order)

        return order

    def _killing(self, kill: Kill) -> Callable[[float], None]:
        victim = self._named(kill.victim)

        def start(_now_s: float) -> None:
            victim.start()
            self._down.discard(victim.name)

        def strike(now_s: float) -> None:
            if victim.name in self._down:
                self._plan(now_s + LATER_S, strike)
                return
            self._down.add(victim.name)
            victim.kill()
            self.yard.account.ready.discard(victim.name)
            self.kills[victim.name] = self.kills.get(victim.name, 0) + 1
            self._plan(now_s + kill.down_s, start)

        return strike

    def _named(self, name: str) -> Victim:
        parts: Sequence[Victim] = (self.yard.broker, *self.yard.actors)
        return next(part for part in parts if part.name == name)

    def _taken(self) -> set[int]:
        return {int(alert.partition("-")[0]) for alert in list(self.yard.account.lives_s)}

    def _has_taken(self, alerts: int) -> bool:
        return len(self._taken()) == alerts

    def _calm(self) -> bool:
        account = self.yard.account
        names = [tablet.name for tablet in self.yard.tablets]
        told = [account.undelivered.get(name) for name in names]
        figures = account.figures(names)
        return told == [0] * len(names) and figures["lost"] == 0 and figures["missed"] == 0
