"""A throw-away van that plays a film through the whole pipeline."""
