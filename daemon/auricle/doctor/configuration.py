"""The settings, and where the secrets among them come from."""

import errno
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from auricle.doctor.results import Result, Status

CONFIGURATION, SECRETS = "configuration", "secrets"
API_KEY, PASSWORD = "asr.api_key", "mqtt.password"
AS_ROOT = "to see what the service sees, run: sudo auricle doctor"


def accepted(
    path: Path | None, overriding: Sequence[str], doubts: Sequence[str] = ()
) -> Result:
    """Report a configuration that can be used.

    `overriding` are the environment variables on top of the file; `doubts` say what is
    configured and has no effect.
    """
    meaning = str(path) if path else "no file: everything is at its default"
    if overriding:
        meaning += f"; overridden by {', '.join(overriding)}"
    if doubts:
        advice = "correct it, or take it away"
        return Result(
            CONFIGURATION, Status.WARNING, "; ".join((meaning, *doubts)), advice
        )
    return Result(CONFIGURATION, Status.OK, meaning)


def refused(mistakes: str) -> Result:
    """Report a configuration that cannot be used; each line of `mistakes` is one."""
    forbidden = os.strerror(errno.EACCES) in mistakes
    explained = "correct it; config.example.toml explains every key"
    advice = AS_ROOT if forbidden else explained
    return Result(CONFIGURATION, Status.FAILED, mistakes, advice)


def secrets(origins: Mapping[str, str], withheld: Collection[str]) -> Result:
    """Report where each secret comes from; `withheld` may name some that only the
    service knows.
    """
    unseen = sorted(name for name in withheld if name in (API_KEY, PASSWORD))
    told = [f"{name}: {origin}" for name, origin in origins.items()]
    told += [f"{name}: known to the service alone" for name in unseen]
    meaning = "; ".join(told) or "none are set"
    if unseen:
        return Result(SECRETS, Status.WARNING, meaning, AS_ROOT)
    return Result(SECRETS, Status.OK, meaning)


def needs(name: str, what: str) -> Result:
    """Report that a check cannot be made without something that only the service may
    read.
    """
    meaning = f"needs {what}, which only the service may read"
    return Result(name, Status.WARNING, meaning, AS_ROOT)


def unknown(name: str) -> Result:
    """Report that a check cannot be made without settings."""
    return Result(name, Status.SKIPPED, "needs a configuration that can be used")
