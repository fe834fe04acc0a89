"""The recognizer has to prove who it is before it hears a word."""

import asyncio
import ssl
import warnings
from pathlib import Path

import pytest

from auricle.asr.client import AsrClient
from auricle.errors import ConfigError, Reason
from auricle.qwen_asr.address import RecognizerAddress
from rigs.faults.certificates import Authority, Certificate
from rigs.faults.dated_certificate import dated_certificate
from rigs.faults.fault_proxy import FaultProxy
from rigs.recognizer.one_turn import MANUAL, OneTurn, client_of, voice
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import eventually


def serving(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.file, certificate.key)
    return context


async def take_turn(url: str, ca_file: Path | None) -> OneTurn:
    async with client_of(RecognizerAddress(url, ca_file=ca_file)) as client:
        turn = OneTurn(client, MANUAL)
        turn.say(voice(1.0))
        turn.session.end_utterance()
        await eventually(lambda: turn.finals or turn.failures)
        turn.session.close()
    return turn


async def test_a_recognizer_of_the_trusted_authority_is_spoken_to(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path, "house")
    context = serving(authority.sign("recognizer"))
    async with ScriptedRecognizer("Turn on.", tls=context) as server:
        turn = await take_turn(server.url, authority.certificate.file)
    assert [final.text for final in turn.finals] == ["Turn on."]


async def test_a_connection_that_gets_stuck_is_overtaken_by_the_next(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path, "house")
    context = serving(authority.sign("recognizer"))
    async with (
        ScriptedRecognizer("Turn on.", tls=context) as server,
        FaultProxy(server.port) as door,
    ):
        door.stall_first()
        url = server.url.replace(str(server.port), str(door.port))
        turn = await take_turn(url, authority.certificate.file)
    assert [final.text for final in turn.finals] == ["Turn on."]
    assert not turn.failures
    assert len(server.heard) == 1


async def test_a_recognizer_of_another_authority_hears_nothing(tmp_path: Path) -> None:
    context = serving(Authority(tmp_path, "stranger").sign("recognizer"))
    house = Authority(tmp_path, "house")
    async with ScriptedRecognizer(tls=context) as server:
        turn = await take_turn(server.url, house.certificate.file)
    assert turn.failures[0].reason is Reason.ASR_UNREACHABLE
    assert not turn.failures[0].transient
    assert not server.heard


async def test_a_self_signed_recognizer_is_not_trusted_by_default(
    tmp_path: Path,
) -> None:
    context = serving(Authority(tmp_path, "house").sign("recognizer"))
    async with ScriptedRecognizer(tls=context) as server:
        turn = await take_turn(server.url, None)
    assert turn.failures[0].reason is Reason.ASR_UNREACHABLE
    assert not server.heard


async def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "house")
    context = serving(authority.sign("recognizer"))
    async with ScriptedRecognizer(tls=context) as server:
        url = server.url.replace("127.0.0.1", "127.0.0.2")
        turn = await take_turn(url, authority.certificate.file)
    assert turn.failures[0].reason is Reason.ASR_UNREACHABLE
    assert not server.heard


async def test_a_certificate_from_the_future_says_that_our_clock_is_wrong(
    tmp_path: Path,
) -> None:
    future = dated_certificate(tmp_path, "20900101000000Z", "20910101000000Z")
    async with ScriptedRecognizer(tls=serving(future)) as server:
        turn = await take_turn(server.url, future.file)
    assert turn.failures[0].reason is Reason.CLOCK_UNSYNCED
    assert not server.heard


async def test_an_expired_certificate_is_not_blamed_on_a_good_clock(
    tmp_path: Path,
) -> None:
    expired = dated_certificate(tmp_path, "20200101000000Z", "20210101000000Z")
    async with ScriptedRecognizer(tls=serving(expired)) as server:
        turn = await take_turn(server.url, expired.file)
    assert turn.failures[0].reason is Reason.ASR_UNREACHABLE
    assert not server.heard


async def test_tls_of_the_last_century_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "house")
    context = serving(authority.sign("recognizer"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1
    async with ScriptedRecognizer(tls=context) as server:
        turn = await take_turn(server.url, authority.certificate.file)
    assert turn.failures[0].reason is Reason.ASR_UNREACHABLE
    assert not server.heard


async def test_speech_does_not_follow_a_redirect() -> None:
    async with ScriptedRecognizer() as elsewhere:

        async def redirect(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(
                b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
                + f"Location: {elsewhere.url}\r\n\r\n".encode()
            )
            await writer.drain()
            writer.close()

        listener = await asyncio.start_server(redirect, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        turn = await take_turn(f"ws://127.0.0.1:{port}/?model=m", None)
        listener.close()
        await listener.wait_closed()
    assert turn.failures[0].reason is Reason.ASR_UNREACHABLE
    assert not elsewhere.attempts


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_unreadable_authority_names_the_key_and_the_file(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=r"asr\.ca_file: .*ca\.pem: "):
        AsrClient(RecognizerAddress("wss://127.0.0.1:1", ca_file=file))
