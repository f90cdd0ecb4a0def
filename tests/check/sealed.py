"""Processes that seal themselves, and what Linux would tell of others."""

import ctypes
import os
import resource
import subprocess
import sys
from pathlib import Path

PR_CAPBSET_DROP, CAP_IPC_LOCK = 24, 14
MB = 1024 * 1024
LITTLE = 8 * MB
"""As a user's limit of locked memory mostly is."""


def may_lock():
    """Tell whether a process that is begun by these tests may lock all its memory."""
    status = Path("/proc/self/status").read_text("ascii")
    rights = int(status.partition("CapEff:")[2].split()[0], 16)
    free = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    return free or bool(rights >> CAP_IPC_LOCK & 1)


def as_an_ordinary_user():
    """Take from the process that is being begun what lets root lock any memory."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (LITTLE, LITTLE))


def bare(**more):
    """Give an environment in which nobody has said how memory is freed."""
    told = ("MALLOC_PERTURB_", "PYTHONMALLOC", "GLIBC_TUNABLES")
    return {name: value for name, value in os.environ.items() if name not in told} | more


def python(code, *arguments, before=None, **environment):
    """Run some lines in a process of its own, and give what it printed, word by word."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, check=True, env=bare(**environment), preexec_fn=before,
    )  # fmt: skip
    return done.stdout.split()


def told_of(folder, *, core="0", filtered="00000000", locked_kb=900, used_kb=800, swapped_kb=0):
    """Write down of a process what Linux does, as far as anybody asks."""
    folder.mkdir(parents=True)
    (folder / "limits").write_text(
        "Limit                     Soft Limit           Hard Limit           Units     \n"
        "Max cpu time              unlimited            unlimited            seconds   \n"
        f"Max core file size        {core:<21}{core:<21}bytes     \n"
    )
    (folder / "coredump_filter").write_text(f"{filtered}\n")
    (folder / "status").write_text(
        f"Name:\tlfr\nVmLck:\t {locked_kb} kB\nVmRSS:\t {used_kb} kB\nVmSwap:\t {swapped_kb} kB\n"
    )
    return folder
