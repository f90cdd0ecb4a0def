"""The desk's real command, as the tests of it call it, over locks that are quick."""

import json
import os
from datetime import datetime, timedelta, timezone

from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.errors import ApplianceError
from appliance.watchlist.chain import Chain
from appliance.watchlist.trust import read

WORDS = "four words said once"


class QuickLock:
    """Stands in for age's, which takes a second or two on purpose; it is tried elsewhere."""

    @staticmethod
    def encrypt(plain, words, armored):
        return json.dumps([words, plain.decode()]).encode()

    @staticmethod
    def decrypt(data, words):
        said, plain = json.loads(data)
        if said != words:
            raise ValueError(words)
        return plain.encode()


def lfr(*arguments, types="", code=0):
    """Call `lfr desk ...`, and expect it to end so; an error of ours comes out as such."""
    done = CliRunner().invoke(app, ["desk", *map(str, arguments)], input=types)
    if isinstance(done.exception, ApplianceError):
        raise done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return done


def said(*arguments):
    """Call it for a script: what it prints, and nothing beside, is JSON."""
    return json.loads(lfr(*arguments, "--json").stdout)


def files(folder):
    return {os.path.relpath(file, folder): file for file in folder.rglob("*") if file.is_file()}


FOLDER = (
    "--ground", "volunteer", "--reason", "to try", "--power", "none",
    "--source", "own pictures", "--reviewer", "PC 1", "--eyes", "20",
)  # fmt: skip


def times():
    now = datetime.now(timezone.utc)
    return [
        *("--from", f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}Z"),
        *("--to", f"{now + timedelta(hours=5):%Y-%m-%dT%H:%M}Z"),
        *("--notice-published", f"{now - timedelta(days=7):%Y-%m-%dT%H:%M}Z"),
    ]


def authorise(name, *more, place=("--centre", "51.7343,0.4691", "--radius", "100")):
    return said(
        "authorise", "--van", "van-1", "--list", name, "--purpose", "to try", "--place", "Market",
        "--officer", "Superintendent", "--maximum", "10", "--floor", "0.4", *times(), *place, *more,
    )  # fmt: skip


def believe(out, desk):
    root = (desk / "repository/metadata/1.root.json").read_bytes()
    now = datetime.now(timezone.utc)

    def fetch(want):
        file = out / want.path
        return file.read_bytes() if file.exists() else None

    return read(Chain(root, now, fetch), "van-1", now)
