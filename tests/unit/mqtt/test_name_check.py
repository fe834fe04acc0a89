"""Who has a satellite's name at a broker, as the one who asks understands it."""

import itertools
import json

import pytest

from auricle.mqtt.link.broker import Delivered, DeliveryResult, Received
from auricle.mqtt.name_check import NameCheck, Namesake, RunQuery, read_query, reply
from auricle.mqtt.topics import Topics
from rigs.mqtt.schemas import complaints

TOPICS = Topics("auricle", "study")
KITCHEN_PI = Namesake("theirs", "kitchen-pi", "2026-11-26T21:00:00+01:00")


class Asking:
    def __init__(self, *over: str) -> None:
        ids = itertools.count(1)
        self.check = NameCheck(TOPICS, "ours", over, lambda: f"q{next(ids)}")
        question = self.check.ask()
        assert question.topic == TOPICS.run_query
        assert not question.retain
        found = read_query(question.payload.encode())
        assert found is not None
        self.query = found

    def learns_of_last_run(self, run_id: str) -> bool | None:
        return self.check.take(Received(TOPICS.run, run_id.encode(), retain=True))

    def is_told(self, namesake: Namesake, query: RunQuery) -> bool | None:
        message = reply(TOPICS, query, namesake)
        assert complaints(message.topic, message.payload) == []
        return self.check.take(
            Received(message.topic, message.payload.encode(), retain=False)
        )

    def delivers(self, result: DeliveryResult) -> bool | None:
        return self.check.take(Delivered(1, result))


def test_the_one_who_asks_gives_way_to_another_run_that_replies() -> None:
    asking = Asking()

    assert asking.query == RunQuery("q1", "ours")
    assert asking.is_told(KITCHEN_PI, asking.query) is False
    assert asking.check.namesake == KITCHEN_PI


def test_a_run_that_is_over_or_is_our_own_takes_no_name() -> None:
    assert Asking().learns_of_last_run("ours") is True
    assert Asking("before").learns_of_last_run("before") is True
    assert Asking("before").learns_of_last_run("theirs") is None


def test_where_nobody_hears_the_question_the_name_is_free() -> None:
    assert Asking().delivers(DeliveryResult.NO_LISTENER) is True


@pytest.mark.parametrize(
    "result", [r for r in DeliveryResult if r is not DeliveryResult.NO_LISTENER]
)
def test_whoever_may_have_heard_the_question_has_time_to_reply(
    result: DeliveryResult,
) -> None:
    assert Asking().delivers(result) is None


def test_a_question_that_was_not_passed_on_is_no_sign_that_the_name_is_free() -> None:
    asking = Asking()
    asking.delivers(DeliveryResult.FAILED)

    assert asking.check.may_be_used


def test_nobody_gives_way_to_itself_or_to_a_reply_to_somebody_else() -> None:
    asking = Asking("before")
    for run_id in ("ours", "before"):
        us = Namesake(run_id, "study-pi", KITCHEN_PI.since)
        assert asking.is_told(us, asking.query) is None
    assert asking.is_told(KITCHEN_PI, RunQuery("another's", "ours")) is None


def test_a_reply_to_an_earlier_question_is_none_to_this_one() -> None:
    asking = Asking()
    asking.check.ask()

    assert asking.is_told(KITCHEN_PI, asking.query) is None


def test_what_the_broker_kept_is_no_reply() -> None:
    asking = Asking()
    message = reply(TOPICS, asking.query, KITCHEN_PI)
    kept = Received(message.topic, message.payload.encode(), retain=True)

    assert asking.check.take(kept) is None


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xff", b"[" * 100_000, b"7", b"{}", b'{"query":1,"run_id":"a"}'],
)
def test_what_is_no_question_and_no_reply_means_nothing(payload: bytes) -> None:
    assert read_query(payload) is None
    assert (
        Asking().check.take(Received(TOPICS.run_reply, payload, retain=False)) is None
    )


def test_what_another_one_says_of_itself_can_be_shown() -> None:
    asking = Asking()
    loud = Namesake("theirs", "\x1b[31m" + "pi" * 1000, KITCHEN_PI.since)
    asking.is_told(loud, asking.query)

    assert asking.check.namesake is not None
    assert asking.check.namesake.host == ("pi" * 1000)[:100]


def test_question_and_reply_fit_their_schemas() -> None:
    question = Asking().check.ask()

    assert complaints(question.topic, question.payload) == []
    assert complaints(TOPICS.run_query, json.dumps({"query": "q"})) != []
