"""`lfr run`, but for its memory, which another process of the same user may read.

An auditor who is root looks into `lfr run` itself; one who is not starts this in its place.
"""

from __future__ import annotations

import sys
from pathlib import Path

from appliance import log, sealing
from appliance.duty import serve
from appliance.sources import load


def run(file: Path) -> None:
    """Do what `lfr run` does, with every seal but one."""
    settings = load(file)
    log.start(settings.log_level)
    sealing.seal(readable=True)
    serve(settings)


if __name__ == "__main__":
    sealing.begin_anew()
    run(Path(sys.argv[1]))
