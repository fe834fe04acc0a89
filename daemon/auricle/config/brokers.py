"""Where the satellite is on MQTT, by its settings: its topics, and its brokers."""

from dataclasses import replace
from typing import TYPE_CHECKING

from auricle.config.host_port import host_and_port
from auricle.mqtt.link.broker import (
    LARGEST_PACKET,
    LARGEST_WITH_SOUND,
    BrokerSettings,
)
from auricle.mqtt.topics import Topics

if TYPE_CHECKING:
    from auricle.config.services import MqttSettings
    from auricle.config.settings import Settings


def topics_of(settings: "Settings") -> Topics:
    """Return the topics of the satellite."""
    return Topics(
        settings.mqtt.base_topic,
        settings.satellite.name,
        settings.home_assistant.discovery_prefix,
    )


def own_broker(settings: "MqttSettings", topics: Topics) -> BrokerSettings:
    """Return the satellite's own broker, and how to log in there."""
    password = settings.password
    host, port = settings.address
    return BrokerSettings(
        host=host,
        port=port,
        client_id=topics.device_id,
        username=settings.username or None,
        password=password.get_secret_value() if password else None,
        tls=settings.tls,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        keepalive=settings.keepalive,
        # Rhasspy sends a sound as a whole.
        largest_packet=LARGEST_WITH_SOUND if settings.hermes else LARGEST_PACKET,
    )


def brokers(settings: "MqttSettings", topics: Topics) -> list[BrokerSettings]:
    """Return the satellite's broker, and those that stand in for it."""
    first = own_broker(settings, topics)
    return [
        first,
        *(
            replace(first, host=host, port=port or first.port)
            for host, port in map(host_and_port, settings.fallbacks)
        ),
    ]
