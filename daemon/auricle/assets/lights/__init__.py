"""How the panel's lights look, where nobody has effects of their own."""

from importlib.resources import files


def effects() -> str:
    """Read the effect of each scene, as TOML."""
    return (files(__name__) / "effects.toml").read_text(encoding="utf-8")
