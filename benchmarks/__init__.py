"""Measurements of auricle, on people's voices and beside its peers."""

import sys
from pathlib import Path

# What stages a house for the tests stages it here, too.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
