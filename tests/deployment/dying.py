"""A process that dies at any of its words to the disk."""

import os


def crash(act, calls):
    """Have a process act, which dies at so many of its words to the disk; tell whether it did."""
    child = os.fork()
    if child == 0:
        left = [calls]

        def dying(call):
            def do(*given, **more):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)
                return call(*given, **more)

            return do

        for name in ("fsync", "replace", "unlink", "write", "ftruncate"):
            setattr(os, name, dying(getattr(os, name)))
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
