# pyright: reportIncompatibleMethodOverride=false
# Methods of gpiozero that only raise would forbid every other answer.
"""The header's pins as gpiozero wants them, over the kernel's lines and libgpiod 2.

Pins only switch. A driven pin reads back what the kernel's register holds, not the voltage at the
header: where the pin multiplexer leads the pad elsewhere, only the lamp itself tells.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from datetime import timedelta
from threading import RLock
from typing import TYPE_CHECKING, cast

import gpiod
from gpiod.line import Bias, Direction, Edge, Value
from gpiozero import (
    GPIOPinInUse,
    PinEdgeDetectUnsupported,
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPin,
    PinInvalidPull,
    PinInvalidState,
    PinPWMUnsupported,
    PinSetInput,
    PinUnsupported,
)
from gpiozero.pins import Pin, PinInfo
from typing_extensions import override

from appliance.jetson.edges import Watch

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from appliance.jetson.edges import Handler

CONSUMER = "lfr"
"""What `gpioinfo` shows as the holder of a line."""
BIASES: Mapping[str, Bias] = {
    "floating": Bias.DISABLED,
    "up": Bias.PULL_UP,
    "down": Bias.PULL_DOWN,
}
"""Tegra's pin controller sets none at run time, and the kernel says nothing: use a resistor."""
EDGES: Mapping[str, Edge] = {
    "both": Edge.BOTH,
    "rising": Edge.RISING,
    "falling": Edge.FALLING,
    "none": Edge.NONE,
}
LONGEST_BOUNCE_S = 0.255
"""What the debounce register of Tegra holds (gpio-tegra186.c)."""


class LinePin(Pin):  # type: ignore[misc] # gpiozero has no types
    """One pin. Until it is first used nothing is asked of the kernel, so that nothing blips.

    When it is closed its line keeps its level until somebody else takes it.
    """

    def __init__(self, chip: str, line: str, info: PinInfo) -> None:
        super().__init__()
        self._chip, self._line, self._info = chip, line, info
        self._lock = RLock()
        self._request: gpiod.LineRequest | None = None
        self._watch: Watch | None = None
        self._function, self._pull, self._edges = "input", "floating", "both"
        self._bounce: float | None = None

    @override
    def __repr__(self) -> str:
        return f"BOARD{self._info.number} ({self._line})"

    def close(self) -> None:
        """Let go of the line."""
        self._set_when_changed(None)
        with self._lock:
            if self._request is not None:
                self._request.release()
            self._request = None
            self._function = "input"

    def output_with_state(self, state: float) -> None:
        """Drive the line, at its level from the first moment on."""
        self._ask(_driven(bool(state)), "output")

    def input_with_pull(self, pull: str) -> None:
        """Listen to the line."""
        if pull not in BIASES:
            raise PinInvalidPull(f"{self!r} cannot be pulled {pull!r}")
        self._pull = pull
        self._listen()

    def _get_info(self) -> PinInfo:
        return self._info

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        if value not in {"input", "output"}:
            raise PinInvalidFunction(f"{self!r} is an input or an output, never {value!r}")
        if value == "input":
            self._listen()
        elif self._function == "input":
            if self._request is None:
                self._ask(gpiod.LineSettings(direction=Direction.AS_IS), "input")
            self.output_with_state(self._get_state())

    def _get_state(self) -> int:
        with self._lock:
            return int(self._held().get_value(self._line) is Value.ACTIVE)

    def _set_state(self, value: float) -> None:
        if self._function == "input":
            raise PinSetInput(f"{self!r} is an input")
        if value not in {0, 1}:
            raise PinInvalidState(f"{self!r} is on or off, never {value!r}")
        with self._lock:
            self._held().set_value(self._line, Value.ACTIVE if value else Value.INACTIVE)

    def _get_pull(self) -> str:
        return self._pull

    def _set_pull(self, value: str) -> None:
        if self._function != "input":
            raise PinFixedPull(f"{self!r} is an output")
        self.input_with_pull(value)

    def _set_frequency(self, value: float | None) -> None:
        if value is not None:
            raise PinPWMUnsupported(f"{self!r} only switches: use LED, or RGBLED with pwm=False")

    def _get_bounce(self) -> float | None:
        return self._bounce

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and not 0 <= value <= LONGEST_BOUNCE_S:
            raise PinInvalidBounce(f"{self!r} waits from 0 to {LONGEST_BOUNCE_S} s, or None")
        self._bounce = value
        self._listen_on()

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        if value not in EDGES:
            raise PinInvalidEdges(f"{self!r} knows {sorted(EDGES)}, not {value!r}")
        self._edges = value
        self._listen_on()

    def _get_when_changed(self) -> Handler | None:
        return self._watch.handler() if self._watch else None

    def _set_when_changed(self, value: Handler | None) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
            self._listen_on()
        if value is not None:
            if self._function != "input":
                raise PinEdgeDetectUnsupported(f"{self!r} is an output")
            self._watch = Watch(value, self._lock)
            self._listen()
            self._watch.start(self._held())

    def _listen_on(self) -> None:
        if self._request is not None and self._function == "input":
            self._listen()

    def _listen(self) -> None:
        wanted = gpiod.LineSettings(
            direction=Direction.INPUT,
            bias=BIASES[self._pull],
            edge_detection=EDGES[self._edges] if self._watch else Edge.NONE,
            debounce_period=timedelta(seconds=self._bounce or 0),
        )
        self._ask(wanted, "input")

    def _held(self) -> gpiod.LineRequest:
        if self._request is None:
            self._listen()
        return cast("gpiod.LineRequest", self._request)

    def _ask(self, wanted: gpiod.LineSettings, function: str) -> None:
        with self._lock, self._refusals():
            if self._request is None:
                self._request = gpiod.request_lines(
                    self._chip, {self._line: wanted}, consumer=CONSUMER
                )
            else:
                self._request.reconfigure_lines({self._line: wanted})
            self._function = function

    @contextmanager
    def _refusals(self) -> Generator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise PinInvalidPin(f"{self._chip} knows no line {self._line}") from error
        except OSError as error:
            if error.errno == errno.EBUSY:
                raise GPIOPinInUse(f"{self!r} is held by {self._holder()}") from error
            raise
        except (ValueError, NotImplementedError) as error:
            raise PinUnsupported(f"the kernel does not let {self!r} be so") from error

    def _holder(self) -> str:
        with gpiod.Chip(self._chip) as chip:
            return chip.get_line_info(self._line).consumer or "the kernel"


def _driven(high: bool) -> gpiod.LineSettings:
    level = Value.ACTIVE if high else Value.INACTIVE
    return gpiod.LineSettings(direction=Direction.OUTPUT, output_value=level)
