"""The integration's pure parts, without Home Assistant, which its package needs."""

import importlib.machinery
import sys
import types
from pathlib import Path

_FOLDER = Path(__file__).parents[3] / "custom_components"

for _name, _folder in (
    ("custom_components", _FOLDER),
    ("custom_components.auricle", _FOLDER / "auricle"),
):
    _package = types.ModuleType(_name)
    _package.__path__ = [str(_folder)]
    _package.__spec__ = importlib.machinery.ModuleSpec(_name, None, is_package=True)
    sys.modules.setdefault(_name, _package)
