"""The root that a van was born with: where every trust begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import InputError, SettingsError, TrustError
from appliance.watchlist import disk
from appliance.watchlist.chain import ROOT_BYTES

if TYPE_CHECKING:
    from pathlib import Path


def read_root(file: Path) -> bytes:
    """Read the force's root, as `lfr desk init` made it; whether to believe it is the chain's.

    Raises:
        SettingsError: it cannot be read.
    """
    mend = "Put the force's root.json there, as `lfr desk init` made it."
    try:
        return disk.read(str(file), ROOT_BYTES)
    except FileNotFoundError:
        raise SettingsError("watchlist.root names no file.", mend=mend) from None
    except (InputError, TrustError) as error:
        raise SettingsError(f"watchlist.root: {error}", mend=mend) from None
