"""`lfr update`: a list and an authority from the drop folder, in a process without camera or GPU.

What comes from outside is large and not yet believed: reading it never shares a process, nor a
user, with the thread that looks. The van takes what is installed when it starts next.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Final

from rich.text import Text

from appliance.watchlist.store import Store
from appliance.watchlist.updater import update
from engines.packs import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from appliance.settings import Appliance
    from appliance.vision.models import Form
    from appliance.watchlist.updater import Outcome

FORMS: Final[Mapping[str, Form]] = {"host": "cpu", "jetson": "tensorrt"}
"""Which networks each machine takes, so that none has to be set up to know it."""


def serve(settings: Appliance, console: Console, *, as_json: bool = False) -> int:
    """Install what is to be believed, and say what became of each file.

    Returns:
        The exit code: of the first refusal's family, 0 where there was none.

    Raises:
        ApplianceError: nothing could be looked at.
    """
    part = settings.watchlist
    store, now = Store(part.folder, part.keys), datetime.now(timezone.utc)
    outcomes = update(part.inbox, store, now, partial(model_id, settings))
    if as_json:
        console.print_json(data=[asdict(outcome) for outcome in outcomes])
    else:
        _render(outcomes, console)
    return next((outcome.exit_code for outcome in outcomes if outcome.exit_code), 0)


def model_id(settings: Appliance) -> str:
    """Say which encoder the van runs, without loading it.

    Raises:
        SettingsError, MachineError: the pack that the settings name is not here.
    """
    vision, form = settings.vision, FORMS[settings.machine]
    found = resolve(vision.pack, vision.models, fetch=False, notify=lambda _: None, form=form)
    return found.pack.model_id


def _render(outcomes: Sequence[Outcome], console: Console) -> None:
    if not outcomes:
        console.print("Nothing to do: the drop folder holds no list and no authority.")
    for outcome in outcomes:
        style = "red" if outcome.exit_code else "green"
        words = f"{outcome.file}: {outcome.what} {outcome.mend}".rstrip()
        console.print(Text(words, style=style), soft_wrap=True)
