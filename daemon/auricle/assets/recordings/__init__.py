"""Synthetic recordings that come with the program; made by scripts/make-recordings."""

from importlib.resources import files

OKAY_NABU = files(__name__) / "okay_nabu_turn_on_the_kitchen_light.flac"
