"""A recall test: how many of the volunteers who pass are recognised, on the day and on the spot."""
