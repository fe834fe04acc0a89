from itertools import count

import pytest

from auricle.mqtt.announcer import BIRTH_JITTER, QUOTA_PAUSE
from auricle.mqtt.link.broker import DeliveryResult
from auricle.mqtt.link.refusals import BrokerRefusal, BrokerRefusals

MOMENTS = count()


def settle(refusals: BrokerRefusals, topic: str, result: DeliveryResult) -> str | None:
    """One message behind the other: each is answered before the next one is sent."""
    return refusals.settled(topic, result, sent=next(MOMENTS), now=next(MOMENTS))


def test_a_topic_that_is_denied_is_said_once() -> None:
    refusals = BrokerRefusals()
    said = [settle(refusals, "a/b", DeliveryResult.REJECTED) for _ in range(3)]
    assert said == ["the broker's access rules do not let us write a/b", None, None]
    assert refusals.standing is BrokerRefusal.DENIED


def test_what_is_too_large_to_be_taken_is_said_once_for_each_topic() -> None:
    refusals = BrokerRefusals()
    said = [refusals.thrown_away(topic, 70_000) for topic in ("a/b", "a/b", "a/c")]
    assert [news is not None for news in said] == [True, False, True]
    assert said[0] is not None
    assert "70000 bytes at once on a/b" in said[0]
    assert refusals.standing is None


def test_whoever_makes_up_topics_does_not_fill_the_log() -> None:
    refusals = BrokerRefusals()
    said = [refusals.thrown_away(f"a/{n}", 70_000) for n in range(1000)]
    assert 0 < sum(news is not None for news in said) < 100


def test_what_is_allowed_again_stands_no_longer() -> None:
    refusals = BrokerRefusals()
    settle(refusals, "a/b", DeliveryResult.REJECTED)
    settle(refusals, "a/b", DeliveryResult.NO_LISTENER)
    assert refusals.standing is None


def test_another_topic_that_is_allowed_mends_nothing() -> None:
    refusals = BrokerRefusals()
    refusals.may_not_read("a/set")
    settle(refusals, "a/b", DeliveryResult.ACKED)
    assert refusals.standing is BrokerRefusal.DENIED


def test_a_new_connection_finds_out_anew_without_a_second_warning() -> None:
    refusals = BrokerRefusals()
    refusals.may_not_read("a/set")
    refusals.connected()
    assert refusals.standing is None
    assert refusals.may_not_read("a/set") is None
    assert refusals.standing is BrokerRefusal.DENIED


def test_that_a_broker_fails_is_said_once_and_is_for_no_person_to_mend() -> None:
    refusals = BrokerRefusals()
    said = [settle(refusals, topic, DeliveryResult.FAILED) for topic in "abc"]
    assert said[0] is not None
    assert "could not pass on a" in said[0]
    assert said[1:] == [None, None]
    assert refusals.standing is None

    refusals.connected()
    assert settle(refusals, "a", DeliveryResult.FAILED) is not None


def test_a_second_outage_of_one_connection_is_said_as_well() -> None:
    refusals = BrokerRefusals()
    # The longest that lies between two attempts to tell everything again.
    pause = QUOTA_PAUSE + BIRTH_JITTER
    times = [0.0, 0.1, pause, 2 * pause, 3 * pause, 3 * pause + 3600]
    said = [
        refusals.settled("a", DeliveryResult.FAILED, now, now) is not None
        for now in times
    ]

    assert said == [True, False, False, False, False, True]


@pytest.mark.parametrize("answer", [DeliveryResult.ACKED, DeliveryResult.NO_LISTENER])
def test_a_quota_stands_until_the_broker_takes_anything(answer: DeliveryResult) -> None:
    refusals = BrokerRefusals()
    said = [settle(refusals, topic, DeliveryResult.OVER_QUOTA) for topic in "abc"]
    assert said == ["the broker takes no more: quota exceeded", None, None]
    refusals.connected()
    settle(refusals, "a", DeliveryResult.LOST)
    assert refusals.standing is BrokerRefusal.OVER_QUOTA
    settle(refusals, "d", answer)
    assert refusals.standing is None


def test_what_a_broker_took_before_it_was_full_does_not_empty_it() -> None:
    refusals = BrokerRefusals()
    refusals.settled("a", DeliveryResult.OVER_QUOTA, 1.0, 1.1)
    refusals.settled("b", DeliveryResult.ACKED, 0.9, 1.2)
    assert refusals.standing is BrokerRefusal.OVER_QUOTA
