from auricle.mqtt.link.message import Message
from auricle.mqtt.retained_messages import States

IDLE = Message("a/state", "idle", retain=True)
LISTENING = Message("a/state", "listening", retain=True)
LAST = Message("a/last", "{}", retain=True, expiry=60)


def test_a_state_that_did_not_change_is_not_news() -> None:
    states = States()

    assert [states.put(IDLE, 0), states.put(IDLE, 1), states.put(LISTENING, 2)] == [
        True,
        False,
        True,
    ]


def test_only_the_latest_of_a_topic_is_kept() -> None:
    states = States()
    states.put(IDLE, 0)
    states.put(LISTENING, 1)

    assert states.take_all(2) == [LISTENING]
    assert states.get("a/state") == LISTENING
    assert states.get("a/other") is None


def test_what_expires_is_told_again_with_the_rest_of_its_time() -> None:
    states = States()
    states.put(LAST, 100)

    [again] = states.take_all(140)
    assert again.expiry == 20
    assert states.take_all(160) == []


def test_what_the_broker_did_not_take_is_told_once_more() -> None:
    states = States()
    states.put(IDLE, 0)
    states.untold("a/state")

    assert states.take_untold(1) == [IDLE]
    assert states.take_untold(1) == []


def test_a_state_that_was_not_taken_is_news_when_said_again() -> None:
    states = States()
    states.put(IDLE, 0)
    states.untold("a/state")

    assert states.put(IDLE, 1)
