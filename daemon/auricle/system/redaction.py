"""Secrets, taken out of what is told: the text of others' errors is logged unread.

A library may quote what it was given, and a server what it refuses. So all that is
logged, printed as an error, or told to systemd goes through here: the secrets that we
know, and whatever looks like one.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO
from urllib.parse import quote, unquote

MASK = "***"

# Shorter ones protect nothing, and would take words out of every sentence.
_SHORTEST = 3
# Below, a secret may be a word, which is only one where it stands alone.
_UNLIKELY_WORD = 8

_LOOKS_SECRET = re.compile(
    # What stands before the host: its end is the last @, also where it should have been
    # encoded. The bounds keep a long line from taking long.
    r"(?P<scheme>//)[^\s\"'<>]{0,256}@"
    r"|(?<![\w@])[\w.%+~-]{0,64}:[^\s\"'<>@/]{1,256}@(?=[\w\[])"
    r"|\b(?P<header>bearer|basic(?=\s+\S*(?-i:[A-Z0-9=])))\s+[a-z0-9+/=._~-]{8,}",
    re.IGNORECASE,
)
_SECRET_NAME = re.compile(r"(AURICLE|DASHSCOPE)_\w*(KEY|PASSWORD)", re.IGNORECASE)
_PROXY_NAME = re.compile(r"_proxy$", re.IGNORECASE)
_PIECES = re.compile(r"[/?#@:\s]+")


class Redaction:
    """Takes out what is secret, as far as it was told; a secret is never told again."""

    def __init__(self) -> None:
        self._known: list[str] = []

    def keep(self, *secrets: str) -> None:
        """Let none of `secrets` pass from now on, in whatever way it is written."""
        writings = {w for secret in secrets for w in _writings(secret)}
        known = {w for w in writings if len(w) >= _SHORTEST}.union(self._known)
        # One may be within another.
        self._known = sorted(known, key=len, reverse=True)

    def forget(self) -> None:
        """Know no secret any more, as where one process is configured many times."""
        self._known = []

    def redacted(self, text: str) -> str:
        """Return `text` without secrets."""
        for writing in self._known:
            text = _without(writing, text)
        return _LOOKS_SECRET.sub(_mask, text)


def secrets_of(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets in an environment: those in our own variables, and in the
    proxies'.
    """
    for name, value in environ.items():
        if _SECRET_NAME.fullmatch(name):
            yield value.strip()
        if _PROXY_NAME.search(name):
            yield from _of_proxy(value)


def _of_proxy(url: str) -> Iterable[str]:
    """The password, also where a character of it ends the host for whoever parses."""
    before_host, found, _ = url.rpartition("@")
    if not found:
        return []
    _, _, password = before_host.rpartition("//")[2].partition(":")
    return [password, *_PIECES.split(password)]


def _writings(secret: str) -> Iterable[str]:
    plain = unquote(secret)
    return (
        *(secret, plain),
        # Where it is no text, as in an environment, the bytes that it was.
        *(quote(plain, safe, errors="surrogatepass") for safe in ("/", "")),
        *(repr(plain)[1:-1], json.dumps(plain)[1:-1]),
    )


def _without(writing: str, text: str) -> str:
    if len(writing) >= _UNLIKELY_WORD or not writing.isalnum():
        return text.replace(writing, MASK)
    return re.sub(rf"(?<!\w){re.escape(writing)}(?!\w)", MASK, text)


def _mask(found: re.Match[str]) -> str:
    if found["header"]:
        return f"{found['header']} {MASK}"
    return f"{found['scheme'] or ''}{MASK}@"


class RedactedStream(io.TextIOBase):
    """A text stream that tells no secret which is written to it at once."""

    def __init__(self, stream: TextIO, redaction: Redaction) -> None:
        self._stream = stream
        self._redaction = redaction

    def write(self, text: str) -> int:
        """Write `text` without its secrets; return its length, as it was given."""
        self._stream.write(self._redaction.redacted(text))
        return len(text)

    def flush(self) -> None:
        """Flush the stream behind it."""
        self._stream.flush()

    def fileno(self) -> int:
        """Return the descriptor of the stream behind it."""
        return self._stream.fileno()

    def isatty(self) -> bool:
        """Return whether the stream behind it is a terminal."""
        return self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


OURS = Redaction()
"""The secrets of this process, which its environment and its configuration hold."""
