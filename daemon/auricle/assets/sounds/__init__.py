"""What feedback plays by default; made by scripts/make-recordings."""
