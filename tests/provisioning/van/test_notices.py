"""A notice starts the update, and no flood of them makes the van deaf.

Only the command is another, so that it can be counted; the units are the van's.
"""

import os

import pytest

from tests.provisioning.van.given import INSTALL

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="a computer of its own needs root, as CI is"),
]
NOTICE = "/run/lfr/notice"
RUNS = "/run/lfr-update-runs"
# It is slow, so that notices come while it runs; and says what it saw of the notice.
COUNT = f"""
mkdir /run/lfr /etc/systemd/system/lfr-update.service.d
chown lfr:lfr /run/lfr
touch {RUNS}
chown lfr-update {RUNS}
cd /etc/systemd/system/lfr-update.service.d
printf '[Service]\\nReadWritePaths={RUNS}\\nExecStart=\\n' >a.conf
echo 'ExecStart=/bin/sh -c "echo began >>{RUNS}; sleep 0.5; echo done"' >>a.conf
systemctl daemon-reload
systemctl start lfr-update.path
"""


@pytest.fixture(scope="module")
def told(start):
    """A van that waits for notices."""
    with start(jetson=True) as van:
        van("sh", INSTALL)
        van.shell(COUNT)
        yield van


def runs(van):
    return len(van("cat", RUNS).splitlines())


def test_a_notice_starts_the_update_and_is_taken(told):
    before = runs(told)
    with told.hears("lfr-update", "Finished"):
        told("touch", NOTICE, user="lfr")
    assert runs(told) == before + 1
    assert "notice" not in told("ls", "/run/lfr")


def test_a_notice_that_comes_while_it_runs_starts_it_again(told):
    before = runs(told)
    with told.hears("lfr-update", "done"):
        told("touch", NOTICE, user="lfr")
    # It rests before it ends, and so it still runs.
    told("touch", NOTICE, user="lfr")
    wait = f"while [ $(wc -l <{RUNS}) -lt {before + 2} ]; do :; done"
    told("timeout", "60", "sh", "-c", wait)


@pytest.mark.parametrize("outcome", ["true", "false"])
def test_a_flood_of_notices_is_heard_to_its_last_and_starts_few(told, outcome):
    """However the update ends: a van without a network floods itself with failures."""
    told.shell(f"""
        echo 'ExecStart=/bin/{outcome}' >>/etc/systemd/system/lfr-update.service.d/a.conf
        systemctl daemon-reload
    """)
    before = runs(told)
    # Until it was heard more often than systemd lets a unit begin in ten seconds.
    flood = f"while [ $(wc -l <{RUNS}) -lt {before + 7} ]; do : >{NOTICE}; done"
    told("timeout", "100", "sh", "-c", flood, user="lfr")
    busy = f"[ -e {NOTICE} ] || ! systemctl is-active lfr-update | grep -qE 'inactive|failed'"
    told.shell(f"while {busy}; do :; done")
    assert told.show("lfr-update.path", "ActiveState") == "active"
    assert before + 7 <= runs(told) <= before + 9
    told.shell("""
        sed -i '$d' /etc/systemd/system/lfr-update.service.d/a.conf
        systemctl daemon-reload
    """)


def test_what_takes_the_notices_name_is_taken_away(told):
    with told.hears("lfr-update", "Finished"):
        told("mkdir", "-p", f"{NOTICE}/x", user="lfr")
    assert told("ls", "/run/lfr") == ""
    with told.hears("lfr-update", "Finished"):
        told("ln", "-s", "/etc/passwd", NOTICE, user="lfr")
    assert told("ls", "/run/lfr") == ""
    assert told("test", "-e", "/etc/passwd") == ""


def test_whoever_fetches_sees_no_key_and_writes_lists_alone(told):
    """What the unit's sandbox gives to any command in the place of `lfr update`."""
    told.shell(
        r"""
        cat >/run/look <<'X'
        for f in /var/lib/lfr/keyring /var/lib/lfr/public /run/lfr; do ls $f && echo SEEN $f; done
        for f in /var/lib/lfr /etc /opt /var/cache/lfr /media /home; do
          touch $f/x && echo WROTE $f
        done
        touch /var/lib/lfr/watchlist/x && rm /var/lib/lfr/watchlist/x && echo wrote a list
        ls /dev | wc -l
X
        printf '[Service]\nExecStart=\nExecStart=/bin/sh /run/look\n' \
          >/run/systemd/system/lfr-update.service.d/b.conf
    """.replace("cat >", "mkdir -p /run/systemd/system/lfr-update.service.d; cat >")
    )
    told("systemctl", "daemon-reload")
    with told.hears("lfr-update", "wrote a list"):
        told.fetch()
    said = told("journalctl", "-o", "cat", "-u", "lfr-update")
    assert "SEEN" not in said
    assert "WROTE" not in said
    told.shell("rm -r /run/systemd/system/lfr-update.service.d; systemctl daemon-reload")
