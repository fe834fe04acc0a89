from dataclasses import replace
from datetime import UTC, datetime

from auricle.doctor import recognizer
from auricle.doctor.results import Status
from auricle.errors import AsrError, Reason

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def visited(
    reason: Reason, host: str = "asr.example.org"
) -> recognizer.RecognizerVisit:
    failure = AsrError("it failed", reason=reason, transient=False)
    return recognizer.RecognizerVisit(host, 0.2, NOW, failure)


def test_a_refused_key_may_belong_to_the_other_region() -> None:
    found = recognizer.judge(visited(Reason.AUTH_FAILED))
    assert found.status is Status.FAILED
    assert "region" in found.advice


def test_a_recognizer_of_this_machine_has_to_be_started() -> None:
    found = recognizer.judge(visited(Reason.ASR_UNREACHABLE, "127.0.0.1"))
    assert "auricle recognizer" in found.advice


def test_a_recognizer_with_too_much_to_do_wants_less_or_a_faster_model() -> None:
    advice = recognizer.judge(visited(Reason.RATE_LIMITED)).advice
    for told in ("fewer satellites", "--model", "--threads", "quota"):
        assert told in advice


def test_a_proxy_on_the_way_is_named_by_its_variable() -> None:
    visit = replace(visited(Reason.ASR_UNREACHABLE), proxy="https_proxy")
    advice = recognizer.judge(visit).advice
    assert "https_proxy" in advice
    assert "add asr.example.org to no_proxy" in advice


def test_a_wrong_clock_is_told_of_at_the_clock_alone() -> None:
    found = recognizer.judge(visited(Reason.CLOCK_UNSYNCED))
    assert found.status is Status.SKIPPED
