import pytest

from auricle.asr.endpoint import REGIONS, endpoint_url, is_loopback, require_secure_url


@pytest.mark.parametrize(
    ("url", "complete"),
    [
        (
            REGIONS["international"],
            "wss://dashscope-intl.aliyuncs.com/api-ws/v1/realtime?model=m",
        ),
        ("ws://127.0.0.1:8778", "ws://127.0.0.1:8778/api-ws/v1/realtime?model=m"),
        ("ws://[::1]:8778/", "ws://[::1]:8778/?model=m"),
        ("wss://asr.example/own/path?a=b", "wss://asr.example/own/path?a=b&model=m"),
        ("wss://asr.example/?model=other", "wss://asr.example/?model=other"),
    ],
)
def test_a_url_is_completed_by_what_it_lacks(url: str, complete: str) -> None:
    assert endpoint_url(url, "m") == complete


def test_a_model_name_cannot_break_out_of_the_query() -> None:
    assert endpoint_url("wss://h/p", "a&b=c d").endswith("?model=a%26b%3Dc+d")


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
