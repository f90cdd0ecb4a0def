"""Templates to candidates; remembers subjects, never faces."""
