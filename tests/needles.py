"""What lies in another process's memory, which is overwritten there as the van's unit has it."""

from pathlib import Path

OVERWRITING = {
    "PYTHONMALLOC": "malloc",
    "MALLOC_PERTURB_": "165",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
}
"""As in lfr-appliance.service."""


def found_in(process, needles):
    """Say which needles lie anywhere in another process's memory."""
    found = set()
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            start, end = (int(each, 16) for each in line.split(maxsplit=1)[0].split("-"))
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                # Nobody may read the kernel's own pages.
                continue
            found |= {name for name, needle in needles.items() if needle in data}
    return found
