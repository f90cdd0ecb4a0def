"""The page on a volunteer's phone: one large button, no script, and nothing of anybody else.

Its address ends in the volunteer's code, which nobody can guess; there is nothing else to know.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from appliance.errors import ApplianceError, InputError, LapsedError, MachineError
from appliance.oversight.recall.book import utc_now
from appliance.oversight.recall.plan import read_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from appliance.oversight.recall.book import Book
    from appliance.oversight.recall.plan import Plan

STYLE: Final = (
    "html{font:1.25rem/1.5 system-ui,sans-serif;color:#111;background:#fff}"
    "body{margin:0 auto;max-width:32rem;padding:1rem}"
    "button{display:block;width:100%;min-height:50vh;font:bold 2rem system-ui,sans-serif;"
    "color:#fff;background:#0b4f9e;border:.25rem solid #0b4f9e;border-radius:1rem}"
    "button:focus-visible{outline:.4rem solid #111;outline-offset:.25rem}"
    "input{font:inherit;width:100%;box-sizing:border-box;min-height:3rem;margin:.5rem 0}"
)
POLICY: Final = (
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'"
)
HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What every answer carries."""
STATUS: Final[dict[type[ApplianceError], int]] = {
    InputError: 404,
    LapsedError: 410,
    MachineError: 503,
}


EARLY: Final = "early"
"""Stands behind the address of whoever has tapped again too soon."""
OVER: Final = "<p role=alert>The test is over. Thank you.</p>"
AGAIN: Final = "<p><a href=/>Type it in again</a></p>"


@dataclass(frozen=True)
class Answer:
    """What a browser gets."""

    status: int
    body: str = ""
    location: str | None = None
    """Where it goes on."""


class Page:
    """Answers phones.

    Args:
        book: The test that runs.
        clock: Gives the computer's time.
    """

    def __init__(self, book: Book, clock: Callable[[], datetime] = utc_now) -> None:
        self._book, self._clock = book, clock

    def get(self, target: str) -> Answer:
        """Show the button of whoever the address is of, or ask for a code."""
        path, _, word = target.partition("?")
        if path == "/":
            return Answer(200, _sheet(_ASK))
        return self._try(lambda: Answer(200, self._button(path, early=word == EARLY)))

    def post(self, target: str, code: str) -> Answer:
        """Note a pass; at `/`, go to the page of a code."""
        path = target.partition("?")[0]
        if path == "/":
            return self._try(lambda: Answer(303, location=f"/{read_code(code)}"))
        return self._try(lambda: Answer(303, location=self._tap(path)))

    def _tap(self, path: str) -> str:
        """Note a pass; give where that is said, or that it was too soon for another."""
        mine = self._book.require().find(read_code(path.removeprefix("/"))).code
        try:
            self._book.mark(mine)
        except InputError:
            return f"/{mine}?{EARLY}"
        return f"/{mine}"

    def _try(self, answer: Callable[[], Answer]) -> Answer:
        try:
            return answer()
        except ApplianceError as error:
            return Answer(STATUS.get(type(error), 500), _sheet(_refusal(error)))

    def _button(self, path: str, *, early: bool) -> str:
        plan = self._book.require()
        one = plan.find(read_code(path.removeprefix("/")))
        if plan.schedule:
            return _sheet(_next(plan, one.code, self._clock()))
        mine = [mark.at for mark in self._book.marks() if mark.code == one.code]
        if not mine:
            return _sheet(f"<p>Press when you walk into the zone.</p>{_FORM}")
        now, free = self._clock(), mine[-1] + plan.apart
        soon = "That was too soon, and does not count. " if early and now < free else ""
        said = f"<p role=status>{soon}Pass {len(mine)} is noted, {mine[-1]:%H:%M:%S} UTC.</p>"
        # No button that wakes up by itself: a page that reloads is hard on whoever listens.
        rest = f"<p>Pass again from {free:%H:%M:%S} UTC on; it is {now:%H:%M:%S} now.</p>"
        return _sheet(f"{said}{rest}{_FORM}")


def _refusal(error: ApplianceError) -> str:
    """Say it to a volunteer, who has no command to mend it by."""
    if isinstance(error, LapsedError):
        return OVER
    if isinstance(error, InputError):
        return f"<p role=alert>{error}</p>{AGAIN}"
    return "<p role=alert>It cannot be noted. Tell whoever runs the test.</p>"


_FORM: Final = "<form method=post><button>I pass now</button></form>"
_ASK: Final = (
    "<form method=post><label>Your code<input name=code autocomplete=off required></label>"
    "<button>Go on</button></form>"
)


def _next(plan: Plan, code: str, now: datetime) -> str:
    times = [one.at for one in plan.schedule if one.code == code and one.at > now]
    if not times:
        return "<p>You have no more passes. Thank you.</p>"
    return f"<p>Your next pass: <strong>{times[0]:%H:%M:%S} UTC</strong>.</p>"


def _sheet(body: str) -> str:
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>Recall test</title><style>{STYLE}</style></head><body><main>"
        f"<h1>Recall test</h1>{body}"
        "<p>You take part because you agreed to. What is noted is your code and the time; it is "
        "erased when the test ends.</p></main></body></html>"
    )
