"""One JSON line per event on stderr, for journald: a constant message and allow-listed fields.

Nothing else is ever written: no domain object, no picture, no message of somebody else's error.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from datetime import datetime, timezone

from typing_extensions import override

from appliance.errors import ApplianceError

Scalar = str | int | float | bool | None
OURS = ("appliance", "engines", "provisioning")
FIELDS = frozenset({
    "age_s", "alert_id", "alerts", "answer", "camera", "count", "decided", "deletion_ms",
    "deployment_id", "dropped_frames", "erased", "exit_code", "expires_at", "faces_seen", "factory",
    "fps", "frames", "free_mb", "height_px", "host", "lamp", "machine", "missed", "model_id",
    "p50_ms", "p99_ms", "pack", "port", "reason", "seconds", "seen_to_tablet_ms", "shots", "state",
    "subjects", "tablet", "tablets", "van", "version", "waited_ms", "watchlist_id", "width_px",
})  # fmt: skip
"""Every name that a line may carry. Whoever adds one answers for what it can hold."""
LONGEST = 200


def fields(**values: Scalar) -> dict[str, dict[str, Scalar]]:
    """Give an event its fields: `_log.info("the camera is back", extra=fields(camera=name))`."""
    return {"fields": values}


def start(level: str = "info") -> None:
    """Send every logger of this process to stderr, as text where a person reads along."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Text() if sys.stderr.isatty() else Lines())
    # Of others only what is amiss: their words are withheld anyhow.
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for ours in OURS:
        logging.getLogger(ours).setLevel(level.upper())
    # A line that cannot be written must not end in a traceback with its arguments.
    logging.raiseExceptions = False


class Lines(logging.Formatter):
    """An event as one line of JSON."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_event(record), ensure_ascii=True, allow_nan=False)


class Text(logging.Formatter):
    """An event as one line of text."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        event = _event(record)
        clock = str(event.pop("time"))[11:19]
        level, message = str(event.pop("level")), event.pop("message")
        rest = " ".join(f"{name}={json.dumps(value)}" for name, value in event.items())
        return f"{clock} {level:<8} {message} {rest}".rstrip()


def _event(record: logging.LogRecord) -> dict[str, Scalar]:
    event: dict[str, Scalar] = {
        "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": _message(record),
    }
    # Checked here, not where it is said: every handler and every caller comes through.
    given = getattr(record, "fields", {})
    kept = {name: value for name, value in given.items() if _allowed(name, value)}
    withheld = {"withheld": len(given) - len(kept)} if len(kept) < len(given) else {}
    return event | kept | withheld | _failure(record)


def _message(record: logging.LogRecord) -> str:
    # Never filled in: what a library puts into its message may be an address with a password.
    constant = _ours(record.name) and not record.args
    return str(record.msg) if constant else "a message was withheld"


def _ours(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] in OURS


def _allowed(name: str, value: object) -> bool:
    if name not in FIELDS:
        return False
    if isinstance(value, str):
        return len(value) <= LONGEST and value.isprintable()
    # JSON knows neither NaN nor infinity, and a line that journald cannot read is lost.
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, int)


def _failure(record: logging.LogRecord) -> dict[str, Scalar]:
    """Name an error's family and place; only our own errors are known to name no person."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    told: dict[str, Scalar] = {"error": type(error).__name__, "where": where(error)}
    return told | ({"advice": error.advice()} if isinstance(error, ApplianceError) else {})


def where(error: BaseException) -> str | None:
    """Find the innermost line of our own that an error passed: module and line, no message."""
    place, trace = None, error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__"))
        if _ours(module):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
