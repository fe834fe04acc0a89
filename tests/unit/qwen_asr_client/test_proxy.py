import pytest

from auricle.qwen_asr_client.proxy import Proxy, proxy_for

AWAY = "wss://asr.example.org/api"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("wss", "ws", "socks", "https", "http", "no", "all"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


def test_without_a_variable_there_is_no_proxy() -> None:
    assert proxy_for(AWAY) is None


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "WSS_PROXY"])
def test_a_proxy_is_named_with_its_variable(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://user:s3cret@proxy.lan:3128")

    proxy = proxy_for(AWAY)

    assert str(proxy) == f"the proxy http://proxy.lan:3128 ({variable})"
    assert "s3cret" not in repr(proxy)


def test_of_two_variables_the_one_in_lower_case_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://one.lan")
    monkeypatch.setenv("https_proxy", "http://two.lan")

    assert proxy_for(AWAY) == Proxy("http://two.lan", "https_proxy")


def test_socks_goes_before_https_and_names_are_looked_up_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://one.lan")
    monkeypatch.setenv("socks_proxy", "http://two.lan:1080")

    assert proxy_for(AWAY) == Proxy("socks5h://two.lan:1080", "socks_proxy")


@pytest.mark.parametrize("around", ["example.org", "asr.example.org", "*"])
def test_what_is_reached_without_a_proxy_has_none(
    around: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.lan")
    monkeypatch.setenv("no_proxy", around)

    assert proxy_for(AWAY) is None


def test_this_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.lan")
    monkeypatch.setenv("http_proxy", "http://proxy.lan")

    assert proxy_for("ws://127.0.0.1:8778") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://user:s3cret@",
        "http://user:s3cret",
        "http://user:s3cret/x",
        "user:s3cret@proxy.lan:3128",
        "http://user:x@s3cret@proxy.lan",
        "http://user:a b@s3cret /",
        "http://s3cret@[::1]:3128",
    ],
)
def test_no_password_is_told_however_the_proxy_is_written(url: str) -> None:
    assert "s3cret" not in str(Proxy(url, "https_proxy"))
    assert "(https_proxy)" in str(Proxy(url, "https_proxy"))
