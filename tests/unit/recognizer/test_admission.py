import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.recognizer.admission import (
    Admission,
    HandshakeRefusal,
    deadline_of,
    model_of,
)

TARGET = "/api-ws/v1/realtime?model=qwen3-asr-flash-realtime"
GUARDED = Admission(["sk-one", "sk-two"])
OPEN = Admission([])


def status(
    admission: Admission,
    target: str = TARGET,
    authorization: str | None = None,
    no_room: int | None = None,
) -> int | None:
    refusal = admission.refusal(target, authorization, no_room)
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


def test_of_too_many_wrong_keys_some_are_held_and_more_are_not_looked_at() -> None:
    guarded = Admission(["sk-one"])
    held = [guarded.hold("10.0.0.66", 0.0) for _ in range(20)]
    assert held[:13] == [0.0] * 10 + [1.0, 2.0, 3.0]
    for refused in held[13:]:
        assert isinstance(refused, HandshakeRefusal)
        assert (refused.status, refused.retry_after) == (429, 4)


def test_who_needs_no_key_is_never_held() -> None:
    assert [OPEN.hold("10.0.0.7", 0.0) for _ in range(99)] == [0.0] * 99


def test_a_right_key_is_never_one_too_many() -> None:
    guarded = Admission(["sk-one"])
    for _ in range(99):
        assert guarded.hold("10.0.0.7", 0.0) == 0.0
        assert guarded.refusal(TARGET, "Bearer sk-one", None, "10.0.0.7") is None


def test_one_who_guesses_in_a_house_of_ipv6_keeps_no_satellite_out() -> None:
    guarded, satellite = Admission(["sk-one"]), "fd00::7"
    guarded.hold(satellite, 0.0)
    assert guarded.refusal(TARGET, "Bearer sk-one", None, satellite) is None
    flood = [guarded.hold("fd00::66", 1.0) for _ in range(100)]
    assert isinstance(flood[-1], HandshakeRefusal)
    assert guarded.hold(satellite, 1.0) == 0.0
    assert guarded.refusal(TARGET, "Bearer sk-one", None, satellite) is None


def test_a_refusal_does_not_repeat_the_key() -> None:
    refusal = GUARDED.refusal(TARGET, "Bearer sk-wrong", None)
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


def test_whom_there_is_no_room_for_is_refused_as_the_service_does() -> None:
    refusal = OPEN.refusal(TARGET, None, 3)
    assert refusal is not None
    assert (refusal.status, refusal.code) == (429, "Throttling.RateQuota")
    assert refusal.retry_after == 3


def test_a_stranger_does_not_learn_how_busy_it_is() -> None:
    assert status(GUARDED, authorization="Bearer sk-wrong", no_room=3) == 401


def test_the_model_is_named_in_the_query() -> None:
    assert model_of(TARGET) == "qwen3-asr-flash-realtime"


@given(st.text(), st.none() | st.text())
def test_no_request_raises(target: str, authorization: str | None) -> None:
    GUARDED.refusal("/" + target, authorization, None)
    OPEN.refusal("/" + target, authorization, None)


@pytest.mark.parametrize("told", [None, "", "soon", "nan", "inf", "0", "-1", "61"])
def test_who_does_not_tell_how_long_it_waits_has_no_deadline_of_its_own(
    told: str | None,
) -> None:
    assert deadline_of(told) is None


def test_a_client_may_wait_for_as_long_as_it_can_be_told_to() -> None:
    assert deadline_of("60") == 60.0
    assert deadline_of("0.5") == 0.5
