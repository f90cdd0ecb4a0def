"""Somebody listens to a line: a thread that calls at each edge."""

from __future__ import annotations

from threading import Event, Thread, current_thread
from types import MethodType
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod, ref

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import RLock

    from gpiod import EdgeEvent, LineRequest

    Handler = Callable[[float, int], object]

TICK_S = 0.1
"""How long the end of a watch may take."""


class Watch:
    """Calls a handler at each edge, in a thread of its own, until it is closed or nobody listens.

    Args:
        handler: Gets the edge's tick and the new level; only its owner keeps it alive.
        lock: Of the pin; a request of libgpiod is not to be used by two threads at once.
    """

    def __init__(self, handler: Handler, lock: RLock) -> None:
        self._weak: Any = WeakMethod(handler) if isinstance(handler, MethodType) else ref(handler)
        self._lock, self._stop = lock, Event()
        self._thread: Thread | None = None

    def handler(self) -> Handler | None:
        """Give the handler, while its owner keeps it."""
        found: Handler | None = self._weak()
        return found

    def start(self, request: LineRequest) -> None:
        """Begin; the request must outlive the watch."""
        self._thread = Thread(target=self._run, args=(request,), name="pin", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End, and wait for the end; a handler may close its own watch."""
        self._stop.set()
        if self._thread is not None and self._thread is not current_thread():
            self._thread.join()

    def _run(self, request: LineRequest) -> None:
        while not self._stop.is_set():
            if request.wait_edge_events(TICK_S):
                with self._lock:
                    events = request.read_edge_events()
                for event in events:
                    self._tell(event)

    def _tell(self, event: EdgeEvent) -> None:
        handler = self.handler()
        if handler is None or self._stop.is_set():
            self._stop.set()
        else:
            rising = event.event_type is event.Type.RISING_EDGE
            handler(event.timestamp_ns / 1e9, int(rising))
