"""What each extra needs, locked by hash, and how it is installed from that."""

import importlib.util
import sys
from importlib.resources import files


def how_to_install(extra: str) -> str:
    """Return what to run, to install an extra of ours into this environment.

    No package index is asked for our own name: what has it there need not be ours.
    """
    lock = files(__name__) / f"{extra}.txt"
    pip = f"{sys.executable} -m pip"
    # That of the Debian package has no pip, and belongs to root.
    if importlib.util.find_spec("pip") is None:
        if extra in ("recognizer", "panel"):
            return f"sudo apt install ./auricle-{extra}_*.deb"
        pip = f"sudo python3 -m pip --python {sys.executable}"
    return f"{pip} install --require-hashes -r {lock}"
