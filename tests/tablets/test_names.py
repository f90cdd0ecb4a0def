"""No tablet can be named so that the broker takes it for a service of the van."""

import re
import threading

import pytest

from appliance import beacon
from appliance.beacon import Beacon, Hand
from appliance.errors import InputError, MachineError
from appliance.settings import PanelSettings
from appliance.tablets import broker as link_room
from appliance.tablets.broker import open_link
from provisioning.desk.roll import require_name
from provisioning.gate.door import NAME
from tests.tablets.talk import VAN


class Names:
    """Keeps under which names the broker is called."""

    def __init__(self):
        self.said = []

    def of(self, dial):
        def call(settings, prepare, client_id=""):
            self.said.append(client_id)
            return dial(settings, prepare, client_id)

        return call


@pytest.fixture
def names():
    return Names()


def no_tablet_has(name):
    with pytest.raises(InputError):
        require_name(name, "tablet")
    return name and not NAME.fullmatch(name) and not re.fullmatch(r"[a-z0-9-]+", name)


def test_the_van_has_a_name_that_no_tablet_can_have(names, broker, ears, monkeypatch):
    monkeypatch.setattr(link_room, "dial", names.of(link_room.dial))
    with open_link(broker.settings, VAN, ears.decision, ears.see):
        assert no_tablet_has(names.said.pop())


def test_so_has_the_panel(names, monkeypatch):
    stop = threading.Event()

    def nobody(*_):
        stop.set()
        raise MachineError("Nobody is there.", mend="Wait.")

    monkeypatch.setattr(beacon, "dial", names.of(nobody))
    settings = PanelSettings()
    with beacon.open_panel(settings, lambda _: None, lambda: None, lambda: None) as panel:
        Beacon(VAN, panel, settings, Hand()).run(None, stop)
    assert no_tablet_has(names.said.pop())
