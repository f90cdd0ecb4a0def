"""The package around the part in C++: it hides some of its names, as the real one's modules do."""

from jetson_utils_python import *  # noqa: F403 - as there


class videoSource:  # noqa: N801 - what whoever imports from here gets by mistake
    """An unfinished one in Python."""
