"""Sounds, recordings and words that come with auricle."""
