"""All that takes part in `lfr bench alert`: the broker, a van and tablets, each its own process."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from appliance.bench.account import Account
from appliance.bench.actor import Actor, wait_for
from appliance.bench.mosquitto import Mosquitto
from appliance.errors import MachineError
from appliance.settings import TabletSettings
from engines.packs import cache_folder
from provisioning.page import Trial, open_page, page_files
from provisioning.trial import make_roster

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from provisioning.trial import TrialRoster, TrialTablet

VAN = "bench"
READY_S = 60.0
PAUSE_S = 0.7
"""Between two taps on the page."""
SHARED = Path("/dev/shm")  # noqa: S108  # a tmpfs: nothing of an alert may reach a disk


@dataclass(frozen=True)
class Cast:
    """Who takes part, and how."""

    tablets: int = 4
    size_bytes: int = 30_000
    """Of an alert's message, about."""
    share: float = 0.0
    """Of the alerts that each officer answers."""
    browser: bool = False
    """Whether the first tablet is the page."""
    seed: int = 1


@dataclass(frozen=True)
class Yard:
    """Broker, van and tablets, while they are there."""

    broker: Mosquitto
    van: Actor
    tablets: tuple[Actor, ...]
    account: Account
    ledger: Path = field(repr=False)
    roster: TrialRoster = field(repr=False)

    @property
    def actors(self) -> tuple[Actor, ...]:
        """All but the broker."""
        return (self.van, *self.tablets)

    def start(self) -> None:
        """Start everybody, and wait until all are on the line.

        Raises:
            MachineError: somebody does not come.
        """
        self.broker.start()
        for actor in self.actors:
            actor.start()
        names = {actor.name for actor in self.actors}
        wait_for(lambda: names <= self.account.ready, READY_S, "the van and its tablets")

    def end(self) -> None:
        """Let everybody go home."""
        for actor in (*self.tablets, self.van):
            actor.end()
        self.broker.kill()

    def memory_mb(self) -> dict[str, float]:
        """Say what each part has used at the most: of the tablets the largest.

        Of a page with its whole browser, what it uses now.
        """
        self.broker.weigh()
        for actor in self.actors:
            actor.weigh()
        told = {"broker": self.broker.peak_mb, "van": self.van.peak_mb}
        for tablet in self.tablets:
            kind = "page" if tablet.browses else "tablet"
            told[kind] = max(told.get(kind, 0.0), tablet.peak_mb)
        return {name: round(mb, 1) for name, mb in told.items()}


@contextmanager
def open_yard(cast: Cast) -> Generator[Yard]:
    """Start everybody in a folder that goes away with them.

    Raises:
        MachineError: Mosquitto is not installed, or somebody does not come.
    """
    parent = SHARED if SHARED.is_dir() else None
    with TemporaryDirectory(dir=parent, prefix="lfr-bench-") as name:
        yard = draw_up(Path(name), cast)
        with ExitStack() as stack:
            stack.callback(yard.end)
            if cast.browser:
                hang(stack, Path(name), yard, cast)
            yard.start()
            yield yard


def draw_up(folder: Path, cast: Cast) -> Yard:
    """Make keys and configurations; nobody is started yet."""
    names = [f"tablet-{number + 1}" for number in range(cast.tablets)]
    roster, account = make_roster(folder, names), Account()
    broker = Mosquitto(folder, roster.folder, VAN)
    settings = TabletSettings(
        port=broker.port,
        roster=roster.folder,
        outbox=folder / "outbox",
        ledger=folder / "ledger",
    )
    config: dict[str, Any] = {"tablets": _told(settings), "van": VAN, "size_bytes": cast.size_bytes}
    van = _actor(folder, "van", "appliance.bench.feed", config, account)
    tablets = []
    for tablet, trial in roster.tablets.items():
        tells: dict[str, Any] = {"van": VAN, "seed": cast.seed, "share": cast.share}
        tells |= {"tablets": _told(broker.for_tablet(trial)), **_keys(folder, tablet, trial)}
        tablets.append(_actor(folder, tablet, "appliance.bench.handset", tells, account))
    return Yard(broker, van, tuple(tablets), account, settings.ledger, roster)


def hang(stack: ExitStack, folder: Path, yard: Yard, cast: Cast) -> None:
    """Serve the page, and have the first tablet show it in a browser.

    Raises:
        ApplianceError: the page's libraries, Chromium or Playwright are not here.
    """
    if find_spec("playwright") is None:
        raise MachineError("Playwright is not here.", mend="pip install playwright")
    tablet, gate_port = yard.tablets[0], yard.broker.gate_port
    signing = yard.roster.tablets[tablet.name].signing
    trial = Trial(tablet.name, {tablet.name: signing})
    libraries = page_files(cache_folder() / "page")
    url = stack.enter_context(open_page(libraries, gate_port, VAN, trial, yard.roster.folder))
    config: dict[str, Any] = {
        "url": url,
        "origin": url.rstrip("/"),
        "certificate": str(yard.roster.tablets[tablet.name].certificate),
        "key": str(yard.roster.tablets[tablet.name].key),
        "profile": str(folder / "profile"),
        "seed": cast.seed,
        "pause_s": PAUSE_S if cast.share else 0,
    }
    tablet.become("appliance.bench.window", config)


def _told(settings: TabletSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json")


def _keys(folder: Path, tablet: str, trial: TrialTablet) -> dict[str, str]:
    certificate, key = folder / f"{tablet}.sign.der", folder / f"{tablet}.sign.key"
    certificate.write_bytes(trial.signing.der)
    key.write_bytes(trial.signing.pkcs8)
    return {
        "tablet": tablet,
        "certificate": str(certificate),
        "key": str(key),
        "notebook": str(folder / f"{tablet}.notes"),
    }


def _actor(
    folder: Path, name: str, module: str, config: Mapping[str, Any], account: Account
) -> Actor:
    file = folder / f"{name}.json"
    file.write_text(json.dumps(config))
    return Actor(name, module, file, partial(account.hear, name))
