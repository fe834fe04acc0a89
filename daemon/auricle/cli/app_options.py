"""What a Home Assistant app was told, as settings of the programs that it runs.

The supervisor writes the app's options as JSON, and tells in another JSON where the
house's broker is. What is a secret goes to the program in a file, as a systemd
credential does, and all else in the environment.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auricle.errors import ConfigError

_SETTING = re.compile(r"[a-z_]+\.[a-z_]+(\.[A-Za-z0-9_]+)?")
# The options that are settings under another name.
_SETTINGS = {
    "name": "satellite.name",
    "friendly_name": "satellite.friendly_name",
    "area": "satellite.area",
    "language": "asr.language",
    "region": "asr.region",
    "recognizer_url": "asr.url",
    "mqtt_host": "mqtt.host",
    "mqtt_username": "mqtt.username",
    "update_url": "update.url",
    "log_level": "log.level",
}
_SECRETS = {"api_key": "asr.api_key", "mqtt_password": "mqtt.password"}
# What the supervisor mounts the certificates at that its other apps make.
_CERTIFICATES = "/ssl"


@dataclass(frozen=True, slots=True)
class AppProgram:
    """A program of ours is to be started so."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The text of each credential, by its name."""


@dataclass(frozen=True, slots=True)
class HouseBroker:
    """The supervisor knows this broker, and has a user there for each of its apps."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False


def read_options(text: str) -> Mapping[str, Any]:
    """Return the options that the supervisor wrote. Raises ConfigError."""
    try:
        options = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"the app's options are no JSON: {error}") from None
    if not isinstance(options, dict):
        raise ConfigError("the app's options are no JSON object")
    return options


def read_broker(answer: bytes) -> HouseBroker | None:
    """Return the broker that the supervisor tells of; None where it knows none yet.

    Raises ConfigError for an answer that no supervisor gives.
    """
    try:
        told = json.loads(answer)
        if told["result"] != "ok":
            return None
        broker = told["data"]
        return HouseBroker(
            str(broker["host"]),
            int(broker["port"]),
            str(broker.get("username") or ""),
            str(broker.get("password") or ""),
            tls=broker.get("ssl") is True,
        )
    except (ValueError, KeyError, TypeError):
        raise ConfigError("the supervisor's answer on MQTT is not understood") from None


def wants_house_broker(options: Mapping[str, Any]) -> bool:
    """Tell whether the broker is to be the one that the supervisor knows."""
    return not options.get("mqtt_host")


def satellite(
    options: Mapping[str, Any], broker: HouseBroker | None, state: str = "/data"
) -> AppProgram:
    """Return the satellite as the options want it, at `broker` where they name none;
    `state` is the folder that outlives its container.

    Raises ConfigError, which names the option.
    """
    settings = {"satellite.state_directory": state} | {
        setting: str(options[option])
        for option, setting in _SETTINGS.items()
        if options.get(option)
    }
    secrets = {
        setting: str(options[option])
        for option, setting in _SECRETS.items()
        if options.get(option)
    }
    if options.get("mqtt_port"):
        settings["mqtt.port"] = str(options["mqtt_port"])
    if options.get("wake_words"):
        settings["wake_word.models"] = ",".join(map(str, options["wake_words"]))
    if broker is not None:
        settings |= {
            "mqtt.host": broker.host,
            "mqtt.port": str(broker.port),
            "mqtt.username": broker.username,
            "mqtt.tls": str(broker.tls).lower(),
        }
        secrets.pop("mqtt.password", None)
        if broker.password:
            secrets["mqtt.password"] = broker.password
    settings |= _own_settings(options.get("settings") or [])
    return AppProgram(
        ["run"],
        {
            f"AURICLE_{name.upper().replace('.', '__')}": v
            for name, v in settings.items()
        },
        secrets,
    )


def recognizer(options: Mapping[str, Any]) -> AppProgram:
    """Return the recognizer as the options want it: for this machine alone, unless they
    have a key for others. Raises ConfigError, which names the option.
    """
    arguments = ["recognizer"]
    for option in ("model", "languages", "threads"):
        if options.get(option):
            arguments += [f"--{option}", str(options[option])]
    key = options.get("api_key")
    certificate = options.get("certificate")
    if not key:
        if certificate:
            raise ConfigError(
                "certificate: is for other machines, which need a key: set api_key"
            )
        return AppProgram(arguments)
    if not certificate or not options.get("certificate_key"):
        raise ConfigError(
            "api_key: opens the recognizer to other machines, which send speech to it "
            "encrypted only: set certificate and certificate_key"
        )
    arguments += ["--host", "0.0.0.0"]  # noqa: S104  # it has a key
    arguments += ["--tls-cert", f"{_CERTIFICATES}/{certificate}"]
    arguments += ["--tls-key", f"{_CERTIFICATES}/{options['certificate_key']}"]
    return AppProgram(arguments, secrets={"recognizer.api_key": str(key)})


def _own_settings(entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    settings = {}
    for entry in entries:
        key = str(entry.get("key"))
        if not _SETTING.fullmatch(key):
            raise ConfigError(
                f"settings: {key!r} is no name of a setting, such as utterance.preset"
            )
        if key in _SECRETS.values():
            option = next(name for name, known in _SECRETS.items() if known == key)
            raise ConfigError(f"settings: {key} is a secret: use the option {option}")
        settings[key] = str(entry.get("value"))
    return settings
