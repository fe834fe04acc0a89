"""What each extra needs, locked by hash, and what to do where one is missing.

| system | an extra that is missing |
|---|---|
| 64-bit | how it is installed: from its package, or by pip from the lock |
| 32-bit | what serves there instead: not all of their libraries are made for it |
"""

import importlib.util
import sys
from importlib.resources import files


def is_32_bit() -> bool:
    """Tell whether the system is a 32-bit one, for which many libraries are not made.

    Its kernel may be a 64-bit one, as Raspberry Pi OS's is, and tells of a 64-bit
    machine then: Python's own size counts.
    """
    return sys.maxsize < 2**32


def missing(package: str) -> str:
    """Say that a Python package is not here that every 64-bit satellite has."""
    if is_32_bit():
        return f"{package} does not exist for 32-bit systems"
    return f"{package} is not installed"


def remedy(extra: str) -> str:
    """Return what to do where an extra of ours is missing: a clause."""
    if is_32_bit():
        return _INSTEAD[extra.partition("-")[0]]
    return f"run {how_to_install(extra)}"


def how_to_install(extra: str, *, again: bool = False) -> str:
    """Return what to run, to install an extra of ours into this environment; `again`
    where it is there, and damaged.

    No package index is asked for our own name: what has it there need not be ours.
    """
    lock = files(__name__) / f"{extra}.txt"
    pip = f"{sys.executable} -m pip"
    # That of the Debian package has no pip, and belongs to root.
    if importlib.util.find_spec("pip") is None:
        if extra in ("recognizer", "panel"):
            anew = " --reinstall" if again else ""
            return f"sudo apt install{anew} ./auricle-{extra}_*.deb"
        pip = f"sudo python3 -m pip --python {sys.executable}"
    anew = " --force-reinstall" if again else ""
    return f"{pip} install --require-hashes{anew} -r {lock}"


_INSTEAD = {
    "openwakeword": "it needs a 64-bit system; microWakeWord's models serve here",
    "panel": "run sudo apt install ./auricle-panel_*.deb, and for what is on a GPIO "
    "python3-lgpio, which Raspberry Pi OS has",
    "recognizer": "it needs a 64-bit system: start auricle recognizer on one, and set "
    "asr.url to its address",
}
