from auricle.mqtt.link.message import Message
from auricle.mqtt.link.watched_connection import InFlight

MESSAGE = Message("auricle/study/state", "idle")


def test_the_oldest_is_the_one_sent_first() -> None:
    in_flight = InFlight()
    in_flight.sent(7, MESSAGE, 1.0)
    in_flight.sent(3, MESSAGE, 2.0)

    assert in_flight.oldest == 1.0
    in_flight.acknowledged(7)
    assert in_flight.oldest == 2.0


def test_a_message_is_acknowledged_once() -> None:
    in_flight = InFlight()
    in_flight.sent(7, MESSAGE, 1.0)

    assert in_flight.acknowledged(7) == (MESSAGE, 1.0)
    assert in_flight.acknowledged(7) is None
    assert not in_flight
    assert in_flight.oldest is None
