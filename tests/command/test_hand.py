"""A van on duty that somebody opens, holds and closes by command, each in a process of its own."""

import json
import os
import signal
import subprocess
import sys

import pytest

from appliance.account import prove
from appliance.oversight import entries, keys
from appliance.oversight.proof import Proof
from tests.command.at_van import held

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def file(born, film, pack):
    settings = born.settings
    file = born.folder / "duty.toml"
    file.write_text(f"""
van = "{settings.van}"
[[camera]]
uri = "{film}"
loop = true
[vision]
pack = "{pack}"
[tablets]
port = {settings.tablets.port}
roster = "{settings.tablets.roster}"
outbox = "{settings.tablets.outbox}"
ledger = "{settings.tablets.ledger}"
[watchlist]
root = "{settings.watchlist.root}"
folder = "{settings.watchlist.folder}"
keyring = "{settings.watchlist.keyring}"
notice = "{settings.watchlist.notice}"
[oversight]
folder = "{settings.oversight.folder}"
interim = "{born.folder / "interim"}"
[deployment]
opens = "by-hand"
latitude_deg = {settings.deployment.latitude_deg}
longitude_deg = {settings.deployment.longitude_deg}
""")
    return file


@pytest.fixture
def say(file):
    def say(*words):
        command = [sys.executable, "-m", "appliance", *words, "--settings", str(file)]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ}
        )

    return say


@pytest.fixture
def duty(file):
    """`lfr run`, which waits in the dark."""
    command = [sys.executable, "-m", "appliance", "run", "--settings", str(file)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def stands(born):
    """Give what the van's log says so far; it grows meanwhile."""
    folder = born.settings.oversight.folder
    try:
        proof = Proof(folder / keys.LOG, keys.public(folder))
        return [entries.read(line) for line in proof.entries()]
    except Exception:  # noqa: BLE001 - a log that is being written has other pieces a moment later
        return []


def await_fact(born, what):
    while True:
        found = [one.fact for one in stands(born) if one.fact.what == what]
        if found:
            return found[0]


def test_a_van_waits_for_its_opening_looks_until_it_is_closed_and_tells_its_log(born, say, duty):
    await_fact(born, "started")
    findings = json.loads(say("deployment", "open", "--json").stdout)["findings"]
    assert [one["what"] for one in findings if not one["ok"]] == []
    opened = await_fact(born, "authority_opened")
    assert (opened.by, opened.position) == ("hand", "declared")
    closed = say("deployment", "close", "--json")
    told = json.loads(closed.stdout)
    done = {"ended": ["demo-1-1"], "closed": ["demo-1-1"], "unended": [], "looking": []}
    assert told == done, closed.stderr
    assert held(born)[1] == []
    await_fact(born, "deployment_closed")
    duty.send_signal(signal.SIGTERM)
    assert duty.wait(60) == 0
    assert prove(born.settings.oversight.folder).size
    kinds = [one.fact.what for one in stands(born)]
    (asked,) = [one for one in stands(born) if one.fact.what == "close_asked"]
    assert asked.who == f"user/{'root' if os.getuid() == 0 else os.getuid()}"
    for once in ("authority_closed", "concluded", "deployment_closed"):
        assert kinds.count(once) == 1, kinds
    order = [kinds.index(each) for each in ("authority_closed", "concluded", "deployment_closed")]
    assert order == sorted(order)
