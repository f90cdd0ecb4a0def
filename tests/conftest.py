"""What many tests lean on; each kind in its own file."""

pytest_plugins = ["tests.law", "tests.painted", "tests.stage", "tests.standin.fixtures"]
