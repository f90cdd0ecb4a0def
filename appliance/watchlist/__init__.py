"""The signed list: believed, opened, held and forgotten."""
