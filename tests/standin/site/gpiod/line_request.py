"""Lines that somebody holds."""

from __future__ import annotations

import errno
import os
import select
from dataclasses import dataclass
from enum import Enum

from . import bench
from .exception import RequestReleasedError
from .line import Direction, Edge, Value
from .line_settings import LineSettings, refuse


@dataclass(frozen=True)
class EdgeEvent:
    class Type(Enum):
        RISING_EDGE = 1
        FALLING_EDGE = 2

    event_type: Type
    timestamp_ns: int
    line_offset: int
    global_seqno: int
    line_seqno: int


class LineRequest:
    def __init__(self, path, offsets, config, consumer):
        self._path, self._offsets = path, offsets
        self.consumer = consumer
        self._events, self._settings = [], {}
        places = [(path, offset) for offset in offsets.values()]
        for settings in config.values():
            refuse(settings or LineSettings())
        if any(place in bench.held for place in places):
            raise OSError(errno.EBUSY, "Device or resource busy")
        bench.held.update(dict.fromkeys(places, self))
        self._ready, self._bell = os.pipe()
        self._take("request", config)

    @property
    def fd(self):
        self._check_released()
        return self._ready

    def release(self):
        if self._offsets is not None:
            for offset in self._offsets.values():
                del bench.held[self._path, offset]
            os.close(self._ready)
            os.close(self._bell)
        self._offsets = None

    def get_value(self, line):
        level = bench.levels.get(self._place(line), 0)
        return Value.ACTIVE if level else Value.INACTIVE

    def set_value(self, line, value):
        place = self._place(line)
        if self._settings[line].direction is not Direction.OUTPUT:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        bench.told.append(("set", line, value))
        bench.levels[place] = int(Value(value.value) is Value.ACTIVE)

    def reconfigure_lines(self, config):
        self._check_released()
        for settings in config.values():
            refuse(settings)
        self._take("reconfigure", config)

    def wait_edge_events(self, timeout=None):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        return bool(ready)

    def read_edge_events(self, max_events=None):
        assert max_events is None, "the van never asks for so many"
        os.read(self.fd, 1)
        return [self._events.pop(0)]

    def feel(self, line, event):
        """For the bench: an edge has come from outside."""
        wanted = self._settings[line].edge_detection
        rises = event.event_type is EdgeEvent.Type.RISING_EDGE
        if wanted is Edge.BOTH or wanted is (Edge.RISING if rises else Edge.FALLING):
            self._events.append(event)
            os.write(self._bell, b"!")

    def name_of(self, offset):
        """For the bench: by which word the line was asked for."""
        return next(line for line, of in self._offsets.items() if of == offset)

    def _place(self, line):
        self._check_released()
        if line not in self._offsets:
            raise ValueError(f"unknown line name: {line}")
        return self._path, self._offsets[line]

    def _take(self, verb, config):
        for line, settings in config.items():
            self._settings[line] = settings or LineSettings()
            bench.told.append((verb, line, self._settings[line]))
            if self._settings[line].direction is Direction.OUTPUT:
                level = int(self._settings[line].output_value is Value.ACTIVE)
                bench.levels[self._place(line)] = level

    def _check_released(self):
        if self._offsets is None:
            raise RequestReleasedError
