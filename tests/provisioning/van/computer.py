"""A computer of its own: a real systemd over a copy of this one, in namespaces without a trace."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

# What is changed lies in memory and is gone with the namespaces. Of devices there are the harmless,
# and the kernel's own switches are read-only, so that its systemd leaves them alone.
BOOT = """
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root" "$1/upper2" "$1/work2"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cd "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper2,workdir=$1/work2" opt
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
for folder in run tmp dev; do mount -t tmpfs none "$folder"; done
mkdir dev/pts dev/shm run/given run/outside
for node in null zero full random urandom tty; do
  touch "dev/$node"
  mount --bind "/dev/$node" "dev/$node"
done
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -s pts/ptmx dev/ptmx
mount -t tmpfs none dev/shm
mount --rbind "$3" run/given
mount --bind "$4" run/outside
rm -rf var/lib/lfr etc/lfr
rm -f etc/machine-id etc/systemd/system/*.wants/*.service etc/systemd/system/*.wants/*.timer
: >etc/machine-id
export container=lfr NOTIFY_SOCKET=/run/outside/ready
mkdir run/old
pivot_root . run/old
exec chroot . sh -ec 'umount -l /run/old; exec "$@"' sh \\
  /lib/systemd/systemd --system --unit=multi-user.target --log-target=journal
"""
BOOT_S = 60
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}


class Computer:
    """One that runs."""

    def __init__(self, unshare: int) -> None:
        self._unshare = unshare

    @property
    def pid(self) -> str:
        """Of its systemd, as we number it."""
        children = Path(f"/proc/{self._unshare}/task/{self._unshare}/children").read_text()
        return children.split()[0]

    def words(self, *words: object, user: str = "root") -> list[str]:
        """Put a command there into words for a process here."""
        enter = ["nsenter", "--target", self.pid, "--all", f"--wd=/proc/{self.pid}/root"]
        who = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return [*enter, *(who if user != "root" else []), *map(str, words)]

    def __call__(self, *words: object, user: str = "root", check: bool = True) -> str:
        """Run a command there; gives what it says."""
        done = subprocess.run(
            self.words(*words, user=user), capture_output=True, text=True, check=False, timeout=200,
            env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def shell(self, text: str, *more: object, user: str = "root", check: bool = True) -> str:
        """Run a shell's commands there, which end with the first that fails."""
        return self("sh", "-ec", text, *more, user=user, check=check)

    def fetch(self, *, check: bool = True) -> None:
        """Have the update run anew: a start while one is running would be lost in it."""
        self.shell("while systemctl is-active lfr-update | grep -q ivating; do :; done")
        self("systemctl", "start", "lfr-update", check=check)

    def show(self, unit: str, key: str) -> str:
        """Ask systemd for a property of a unit."""
        return self("systemctl", "show", "--value", f"--property={key}", unit).strip()

    def looks(self) -> bool:
        """Wait until the lamp says that the van looks: it says first that it takes a list."""
        while self.show("lfr-panel", "StatusText") != "the lamp says looking":
            assert self.show("lfr-panel", "ActiveState") == "active"
        return True

    @contextmanager
    def hears(self, unit: str, words: str):
        """Wait, after what is done inside, until a unit's log says so."""
        self.shell("echo mark | systemd-cat -t mark; journalctl --sync")
        mark = self("journalctl", "-q", "-t", "mark", "-n", "1", "--show-cursor")
        yield
        # Not --after-cursor: where the mark is not of the unit it would pass over one more line.
        cursor = f"--cursor={mark.rpartition('-- cursor: ')[2].strip()}"
        follow = ("timeout", "150", "journalctl", "-f", "-o", "cat", "-u", unit, cursor)
        with subprocess.Popen(
            self.words(*follow), stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as log:
            heard = any(words in line for line in log.stdout)
            log.kill()
        assert heard, f"the log of {unit} ended without {words}"


@contextmanager
def computer(folder: Path, opt: Path, given: Path):
    """Start one, and pull its plug in the end.

    Args:
        folder: An empty one, for its mounts.
        opt: What its /opt holds; it may change that, and nothing of it comes back.
        given: Seen there as /run/given.
    """
    assert os.geteuid() == 0, "a computer of its own needs root, as CI is"
    apart = ["--fork", "--pid", "--kill-child", "--mount", "--ipc", "--uts", "--cgroup", "--net"]
    with TemporaryDirectory() as outside:
        # Nothing of it outlives us, whatever ends us.
        bound = ["setpriv", "--pdeathsig", "KILL", "unshare", *apart]
        command = [*bound, "sh", "-ec", BOOT, "sh", folder, opt, given, outside]
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(f"{outside}/ready")
        with subprocess.Popen([*map(str, command)], stdin=subprocess.DEVNULL) as process:
            try:
                # Closed then: it says more later on, and would wait for ever to be heard.
                with ready:
                    ready.settimeout(BOOT_S)
                    while b"READY=1" not in ready.recv(4096):
                        pass
                yield Computer(process.pid)
            finally:
                process.kill()
