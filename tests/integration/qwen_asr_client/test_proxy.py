"""A proxy on the way to the recognizer: named when it fails, its password never."""

import ssl
from importlib.resources import as_file
from pathlib import Path
from typing import Any

import pytest

from auricle.assets.recordings import OKAY_NABU
from auricle.qwen_asr.address import RecognizerAddress
from auricle.qwen_asr_client.connection import Connection
from auricle.qwen_asr_client.errors import ProxyError, RecognizerError
from rigs.faults.http_proxy import answering_proxy
from rigs.homes.program import Program, told_here, write_settings
from rigs.mqtt.broker import Broker, free_port
from rigs.mqtt.subscriber import HouseClient

URL = "wss://asr.example.org/api-ws/v1/realtime"
PASSWORD = "C4nary"


@pytest.fixture(autouse=True)
def no_other_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("wss", "socks", "https", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


async def refusal(proxy: str, monkeypatch: pytest.MonkeyPatch) -> RecognizerError:
    monkeypatch.setenv("https_proxy", proxy)
    with pytest.raises(RecognizerError) as refused:
        await Connection.open(RecognizerAddress(URL), ssl.create_default_context())
    return refused.value


@pytest.mark.parametrize(
    ("status", "told", "transient"),
    [
        ("407 Proxy Authentication Required", "wants another user or password", False),
        ("403 Forbidden", "lets nobody through", False),
        ("502 Bad Gateway", "does not reach the recognizer", True),
    ],
)
async def test_a_proxy_that_refuses_is_told_from_the_recognizer(
    status: str, told: str, transient: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with answering_proxy(status) as port:
        proxy = f"http://user:{PASSWORD}@127.0.0.1:{port}"
        error = await refusal(proxy, monkeypatch)

    assert f"the proxy http://127.0.0.1:{port} (https_proxy) {told}" in str(error)
    assert error.transient is transient
    assert PASSWORD not in str(error)


async def test_a_proxy_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    error = await refusal(f"http://user:{PASSWORD}@127.0.0.1:{port}", monkeypatch)

    where = f"asr.example.org through the proxy http://127.0.0.1:{port} (https_proxy)"
    assert f"cannot reach the recognizer at {where}: " in str(error)
    assert error.transient
    assert PASSWORD not in str(error)


UNUSABLE = [
    f"ftp://user:{PASSWORD}@proxy.lan",
    f"user:{PASSWORD}@proxy.lan:3128",
    f"http://user:{PASSWORD}/x@proxy.lan:3128",
    f"http://user:{PASSWORD}#x@proxy.lan:3128",
    f"http://user:x@{PASSWORD}@proxy.lan:3128/y",
    f"http:/user:{PASSWORD}@proxy.lan",
    f"http://{PASSWORD}@proxy.lan",
    f"http://user:%ff{PASSWORD}@proxy.lan",
    f"http://user:{PASSWORD}",
]


@pytest.mark.parametrize("proxy", UNUSABLE)
async def test_a_proxy_that_cannot_be_used_names_the_variable_and_what_to_write(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = await refusal(proxy, monkeypatch)

    assert isinstance(error, ProxyError)
    assert "(https_proxy) cannot be used: write http://host:port" in str(error)
    assert PASSWORD not in str(error)


@pytest.mark.parametrize("proxy", UNUSABLE[:3])
async def test_the_doctor_names_the_variable_and_not_the_password(
    proxy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker: Broker
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    config = tmp_path / "config.toml"
    write_settings(config, settings(broker, tmp_path))

    code, out, err = await told_here("doctor", "--config", str(config))

    assert code == 1
    assert "(https_proxy) cannot be used" in out
    assert "correct or remove https_proxy" in out
    assert PASSWORD not in out + err


async def test_the_journal_names_the_variable_and_not_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker: Broker
) -> None:
    monkeypatch.setenv("https_proxy", UNUSABLE[2])
    with as_file(OKAY_NABU) as spoken:
        async with (
            HouseClient(broker.port, "auricle/study/event/utterance") as house,
            Program(
                tmp_path, settings(broker, tmp_path), "--recording", str(spoken)
            ) as program,
        ):
            await house.hears("auricle/study/event/utterance", timeout=90)
            assert await program.stop(timeout=30) == 0

    assert "(https_proxy) cannot be used" in program.log
    assert PASSWORD not in program.log


def settings(broker: Broker, folder: Path) -> dict[str, dict[str, Any]]:
    return {
        "satellite": {"name": "study", "state_directory": str(folder)},
        "microphone": {"recording": str(folder / "nothing.wav")},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
        "asr": {"url": URL, "api_key": "sk-1"},
        "log": {"level": "debug"},
    }
