"""Films of known people as passings: who is found, when, and who is taken for somebody else."""
