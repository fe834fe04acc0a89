"""Which release of auricle is the latest, by a server's answer, and when to ask again.

The answer is the one that GitHub, Forgejo and Gitea give to `…/releases/latest`, of
which two fields are read. It comes from elsewhere: whatever it holds, what is made of
it is a version and the address of a page, or an error.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LARGEST_ANSWER = 1024 * 1024
"""Bytes: the longest notes on a release, with a long list of its files."""
DAY = 86_400.0
"""Seconds from an answer to the next question."""
_FIRST_PAUSE = 60.0

_VERSION = re.compile(r"v?(\d{1,6}\.\d{1,6}\.\d{1,6})", re.ASCII)
_LONGEST_PAGE = 500
_PAGE = re.compile(r"https://[!-~]+")


class ReleaseError(Exception):
    """Nobody knows the latest release; the message says what came instead."""


@dataclass(frozen=True, slots=True)
class Release:
    """A version of auricle that everybody can have."""

    version: str
    """Three numbers with dots between them."""
    page: str = ""
    """The address where people read of it, https:// alone; empty where none is told."""

    def is_newer_than(self, installed: str) -> bool:
        """Tell whether it came after the version `installed`."""
        return _numbers(self.version) > _numbers(installed)


def read_release(answer: bytes) -> Release:
    """Return the release that an answer tells of. Raises ReleaseError."""
    if len(answer) > LARGEST_ANSWER:
        raise ReleaseError("answers more than anybody could say of a release")
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        raise ReleaseError("answers with something other than JSON") from None
    if not isinstance(told, dict):
        raise ReleaseError("answers with JSON that is no object; is it one release's?")
    version = _VERSION.fullmatch(_text(told, "tag_name"))
    if version is None:
        raise ReleaseError("names no version such as v1.2.3 (tag_name)")
    if told.get("draft") or told.get("prerelease"):
        raise ReleaseError("names a release that is not for everybody yet")
    page = _text(told, "html_url")
    is_page = len(page) <= _LONGEST_PAGE and _PAGE.fullmatch(page)
    return Release(version[1], page if is_page else "")


def pauses_after_failures() -> Iterator[float]:
    """Yield the seconds to the next question while nobody answers: from a minute, for a
    network that is late, to a day.
    """
    pause = _FIRST_PAUSE
    while True:
        yield min(pause, DAY)
        pause = min(4 * pause, DAY)


def _text(told: dict[str, Any], field: str) -> str:
    value = told.get(field)
    return value if isinstance(value, str) else ""


def _numbers(version: str) -> tuple[int, ...]:
    # What is behind them, as in 1.2.3.dev4, is of a build that somebody made.
    return tuple(map(int, re.findall(r"\d+", version)[:3]))
