"""What a command needs, and only the service and root may read."""

import os
import sys
from collections.abc import Collection

from auricle.config.settings import Settings
from auricle.doctor.configuration import API_KEY


def without_key(settings: Settings, withheld: Collection[str]) -> bool:
    """Return whether the recognizer's key, if there is one, is among what is withheld
    from this user.
    """
    return settings.asr.api_key is None and API_KEY in withheld


def refused(command: str, needed: str) -> int:
    """Say who may run the command; return the exit code, 77."""
    told = f"needs {needed}, which only the service may read: sudo auricle {command}"
    print(f"auricle {command}: {told}", file=sys.stderr)
    return os.EX_NOPERM
