"""Which lamp the van has: pins of its own, or those of `lfr panel`, whose word it takes.

A process that has the pins outlives the van: when the van dies, its lamp says so. In return the
van must be told that it shines, and stops looking when it is no longer told.
"""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from threading import Condition, Lock
from typing import TYPE_CHECKING, Final

from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.panel import KEY, Lit, open_panel
from appliance.tablets.broker import on_duty, open_link
from appliance.tablets.wire import State

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from appliance.domain.lamp import Word
    from appliance.panel import Panel
    from appliance.settings import Appliance, PanelSettings
    from appliance.tablets.broker import Link

ALERT_S: Final = 5.0
"""How long the lamp shows an alert that nobody acknowledges."""
TRUST_S: Final = 3.0
"""A panel speaks once a second: two words may be lost before it counts as dark."""
LIGHT_S: Final = 10.0
"""A panel that starts together with the van has tested its lamp and found the broker by then."""


def _nobody(*_: object) -> None:
    """Listen to nothing."""


@contextmanager
def open_lamp(
    settings: PanelSettings,
    link: Link,
    say: Callable[[Lamp], State],
    watch: Callable[[Lamp], None] = _nobody,
    on_close: Callable[[], None] = _nobody,
    on_acknowledge: Callable[[float], None] = _nobody,
) -> Generator[Panel | DistantPanel]:
    """Take the lamp that the settings name; leaving darkens it.

    Args:
        settings: Whose process has which pins.
        link: The van's link, over which a panel in a process of its own is told and heard.
        say: Makes of a lamp the state that the link tells.
        watch: Is told each new state of the lamp, in order; it must not call the lamp.
        on_close: Is told, in a thread that is not the caller's, each time that the panel's button
            has been held; it must not raise.
        on_acknowledge: Is told likewise of each shorter press, up to which moment somebody has seen
            what the lamp said, as `Alarm.acknowledge` wants it.

    Raises:
        MachineError: this machine has no such pins, or somebody else holds them.
    """
    if settings.process == "within":
        with open_panel(
            settings, watch, on_close, lambda: on_acknowledge(time.monotonic())
        ) as panel:
            yield panel
        return
    distant = DistantPanel(settings.factory, lambda lamp: link.state(say(lamp)), watch)
    link.listen(distant.hear, on_close, on_acknowledge)
    try:
        yield distant
    finally:
        distant.show(Lamp.OFF)


@contextmanager
def try_lamp(settings: Appliance) -> Generator[Panel | DistantPanel]:
    """Take the lamp of a van that is not on duty, to see whether all is well.

    Raises:
        MachineError: as `open_lamp` and `open_link` do, or the van has its lamp in use.
    """
    if settings.panel.process == "within":
        with open_panel(settings.panel) as panel:
            yield panel
        return
    if on_duty(settings.tablets, settings.van):
        raise MachineError(
            "The van is on duty, and its lamp is in use.", mend="Stop lfr-appliance first."
        )
    with (
        open_link(settings.tablets, settings.van, _nobody, _nobody) as link,
        open_lamp(settings.panel, link, lambda lamp: State(lamp=lamp)) as distant,
    ):
        yield distant


class Alarm:
    """Whether the lamp is to show an alert: for a while, or until somebody has seen it.

    It says nothing about the alert itself, which only an officer's tablet decides. Any thread may
    call it.

    Args:
        clock: Gives the monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._raised_s = self._seen_s = -math.inf

    @property
    def ringing(self) -> bool:
        """Whether there is an alert that is neither old nor acknowledged."""
        return self._seen_s < self._raised_s > self._clock() - ALERT_S

    def sound(self) -> None:
        """Begin anew; to be called before the lamp is told of the alert."""
        self._raised_s = self._clock()

    def acknowledge(self, told_s: float) -> None:
        """Be quiet about every alert that the lamp had been told by then.

        Args:
            told_s: On the same clock.
        """
        self._seen_s = max(self._seen_s, told_s)


class DistantPanel:
    """The lamp of another process, told over the link. May be used from any thread.

    Its Lit shines while that process says again and again that the lamp does. A word counts from
    the moment of the state that it answers, for three seconds.

    Args:
        factory: The pins that count; a panel with others is dark for us.
        tell: Tells the panel a state; it must not call this object.
        watch: Is told each new state, in order; it must not call this object either.
        clock: Gives the monotonic time in seconds by which words are stamped.
    """

    def __init__(
        self,
        factory: str,
        tell: Callable[[Lamp], None],
        watch: Callable[[Lamp], None] = _nobody,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._factory, self._tell, self._watch, self._clock = factory, tell, watch, clock
        self._turning, self._heard = Lock(), Condition()
        self._state = Lamp.OFF
        self._word: Word | None = None
        self._silence = Silence(clock, -math.inf)

    @property
    def state(self) -> Lamp:
        """What the lamp was last told."""
        return self._state

    def light(self) -> Lit:
        """Tell the lamp READY, and wait for the panel's word that it shows it.

        Raises:
            MachineError: no such word comes in ten seconds; the lamp has been told OFF again.
        """
        asked_s = self._clock()
        self._turn(Lamp.READY)
        with self._heard:
            self._heard.wait_for(lambda: self._ready(asked_s), LIGHT_S)
            word = self._ready(asked_s)
            if word:
                # A new one after every darkness, so that an old Lit stays stale.
                if self._silence.is_set():
                    self._silence = Silence(self._clock, word.told_s)
                return Lit(KEY, self._silence)
        self._turn(Lamp.OFF)
        raise MachineError(
            "The panel does not say that its lamp is lit.",
            mend="Start lfr-panel, and see that it has the same settings and a lamp that works.",
        )

    def show(self, lamp: Lamp) -> None:
        """Tell a state. OFF ends every Lit that was given."""
        if lamp is not self._state:
            self._turn(lamp)

    def hear(self, word: Word | None) -> None:
        """Take the panel's word; None where it is dark or can no longer be heard."""
        with self._heard:
            self._word = word if word and word.factory == self._factory else None
            if self._word:
                self._silence.put_off(self._word.told_s)
            else:
                self._silence.set()
            self._heard.notify_all()

    def _ready(self, asked_s: float) -> Word | None:
        word = self._word
        answers = word and word.lamp is Lamp.READY and word.told_s >= asked_s
        return word if answers else None

    def _turn(self, lamp: Lamp) -> None:
        with self._turning:
            if lamp is Lamp.OFF:
                with self._heard:
                    self._silence.set()
            self._state = lamp
            self._tell(lamp)
            self._watch(lamp)


class Silence:
    """Darkness that falls by itself when the panel's word is too old, and then stays.

    Args:
        clock: Gives the monotonic time in seconds.
        told_s: The moment from which the last word counts.
    """

    def __init__(self, clock: Callable[[], float], told_s: float) -> None:
        self._clock, self._told_s, self._set = clock, told_s, False

    def is_set(self) -> bool:
        """Whether it has fallen."""
        # Kept, not only said: a word that is coming in at this moment must not undo it.
        if self._clock() - self._told_s > TRUST_S:
            self._set = True
        return self._set

    def set(self) -> None:
        """Let it fall."""
        self._set = True

    def put_off(self, told_s: float) -> None:
        """Count from a later word, unless it has fallen already."""
        if not self.is_set():
            self._told_s = max(self._told_s, told_s)
