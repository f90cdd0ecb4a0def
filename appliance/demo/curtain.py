"""How a demo ends before its time: however somebody says stop, nothing of it is left."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

STOPS: Final = (signal.SIGTERM, signal.SIGHUP)
"""The second comes when the terminal is closed."""


@contextmanager
def orderly() -> Generator[None]:
    """Let whoever says stop be understood as Ctrl-C, which every part of a demo hears."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _interrupt) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
