import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.asr.failures import meaning, pause_before_retry
from auricle.errors import AsrRejectedError, Reason
from auricle.qwen_asr.events import ServerError, TranscriptionFailed
from auricle.qwen_asr_client.refusals import (
    closed,
    failed_item,
    refused_handshake,
    reported,
    seconds_to_wait,
)


@pytest.mark.parametrize(
    ("status", "reason", "transient"),
    [
        (401, Reason.AUTH_FAILED, False),
        (403, Reason.AUTH_FAILED, False),
        (404, Reason.ASR_UNREACHABLE, False),
        (302, Reason.ASR_UNREACHABLE, False),
        (400, Reason.ASR_UNREACHABLE, False),
        (429, Reason.RATE_LIMITED, True),
        (500, Reason.ASR_UNREACHABLE, True),
        (503, Reason.ASR_UNREACHABLE, True),
    ],
)
def test_a_status_says_whether_to_try_again(
    status: int, reason: Reason, transient: bool
) -> None:
    error = meaning(refused_handshake(status))
    assert (error.reason, error.transient) == (reason, transient)
    assert str(status) in str(error)


@pytest.mark.parametrize(
    ("text", "reason", "transient"),
    [
        ("Access denied.", Reason.AUTH_FAILED, False),
        ("InvalidApiKey", Reason.AUTH_FAILED, False),
        ("Arrearage: account not in good standing", Reason.AUTH_FAILED, False),
        ("ModelNotFound", Reason.AUTH_FAILED, False),
        ("The free quota has been exhausted", Reason.RATE_LIMITED, False),
        ("Throttling.RateQuota", Reason.RATE_LIMITED, True),
        ("Requests rate limit exceeded", Reason.RATE_LIMITED, True),
        ("going away", Reason.ASR_UNREACHABLE, True),
        ("", Reason.ASR_UNREACHABLE, True),
    ],
)
def test_a_close_while_opening_may_name_a_refusal(
    text: str, reason: Reason, transient: bool
) -> None:
    error = meaning(closed(1008, text, opening=True))
    assert (error.reason, error.transient) == (reason, transient)


def test_a_close_of_an_open_session_is_an_outage_whatever_it_says() -> None:
    error = meaning(closed(1011, "access to the backend failed", opening=False))
    assert (error.reason, error.transient) == (Reason.ASR_UNREACHABLE, True)


@pytest.mark.parametrize("code", [None, 1006])
def test_a_broken_connection_is_an_outage(code: int | None) -> None:
    error = meaning(closed(code, "", opening=True))
    assert str(error) == "the connection to the recognizer broke"
    assert (error.reason, error.transient) == (Reason.ASR_UNREACHABLE, True)


def test_a_close_cannot_write_into_the_terminal() -> None:
    assert "\x1b" not in str(meaning(closed(1011, "\x1b[2Jgone", opening=True)))


@pytest.mark.parametrize(
    ("error", "reason", "transient"),
    [
        (ServerError("server_error", "internal_error", "m"), Reason.ASR_FAILED, True),
        (ServerError("", "", "m"), Reason.ASR_FAILED, True),
        (
            ServerError("invalid_request_error", "invalid_value", "m", "session.x"),
            Reason.ASR_PROTOCOL,
            False,
        ),
        (ServerError("", "Throttling.RateQuota", "m"), Reason.RATE_LIMITED, True),
        (ServerError("", "Throttling.AllocationQuota", "m"), Reason.RATE_LIMITED, True),
        (
            ServerError("server_error", "", "Requests rate limit exceeded, try later"),
            Reason.RATE_LIMITED,
            True,
        ),
        (ServerError("", "InvalidApiKey", "m"), Reason.AUTH_FAILED, False),
        (ServerError("", "AccessDenied", "m"), Reason.AUTH_FAILED, False),
    ],
)
def test_an_error_event_says_whether_to_try_again(
    error: ServerError, reason: Reason, transient: bool
) -> None:
    failure = meaning(reported(error))
    assert (failure.reason, failure.transient) == (reason, transient)
    assert isinstance(failure, AsrRejectedError) is not transient


def test_an_error_event_is_told_with_all_it_said() -> None:
    error = ServerError("invalid_request_error", "invalid_value", "no", "session.x")
    assert str(meaning(reported(error))) == (
        "the recognizer reports invalid_request_error invalid_value (session.x): no"
    )


def test_a_failed_item_is_worth_another_attempt() -> None:
    failure = meaning(failed_item(TranscriptionFailed("i", "internal_error", "m")))
    assert (failure.reason, failure.transient) == (Reason.ASR_FAILED, True)


@pytest.mark.parametrize(
    ("failed", "reason", "transient"),
    [
        (("Throttling.RateQuota", "m"), Reason.RATE_LIMITED, True),
        (("server_error", "overloaded, try later"), Reason.RATE_LIMITED, True),
        (("quota_exhausted", "m"), Reason.RATE_LIMITED, False),
        (("internal_error", "no access to the audio"), Reason.ASR_FAILED, True),
    ],
)
def test_a_failed_item_may_name_a_limit_and_nothing_else(
    failed: tuple[str, str], reason: Reason, transient: bool
) -> None:
    failure = meaning(failed_item(TranscriptionFailed("i", *failed)))
    assert (failure.reason, failure.transient) == (reason, transient)


def test_whoever_is_refused_for_now_is_told_where_when_and_what_to_do() -> None:
    failure = meaning(refused_handshake(429, "recognizer.local", 3.0))
    assert failure.retry_after == 3.0
    for told in ("recognizer.local", "try again in 3 s", "fewer", "--model", "account"):
        assert told in str(failure)
    out_of_order = meaning(refused_handshake(503, "recognizer.local", 3.0))
    assert out_of_order.retry_after == 3.0
    assert "try again in 3 s" in str(out_of_order)


DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        ("3", None, 3.0),
        (" 120 ", None, 120.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", DATE, 30.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", DATE, 0.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT", None, None),
        ("Wed, 21 Oct 2026 07:28:30", DATE, None),
        ("-1", DATE, None),
        ("soon", DATE, None),
        ("9" * 5000, DATE, None),
        (None, DATE, None),
    ],
)
def test_when_to_come_again_is_told_in_seconds_or_by_the_servers_clock(
    retry_after: str | None, date: str | None, seconds: float | None
) -> None:
    assert seconds_to_wait(retry_after, date) == seconds


@given(st.none() | st.text(), st.none() | st.text())
def test_no_header_raises(retry_after: str | None, date: str | None) -> None:
    seconds_to_wait(retry_after, date)


@given(st.floats(0, 100), st.floats(0.2, 1.0), st.floats(0, 30))
def test_nobody_comes_again_too_early_or_waits_for_what_would_be_late(
    retry_after: float, jitter: float, rest: float
) -> None:
    pause = pause_before_retry(retry_after, jitter, rest)
    assert (pause is None) is (retry_after > rest)
    assert pause is None or retry_after <= pause <= rest
