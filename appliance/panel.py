"""The lamp on the van's panel: what the van is doing, for everyone to see; and its one button.

Nothing may look before it shines: `Panel.light` gives the `Lit` that every camera asks for.

The button closes the deployment once it has been held for `panel.hold_s`. A shorter press says that
somebody has seen the alert, and decides nothing. While it is held the lamp goes on saying what the
van does, because it must not lie for a press that may come to nothing: that it goes dark is the
answer.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import InitVar, dataclass, field
from importlib.metadata import entry_points
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Final, Protocol, final

from gpiozero import RGBLED, Button, GPIOZeroError

from appliance.domain.lamp import Lamp
from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from appliance.settings import PanelSettings

FACTORIES = "gpiozero_pin_factories"
"""The entry points under which gpiozero, and the Jetson's own pins, offer their factories."""
TEST_S: Final = 0.4
"""Long enough to see a colour, short enough to wait for three."""
BOUNCE_S: Final = 0.05
"""A switch of metal chatters for a few ms before it rests."""
KEY: Final = object()
"""For the two panels alone, which make a Lit: `Panel` here, and `lamp.DistantPanel`."""


@dataclass(frozen=True)
class Look:
    """A colour, as red, green and blue that are on or off, and a rhythm; `off_s` 0 is steady."""

    colour: tuple[int, int, int]
    on_s: float = 1.0
    off_s: float = 0.0


# The pins only switch: a lamp of 12 V hangs on a relay board, and few of a Jetson's pins could
# dim it. Any two rhythms differ threefold in their light or their dark, for those who do not see
# colours apart, and none flashes more than three times a second (WCAG 2.2, 2.3.1), for those whom
# flashing harms.
LOOKS: Final = {
    Lamp.OFF: Look((0, 0, 0)),
    Lamp.READY: Look((0, 1, 0)),
    Lamp.LOOKING: Look((0, 0, 1), on_s=2.7, off_s=0.3),
    Lamp.ALERT: Look((1, 0, 0), on_s=0.2, off_s=0.2),
    Lamp.DEGRADED: Look((1, 1, 0), on_s=0.6, off_s=0.6),
    Lamp.FAULT: Look((1, 0, 0), on_s=0.2, off_s=1.2),
    Lamp.UPDATING: Look((1, 1, 1), on_s=2.0, off_s=2.0),
}


def _nobody() -> None:
    """Listen to nothing."""


class Darkness(Protocol):
    """Whether a panel has been dark since; once set, it stays so."""

    def is_set(self) -> bool:
        """Look now."""
        ...


@final
@dataclass(frozen=True)
class Lit:
    """Proof that the panel was lit. Only a panel's own `light` gives one.

    Lifetime: until the panel is dark once; it never shines again after that.
    """

    key: InitVar[object]
    _dark: Darkness = field(repr=False)

    def __post_init__(self, key: object) -> None:
        if key is not KEY:
            raise TypeError("only a lit panel gives a Lit")

    @property
    def shining(self) -> bool:
        """Whether the panel has been lit ever since."""
        return not self._dark.is_set()


class Panel:
    """The lamp. May be used from any thread.

    Args:
        led: The three pins, as a gpiozero RGBLED that does not dim.
        watch: Is told each new state, in order; it must not call the panel.
    """

    def __init__(self, led: RGBLED, watch: Callable[[Lamp], None] | None = None) -> None:
        self._led = led
        self._watch = watch
        self._lock = Lock()
        self._state = Lamp.OFF
        self._dark = Event()
        self._dark.set()

    @property
    def state(self) -> Lamp:
        """What the lamp says now."""
        return self._state

    @property
    def shines(self) -> bool:
        """Whether the pins read back the lamp's colour now; between two flashes they do not.

        Raises:
            MachineError: they cannot be read.
        """
        colour = LOOKS[self._state].colour
        with _faults():
            return any(colour) and bool(self._led.value == colour)

    @property
    def colour(self) -> tuple[int, int, int]:
        """What the pins read back at this moment, as red, green and blue; dark once it is closed.

        Raises:
            MachineError: they cannot be read.
        """
        with _faults():
            red, green, blue = (0, 0, 0) if self._led.closed else map(int, self._led.value)
        return red, green, blue

    def test(self, wait: Callable[[float], bool]) -> None:
        """Show red, green and blue for a moment each; the lamp is dark before and after.

        Args:
            wait: Waits for so many seconds; where it gives True, the test ends early.

        Raises:
            MachineError: a pin does not read back lit.
        """
        with self._lock:
            try:
                for colour in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
                    with _faults():
                        self._led.value = colour
                        if self._led.value != colour:
                            raise _unlit()
                    if wait(TEST_S):
                        break
            finally:
                self._turn(Lamp.OFF)

    def light(self) -> Lit:
        """Turn the lamp to READY, and see that its pins say so.

        Raises:
            MachineError: the pins do not read back lit; the lamp is dark again.
        """
        with self._lock:
            self._turn(Lamp.READY)
            if not self.shines:
                self._turn(Lamp.OFF)
                raise _unlit()
            # A new one after every darkness, so that an old Lit stays stale.
            if self._dark.is_set():
                self._dark = Event()
            return Lit(KEY, self._dark)

    def show(self, lamp: Lamp) -> None:
        """Show a state. OFF ends every Lit that was given.

        Raises:
            MachineError: the panel is closed, or its pins failed.
        """
        with self._lock:
            if lamp is not self._state:
                self._turn(lamp)

    def _turn(self, lamp: Lamp) -> None:
        if lamp is Lamp.OFF:
            # Before the pins: should they fail, nothing looks on under a lamp of unknown state.
            self._dark.set()
        if self._led.closed:
            raise MachineError("The panel is closed.", mend="Open it before it shows anything.")
        with _faults():
            _drive(self._led, LOOKS[lamp])
        self._state = lamp
        if self._watch is not None:
            self._watch(lamp)


@contextmanager
def open_panel(
    settings: PanelSettings,
    watch: Callable[[Lamp], None] | None = None,
    on_close: Callable[[], None] | None = None,
    on_press: Callable[[], None] | None = None,
) -> Generator[Panel]:
    """Take the pins of the lamp, and of the button where there is one; leaving darkens the lamp.

    Args:
        settings: Which pins.
        watch: Is told each new state of the lamp, in order; it must not call the panel.
        on_close: Is told, in a thread of its own, each time that the button has been held; it
            must not raise. Without it the button's pin is left alone.
        on_press: Is told likewise of each press that was let go before that.

    Raises:
        MachineError: this machine has no such pins, or somebody else holds them.
    """
    with ExitStack() as stack:
        with _faults():
            factory = _open_factory(settings.factory)
            stack.callback(factory.close)
            pins = (settings.red, settings.green, settings.blue)
            led = RGBLED(*pins, pwm=False, pin_factory=factory)
            stack.callback(led.close)
            if settings.button is not None and on_close is not None:
                listening = _listen(settings, factory, on_close, on_press or _nobody)
                stack.callback(listening.close)
        panel = Panel(led, watch)
        stack.callback(panel.show, Lamp.OFF)
        yield panel


def _drive(led: Any, look: Look) -> None:  # noqa: ANN401 - gpiozero has no types
    # gpiozero blinks in a thread of its own, which the next state ends.
    if look.off_s:
        led.blink(look.on_s, look.off_s, on_color=look.colour)
    else:
        led.value = look.colour


def _listen(
    settings: PanelSettings,
    factory: Any,  # noqa: ANN401 - gpiozero has no types
    on_close: Callable[[], None],
    on_press: Callable[[], None],
) -> Any:  # noqa: ANN401 - as above
    # It switches to ground. One that is down already, or stuck, counts for nothing until it has
    # been let go and pressed again: nothing would ever start under a button that is broken.
    button = Button(settings.button, bounce_time=BOUNCE_S, pin_factory=factory)
    button.hold_time = settings.hold_s
    short = Event()

    # gpiozero asks a callable for its name and its arguments, which not every one has.
    def held() -> None:
        short.clear()
        on_close()

    def released() -> None:
        if short.is_set():
            short.clear()
            on_press()

    button.when_pressed, button.when_held, button.when_released = short.set, held, released
    return button


def _open_factory(name: str) -> Any:  # noqa: ANN401 - gpiozero has no types
    for entry in entry_points(group=FACTORIES, name=name):
        return entry.load()()
    raise MachineError(
        f"This machine has no pin factory '{name}'.",
        mend="Set panel.factory to mock, or install the appliance again.",
    )


def _unlit() -> MachineError:
    return MachineError(
        "The lamp's pins do not read back lit.",
        mend="Check the lamp's wiring, and the pins under [panel] in the settings.",
    )


@contextmanager
def _faults() -> Generator[None]:
    try:
        yield
    except (GPIOZeroError, ImportError, OSError) as error:
        raise MachineError(
            f"The lamp's pins failed ({type(error).__name__}).",
            mend="Check panel.factory and its pins, and that nobody else holds them.",
        ) from error
