"""Whether the satellite works, and who is told."""
