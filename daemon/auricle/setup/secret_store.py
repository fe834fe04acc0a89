"""Secrets, kept where systemd looks for credentials: only root reads them."""

from pathlib import Path

from auricle.doctor.service import CREDENTIAL_STORES
from auricle.system.whole_file import replaced

STORE = CREDENTIAL_STORES[0]
"""The folder for what this machine's owner keeps."""
_PREFIX = "auricle."


def path_of(store: Path, name: str) -> Path:
    """Return the file of a secret, such as `mqtt.password`, whether it is there or
    not.
    """
    return store / f"{_PREFIX}{name}"


def keep(store: Path, name: str, secret: str) -> None:
    """Write a secret, whole or not at all. Raises OSError."""
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    with replaced(path_of(store, name), secret.encode(), 0o400):
        pass
