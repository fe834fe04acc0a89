"""Wake words, heard locally."""
