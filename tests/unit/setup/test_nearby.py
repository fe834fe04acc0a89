"""Brokers that announce themselves, as avahi-browse tells them."""

from auricle.setup.nearby import Found, read

BROKER = (
    "+;eth0;IPv4;Mosquitto;_mqtt._tcp;local\n"
    "=;eth0;IPv4;The\\032house\\039s\\032broker;_mqtt._tcp;local;"
    "nas.local;192.168.1.5;{port};\n"
)


def test_a_broker_is_named_by_its_host_and_a_port_of_its_own() -> None:
    name = "The house's broker"

    assert read(BROKER.format(port=1883), is_broker=True) == [
        Found(name, "nas.local", is_broker=True)
    ]
    assert read(BROKER.format(port=2883), is_broker=True) == [
        Found(name, "nas.local:2883", is_broker=True)
    ]


def test_a_home_assistant_is_named_without_the_port_of_its_pages() -> None:
    assert read(BROKER.format(port=8123), is_broker=False) == [
        Found("The house's broker", "nas.local", is_broker=False)
    ]


def test_one_that_is_announced_on_two_networks_is_one() -> None:
    twice = BROKER.format(port=1883) + BROKER.format(port=1883).replace("eth0", "wlan0")

    assert len(read(twice, is_broker=True)) == 1


def test_lines_that_resolve_nothing_are_nobody() -> None:
    assert read("+;eth0;IPv4;x;_mqtt._tcp;local\n=;short\n\n", is_broker=True) == []
