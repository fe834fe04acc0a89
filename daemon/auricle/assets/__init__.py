"""Sounds, recordings, words and lists of requirements that come with auricle."""
