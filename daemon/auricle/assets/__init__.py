"""Sounds and recordings that come with auricle."""
