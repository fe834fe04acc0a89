"""For what the user's commands are run, and how many of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.mqtt.topics import Topics
from auricle.panel.hooks import Hook, HookEvent, HookEvents, HookGate, HookLimits
from auricle.panel.scene import Scene

TOPICS = Topics("auricle", "study")
FINAL = {"turn": "t1", "text": "turn on the light", "stands_in_for": None}


def events(*hooks: Hook) -> HookEvents:
    return HookEvents(TOPICS, hooks or tuple(Hook))


def told(event: HookEvent | None) -> Any:
    assert event is not None
    assert event.given.endswith(b"\n")
    assert event.given.count(b"\n") == 1
    return json.loads(event.given)


def final(heard: HookEvents, **facts: Any) -> HookEvent | None:
    payload = json.dumps({**FINAL, **facts}).encode()
    return heard.heard(TOPICS.final, payload, retained=False)


@pytest.mark.parametrize(
    ("topic", "hook", "name"),
    [
        (TOPICS.wake, Hook.ON_WAKE, "wake"),
        (TOPICS.final, Hook.ON_FINAL, "final"),
        (TOPICS.utterance, Hook.ON_OUTCOME, "outcome"),
    ],
)
def test_a_message_is_handed_on_as_it_came(topic: str, hook: Hook, name: str) -> None:
    event = events().heard(topic, b'{"turn":"t1","text":"\xc3\xa9"}', retained=False)

    assert event is not None
    assert event.hook is hook
    assert told(event) == {
        "event": name,
        "satellite": "study",
        "data": {"turn": "t1", "text": "é"},
    }


def test_another_state_is_an_event_and_the_first_is_none() -> None:
    known = events()

    assert known.saw(Scene.AWAY) is None
    assert told(known.saw(Scene.IDLE))["data"] == {"state": "idle", "before": "away"}
    assert known.saw(Scene.IDLE) is None


def test_only_what_has_a_command_is_heeded() -> None:
    known = events(Hook.ON_FINAL)

    assert known.subscriptions == (TOPICS.final,)
    assert known.heard(TOPICS.wake, b"{}", retained=False) is None
    known.saw(Scene.AWAY)
    assert known.saw(Scene.IDLE) is None


def test_what_the_broker_kept_is_no_event() -> None:
    assert events().heard(TOPICS.final, b'{"turn":"t1"}', retained=True) is None


@pytest.mark.parametrize("payload", [b"", b"[1]", b"\xff", b"{", b"[" * 100_000])
def test_what_is_no_message_of_ours_runs_nothing(payload: bytes) -> None:
    assert events().heard(TOPICS.final, payload, retained=False) is None


def test_a_command_is_run_once_for_one_word_however_often_that_is_told() -> None:
    """A broker may deliver it twice, and a second final may stand in for the first."""
    known = events()

    assert final(known) is not None
    assert final(known) is None
    assert final(known, turn="t2", stands_in_for="t1") is None
    assert final(known, turn="t3", stands_in_for="t2") is None
    assert final(known, turn="t4") is not None


def test_no_more_run_at_once_than_may() -> None:
    gate = HookGate(HookLimits(at_once=2, per_minute=60))

    assert [gate.enter(0.0) is None for _ in range(3)] == [True, True, False]
    gate.leave()
    assert gate.enter(0.1) is None


def test_no_more_are_started_in_a_minute_than_may() -> None:
    gate = HookGate(HookLimits(at_once=4, per_minute=2))
    for now in (0.0, 30.0):
        assert gate.enter(now) is None
        gate.leave()

    assert "hooks.per_minute" in (gate.enter(59.9) or "")
    assert gate.enter(60.0) is None


@given(
    st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=100),
    st.integers(1, 5),
    st.integers(1, 20),
)
def test_whatever_comes_neither_limit_is_passed(
    steps: list[tuple[float, bool]], at_once: int, per_minute: int
) -> None:
    gate = HookGate(HookLimits(at_once, per_minute))
    now, running = 0.0, 0
    started: list[float] = []
    for pause, ends in steps:
        now += pause
        if ends and running:
            gate.leave()
            running -= 1
        elif gate.enter(now) is None:
            running += 1
            started.append(now)
        assert running <= at_once
        assert len([at for at in started if at > now - 60]) <= per_minute
