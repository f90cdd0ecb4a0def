"""A desk on a disk whose locks are quick, and the real command over it."""

import json
import os
import shutil
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from appliance.__main__ import app
from appliance.demo.film import default_people
from appliance.errors import ApplianceError
from appliance.watchlist.chain import Chain
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.trust import read
from engines.packs import resolve
from provisioning.desk import keys

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


@pytest.fixture(scope="module")
def born(tmp_path_factory):
    """A desk as `init` makes it, once."""
    folder = tmp_path_factory.mktemp("born") / "desk"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "passphrase", QuickLock)
        patch.setenv("LFR_PASSPHRASE", WORDS)
        told = json.loads(lfr("init", "Essex Police", "--desk", folder, "--json").output)
    return SimpleNamespace(folder=folder, told=told)


@pytest.fixture
def desk(born, tmp_path, monkeypatch):
    """A copy of it, as the place where commands work."""
    monkeypatch.setattr(keys, "passphrase", QuickLock)
    monkeypatch.setenv("LFR_PASSPHRASE", WORDS)
    monkeypatch.setenv("LFR_DESK", str(tmp_path / "desk"))
    monkeypatch.setenv("COLUMNS", "200")
    shutil.copytree(born.folder, tmp_path / "desk")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()
    return tmp_path / "desk"


@pytest.fixture
def keyring(tmp_path):
    keyring = Keyring(tmp_path / "keyring")
    keyring.make(4)
    (tmp_path / "van-1.keys.json").write_bytes(keyring.document("van-1"))
    return keyring


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


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    return default_people(folder, folder / "nothing")


@pytest.fixture(scope="session")
def pack():
    return resolve("auto", None, fetch=True, notify=lambda _: None).pack.name


@pytest.fixture
def enrol(desk, keyring, people, pack):
    def do(name, *more):
        if not (desk / "vans" / "van-1.json").exists():
            said("van", "van-1.keys.json", "--yes")
        given = (people, "--van", "van-1", "--list", name, "--pack", pack, "--workers", "0")
        return said("enrol", *given, *FOLDER, *more)

    return do


@pytest.fixture
def published(enrol, desk):
    enrol("list-1")
    authorise("list-1", "--deployment", "d-1")
    said("sign", "--as", "signer-1", "--yes")
    said("sign", "--as", "signer-2", "--yes")
    said("publish", "out")
    return desk.parent / "out"


@pytest.fixture
def reference(people):
    (folder,) = people.iterdir()
    return folder.name
