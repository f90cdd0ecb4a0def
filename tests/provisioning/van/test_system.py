"""A whole van is installed on a real systemd, and taken away again without a trace.

The computer is this one in namespaces of its own: it has no GPU and no pins, so the machine is the
host and the lamp pretends; users, sandboxes, sockets, the broker and all units are the van's.
"""

import os

import pytest

from tests.provisioning.van.given import INSTALL

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="a computer of its own needs root, as CI is"),
]
PLACES = "/etc /opt /usr/lib /usr/local /usr/share/lfr /var/lib /var/cache"
TREE = (
    f"find {PLACES} -path /var/lib/mosquitto -prune"
    " -o -type d -printf '%p %m %U %G\n' -o -printf '%p %y %m %U %G %l %s %T@\n' | LC_ALL=C sort"
)


@pytest.fixture
def force(raise_force):
    """One for each van here."""
    return raise_force()


def tree(van):
    """Every file that an installation could touch, with owner, mode, size and time."""
    return van.shell(TREE, check=False)


def names(listing):
    return {line.split(" ", 1)[0] for line in listing.splitlines()}


# -- Installing


def test_a_computer_that_is_no_jetson_is_told_what_it_lacks_and_nothing_is_changed(start):
    with start(jetson=False) as van:
        before = tree(van)
        said = van.shell(f"sh {INSTALL} || echo left with $?")
        assert "left with 69" in said
        assert "JetPack 6 or 7" in said
        assert "sudo apt-get install" in said
        assert "python3-libnvinfer" in said
        assert tree(van) == before


def test_only_root_may_install(jetson):
    said = jetson.shell(f"sh {INSTALL} || echo left with $?", user="daemon")
    assert "left with 64" in said
    assert "--root" in said


def test_it_makes_users_and_folders_and_a_second_run_changes_nothing(jetson):
    jetson("sh", INSTALL)
    assert set(jetson("id", "-nG", "lfr").split()) == {"lfr", "lfr-settings", "render", "video"}
    assert set(jetson("id", "-nG", "lfr-panel").split()) == {"lfr-panel", "lfr-settings", "gpio"}
    assert set(jetson("id", "-nG", "lfr-update").split()) == {"lfr-update", "lfr", "lfr-settings"}
    before = tree(jetson)
    jetson("sh", INSTALL)
    assert tree(jetson) == before


def test_it_is_gone_without_a_trace_after_a_purge(jetson, force):
    jetson("nginx", "-t", check=False)  # it makes folders of its own when it first runs
    before, accounts = names(tree(jetson)), jetson("sort", "/etc/passwd", "/etc/group")
    force.equip(jetson)
    force.serve(jetson)
    force.deploy("list-1", hours=1)
    jetson.fetch()
    with jetson.hears("lfr-panel", '"lamp": "looking"'):
        jetson("systemctl", "start", "lfr.target")
    jetson("sh", INSTALL, "--uninstall", "--purge")
    assert names(tree(jetson)) - before == set()
    made_by_sysusers = {"gpio"}
    after = jetson("sort", "/etc/passwd", "/etc/group")
    left = set(after.splitlines()) - set(accounts.splitlines())
    assert {line.split(":")[0] for line in left} <= made_by_sysusers
    known = jetson("systemctl", "list-unit-files", "--no-legend", "lfr*", "*-lfr*", check=False)
    running = jetson("systemctl", "list-units", "--no-legend", "--state=active,failed", "lfr*")
    assert (known, running) == ("", "")


def test_what_the_force_gave_and_the_log_outlive_a_removal_and_no_key_or_list_does(jetson, force):
    force.equip(jetson)
    force.deploy("list-1", hours=1)
    jetson("lfr", "update", "--from", force.seen, user="lfr-update")
    jetson.shell("mkdir -p /var/lib/lfr/audit/log && touch /var/lib/lfr/audit/log/checkpoint")
    jetson("sh", INSTALL, "--uninstall")
    left = jetson.shell("find /etc/lfr /var/lib/lfr* /var/cache/lfr 2>/dev/null || true").split()
    papers = {f"tablets/{name}" for name in ("ca.pem", "crl.pem", "server.pem", "server.key")}
    kept = {"appliance.toml", "root.json", "tablets", *papers}
    log = {
        "/var/lib/lfr",
        *(f"/var/lib/lfr/audit{name}" for name in ("", "/log", "/log/checkpoint")),
        # The log's own, with which a van that is set up anew goes on with it.
        *(f"/var/lib/lfr/audit/{name}" for name in ("key", "key.pub")),
    }
    tiles = {name for name in left if name.startswith("/var/lib/lfr/audit/log/tile")}
    assert set(left) - tiles == {"/etc/lfr", *(f"/etc/lfr/{name}" for name in kept), *log}


def test_wrong_settings_are_not_tried_again(jetson):
    jetson("sh", INSTALL)
    jetson.shell("echo 'nonsense = 1' >/etc/lfr/appliance.toml")
    for unit in ("lfr-appliance", "lfr-panel"):
        with jetson.hears(unit, "Failed with result 'exit-code'"):
            jetson("systemctl", "start", "--no-block", unit)
        assert jetson.show(unit, "ExecMainStatus") == "78"
        assert jetson.show(unit, "NRestarts") == "0"


def test_the_engines_are_built_once_and_again_when_a_package_has_changed(jetson):
    """Only the command is another: what it builds needs the GPU."""
    jetson("sh", INSTALL)
    jetson.shell("""
        mkdir /etc/systemd/system/lfr-engines.service.d
        cd /etc/systemd/system/lfr-engines.service.d
        printf '[Service]\\nExecStart=\\n' >a.conf
        echo 'ExecStart=/bin/sh -c "echo built >>/var/cache/lfr/engines/log"' >>a.conf
        systemctl daemon-reload
    """)
    again = "systemctl restart lfr-engines; wc -l </var/cache/lfr/engines/log"
    assert jetson.shell(again).split() == ["1"]
    assert jetson.shell(again).split() == ["1"]
    assert jetson.shell(f"touch -d tomorrow /var/lib/dpkg/status; {again}").split() == ["2"]
