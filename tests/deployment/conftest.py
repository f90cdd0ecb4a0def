"""A van whose deployment has ended, with alerts in its register, and what its log says of them."""

from datetime import datetime, timezone

import pytest

from appliance.deployment.retention import Retention
from appliance.domain.ending import End
from appliance.domain.watchlist import Ground
from appliance.oversight import entries, keys
from appliance.oversight.aside import collect
from appliance.oversight.proof import Proof
from appliance.settings import Appliance, OversightSettings, TabletSettings, WatchlistSettings
from appliance.tablets import wire
from appliance.tablets.envelope import parse
from appliance.tablets.register import Register
from appliance.watchlist.store import Store
from provisioning.desk.certificates import Authority
from tests.tablets.conftest import NOON, SUBJECT, Clock, make_alert
from tests.tablets.events import as_bytes
from tests.tablets.signing import Pen

DEPLOYMENT = "deployment-3"
OTHER_KINDS = ("started", "stopped", "health")


class Van:
    """Its folders, its register as `lfr run` has it, and a clock that a test turns."""

    def __init__(self, folder, pen):
        self.folder, self.pen, self.clock = folder, pen, Clock()
        (folder / "watchlist").mkdir(parents=True, exist_ok=True)
        (folder / "keyring").mkdir(mode=0o700, exist_ok=True)
        self.settings = Appliance(
            tablets=TabletSettings(ledger=folder / "ledger", outbox=folder / "outbox"),
            oversight=OversightSettings(folder=folder / "audit"),
            watchlist=WatchlistSettings(
                folder=folder / "watchlist",
                keyring=folder / "keyring",
                root=folder / "root.json",
            ),
        )
        self.store = Store(folder / "watchlist")
        self.register = Register(folder / "ledger", self.clock)
        self.told = 0

    @staticmethod
    def wall():
        return datetime.now(timezone.utc).replace(microsecond=0)

    @property
    def retention(self):
        return Retention(self.settings, self.clock)

    def alert(self, alert_id, *answers, ground=Ground.COURT):
        """Raise an alert, and have it answered."""
        subject = SUBJECT.model_copy(update={"ground": ground})
        self.register.note(make_alert(alert_id, subject=subject))
        for answer in answers:
            self.answer(alert_id, answer)

    def answer(self, alert_id, answer):
        self.told += 1
        payload = as_bytes(self.pen.decide(answer, alert_id, id=f"d-{self.told}"))
        self.register.take(parse(wire.DecisionEvent, payload).decision("tablet-7", payload))

    def end(self, end=End.COMMAND):
        self.store.close(DEPLOYMENT, NOON, end)

    def close(self):
        """Close for good, a minute later: nothing is under way any more."""
        self.clock.turn(61)
        self.end()
        return self.retention.close(DEPLOYMENT, End.COMMAND)

    def held(self):
        return sorted(Register(self.folder / "ledger", self.clock, sweeping=False).book(
            DEPLOYMENT
        ).entries)  # fmt: skip

    def said(self):
        """Prove the log, and give what it says of the deployment."""
        folder = self.settings.oversight.folder
        collect(folder, self.settings.van)
        if not (folder / keys.PUBLIC_FILE).exists():
            return []
        lines = Proof(folder / keys.LOG, keys.public(folder)).entries()
        return [one for one in map(entries.read, lines) if one.fact.what not in OTHER_KINDS]

    def kinds(self):
        return [one.fact.what for one in self.said()]

    def fact(self, what):
        (found,) = [one.fact for one in self.said() if one.fact.what == what]
        return found


@pytest.fixture(scope="session")
def force():
    return Authority.create(clock=lambda: NOON)


@pytest.fixture(scope="session")
def pen(force):
    return Pen("tablet-7", force.issue_signing("tablet-7"))


@pytest.fixture
def van(tmp_path, pen):
    return Van(tmp_path, pen)
