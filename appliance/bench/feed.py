"""The van of `lfr bench alert`: the real link in a process of its own, which can be killed.

It reads orders for alerts, a JSON object a line, and says in the same way what becomes of them.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import ExitStack, suppress
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

from appliance.bench.likeness import Maker
from appliance.bench.role import script
from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.settings import TabletSettings
from appliance.tablets.broker import open_link
from appliance.tablets.wire import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager
    from typing import TextIO

    from appliance.bench.role import Mouth
    from appliance.domain.decision import Decision
    from appliance.tablets.broker import Link

BEAT_S = 1.0
AGAIN_S = 0.3
LOOKING = State(lamp=Lamp.LOOKING, watchlist_id="bench", subjects=1, deployment_id="bench-1")


def feed(settings: TabletSettings, van: str, size_bytes: int, orders: TextIO, mouth: Mouth) -> None:
    """Send what is ordered, until there are no more orders."""

    def decided(decision: Decision) -> None:
        mouth.say(decision=decision.id, tablet=decision.tablet)

    def seen(alert_id: str, seconds: float) -> None:
        mouth.say(seen=alert_id, seen_ms=seconds * 1000)

    make, ended = Maker.of(size_bytes), Event()
    with ExitStack() as stack:
        link = _persist(stack, partial(open_link, settings, van, decided, seen))
        stack.callback(ended.set)
        Thread(target=_beat, args=(link, ended), daemon=True).start()
        mouth.say(ready=True)
        for number, life_s in _ordered(orders):
            alert = make(number, life_s)
            link.alert(alert)
            mouth.say(put=alert.id, number=number, life_s=life_s)
    mouth.say(refused=link.refused, unseen=link.unseen)


def _ordered(orders: TextIO) -> Iterable[tuple[int, float]]:
    for line in iter(orders.readline, ""):
        order = json.loads(line)
        yield order["number"], order["life_s"]


def _persist(stack: ExitStack, opening: Callable[[], AbstractContextManager[Link]]) -> Link:
    """Try until the broker is there, as a service that is started anew does."""
    while True:
        with suppress(MachineError):
            return stack.enter_context(opening())
        Event().wait(AGAIN_S)


def _beat(link: Link, ended: Event) -> None:
    while True:
        link.state(LOOKING)
        if ended.wait(BEAT_S):
            return


def main() -> None:
    """Run as `python -m appliance.bench.feed CONFIG`."""
    # What is refused because of a kill is counted, and said again by whoever said it.
    logging.disable()
    config, mouth = script()
    settings = TabletSettings.model_validate(config["tablets"])
    feed(settings, config["van"], config["size_bytes"], sys.stdin, mouth)


if __name__ == "__main__":
    main()
