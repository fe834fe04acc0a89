"""What the satellite knows of the words of languages."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files


def unfinished() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Read with what no sentence ends, by language: its `endings`, and behind one of
    its `articles` its `attributes`.
    """
    text = (files(__name__) / "unfinished.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
