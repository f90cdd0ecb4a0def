"""What every page is printed with: one skeleton, one style, one policy that lets nothing run."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Filters = Mapping[str, Callable[..., str]]

SHARED: Final = Path(__file__).parent / "html"
"""`paper.html`, which every page extends, and `paper.css`, on which every style rests."""
BLOT: Final = "\N{REPLACEMENT CHARACTER}"


def open_press(
    folder: Path,
    style: str,
    *,
    filters: Filters,
    values: Mapping[str, object],
    pictures: bool = False,
) -> Environment:
    """Make ready to print pages.

    Args:
        folder: Holds their templates, each of which extends `paper.html`, and their style.
        style: The name of its file there; what it says comes after what all pages have.
        filters: Their own; `plain` is there already.
        values: What all of them know.
        pictures: Whether they may show pictures that stand in the page itself.
    """
    environment = Environment(
        loader=FileSystemLoader((folder, SHARED)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sheets = (SHARED / "paper.css", folder / style)
    rules = "\n".join(sheet.read_text("utf-8") for sheet in sheets)
    digest = base64.b64encode(hashlib.sha256(rules.encode()).digest()).decode()
    environment.filters.update({"plain": plain, **filters})
    ours = {
        "style": Markup(rules),  # noqa: S704 - our files
        "policy": Markup(_policy(digest, pictures=pictures)),  # noqa: S704 - our words
    }
    # Its type knows only what Jinja itself puts there.
    cast("dict[str, Any]", environment.globals).update({**ours, **values})
    return environment


def plain(text: str) -> str:
    """Blot out letters that hide or turn others: a stranger wrote the text."""
    return "".join(letter if letter.isprintable() else BLOT for letter in text)


def _policy(digest: str, *, pictures: bool) -> str:
    shown = "img-src data:; " if pictures else ""
    return f"default-src 'none'; {shown}style-src 'sha256-{digest}'"
