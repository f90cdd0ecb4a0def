"""A list on a van: it comes by the network and by a stick, loses an entry, and ends for good."""

import json
import os

import pytest

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="a computer of its own needs root, as CI is"),
]
LISTS = "/var/lib/lfr/watchlist/generations"
NEWER = "a newer list is in force"
LOOKING = '"lamp": "looking"'
OFF = '"lamp": "off"'


def bundles(van):
    """The lists that lie there, closed as they are."""
    return van.shell(f"ls {LISTS}/*/watchlist.age 2>/dev/null || true").split()


def keys(van):
    return set(van("ls", "/var/lib/lfr/keyring").split())


def renew(van, force, name):
    """Have a van that does not look take a list, and look."""
    force.deploy(name, hours=8)
    with van.hears("lfr-panel", LOOKING):
        van.fetch()


def take(van, force, name):
    """Have a van that looks take another list."""
    force.deploy(name, hours=8)
    with van.hears("lfr-appliance", NEWER):
        van.fetch()


# -- It comes


def test_a_newer_list_comes_by_the_network_and_is_taken_while_the_van_looks(duty, force):
    before, one_time = duty.show("lfr-appliance", "MainPID"), keys(duty)
    take(duty, force, "by-network")
    assert duty.show("lfr-appliance", "MainPID") == before
    assert duty.looks()
    assert len(bundles(duty)) == 1
    assert len(one_time - keys(duty)) == 1


def test_a_list_comes_by_a_stick_where_there_is_no_network(duty, force):
    duty("mount", "--bind", "-o", "ro", force.seen, "/mnt")
    duty("systemctl", "stop", "force")
    try:
        take(duty, force, "by-stick")
    finally:
        duty("umount", "/mnt")
        force.serve(duty)


def test_a_list_comes_by_hand(duty, force):
    force.deploy("by-hand", hours=8)
    with duty.hears("lfr-appliance", NEWER):
        duty("lfr", "update", "--from", force.seen, user="lfr-update")


def test_the_check_is_green_and_does_not_open_the_list(duty, force):
    take(duty, force, "to-be-checked")
    said = json.loads(duty("lfr", "check", "--json", user="lfr", check=False))
    found = {line["name"]: line for line in said}
    held = ("root", "source", "folders", "keys", "contact", "list", "authority", "swap")
    for name in (*held, "broker", "tablets", "page", "gate", "log"):
        assert found[name]["ok"], found[name]
    assert "2 subjects" in found["list"]["what"]


def test_the_check_tells_from_outside_what_the_process_on_duty_keeps_to_itself(duty):
    said = json.loads(duty("lfr", "check", "--json", user="lfr", check=False))
    found = {line["name"]: line for line in said}
    process = duty.show("lfr-appliance", "MainPID")
    for name in ("cores", "freed"):
        assert found[name]["what"].startswith(f"{process}, on duty, "), found[name]
    assert found["carriers"]["what"] == "mosquitto, nginx, lfr-gate leave none"
    # In a container not even systemd may lift this limit, and then that is what is told.
    limits = duty("cat", f"/proc/{process}/limits")
    assert found["locked"]["ok"] == ("locked memory         unlimited" in limits), found["locked"]


def test_what_is_not_to_be_believed_changes_nothing(duty, force):
    look = f"cd {LISTS}; sha256sum */*"
    held = duty.shell(look)
    (force.published / "metadata" / "timestamp.json").write_text("{}")
    duty.fetch(check=False)
    force.desk.refresh(force.published)
    assert duty.show("lfr-update", "Result") == "exit-code"
    assert duty.shell(look) == held
    duty.fetch()
    assert duty.looks()


# -- It loses an entry


def test_a_notice_takes_an_entry_off_while_the_van_looks(duty, force):
    take(duty, force, "to-lose-one")
    force.desk.withdraw("to-lose-one-0", force.published)
    with duty.hears("lfr-appliance", "taken off the list"):
        force.ring(duty)
    assert duty.looks()


# -- It ends


def test_it_ends_by_command_and_never_comes_back(duty, force):
    one_time = keys(duty)
    with duty.hears("lfr-panel", OFF), duty.hears("lfr-appliance", '"reason": "command"'):
        duty("lfr", "deployment", "close", user="lfr")
    assert bundles(duty) == []
    assert len(one_time - keys(duty)) == 1
    with duty.hears("lfr-appliance", "closed by command"):
        duty("systemctl", "restart", "lfr-appliance")
    duty.fetch()
    assert bundles(duty) == []
    renew(duty, force, "after-the-command")


def test_it_ends_when_the_force_says_so(duty, force):
    name = force.deploy("to-be-revoked", hours=8)
    with duty.hears("lfr-appliance", NEWER):
        duty.fetch()
    force.desk.revoke(name, force.published)
    with duty.hears("lfr-panel", OFF), duty.hears("lfr-appliance", '"reason": "revoked"'):
        force.ring(duty)
    assert bundles(duty) == []
    renew(duty, force, "after-the-revocation")


def test_it_ends_in_time_where_nothing_looks(duty, force):
    """As after a power cut: `lfr run` does not start, and yet nothing is left."""
    duty("lfr", "deployment", "close", user="lfr")
    duty("systemctl", "stop", "lfr.target")
    one_time = keys(duty)
    force.deploy("short", seconds=25)
    duty.fetch()
    assert bundles(duty)
    with duty.hears("lfr-close", "Destroyed: deployment_over"):
        pass
    assert bundles(duty) == []
    assert len(one_time - keys(duty)) == 1
    duty("systemctl", "start", "lfr.target")
    renew(duty, force, "after-the-pause")


def test_a_kill_in_the_middle_of_an_update_leaves_the_list_that_was_held(duty, force):
    force.deploy("interrupted", hours=8)
    duty.shell("""
        systemctl start --no-block lfr-update
        while [ "$(systemctl is-active lfr-update)" != activating ]; do :; done
        systemctl kill --signal=KILL lfr-update
        while systemctl is-active lfr-update | grep -q ivating; do :; done
    """)
    assert duty.show("lfr-update", "Result") == "signal"
    assert duty.looks()
    with duty.hears("lfr-appliance", NEWER):
        duty.shell(
            "while systemctl is-active -q lfr-update; do :; done; systemctl start lfr-update"
        )
    assert len(bundles(duty)) == 1
