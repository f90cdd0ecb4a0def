"""The appliance on the stand: a whole van with a list, tablets and a broker, started as itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from appliance.audit import trace
from appliance.audit.ear import open_ear
from appliance.audit.feed import open_feed
from appliance.audit.plants import draw_blank
from appliance.demo.figure import ASTRONAUT
from appliance.demo.portraits import list_portrait
from appliance.demo.tablets import open_tablets
from appliance.demo.van import Scene, draft, equip
from appliance.errors import MachineError
from appliance.settings import CameraSettings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from rich.console import Console

    from appliance.audit.ear import Ear
    from appliance.audit.feed import Feed
    from appliance.audit.reel import Codec
    from appliance.settings import Appliance

RUN = ("appliance", "run", "--settings")
READABLE = ("appliance.audit.subject",)
"""For a user who is not root, and so may not read the memory of the other."""
LEAKY = ("appliance.audit.leaky",)
MEMORY = Path("/dev/shm")  # noqa: S108 - what lies there is sealed, and removed
SAID = "said"
"""Its own words, in the folder where it lives."""
START_S = 60.0
STOP_S = 15.0
STEP_S = 0.05


@dataclass(frozen=True)
class Subject:
    """The appliance, running, and all that is known of it from outside."""

    process: int
    feed: Feed
    ear: Ear
    folder: Path
    """Everything that it may write to lies there, or below `/run` and `/dev/shm`."""
    written: Path
    began_s: float

    @property
    def family(self) -> list[int]:
        """The process and all that it has started."""
        return [self.process, *_below(self.process)]

    def kill(self, number: signal.Signals, limit_s: float) -> None:
        """Send it a signal of which it dies, and wait until it is gone.

        Raises:
            MachineError: it lives.
        """
        _signal(self.process, number)
        end_s = time.monotonic() + limit_s
        while Path(f"/proc/{self.process}").exists():
            if time.monotonic() > end_s:
                raise MachineError("The appliance does not die.", mend="Report this.")
            time.sleep(STEP_S)

    @contextmanager
    def still(self) -> Generator[list[int]]:
        """Hold every thread of it while it is looked through; its processes are given."""
        family = self.family
        for each in family:
            _signal(each, signal.SIGSTOP)
        try:
            for each in family:
                _await_stop(each)
            yield family
        finally:
            for each in family:
                _signal(each, signal.SIGCONT)


@dataclass(frozen=True)
class Stand:
    """A van that is ready to be started, as often as is wanted."""

    settings: Appliance
    folder: Path
    port: int
    codec: Codec

    @contextmanager
    def run(self, *spoilt: str) -> Generator[Subject]:
        """Start `lfr run`, and wait until it looks; it is stopped when the context ends.

        Args:
            spoilt: What the build keeps that is to be caught; nothing for the real one.

        Raises:
            MachineError: it does not start, or strace is missing.
        """
        began_s, place = time.time(), self.folder / (spoilt[0] if spoilt else "own")
        place.mkdir()
        camera = CameraSettings(name="mast-1", uri=str(place / f"street{self.codec.suffix}"))
        settings = self.settings.model_copy(update={"camera": (camera,)})
        (place / "van.toml").write_text(_toml(settings.model_dump(mode="json", exclude_none=True)))
        written = self.folder / f"{place.name}.trace"
        with ExitStack() as stack:
            ear = stack.enter_context(open_ear(self.port, settings.van))
            feed = stack.enter_context(open_feed(Path(camera.uri), draw_blank(self.codec)))
            running = stack.enter_context(_running(place, written, spoilt))
            feed.start()
            try:
                ear.until(lambda tally: tally.deployment_id is not None, "begin to look", START_S)
                yield Subject(_only(running.pid), feed, ear, place, written, began_s)
            except MachineError as error:
                raise _blamed(error, place / SAID) from error


@contextmanager
def open_stand(folder: Path, codec: Codec, console: Console) -> Generator[Stand]:
    """Set up a van of its own, as a demo's, with one person on its list.

    Raises:
        ApplianceError: something that a van needs is not here.
    """
    trace.program()
    with ExitStack() as stack:
        tablets = stack.enter_context(open_tablets(folder, tls=False))
        people = folder / "people"
        list_portrait(ASTRONAUT.package, ASTRONAUT.file, people / ASTRONAUT.reference)
        outbox = Path(stack.enter_context(TemporaryDirectory(prefix="lfr-audit-", dir=_memory())))
        ways = tablets.broker.port, tablets.roster.folder, outbox
        scene = Scene(CameraSettings(uri="none"), people, *ways)
        made = draft(folder, scene, "auto")
        force = equip(made, scene, folder, console)
        stack.callback(force.courier.close)
        stack.enter_context(tablets.silent())
        yield Stand(made, folder, tablets.broker.port, codec)


def _memory() -> Path | None:
    """Name a folder that is on no disk, where this computer has one."""
    return MEMORY if MEMORY.is_dir() else None


@contextmanager
def _running(
    place: Path, written: Path, spoilt: tuple[str, ...]
) -> Generator[subprocess.Popen[bytes]]:
    own = RUN if os.geteuid() == 0 else READABLE
    program = (*LEAKY, *spoilt) if spoilt else own
    command = [*trace.command(written), sys.executable, "-m", *program, "van.toml"]
    environment = {**os.environ, "TMPDIR": str(place)}
    with (place / SAID).open("wb") as said, subprocess.Popen(  # noqa: S603 - all our own words
        command, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            _stop(process)


def _blamed(error: MachineError, said: Path) -> MachineError:
    """Add the appliance's last word, which names nobody, to what went wrong with it."""
    last = said.read_text("utf-8", "replace").splitlines()[-1:]
    word = f" It said last: {last[0][:300]}" if last else ""
    return MachineError(f"{error}{word}", mend=error.mend)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        for each in reversed(list(_below(process.pid))):
            _signal(each, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
            return


def _only(tracer: int) -> int:
    for each in _below(tracer):
        return each
    raise MachineError("The appliance has ended.", mend="Run the audit again, and report this.")


def _below(process: int) -> Iterator[int]:
    """List what a process has started, and what that has started."""
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                yield int(child)
                yield from _below(int(child))


def _signal(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


def _await_stop(process: int) -> None:
    """Wait until no thread of it runs.

    Raises:
        MachineError: one goes on running.
    """
    end_s = time.monotonic() + STOP_S
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            while _state(task) not in "TtZX":
                if time.monotonic() > end_s:
                    raise MachineError(
                        "The appliance does not hold still.", mend="Run the audit again."
                    )
                time.sleep(STEP_S / 10)


def _state(task: Path) -> str:
    return (task / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]


def _toml(tree: Mapping[str, Any]) -> str:
    """Write settings down as TOML, which reads texts, numbers and lists as JSON writes them."""
    lines = [f"{name} = {_spell(value)}" for name, value in tree.items() if not _tables(value)]
    for name, value in tree.items():
        for table in _tables(value):
            lines.append(f"[{name}]" if value is table else f"[[{name}]]")
            lines += [f"{key} = {_spell(each)}" for key, each in table.items()]
    return "\n".join(lines) + "\n"


def _tables(value: object) -> list[dict[str, Any]]:
    each = value if isinstance(value, list) else [value]
    return [one for one in each if isinstance(one, dict)]


def _spell(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
