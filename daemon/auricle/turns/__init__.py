"""The heart: what a satellite decides, with no clock, thread or socket."""
