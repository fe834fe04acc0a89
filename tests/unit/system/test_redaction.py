import asyncio
import http.client
import io
import json
import logging
import ssl
import sys
import tomllib
import traceback
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import BaseModel, SecretStr
from websockets.asyncio.client import connect
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeaderValue, InvalidProxyStatus
from websockets.http11 import Response
from websockets.proxy import parse_proxy
from websockets.uri import parse_uri

from auricle.system.log import LineFormatter
from auricle.system.redaction import MASK, OURS, RedactedStream, Redaction, secrets_of

PASSWORD = "C4nary/Of#the @proxy"
KEY = "sk-C4naryOfTheKey"
# None of it may be told, however it was torn apart.
PARTS = ("C4nary", "Of#the", "Of%23the")
ENCODED = urllib.parse.quote(PASSWORD, safe="")


def proxies() -> list[str]:
    return [
        *(f"http://user:{p}@127.0.0.1:9" for p in (PASSWORD, ENCODED)),
        f"ftp://user:{ENCODED}@127.0.0.1:9",
        f"user:{PASSWORD}@127.0.0.1:9",
        f"http:/user:{ENCODED}@127.0.0.1:9",
        f"http://user:{ENCODED}@127.0.0.1:port",
        f"http://user:{ENCODED}@:3128/path",
        f"http://user:{ENCODED}@127.0.0.1:9/path?{KEY}",
        f"http://{KEY}@127.0.0.1:9",
    ]


def through(proxy: str) -> Callable[[], object]:
    return lambda: asyncio.run(_connect(proxy))


async def _connect(proxy: str) -> None:
    await connect("wss://asr.example.org", proxy=proxy, open_timeout=5)


class _Config(BaseModel):
    port: int
    key: SecretStr


def _raise(error: Exception) -> None:
    raise error


def _paho(host: str) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("pi", KEY)
    client.connect(host)


def _http(host: str) -> None:
    http.client.HTTPConnection(host).request("GET", "/")


THROWN: dict[str, Callable[[], object]] = {
    **{f"websockets: proxy {i}": through(proxy) for i, proxy in enumerate(proxies())},
    **{
        f"websockets: parsed proxy {i}": lambda proxy=proxy: parse_proxy(proxy)  # type: ignore[misc]  # bound here
        for i, proxy in enumerate(proxies())
        # With the password encoded as it should be, it is fine.
        if i != 1
    },
    "websockets: URI": lambda: parse_uri(f"http://user:{ENCODED}@asr.example.org"),
    "websockets: header": lambda: _raise(InvalidHeaderValue("Authorization", KEY)),
    "websockets: status": lambda: _raise(
        InvalidProxyStatus(Response(407, f"Bearer {KEY}", Headers()))
    ),
    "urllib: port": lambda: urllib.parse.urlsplit(f"http://u:{PASSWORD}@h").port,
    "urllib: scheme": lambda: urllib.request.urlopen(f"x://u:{ENCODED}@127.0.0.1:9"),
    "http: port": lambda: _http(f"user:{ENCODED}@127.0.0.1:{KEY}"),
    "asyncio: host": lambda: asyncio.run(
        asyncio.wait_for(asyncio.open_connection(f"user:{KEY}@a..b", 1), 5)
    ),
    "paho: host": lambda: _paho(f"mqtt://pi:{KEY}@a..b"),
    "ssl: file": lambda: ssl.create_default_context().load_cert_chain(f"/x/{KEY}"),
    "ssl: name": lambda: ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=f".{KEY}"
    ),
    "pydantic": lambda: _Config.model_validate({"port": KEY, "key": [PASSWORD]}),
    "tomllib": lambda: tomllib.loads(f'key = "{KEY}"\nkey = "{KEY}"\n{KEY} {KEY}'),
    "json": lambda: json.loads(f'{{"key": "{KEY}", {KEY}}}'),
    "paths": lambda: Path(f"/nowhere/{KEY}").read_text(),
    "codecs": lambda: f"{KEY}é".encode("ascii"),
    "numbers": lambda: int(KEY),
}


@pytest.fixture
def known() -> Redaction:
    """What a process knows that has them in its environment and its settings."""
    environ = {"https_proxy": proxies()[0], "AURICLE_ASR__API_KEY": KEY}
    OURS.keep(*secrets_of(environ))
    return OURS


@pytest.mark.parametrize("throw", THROWN.values(), ids=THROWN)
def test_no_library_tells_a_secret_by_an_error_of_its_own(
    throw: Callable[[], object], known: Redaction
) -> None:
    record = logging.LogRecord("a", logging.ERROR, "a.py", 1, "it failed: %s", (), None)
    printed = io.StringIO()
    with pytest.raises(Exception) as thrown:  # noqa: PT011  # whatever it is
        throw()
    error = thrown.value
    record.args = (error,)
    record.exc_info = (type(error), error, error.__traceback__)
    stream = RedactedStream(printed, known)
    print(f"auricle: {error} {error!r}", file=stream)
    traceback.print_exception(error, file=stream)

    for told in (
        LineFormatter(for_journal=True).format(record),
        LineFormatter(for_journal=False).format(record),
        printed.getvalue(),
        known.redacted(f"{error!r}"),
    ):
        assert [part for part in PARTS if part in told] == []


def test_the_errors_above_would_tell_secrets() -> None:
    tell = 0
    for throw in THROWN.values():
        try:
            throw()
        except Exception as error:  # noqa: BLE001  # whatever it is
            tell += any(part in f"{error} {error!r}" for part in PARTS)
    assert tell >= len(THROWN) / 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("http://user:s/e@c@proxy:3128 is bad", f"http://{MASK}@proxy:3128 is bad"),
        ("user:pass@proxy:3128", f"{MASK}@proxy:3128"),
        ("Authorization: Bearer abcdefghi", f"Authorization: Bearer {MASK}"),
        ("Basic dXNlcjpwYXNz failed", f"Basic {MASK} failed"),
    ],
)
def test_what_looks_like_a_secret_is_not_told_though_nobody_knows_it(
    text: str, told: str
) -> None:
    assert Redaction().redacted(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "connected to the broker 127.0.0.1:1883, MQTT 5",
        "https://example.org/path is the address",
        "auricle@study.service was started at 12:30",
        "basic authentication failed",
        "turn 01J: transcript",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert Redaction().redacted(text) == text


def test_a_secret_that_is_no_text_is_known_by_its_bytes() -> None:
    redaction = Redaction()
    redaction.keep("sk-\udcff-1")

    assert redaction.redacted("refused: sk-\udcff-1") == "refused: ***"


def test_a_password_that_is_a_word_hides_no_part_of_another() -> None:
    redaction = Redaction()
    redaction.keep("mute", "on")
    assert redaction.redacted("mute: muted on") == f"{MASK}: muted on"


@given(st.text(min_size=8), st.text(), st.text())
def test_a_known_secret_is_never_told(secret: str, before: str, after: str) -> None:
    redaction = Redaction()
    redaction.keep(secret)
    told = redaction.redacted(before + secret + after)
    assert secret not in told.replace(MASK, "")


@given(st.text())
def test_what_was_redacted_is_not_changed_again(text: str) -> None:
    redaction = Redaction()
    redaction.keep(KEY)
    told = redaction.redacted(text)
    assert redaction.redacted(told) == told


def test_a_long_line_takes_no_long_time() -> None:
    for piece in ("a:", "//", "a@", "bearer ", ":@", " a:b"):
        assert Redaction().redacted(piece * 50_000)


def test_the_errors_of_a_command_are_written_as_they_are_but_for_secrets(
    capsys: pytest.CaptureFixture[str], known: Redaction
) -> None:
    stream = RedactedStream(sys.stderr, known)
    print(f"auricle: {KEY} is refused", file=stream, flush=True)

    assert capsys.readouterr().err == f"auricle: {MASK} is refused\n"
    assert stream.isatty() is False
