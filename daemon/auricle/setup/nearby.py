"""Brokers and Home Assistants that announce themselves in the network (mDNS)."""

import shutil
import subprocess
from dataclasses import dataclass

_BROWSER = "avahi-browse"
"""The program of Debian's avahi-utils that listens; without it, nobody is found."""
_BROKER, _HOME_ASSISTANT = "_mqtt._tcp", "_home-assistant._tcp"
_PATIENCE = 4.0
_RESOLVED = "="
_FIELDS = 9


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who announced a service."""

    name: str
    host: str
    is_broker: bool
    """Whether it is a broker; else a Home Assistant, whose broker often is there."""


def find() -> list[Found]:
    """Listen for some seconds at most; brokers come first."""
    if shutil.which(_BROWSER) is None:
        return []
    found = [each for kind in (_BROKER, _HOME_ASSISTANT) for each in _browse(kind)]
    return list(dict.fromkeys(found))


def _browse(kind: str) -> list[Found]:
    try:
        told = subprocess.run(
            [_BROWSER, "--parsable", "--resolve", "--terminate", kind],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return read(told, is_broker=kind == _BROKER)


def read(told: str, *, is_broker: bool) -> list[Found]:
    """Read the lines of `avahi-browse --parsable --resolve`; each resolved one is
    `=;interface;protocol;name;type;domain;host;address;port;…`.
    """
    found = []
    for line in told.splitlines():
        fields = line.split(";")
        if fields[0] == _RESOLVED and len(fields) >= _FIELDS:
            # A name outlives an address; the standard port needs no word.
            host, port = fields[6], fields[8]
            usual = not is_broker or port == "1883"
            place = host if usual else f"{host}:{port}"
            found.append(Found(_unescaped(fields[3]), place, is_broker))
    return list(dict.fromkeys(found))


def _unescaped(name: str) -> str:
    """Return a name with the browser's \\032 as what it stands for, a space."""
    head, *rest = name.split("\\")
    text = [head]
    for part in rest:
        digits = part[:3]
        if digits.isdecimal() and len(digits) == 3:
            text.append(chr(int(digits)) + part[3:])
        else:
            text.append(part)
    return "".join(text)
