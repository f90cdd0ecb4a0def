"""What many tests lean on; each kind in its own file."""

from hypothesis import settings

pytest_plugins = [
    "tests.law", "tests.painted", "tests.seconds", "tests.stage", "tests.standin.fixtures",
]  # fmt: skip

# Times belong in `lfr bench`: on a busy machine any example may take long.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
