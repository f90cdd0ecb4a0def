"""A chip: a file whose first line is its label, and whose others are the names of its lines."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from . import bench
from .exception import ChipClosedError
from .line_request import LineRequest


@dataclass(frozen=True)
class ChipInfo:
    name: str
    label: str
    num_lines: int


@dataclass(frozen=True)
class LineInfo:
    offset: int
    name: str
    used: bool
    consumer: str


class Chip:
    def __init__(self, path):
        if path in bench.locked:
            raise PermissionError(errno.EACCES, "Permission denied")
        try:
            label, *self._names = Path(path).read_text().split("\n")
        except FileNotFoundError:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory") from None
        if not self._names:
            raise OSError(errno.ENODEV, "No such device")
        self._path, self._closed = path, False
        self._info = ChipInfo(Path(path).name, label, len(self._names))

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        self.close()

    def close(self):
        self._closed = True

    def get_info(self):
        self._check_closed()
        return self._info

    def line_offset_from_id(self, id):  # noqa: A002 - the library's own word
        self._check_closed()
        if isinstance(id, int):
            if id >= len(self._names):
                raise ValueError("line offset of out range")
            return id
        if id not in self._names:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        return self._names.index(id)

    def get_line_info(self, line):
        offset = self.line_offset_from_id(line)
        holder = bench.held.get((self._path, offset))
        consumer = getattr(holder, "consumer", holder) or ""
        return LineInfo(offset, self._names[offset], holder is not None, consumer)

    def request_lines(self, config, consumer=None, event_buffer_size=None, output_values=None):
        assert event_buffer_size is None, "the van never asks for one"
        assert output_values is None, "the van never asks for them"
        self._check_closed()
        offsets = {line: self.line_offset_from_id(line) for line in config}
        return LineRequest(self._path, offsets, config, consumer)

    def _check_closed(self):
        if self._closed:
            raise ChipClosedError
