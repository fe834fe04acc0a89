from auricle.mqtt.link.message import Message
from auricle.mqtt.retained_messages import RetainedMessages

IDLE = Message("a/state", "idle", retain=True)
LISTENING = Message("a/state", "listening", retain=True)
LAST = Message("a/last", "{}", retain=True, expiry=60)


def test_a_state_that_did_not_change_is_not_news() -> None:
    retained = RetainedMessages()

    assert [
        retained.put(IDLE, 0),
        retained.put(IDLE, 1),
        retained.put(LISTENING, 2),
    ] == [
        True,
        False,
        True,
    ]


def test_only_the_latest_of_a_topic_is_kept() -> None:
    retained = RetainedMessages()
    retained.put(IDLE, 0)
    retained.put(LISTENING, 1)

    assert retained.take_all(2) == [LISTENING]
    assert retained.get("a/state") == LISTENING
    assert retained.get("a/other") is None


def test_what_expires_is_told_again_with_the_rest_of_its_time() -> None:
    retained = RetainedMessages()
    retained.put(LAST, 100)

    [again] = retained.take_all(140)
    assert again.expiry == 20
    assert retained.take_all(160) == []


def test_what_the_broker_did_not_take_is_told_once_more() -> None:
    retained = RetainedMessages()
    retained.put(IDLE, 0)
    retained.untold("a/state")

    assert retained.take_untold(1) == [IDLE]
    assert retained.take_untold(1) == []


def test_a_state_that_was_not_taken_is_news_when_said_again() -> None:
    retained = RetainedMessages()
    retained.put(IDLE, 0)
    retained.untold("a/state")

    assert retained.put(IDLE, 1)
