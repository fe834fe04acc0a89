"""What the satellite says on MQTT and to whom, built from the settings."""

import contextlib
import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from auricle import __version__
from auricle.app.build import price_per_second
from auricle.config.services import MqttSettings, host_and_port
from auricle.config.settings import Settings
from auricle.mqtt.commands import Options
from auricle.mqtt.discovery.introduction import Introduction
from auricle.mqtt.discovery.payload import SatelliteDevice, discovery
from auricle.mqtt.link.broker import BrokerSettings
from auricle.mqtt.messages import Disclosure, Messages
from auricle.mqtt.publisher import PublisherSettings
from auricle.mqtt.topics import Topics
from auricle.qwen_asr.events import LANGUAGES


def broker(settings: MqttSettings, topics: Topics) -> BrokerSettings:
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
    )


def brokers(settings: MqttSettings, topics: Topics) -> list[BrokerSettings]:
    """Return the satellite's broker, and those that stand in for it."""
    first = broker(settings, topics)
    return [
        first,
        *(
            replace(first, host=host, port=port or first.port)
            for host, port in map(host_and_port, settings.fallbacks)
        ),
    ]


def messages(settings: Settings) -> Messages:
    mqtt = settings.mqtt
    topics = Topics(
        mqtt.base_topic,
        settings.satellite.name,
        settings.home_assistant.discovery_prefix,
    )
    disclosure = Disclosure(
        text=mqtt.publish_text,
        emotion=mqtt.publish_emotion,
        partial=mqtt.publish_text and mqtt.publish_interim,
        last_expiry=mqtt.last_transcript_expiry,
    )
    return Messages(topics, disclosure)


def hermes_site(settings: Settings) -> str | None:
    """Rhasspy's topics carry the words, so they are for who publishes those."""
    if settings.mqtt.hermes and settings.mqtt.publish_text:
        return settings.satellite.name
    return None


def options(wake_words: Sequence[str]) -> Options:
    """What Home Assistant may choose from."""
    return Options(languages=("auto", *sorted(LANGUAGES)), wake_words=tuple(wake_words))


def device(settings: Settings) -> SatelliteDevice:
    return SatelliteDevice(
        name=settings.satellite.display_name,
        version=__version__,
        model="Voice satellite",
        hardware=_hardware(),
        area=settings.satellite.area,
        currency=None
        if price_per_second(settings) is None
        else settings.limits.currency,
    )


def introduction(settings: Settings, options: Options) -> Introduction | None:
    """Of our device to Home Assistant; None where it is not to be introduced."""
    if not settings.home_assistant.discovery:
        return None
    known = messages(settings)
    return discovery(known.topics, device(settings), known.disclosure, options)


def publisher_settings(
    settings: Settings, wake_words: Sequence[str], outbox: Path
) -> PublisherSettings:
    """Return what is published, and to whom; `outbox` is the file of open finals."""
    known, choices = messages(settings), options(wake_words)
    return PublisherSettings(
        brokers(settings.mqtt, known.topics),
        known,
        choices,
        introduction(settings, choices),
        outbox,
        settings.mqtt.time_to_live,
        history=settings.mqtt.history,
        heed_vocabulary=settings.mqtt.vocabulary,
        hermes_site=hermes_site(settings),
    )


def _hardware() -> str:
    # Where the kernel describes the board, as on every Raspberry Pi.
    with contextlib.suppress(OSError):
        model = Path("/proc/device-tree/model").read_text(errors="replace")
        return model.strip("\0 \n")
    return platform.machine()
