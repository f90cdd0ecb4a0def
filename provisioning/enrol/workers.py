"""Processes that look at pictures: one a core, each with networks of its own.

A picture comes from anybody. One that ends the process that reads it, or never lets it finish, is
one refused picture, and the process is replaced. One that takes the process over gets no farther:
what comes out of it is read as `parcel` says, and the networks are opened from their own files.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from appliance.errors import ApplianceError, MachineError
from appliance.sealing import leave_no_core
from provisioning.enrol.gate import Fault
from provisioning.enrol.parcel import MOST_BYTES, Failure, ParcelError, pack, unpack
from provisioning.enrol.studio import UNREADABLE, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from multiprocessing.connection import Connection
    from types import TracebackType

    from provisioning.enrol.studio import Task

    Look = Callable[[Task], Answer]

CHUNK = 8
"""Pictures that a worker is sent at once."""
AHEAD = 2
"""Chunks that a worker has before it, so that it never waits for this process."""
WINDOW = 16
"""Chunks, for each worker, that may be done before the one that is reported next."""
PATIENCE_S = 60.0
"""Longer than any lawful picture takes on a slow computer."""
START_S = 180.0
"""Opening networks from a slow disk, on a computer that is busy."""
KILLED = Fault("It ended the process that read it.", "Save it anew as JPEG or PNG.")
STUCK = Fault("It could not be read in good time.", KILLED.mend)
MEND = "Run it again with fewer workers."
SECRETS = ("LFR_PASSPHRASE",)
"""What the desk may find in its environment and no reader of pictures needs."""


def serve(pipe: Connection, factory: Callable[[], Look]) -> None:
    """Answer what comes through the pipe until it closes; the whole life of a worker."""
    try:
        look = factory()
    except ApplianceError as error:
        pipe.send_bytes(pack(Failure(str(error), error.mend)))
        return
    pipe.send_bytes(pack(None))
    with suppress(EOFError, BrokenPipeError):
        while True:
            for task in pipe.recv():
                pipe.send_bytes(pack(answer(look, task)))


def answer(look: Look, task: Task) -> Answer | Failure:
    """Look at one picture; a failure is the machine's own."""
    try:
        return look(task)
    except ApplianceError as error:
        return Failure(str(error), error.mend)
    except Exception:  # noqa: BLE001 - hostile bytes raise anything at all
        return Answer(UNREADABLE)


def _start(pipe: Connection, factory: Callable[[], Look]) -> None:
    # What native readers print could show a name, and a traceback would.
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a device
        os.dup2(nothing.fileno(), 2)
    # A picture that ends this process would leave it on the disk, and others with it.
    leave_no_core()
    serve(pipe, factory)


@contextmanager
def _kept_back(names: Iterable[str]) -> Generator[None]:
    """Let a process that is started meanwhile inherit nothing of these names."""
    held = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(held)


@dataclass
class _Chunk:
    tasks: list[Task]
    answers: deque[Answer] = field(default_factory=deque)
    answered: int = 0

    @property
    def left(self) -> list[Task]:
        return self.tasks[self.answered :]

    def take(self, given: Answer) -> None:
        self.answers.append(given)
        self.answered += 1


class _Worker:
    """One process, and what it has before it."""

    def __init__(self, factory: Callable[[], Look]) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_start, args=(theirs, factory), daemon=True)
        # Ctrl-C is for the parent, which ends them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            with _kept_back(SECRETS):
                self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        self.ready = False
        self.chunks: deque[_Chunk] = deque()
        self.heard_s = time.monotonic()

    def give(self, chunk: _Chunk) -> None:
        if not self.chunks:
            self.heard_s = time.monotonic()
        self.chunks.append(chunk)
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(chunk.left)

    def end(self) -> None:
        self.pipe.close()
        self._process.kill()
        self._process.join()
        self._process.close()


class Crew:
    """So many workers; use as a context manager.

    Args:
        factory: Opens the networks; is sent to each worker, and called there once.
        workers: How many.
        patience_s: How long one picture may take.
    """

    def __init__(
        self, factory: Callable[[], Look], workers: int, patience_s: float = PATIENCE_S
    ) -> None:
        self._factory, self._count, self._patience_s = factory, workers, patience_s
        self._workers: list[_Worker] = []
        self._window: deque[_Chunk] = deque()

    def __enter__(self) -> Self:
        self._fill()
        return self

    def _fill(self) -> None:
        while len(self._workers) < self._count:
            self._workers.append(_Worker(self._factory))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def answers(self, tasks: Iterable[Task]) -> Generator[Answer]:
        """Look at all of them, and give each answer in the order of the tasks.

        Raises:
            MachineError: the networks cannot be opened, or workers do not start.
        """
        self._fill()
        try:
            yield from self._answers(_chunks(iter(tasks)))
        finally:
            self._window.clear()
            # Who still has something before him would answer what nobody asks any more.
            for worker in [each for each in self._workers if each.chunks]:
                worker.end()
                self._workers.remove(worker)

    def _answers(self, chunks: Iterator[_Chunk]) -> Iterator[Answer]:
        while True:
            self._feed(chunks)
            if not self._window:
                return
            first = self._window[0]
            while first.answers:
                yield first.answers.popleft()
            if first.answered == len(first.tasks):
                self._window.popleft()
            else:
                self._listen()

    def _feed(self, chunks: Iterator[_Chunk]) -> None:
        for _ in range(AHEAD):
            for worker in self._workers:
                room = len(self._window) < WINDOW * self._count
                if worker.ready and room and len(worker.chunks) < AHEAD:
                    chunk = next(chunks, None)
                    if chunk is None:
                        return
                    self._window.append(chunk)
                    worker.give(chunk)
        if not any(worker.ready for worker in self._workers):
            self._listen()
            self._feed(chunks)

    def _listen(self) -> None:
        """Wait for answers, and replace the workers that will give none."""
        pipes: dict[Any, _Worker] = {worker.pipe: worker for worker in self._workers}
        heard = wait(list(pipes), timeout=self._patience_s / 4)
        for pipe in heard:
            self._hear(pipes[pipe])
        now_s = time.monotonic()
        for worker in list(self._workers):
            waits = bool(worker.chunks) or not worker.ready
            patience_s = self._patience_s if worker.ready else START_S
            if waits and now_s - worker.heard_s > patience_s:
                self._replace(worker, STUCK)

    def _hear(self, worker: _Worker) -> None:
        try:
            said = unpack(worker.pipe.recv_bytes(MOST_BYTES))
        except (EOFError, OSError, ParcelError):
            self._replace(worker, KILLED)
            return
        worker.heard_s = time.monotonic()
        if isinstance(said, Failure):
            raise MachineError(said.what, mend=said.mend)
        if said is None or not worker.chunks:
            worker.ready = True
            return
        worker.chunks[0].take(said)
        if not worker.chunks[0].left:
            worker.chunks.popleft()

    def _replace(self, worker: _Worker, fault: Fault) -> None:
        """The picture that it had in hand is refused; the others go to a new worker."""
        if not worker.ready:
            raise MachineError("A worker does not start.", mend=MEND)
        worker.end()
        fresh = _Worker(self._factory)
        self._workers[self._workers.index(worker)] = fresh
        if worker.chunks:
            worker.chunks[0].take(Answer(fault))
        for chunk in worker.chunks:
            if chunk.left:
                fresh.give(chunk)


def _chunks(tasks: Iterator[Task]) -> Iterator[_Chunk]:
    while some := list(islice(tasks, CHUNK)):
        yield _Chunk(some)


def look_here(look: Look, tasks: Iterable[Task]) -> Iterator[Answer]:
    """Look at all of them in this process, where the machine has one place only.

    Raises:
        MachineError: the machine failed.
    """
    for task in tasks:
        said = answer(look, task)
        if isinstance(said, Failure):
            raise MachineError(said.what, mend=said.mend)
        yield said
