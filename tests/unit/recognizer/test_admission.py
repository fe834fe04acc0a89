import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.recognizer.admission import Admission, model_of

TARGET = "/api-ws/v1/realtime?model=qwen3-asr-flash-realtime"
GUARDED = Admission(["sk-one", "sk-two"], max_sessions=2)
OPEN = Admission([], max_sessions=2)


def status(
    admission: Admission,
    target: str = TARGET,
    authorization: str | None = None,
    open_sessions: int = 0,
) -> int | None:
    refusal = admission.refusal(target, authorization, open_sessions)
    return refusal.status if refusal else None


@pytest.mark.parametrize(
    "authorization",
    ["Bearer sk-one", "bearer sk-one", "BEARER sk-two", "Bearer  sk-two "],
)
def test_a_key_opens_however_the_scheme_is_written(authorization: str) -> None:
    assert status(GUARDED, authorization=authorization) is None


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "sk-one",
        "Basic sk-one",
        "Bearer sk-on",
        "Bearer é",
    ],
)
def test_anything_else_does_not(authorization: str | None) -> None:
    assert status(GUARDED, authorization=authorization) == 401


def test_how_long_it_takes_tells_nothing_of_the_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def compare(given: bytes, known: bytes) -> bool:
        compared.append(known)
        return given == known

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for key in ("sk-one", "sk-two", "sk-wrong"):
        status(GUARDED, authorization=f"Bearer {key}")
    assert compared == [b"sk-one", b"sk-two"] * 3


def test_a_refusal_does_not_repeat_the_key() -> None:
    refusal = GUARDED.refusal(TARGET, "Bearer sk-wrong", 0)
    assert refusal is not None
    assert "sk-wrong" not in refusal.message


def test_without_keys_everyone_may_come_in() -> None:
    assert status(OPEN) is None
    assert status(OPEN, authorization="Bearer anything") is None


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/api-ws/v1/realtime/?model=m", None),
        ("/api-ws/v1/realtime?model=m&x=y", None),
        ("/api-ws/v1/realtime", 400),
        ("/api-ws/v1/realtime?model=", 400),
        (f"/api-ws/v1/realtime?model={'m' * 129}", 400),
        ("/api-ws/v1/inference?model=m", 404),
        ("/?model=m", 404),
        ("//[?model=m", 404),
    ],
)
def test_path_and_model_must_be_named(target: str, expected: int | None) -> None:
    assert status(OPEN, target) == expected


def test_one_session_too_many_is_refused_as_the_service_does() -> None:
    assert status(OPEN, open_sessions=1) is None
    refusal = OPEN.refusal(TARGET, None, 2)
    assert refusal is not None
    assert (refusal.status, refusal.code) == (429, "Throttling.RateQuota")


def test_the_model_is_named_in_the_query() -> None:
    assert model_of(TARGET) == "qwen3-asr-flash-realtime"


@given(st.text(), st.none() | st.text())
def test_no_request_raises(target: str, authorization: str | None) -> None:
    GUARDED.refusal("/" + target, authorization, 0)
    OPEN.refusal("/" + target, authorization, 0)
