"""The appliance's own command on the stand-in: `python -m tests.standin demo --machine jetson`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from appliance.__main__ import main
from appliance.errors import ApplianceError
from tests.standin import enter
from tests.standin.board import lay_board

if __name__ == "__main__":
    with TemporaryDirectory(prefix="lfr-board-") as folder:
        try:
            os.environ["LFR_GPU__CACHE"] = str(enter())
            lay_board(Path(folder))
        except ApplianceError as error:
            sys.stderr.write(f"lfr: {error.advice()}\n")
            sys.exit(error.exit_code)
        main()
