import pytest

from auricle.qwen_asr.address import (
    REGIONS,
    complete_url,
    is_loopback,
    is_the_services,
    may_be_host,
    published_price,
    region_url,
    require_secure_url,
)


@pytest.mark.parametrize(
    ("url", "complete"),
    [
        (
            region_url(REGIONS["international"], "llm-1"),
            "wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime?model=m",
        ),
        ("ws://127.0.0.1:8778", "ws://127.0.0.1:8778/api-ws/v1/realtime?model=m"),
        ("ws://[::1]:8778/", "ws://[::1]:8778/api-ws/v1/realtime?model=m"),
        ("wss://asr.example/own/path?a=b", "wss://asr.example/own/path?a=b&model=m"),
        (
            "wss://asr.example/?model=other",
            "wss://asr.example/api-ws/v1/realtime?model=other",
        ),
    ],
)
def test_a_url_is_completed_by_what_it_lacks(url: str, complete: str) -> None:
    assert complete_url(url, "m") == complete


def test_a_model_name_cannot_break_out_of_the_query() -> None:
    assert complete_url("wss://h/p", "a&b=c d").endswith("?model=a%26b%3Dc+d")


@pytest.mark.parametrize(
    "url",
    [
        "wss://asr.example/path",
        "wss://asr.example:8443",
        "ws://127.0.0.1:8778",
        "ws://localhost:8778/",
        "ws://[::1]:8778",
        "ws://127.9.9.9",
    ],
)
def test_a_secure_url_is_taken_as_it_is(url: str) -> None:
    assert require_secure_url(url) == url


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ws://asr.example", "wss://"),
        ("ws://192.168.1.5:8778", "wss://"),
        ("ws://127.0.0.1.evil.example", "wss://"),
        ("ws://localhost.evil.example", "wss://"),
        ("https://asr.example", "wss://"),
        ("asr.example", "wss://"),
        ("wss://", "wss://"),
        ("wss://asr.example:99999", "not a URL"),
        ("wss://user:secret@asr.example", "asr.api_key"),
        ("wss://asr.example/#part", "#fragment"),
        ("wss://asr.example:0", "port 0"),
        ("wss://asr example", "white space"),
        ("wss://asr.example/\nx", "control character"),
        ("wss://asr.example/?a=b c", "white space"),
        ("wss://asr..example", "neither the name nor the address"),
        ("wss://" + "a" * 64, "neither the name nor the address"),
    ],
)
def test_any_other_url_is_refused_with_the_remedy(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        require_secure_url(url)


def test_a_refused_password_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="password") as refused:
        require_secure_url("wss://user:secret@asr.example")
    assert "secret" not in str(refused.value)


def test_loopback_is_told_by_its_spelling() -> None:
    assert [
        h for h in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "a.b") if is_loopback(h)
    ] == [
        "localhost",
        "127.0.0.1",
        "::1",
    ]


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("international", "wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime"),
        ("china", "wss://dashscope.aliyuncs.com/api-ws/v1/realtime"),
        (
            "ap-southeast-1",
            "wss://llm-1.ap-southeast-1.maas.aliyuncs.com/api-ws/v1/realtime",
        ),
        ("cn-beijing", "wss://llm-1.cn-beijing.maas.aliyuncs.com/api-ws/v1/realtime"),
    ],
)
def test_each_region_has_the_host_that_is_documented(region: str, url: str) -> None:
    assert region_url(REGIONS[region], "llm-1") == url


@pytest.mark.parametrize(
    ("url", "price"),
    [
        ("wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime?model=m", 0.00009),
        ("wss://dashscope.aliyuncs.com", 0.000047),
        ("wss://DASHSCOPE.aliyuncs.com.:443/", 0.000047),
        ("wss://llm-1.ap-southeast-1.maas.aliyuncs.com/api-ws/v1/realtime", 0.00009),
        ("wss://llm-1.cn-beijing.maas.aliyuncs.com", 0.000047),
        ("wss://llm-1.eu-central-1.maas.aliyuncs.com", None),
        ("wss://ap-southeast-1.maas.aliyuncs.com", None),
        ("wss://dashscope.aliyuncs.com.example.org", None),
        ("wss://not-dashscope.aliyuncs.com", None),
        ("ws://127.0.0.1:8778", None),
    ],
)
def test_the_price_is_that_of_the_host(url: str, price: float | None) -> None:
    assert published_price(url) == price


@pytest.mark.parametrize("region", REGIONS)
def test_every_region_is_the_services_whatever_it_costs(region: str) -> None:
    assert is_the_services(region_url(REGIONS[region], "llm-1"))


def test_so_is_one_that_is_not_listed() -> None:
    assert is_the_services("wss://llm-1.eu-central-1.maas.aliyuncs.com")


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:8778",
        "wss://recognizer.local:8778",
        "wss://dashscope.aliyuncs.com.example.org",
        "wss://dashscope-aliyuncs.com",
    ],
)
def test_another_host_is_not_the_services(url: str) -> None:
    assert not is_the_services(url)


@pytest.mark.parametrize("host", ["a", "a.b.", "10.0.0.1", "fe80::1%eth0", "bröker"])
def test_a_host_is_known_by_its_spelling(host: str) -> None:
    assert may_be_host(host)


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "a\n", "u@a", "[::1]", "a..b", "x" * 64, "a?b"]
)
def test_what_nobody_could_call_a_host_is_known_too(host: str) -> None:
    assert not may_be_host(host)
