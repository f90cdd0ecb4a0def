"""`lfr check`: one line for each thing that the van needs, green or red, with the mend."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.text import Text

from appliance.errors import ApplianceError, MachineError, SettingsError
from appliance.lamp import try_lamp
from appliance.sources import load
from appliance.watchlist.locked import swaps
from appliance.watchlist.store import Store

if TYPE_CHECKING:
    from rich.console import Console

    from appliance.settings import Appliance

Probe = Callable[[], str]
"""Looks at one thing and says in a line what it found; raises an ApplianceError where it is bad."""
# A clock whose battery is empty starts in 1970, and then every list that ever was is in force.
BUILT_AT: Final = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""No clock of this appliance can rightly show an earlier time."""
FREE_MB: Final = 500
RUN_FOLDER: Final = Path("/run/lfr")
MOUNTS: Final = Path("/proc/self/mountinfo")
UNSYNCHRONISED: Final = 5
"""TIME_ERROR of adjtimex(2)."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    ok: bool
    what: str
    mend: str = ""


def check(
    file: Path | None,
    arguments: Mapping[str, object],
    rooms: Callable[[Appliance], Mapping[str, Probe]],
) -> list[Finding]:
    """Read the settings, then look at everything that they name.

    Args:
        file: As for `sources.load`.
        arguments: As for `sources.load`.
        rooms: Makes the probes of camera, models, broker and list from the settings.
    """
    try:
        settings = load(file, arguments)
    except SettingsError as error:
        return [Finding("settings", False, str(error), error.mend)]
    good = Finding("settings", True, f"{settings.van}, {len(settings.camera)} camera(s)")
    return [good, *run_checks({**own_probes(settings), **rooms(settings)})]


def run_checks(probes: Mapping[str, Probe]) -> list[Finding]:
    """Run every probe, whatever the others found."""
    return [_look(name, probe) for name, probe in probes.items()]


def own_probes(settings: Appliance) -> dict[str, Probe]:
    """Make the probes that need no other room of the appliance."""
    run_folder = Path(os.environ.get("RUNTIME_DIRECTORY", RUN_FOLDER))
    return {
        "lamp": partial(check_lamp, settings),
        "clock": partial(check_van_clock, settings),
        "disk": partial(check_disk, settings.watchlist.folder),
        "memory": partial(check_memory, run_folder),
        "swap": check_swap,
    }


def check_lamp(settings: Appliance) -> str:
    """Light the lamp for a moment and read its pins back."""
    with try_lamp(settings) as panel:
        panel.light()
    return f"its pins read back lit ({settings.panel.factory})"


def check_van_clock(settings: Appliance) -> str:
    """Refuse a clock that no list could be trusted to end by, or that was set back.

    Raises:
        TrustError: it is behind what the van has already seen.
        MachineError: as for `check_clock`.
    """
    wall = datetime.now(timezone.utc)
    Store(settings.watchlist.folder).now(wall)
    return check_clock(wall, synchronised())


def check_clock(now: datetime, synced: bool | None, not_before: datetime = BUILT_AT) -> str:
    """Refuse a clock on which an ended list or authority could live on.

    Args:
        now: What the clock shows, UTC.
        synced: Whether the kernel follows a time server; None where it does not tell.
        not_before: A time that has passed for certain, such as when the list was made.
    """
    if now < not_before:
        raise MachineError(
            f"The clock shows {now:%Y-%m-%d %H:%M} UTC, before {not_before:%Y-%m-%d %H:%M}.",
            mend="Set it, and change the battery of the clock.",
        )
    if synced is False:
        raise MachineError(
            "The clock follows no time server.", mend="Connect the van, or start systemd-timesyncd."
        )
    return f"{now:%Y-%m-%d %H:%M:%S} UTC, " + ("synchronised" if synced else "source unknown")


def check_disk(folder: Path) -> str:
    """See that there is room for the next list and for the log."""
    # The folder may come with the first list; until then its disk is that of its parents.
    free_mb = shutil.disk_usage(_standing(folder)).free // 1_000_000
    if free_mb < FREE_MB:
        raise MachineError(
            f"{folder} has {free_mb} MB left; {FREE_MB} MB are needed.", mend="Make room there."
        )
    return f"{free_mb} MB left for {folder}"


def check_memory(folder: Path, mounts: Path = MOUNTS) -> str:
    """See that what the appliance writes while it runs lies in memory, never on a disk."""
    kind = _filesystem(_standing(folder), mounts)
    if kind not in {"tmpfs", "ramfs"}:
        raise MachineError(
            f"{folder} lies on a disk ({kind}).", mend="Mount a tmpfs there: systemd does so."
        )
    return f"{folder} lies in memory"


def check_swap() -> str:
    """Refuse any swap on a disk: neither a face nor a key that lies in memory may come there.

    A list is locked in memory; the outbox and the key to it lie on a tmpfs, which nobody can lock.
    """
    # The units' MemorySwapMax=0 is no excuse: it holds for what a cgroup has written, and what a
    # process that crashed has left on a tmpfs belongs to a cgroup that is gone.
    if swaps():
        raise MachineError(
            "There is swap on a disk: faces may come to lie there.",
            mend="swapoff -a, and take it out of /etc/fstab; zram may stay.",
        )
    return "nothing is swapped to a disk"


def synchronised() -> bool | None:
    """Ask the kernel whether its clock follows a server; None where it does not tell."""
    # 512 bytes hold a `struct timex` on every Linux; zeros only ask, they change nothing.
    answer: int = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))
    return None if answer < 0 else answer != UNSYNCHRONISED


def render(findings: Sequence[Finding], console: Console, *, as_json: bool = False) -> None:
    """Print the findings, one line each, or as a JSON list."""
    if as_json:
        console.print_json(data=[asdict(finding) for finding in findings])
        return
    width = max((len(finding.name) for finding in findings), default=0)
    for finding in findings:
        console.print(_line(finding, width, console.options.ascii_only), soft_wrap=True)


def _look(name: str, probe: Probe) -> Finding:
    try:
        return Finding(name, True, probe())
    except ApplianceError as error:
        return Finding(name, False, str(error), error.mend)
    except Exception as error:  # noqa: BLE001 - the border: a fault of a check is a red line too
        what = f"The check itself failed ({type(error).__name__})."
        return Finding(name, False, what, "Report this line to the makers.")


def _line(finding: Finding, width: int, plain: bool) -> Text:
    marks = ("ok ", "BAD") if plain else ("✓", "✗")
    mark, colour = (marks[0], "green") if finding.ok else (marks[1], "red")
    line = Text(f"{mark} {finding.name:<{width}}  ", style=colour)
    words = " ".join(f"{finding.what} {finding.mend}".split())
    # What a camera or a file says of itself may hold the terminal's own commands.
    clean = "".join(letter if letter.isprintable() else "?" for letter in words)
    return line.append(clean, style="default")


def _standing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _filesystem(folder: Path, mounts: Path) -> str:
    device = folder.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        mount, _, source = line.partition(" - ")
        # By device, not by path: links and bind mounts do not mislead it.
        if mount.split()[2] == number:
            return source.split()[0]
    return "unknown"
