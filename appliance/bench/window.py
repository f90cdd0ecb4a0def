"""The page of `lfr bench alert --browser`: Chromium, and an officer who taps now and then.

It says what the page says to the van, a JSON object a line, until its orders end.
"""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Error, sync_playwright

from appliance.bench.actor import DELIVER_S
from appliance.bench.likeness import CAMERA, SEPARATOR
from appliance.bench.pieces import Pieces
from appliance.bench.role import play
from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from threading import Event

    from playwright.sync_api import Page, WebSocket

    from appliance.bench.role import Mouth

SWITCHES = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
TICK_MS = 50
OPEN_S, RETRY_S = 20.0, 0.5
LIVE = 2
"""States after which the page knows the van's time: the broker may have kept the first."""
NEWS = """document.addEventListener("readystatechange", () => {
  // Of two calls in one go the page shows the second; both were made.
  const tell = ({ addedNodes }) => addedNodes.forEach((node) => window.rang(node.textContent));
  const watch = new MutationObserver((changes) => changes.forEach(tell));
  watch.observe(document.querySelector("#news"), { childList: true });
}, { once: true })"""
CALLED = re.compile(rf"{CAMERA}(\d+{SEPARATOR}\d+)")
WAITING = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("lfr-tablet");
  opening.onupgradeneeded = () => opening.transaction.abort();
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const rows = opening.result.transaction("decisions").objectStore("decisions").count();
    opening.result.close();
    rows.onsuccess = () => resolve(rows.result);
  };
})"""
"""Answers that the page still keeps: it drops each one with the van's receipt."""
COUNT_S = 0.5
BUTTONS = "fieldset.answer button, fieldset.engage button"
TAP = """([buttons, lot]) => {
  const open = [...document.querySelectorAll(buttons)].filter((button) => !button.disabled);
  open[Math.floor(lot * open.length)]?.click();
}"""


class Window:
    """What one page says, and the lot of the officer before it.

    Args:
        config: `url` and its `origin`, `certificate` and `key` (for TLS), `profile` (a folder that
            outlives the process), `seed` and `pause_s` between taps, 0 for none.
        mouth: Where it is told.
    """

    def __init__(self, config: Mapping[str, Any], mouth: Mouth) -> None:
        self._config, self._mouth = config, mouth
        self._lot = Random(config["seed"])  # noqa: S311  # it is to be the same each time
        self._called, self._rung = set[str](), set[str]()
        self._states = 0

    def run(self, ended: Event) -> None:
        """Show the page until it is ended."""
        profile = Path(self._config["profile"])
        (profile / "SingletonLock").unlink(missing_ok=True)
        with sync_playwright() as engine:
            context = engine.chromium.launch_persistent_context(
                profile,
                executable_path=chromium(),
                args=list(SWITCHES),
                client_certificates=[self._card()],  # type: ignore[list-item]
                ignore_https_errors=True,
            )
            page = context.pages[0]
            page.on("websocket", self._listen)
            page.add_init_script(NEWS)
            page.expose_function("rang", self._rang)
            self._open(page, ended)
            while self._states < LIVE and not ended.is_set():
                page.wait_for_timeout(TICK_MS)
            self._mouth.say(ready=True)
            self._watch(page, ended)
            context.close()

    def _card(self) -> dict[str, str]:
        config = self._config
        return {
            "origin": config["origin"], "certPath": config["certificate"], "keyPath": config["key"]
        }  # fmt: skip

    def _open(self, page: Page, ended: Event) -> None:
        while not ended.is_set():
            with suppress(Error):
                page.goto(self._config["url"])
                page.locator("#link").get_by_text("Connected").wait_for(timeout=OPEN_S * 1000)
                return
            ended.wait(RETRY_S)

    def _watch(self, page: Page, ended: Event) -> None:
        pause_s = self._config["pause_s"]
        next_s = time.monotonic() + pause_s
        count_s = 0.0
        while not ended.is_set():
            page.wait_for_timeout(TICK_MS)
            if pause_s and time.monotonic() > next_s:
                next_s = time.monotonic() + pause_s
                page.evaluate(TAP, [BUTTONS, self._lot.random()])
            if time.monotonic() > count_s:
                count_s = time.monotonic() + COUNT_S
                self._mouth.say(undelivered=page.evaluate(WAITING))
        end_s = time.monotonic() + DELIVER_S
        while page.evaluate(WAITING) and time.monotonic() < end_s:
            page.wait_for_timeout(TICK_MS)

    def _rang(self, news: str) -> None:
        for alert in CALLED.findall(news):
            self._called.add(alert)
            self._mouth.say(ring=alert, again=alert in self._rung)
            self._rung.add(alert)

    def _listen(self, line: WebSocket) -> None:
        line.on("framesent", partial(self._said, Pieces()))
        line.on("framereceived", partial(self._heard, Pieces()))

    def _said(self, pieces: Pieces, frame: str | bytes) -> None:
        for event in pieces.take(frame):
            if event["type"].endswith(".ack.v1") and event["data"]["shown_at"]:
                self._shown(event["data"])
            elif event["type"].endswith(".decision.v1"):
                self._mouth.say(made=event["id"], alert=event["data"]["alert_id"])

    def _heard(self, pieces: Pieces, frame: str | bytes) -> None:
        for event in pieces.take(frame):
            self._states += event["type"].endswith(".state.v1")

    def _shown(self, data: Mapping[str, str]) -> None:
        alert = data["alert_id"]
        heard_ns, shown_ns = monotonic(data["received_at"]), monotonic(data["shown_at"])
        look = "new" if alert in self._called else "again"
        self._called.discard(alert)
        self._mouth.say(sight=alert, look=look, heard_ns=heard_ns, shown_ns=shown_ns)


def monotonic(told: str) -> int:
    """Say a moment of the wall's clock on the clock that all processes share, in ns."""
    wall_ns = int(datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp() * 1e9)
    return time.monotonic_ns() - time.time_ns() + wall_ns


def chromium() -> str:
    """Name the browser.

    Raises:
        MachineError: it is not installed.
    """
    found = shutil.which("chromium")
    if found is None:
        raise MachineError("There is no Chromium here.", mend="apt-get install chromium")
    return found


if __name__ == "__main__":
    play(Window)
