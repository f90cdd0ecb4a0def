"""The force's desk and the van's birth: whatever happens before the van looks."""
