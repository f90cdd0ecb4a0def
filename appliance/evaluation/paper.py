"""A calibration as the TOML file that stands beside its pack."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from appliance.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.matching.calibration import Calibration

WIDE = 96
HEAD = "# What a score of the pack {} means. Written by `lfr evaluate calibrate`: make it anew."


def write(file: Path, calibration: Calibration) -> None:
    """Write the file.

    Raises:
        InputError: it cannot be written.
    """
    try:
        file.write_text(spell(calibration), "utf-8")
    except OSError as error:
        fault = f"{file.name} cannot be written: {error.strerror}."
        raise InputError(fault, mend="Name another file with --to.") from None


def spell(calibration: Calibration) -> str:
    """Give its text, which reads as the same calibration again."""
    lines = [
        HEAD.format(_comment(calibration.pack)),
        f"pack = {_quoted(calibration.pack)}",
        f'model_id = "{calibration.model_id}"',
        f'preprocessing = "{calibration.preprocessing}"',
        f"measured = {str(calibration.measured).lower()}",
        'source = """',
        *_wrapped(calibration.source),
        *_worst(calibration),
        "# Score, and the share of pairs of strangers that reach it; then 95 % of that share.",
        *_pairs("points", calibration.points),
        *_pairs("intervals", calibration.intervals),
        f"threshold = {calibration.threshold}",
        f"floor = {calibration.floor}",
        f"likely_from = {calibration.likely_from}",
        f"strong_from = {calibration.strong_from}",
    ]
    return "\n".join(lines) + "\n"


def _worst(calibration: Calibration) -> list[str]:
    lines: list[str] = []
    if calibration.group is not None:
        lines.append(f"group = {_quoted(calibration.group)} # the worst, which binds")
    if calibration.counted_to is not None:
        lines.append(f"counted_to = {calibration.counted_to} # higher scores are drawn on")
    return lines


def _pairs(name: str, pairs: tuple[tuple[float, float], ...]) -> list[str]:
    if not pairs:
        return [f"{name} = []"]
    rows = [f"  [{first!r}, {second!r}]," for first, second in pairs]
    return [f"{name} = [", *rows, "]"]


def _quoted(text: str) -> str:
    """Spell a basic string: what JSON escapes TOML reads, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _wrapped(text: str) -> list[str]:
    """Break a long text where TOML takes the break away again."""
    inner = _quoted(text)[1:-1]
    lines = textwrap.wrap(inner, WIDE, break_long_words=False, break_on_hyphens=False)
    return [*(f"{line} \\" for line in lines[:-1]), f'{lines[-1]}"""']


def _comment(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
