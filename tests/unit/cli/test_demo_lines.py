"""A turn's messages as the demo tells them."""

import json

from auricle.cli.demo_lines import tell


def test_a_wake_word_is_told_with_its_score() -> None:
    event = {"event_type": "wake_word", "wake_word": "okay_nabu", "score": 0.934}

    assert tell("event/wake", json.dumps(event)) == (
        "wake word    okay_nabu (score 0.93)"
    )


def test_a_final_is_told_with_what_the_recognizer_said_of_it() -> None:
    event = {
        "event_type": "transcript",
        "text": "Turn on the light.",
        "language": "en",
        "emotion": None,
        "latency_ms": 412,
    }

    told = tell("event/utterance", json.dumps(event))

    assert told is not None
    assert "Turn on the light." in told
    assert "emotion not reported, 412 ms after the end of speech" in told


def test_an_error_is_told_with_its_reason() -> None:
    event = {"event_type": "error", "reason": "asr_timeout"}

    assert (
        tell("event/utterance", json.dumps(event)) == "outcome      error asr_timeout"
    )


def test_what_a_person_need_not_see_is_not_told() -> None:
    assert tell("diag", "{}") is None
