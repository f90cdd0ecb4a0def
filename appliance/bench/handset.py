"""A tablet of `lfr bench alert` in a process of its own, with an officer who taps now and then.

It says what it shows and what is decided, a JSON object a line, until its orders end.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from appliance.bench.actor import DELIVER_S, waited
from appliance.bench.feed import AGAIN_S
from appliance.bench.officer import Habit, Taps
from appliance.bench.role import play
from appliance.errors import MachineError
from appliance.settings import TabletSettings
from appliance.tablets.handheld import Handheld, Look
from appliance.tablets.pen import Notebook, Signer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from appliance.bench.role import Mouth
    from appliance.tablets.handheld import Sighting

TICK_S = 0.02
REPORT_S = 0.5


class Handset:
    """One tablet and its officer.

    Args:
        config: `tablets` (settings), `van`, `tablet`, `certificate` and `key` (DER in files),
            `notebook` (a file), `seed` and `share`.
        mouth: Where it says what happens.
    """

    def __init__(self, config: Mapping[str, Any], mouth: Mouth) -> None:
        self._mouth, self._taps, self._lock = mouth, Taps(), Lock()
        self._habit = Habit(config["seed"], config["tablet"], config["share"])
        self._tablet = Handheld(
            TabletSettings.model_validate(config["tablets"]),
            config["van"],
            config["tablet"],
            _signer(Path(config["certificate"]), Path(config["key"])),
            Notebook(Path(config["notebook"])),
            self._see,
        )

    def run(self, ended: Event) -> None:
        """Look and tap until it is ended."""
        with ExitStack() as stack:
            while not ended.wait(AGAIN_S):
                with suppress(MachineError):
                    stack.enter_context(self._tablet)
                    break
            self._mouth.say(ready=True)
            told_s = 0.0
            while not ended.wait(TICK_S):
                self._tap()
                if time.monotonic() - told_s > REPORT_S:
                    told_s = time.monotonic()
                    self._mouth.say(undelivered=self._tablet.undelivered)
            # Nobody taps any more; what was tapped is still on its way.
            waited(lambda: not self._tablet.undelivered, DELIVER_S)
        self._mouth.say(undelivered=self._tablet.undelivered, refused=self._tablet.refused)

    def _see(self, sighting: Sighting) -> None:
        alert_id = sighting.alert.id
        self._mouth.say(
            sight=alert_id,
            look=sighting.look.value,
            heard_ns=sighting.heard_ns,
            shown_ns=sighting.shown_ns,
        )
        if sighting.look is Look.NEW:
            with self._lock:
                self._taps.plan(time.monotonic(), alert_id, self._habit.taps(alert_id))

    def _tap(self) -> None:
        with self._lock:
            due = list(self._taps.due(time.monotonic()))
        for alert_id, answer in due:
            decision_id = self._tablet.decide(alert_id, answer)
            self._mouth.say(made=decision_id, alert=alert_id)


def _signer(certificate: Path, key_file: Path) -> Signer:
    key = load_der_private_key(key_file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("a tablet's key is on P-256")
    return Signer(certificate.read_bytes(), key)


if __name__ == "__main__":
    play(Handset)
