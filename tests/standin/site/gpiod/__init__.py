"""libgpiod 2 as far as a van needs it, over files that stand for chips; the bench is beside it.

Names, parameters and refusals are the library's own: tests/jetson/test_gpiod.py compares them.
"""

from __future__ import annotations

from .chip import Chip, ChipInfo, LineInfo
from .exception import ChipClosedError, RequestReleasedError
from .line_request import EdgeEvent, LineRequest
from .line_settings import LineSettings

__version__ = "2.5.0"
__all__ = [
    "Chip", "ChipClosedError", "ChipInfo", "EdgeEvent", "LineInfo", "LineRequest", "LineSettings",
    "RequestReleasedError", "request_lines",
]  # fmt: skip


def request_lines(path, config, consumer=None, event_buffer_size=None, output_values=None):
    with Chip(path) as chip:
        return chip.request_lines(config, consumer, event_buffer_size, output_values)
