"""An ordinary computer on the GPU's bench, so that the bench itself can be tried anywhere."""

import io
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from rich.console import Console

from engines import embedded, packs


@dataclass
class Clock:
    """A meter by the computer's own clock."""

    name: str = "a stand-in of the tests"
    held: bool = True
    lent: list = field(default_factory=list)
    waits: int = 0

    def facts(self):
        return {"name": self.name, "cache": "4 MiB"}

    def lend(self, array):
        """An ordinary computer knows no NV12: its chroma is taken apart."""
        if array.dtype == np.uint8:
            luma, chroma = np.split(array, [array.shape[0] * 2 // 3])
            planes = [luma.ravel(), *chroma.reshape(-1, 2).T]
            array = np.concatenate(planes).reshape(array.shape)
        self.lent.append(array)
        return array

    def copy(self, runs):
        return [1e10 * (1 + i) for i in range(runs)]

    def time(self, work, runs, prepare=None):
        return [self._run(work, prepare or (lambda: None)) for _ in range(runs)]

    def _run(self, work, prepare):
        prepare()
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    def wait(self):
        self.waits += 1


def quiet():
    return Console(file=io.StringIO(), width=200)


@contextmanager
def no_networks(empty):
    """No networks are on this machine, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(empty))
        patch.delenv(packs.VARIABLE, raising=False)
        patch.setattr(packs, "SHARED", empty / "shared")
        patch.setattr(embedded, "weights", lambda home: None)
        yield


def gaps(document, kind):
    return {gap["stage"]: gap["reason"] for gap in document["not_measured"] if gap["kind"] == kind}
