"""`lfr demo`: a throw-away van plays a film through the whole pipeline."""

from __future__ import annotations

import os
import platform
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from appliance.app import now
from appliance.demo import walk
from appliance.demo.acts import renew, withdraw
from appliance.demo.curtain import orderly
from appliance.demo.film import Film, default_film, default_people
from appliance.demo.finale import close_all, publish_record, put_to_test
from appliance.demo.plans import make_plans
from appliance.demo.score import Score
from appliance.demo.tablets import open_tablets
from appliance.demo.van import Scene, draft, equip, write_lamp
from appliance.demo.volunteers import RecallTest
from appliance.domain.ending import End
from appliance.oversight.document import claim, record, write
from appliance.settings import CameraSettings
from appliance.van import Ears, open_van
from engines.packs import cache_folder, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.demo.finale import Audit
    from appliance.demo.screen import Screen, Status
    from appliance.demo.van import Force
    from appliance.domain.alert import Alert
    from appliance.settings import Appliance
    from appliance.van import Van
    from appliance.vision.models import Form
    from engines.packs import Found

TICK_S = 0.25
DEFAULT_S = 60.0
"""How long the demo's own film is played."""
GUARDED_S = 600.0
"""How long with TLS: a person first gives the browser its certificate."""
FORMS: Mapping[Literal["host", "jetson"], Form] = {"host": "cpu", "jetson": "tensorrt"}
RENEW = 0.4
"""Share of the time after which the force publishes a newer list."""
LAST_WORD_S = 1.0
"""How long the demo waits for the tablet's word on the last alert."""
MEMORY = Path("/dev/shm")  # noqa: S108 - what lies there is encrypted, and removed
LATE_S = 60.0
"""How long a slow computer is waited for, until the newer list is in force."""


@dataclass(frozen=True)
class Wishes:
    """What the person at the keyboard has asked for."""

    film: Path | None = None
    camera: str | None = None
    watchlist: Path | None = None
    seconds: float | None = None
    pack: str = "auto"
    json_file: Path | None = None
    machine: Literal["host", "jetson"] = "host"
    every_frame: bool = False
    """Look at each frame of the film once: then every machine must come to the same tally."""
    tls: bool = False
    """Let tablets come as to a van, with certificates."""


@dataclass(frozen=True)
class Stage:
    """Everything that is ready when the curtain rises."""

    settings: Appliance
    found: Found
    film: Film
    seconds: float | None
    """None plays a film to its end."""
    force: Force
    lamp: Path
    """Settings by which `lfr panel` shows what this van does."""


def show(wishes: Wishes, screen: Screen, audit: Audit | None = None) -> None:
    """Play, and end with the tally.

    Args:
        wishes: What was asked for.
        screen: Where it is shown.
        audit: Puts deletion to the test at the end, if anything does.

    Raises:
        ApplianceError: something cannot be had or used.
    """
    if wishes.json_file:
        claim(wishes.json_file)
    with orderly(), TemporaryDirectory(prefix="lfr-demo-") as folder, ExitStack() as stack:
        stage = _set_up(Path(folder), wishes, screen, stack)
        score = Score(stage.film.truth)
        started = time.monotonic()
        van = _play(stage, score, screen)
        document = _document(stage, van, score, time.monotonic() - started)
        close_all(stage.settings, screen)
        document = {**document, **publish_record(stage.settings, screen)}
    if audit is not None:
        document = {**document, **put_to_test(audit, screen)}
    screen.tally(document, score.subjects)
    if wishes.json_file:
        write(wishes.json_file, {**document, "recognised": dict(score.subjects)})


def _set_up(folder: Path, wishes: Wishes, screen: Screen, stack: ExitStack) -> Stage:
    form = FORMS[wishes.machine]
    found = resolve(wishes.pack, None, fetch=True, notify=screen.say, form=form)
    film = _choose(folder, wishes, screen)
    tablets = stack.enter_context(open_tablets(folder, tls=wishes.tls))
    memory = _in_memory(folder, stack)
    (memory / "interim").mkdir()
    ways = tablets.broker.port, tablets.roster.folder, memory / "outbox"
    scene = Scene(_camera(film, wishes), film.people, *ways, wishes.machine)
    settings = draft(folder, scene, found.pack.name)
    make_plans(settings, screen)
    force = equip(settings, scene, folder, screen.quiet)
    stack.callback(force.courier.close)
    for row in force.refused:
        screen.say(f"Left out {row.picture}: {row.reason} {row.mend}", "yellow")
    stack.enter_context(tablets.silent())
    stage = Stage(settings, found, film, _seconds(wishes), force, write_lamp(settings, folder))
    _introduce(screen, stage, tablets.broker.name)
    tablets.show(stack, screen)
    screen.say(f"Lamp      ./run panel --settings {stage.lamp}", "dim")
    return stage


def _in_memory(folder: Path, stack: ExitStack) -> Path:
    """Make a folder that is on no disk, where this computer has one."""
    place = MEMORY if MEMORY.is_dir() else folder
    return Path(stack.enter_context(TemporaryDirectory(prefix="lfr-demo-", dir=place)))


def _seconds(wishes: Wishes) -> float | None:
    if wishes.film is not None or wishes.camera is not None or wishes.every_frame:
        return wishes.seconds
    return wishes.seconds or (GUARDED_S if wishes.tls else DEFAULT_S)


def _choose(folder: Path, wishes: Wishes, screen: Screen) -> Film:
    """Take the film and the people that were asked for, else the default ones."""
    if wishes.film is None and wishes.camera is None:
        with screen.progress("Drawing the film, once") as bar:
            film = default_film(folder / "people", cache_folder(), bar)
        return film if wishes.watchlist is None else _unknown(film.path, wishes.watchlist)
    people = wishes.watchlist or default_people(folder / "people")
    return _unknown(wishes.film or Path("a camera"), people)  # an address may hold a password


def _unknown(path: Path, people: Path) -> Film:
    return Film(
        path=path,
        title=path.name,
        attribution="",
        loop=True,
        note="Nobody told the demo who is in it, so true and false alerts are not counted.",
        people=people,
        truth=None,
    )


def _camera(film: Film, wishes: Wishes) -> CameraSettings:
    if wishes.camera is not None:
        return CameraSettings(uri=wishes.camera)
    loop = film.loop and _seconds(wishes) is not None and not wishes.every_frame
    # A bare stream of JPEG pictures has the full range, and on a Jetson nothing in it says so.
    full = True if film.path.suffix == walk.SUFFIX else None
    paced = not wishes.every_frame
    return CameraSettings(uri=str(film.path), loop=loop, paced=paced, full_range=full)


def _introduce(screen: Screen, stage: Stage, broker: str) -> None:
    film, pack = stage.film, stage.found.pack
    screen.say(f"Film      {film.title}  {film.attribution}".rstrip())
    screen.say(f"          {film.note}", "dim")
    screen.say(f"Networks  {pack.title}")
    screen.say(f"          {pack.detector.caveat}", "dim")
    screen.say(f"          {pack.encoder.caveat}", "dim")
    if not pack.street:
        screen.say("          For trying out only, not for the street.", "bold yellow")
    screen.say(f"Broker    {broker}")


def _play(stage: Stage, score: Score, screen: Screen) -> Van:
    def hear(alert: Alert) -> None:
        screen.alert(alert, score.count(alert))

    ears = Ears(lamp=screen.show_lamp, alert=hear, decision=screen.decision)
    with screen.status() as status, open_van(stage.settings, ears) as van:
        screen.say(f"List      {_list(van)}, signed by two, opened with a key that is used once")
        score.began_ns = time.monotonic_ns()
        test = _test(stage)
        with suppress(KeyboardInterrupt):
            _follow(van, stage, screen, status, test)
            if test is not None:
                test.tell(screen)
            if van.watch.looking:
                score.withdrawn_s = withdraw(van, stage.force, stage.settings)
                screen.say(f"Withdrawn {_took(score.withdrawn_s)}", "green")
        van.watch.stop()
        _wait_for(lambda: van.tally.alerts == len(van.tally.seen_to_tablet_ms), LAST_WORD_S)
        van.beat()
        van.station.end(End.COMMAND)
        screen.say("Closed    the list is erased, its key destroyed, its files removed", "green")
    return van


def _test(stage: Stage) -> RecallTest | None:
    """Have a recall test where it is known when somebody passes, and a film is as slow as life."""
    camera, table = stage.settings.camera[0], stage.film.passes
    return RecallTest(table, stage.settings, now()) if table and camera.paced else None


def _follow(
    van: Van, stage: Stage, screen: Screen, status: Status, test: RecallTest | None
) -> None:
    if test is not None:
        test.begin(van)
    started, pause, list_id = time.monotonic(), threading.Event(), _list(van)
    renew_s, late_s = (stage.seconds or 0.0) * RENEW or None, 0.0
    while van.watch.looking:
        passed_s = time.monotonic() - started
        if stage.seconds is not None and passed_s >= stage.seconds + late_s:
            return
        if renew_s is not None and passed_s >= renew_s:
            renew_s, late_s = None, LATE_S
            renew(stage.force, stage.settings)
        stage.force.courier.tend()
        van.beat()
        if _list(van) != list_id:
            list_id, late_s = _list(van), 0.0
            screen.say(f"List      {list_id} is in force, changed between two frames", "green")
            if test is not None:
                test.begin(van)
        status.show(van.tally, van.tally.frames / max(passed_s, TICK_S))
        pause.wait(TICK_S)


def _took(seconds: float | None) -> str:
    if seconds is None:
        return "nobody: it took too long"
    return f"one person, over one signature: van and tablets knew after {seconds:.1f} s"


def _list(van: Van) -> str:
    return van.law.watchlist.id if van.law else "none"


def _wait_for(met: Callable[[], bool], limit_s: float) -> None:
    pause, end_s = threading.Event(), time.monotonic() + limit_s
    while not met() and time.monotonic() < end_s:
        pause.wait(TICK_S / 10)


def _document(stage: Stage, van: Van, score: Score, seconds: float) -> Mapping[str, object]:
    known = stage.film.truth is not None
    counted = dict(record(van.tally))
    if not stage.settings.camera[0].paced:
        counted["seen_to_tablet_ms"] = None  # the film's own clock is nobody's wait
    alerts = {
        "alerts": counted.pop("alerts"),
        "true_alerts": score.true if known else None,
        "false_alerts": score.false if known else None,
    }
    return {
        "machine": f"{van.station.machine.name}: {platform.machine()}, {os.cpu_count()} cores",
        "models": f"{stage.found.pack.name}: {stage.found.pack.title}",
        "film": stage.film.title,
        "seconds": round(seconds, 3),
        **counted,
        **alerts,
        "withdrawn_s": None if score.withdrawn_s is None else round(score.withdrawn_s, 2),
    }
