"""Pages on paper: HTML that needs no other file, runs nothing, and shows outside text as text."""
