"""How well the networks find whom they should, and spare the rest: measured, with intervals."""
