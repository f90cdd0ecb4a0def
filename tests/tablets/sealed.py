"""What lies in a strongbox's folder, and a memory that is full."""

import resource
from contextlib import contextmanager


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@contextmanager
def full():
    """Have every write of more than a few bytes refused, as by a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
