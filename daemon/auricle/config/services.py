"""The settings of what the satellite talks to: recognizer, synthesizer, broker, Home
Assistant.
"""

import re
from functools import partial
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from auricle.config.host_port import host_and_port
from auricle.config.sections import OptionalPath, Section, Texts
from auricle.mqtt.topics import require_levels, require_word
from auricle.qwen_asr.address import (
    REGIONS,
    complete_url,
    fits_header,
    is_loopback,
    may_be_host,
    region_url,
    require_secure_url,
)
from auricle.qwen_asr.events import LANGUAGES, SILENCE_MS_RANGE, THRESHOLD_RANGE
from auricle.qwen_asr.hints import MOST_TOKENS, tokens
from auricle.speech.engines import FLITE_VOICES


def _language(value: str) -> str:
    if value != "auto" and value not in LANGUAGES:
        raise ValueError(f"use auto or one of {' '.join(sorted(LANGUAGES))}")
    return value


def _hints(value: str) -> str:
    if (count := tokens(value)) > MOST_TOKENS:
        raise ValueError(f"about {count} tokens; a recognizer takes {MOST_TOKENS}")
    return value


def _filled(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("is empty: write it there, or leave the key out")
    return value


def _api_key(value: SecretStr) -> SecretStr:
    # Editors and `echo` leave a newline behind; anything else inside is a mistake.
    text = value.get_secret_value().strip()
    if not fits_header(text):
        raise ValueError(
            "holds white space, a line break or letters that no key has: is it whole, "
            "and nothing else with it?"
        )
    return SecretStr(text)


def _workspace(value: str) -> str:
    # It is sent in a header, and may be the first part of the host's name.
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,63}", value):
        raise ValueError("use its id, letters, digits and -, such as llm-1a2b3c4d5e6f")
    return value


def _username(value: str) -> str:
    if any(not character.isprintable() for character in value):
        raise ValueError("holds a line break or another control character")
    return value


Secret = Annotated[SecretStr, Field(max_length=16_000), AfterValidator(_filled)]


class AsrSettings(Section):
    """The speech recognizer: Qwen-ASR-Realtime, or your own `auricle recognizer`."""

    region: Literal["international", "china", "ap-southeast-1", "cn-beijing"] = (
        "international"
    )
    """The service's endpoint; an API key belongs to one region. Your own workspace's,
    which the service recommends, are ap-southeast-1 (international) and cn-beijing
    (china): they need asr.workspace."""
    url: str = ""
    """Another endpoint, such as your own `auricle recognizer`; wss://, or ws:// on
    this machine only."""
    api_key: Annotated[Secret, AfterValidator(_api_key)] | None = Field(
        None, examples=["sk-…"]
    )
    """The service's API key; better as the systemd credential asr.api_key, or in
    DASHSCOPE_API_KEY."""
    model: str = Field("qwen3-asr-flash-realtime", min_length=1, max_length=128)
    """The model, or a snapshot by name."""
    ca_file: OptionalPath = Field(None, examples=["/etc/auricle/recognizer-ca.pem"])
    """Certificate authority of your own recognizer's certificate (PEM)."""
    workspace: Annotated[str, AfterValidator(_workspace)] = ""
    """The id of the workspace that is billed (X-DashScope-WorkSpace); default: the
    key's own."""
    data_inspection: bool = False
    """X-DashScope-DataInspection: let the service inspect the content."""
    language: Annotated[str, AfterValidator(_language)] = "auto"
    """The code of the language that is spoken, which is better and faster if known, or
    auto."""
    sample_rate: Literal[16000, 8000] = 16000
    """Samples a second on the wire; 8000 halves the traffic at a price in accuracy."""
    threshold: float = Field(0.0, ge=THRESHOLD_RANGE[0], le=THRESHOLD_RANGE[1])
    """The threshold of the recognizer's voice detector, in server_vad mode: -1 to 1;
    lower hears more as speech."""
    silence_duration_ms: int = Field(
        400, ge=SILENCE_MS_RANGE[0], le=SILENCE_MS_RANGE[1]
    )
    """Milliseconds of silence that end the utterance, in server_vad mode."""
    hints: Annotated[str, AfterValidator(_hints)] = ""
    """Words to expect, such as the names of rooms and lamps. Sent with every
    utterance; on noise the service may answer with these very words, which are
    discarded where no voice was heard to say them."""
    connect_timeout: float = Field(3.0, gt=0, le=30)
    """Seconds for the connection and the session to be ready."""
    final_timeout: float = Field(4.0, gt=0, le=30)
    """Seconds from the end of the utterance to its final transcript. A recognizer at
    home is told, and refuses at once what it cannot do in that time."""

    @field_validator("url")
    @classmethod
    def _safe_url(cls, value: str) -> str:
        return require_secure_url(value) if value else value

    @model_validator(mode="after")
    def _workspace_is_known(self) -> "AsrSettings":
        if not self.url and REGIONS[self.region].needs_workspace and not self.workspace:
            raise ValueError(
                f'region = "{self.region}" needs workspace: its id is in the console, '
                "under Workspace Management"
            )
        return self

    @property
    def endpoint(self) -> str:
        """The URL to connect to, model included."""
        region = region_url(REGIONS[self.region], self.workspace)
        return complete_url(self.url or region, self.model)


def _voice(value: str) -> str:
    # It becomes an argument, and must be none of the engine's options or files.
    if not re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9_+. -]{0,127})?", value):
        raise ValueError("use the engine's name for it, such as de or en-gb")
    return value


def _wyoming(value: str) -> str:
    rest = value.removeprefix("tcp://")
    if "://" in rest:
        raise ValueError("write host:port")
    if value:
        host_and_port(rest)
    return rest


class SpeechSettings(Section):
    """How texts are spoken that come over MQTT (speak/set), for those who don't use the
    integration, which has Home Assistant's own voices. They are sent to nobody but the
    engine that is named here.
    """

    engine: Literal["", "espeak", "flite", "wyoming", "command"] = ""
    """What speaks: espeak (Debian's espeak-ng, many languages), flite (Debian's,
    English), wyoming (a server, such as Home Assistant's Piper), command (a program of
    yours); empty: nothing does."""
    voice: Annotated[str, AfterValidator(_voice)] = Field("", examples=["de"])
    """The voice by the engine's name for it: of espeak a language, such as de or
    en-gb+f3; of flite slt, awb, kal, kal16 or rms; of wyoming such as
    de_DE-thorsten-medium; default: the engine's own, of flite slt."""
    language: Annotated[str, AfterValidator(_voice)] = Field("", examples=["de"])
    """The language that a Wyoming server is asked for where no voice is named."""
    wyoming: Annotated[str, AfterValidator(_wyoming)] = Field(
        "", max_length=300, examples=["homeassistant.local:10200"]
    )
    """The Wyoming server, host:port; 10200 where no port is given. What is spoken goes
    there unencrypted."""
    command: tuple[str, ...] = Field((), max_length=64)
    """The program and its arguments, such as ["/opt/say", "--wav"]: it is given
    the text on standard input, and writes a WAV file of 16 bits to standard output."""
    per_hour: int = Field(60, ge=0, le=3600)
    """Texts an hour that are spoken; 0: no limit."""

    @model_validator(mode="after")
    def _engine_is_complete(self) -> "SpeechSettings":
        match self.engine:
            case "wyoming" if not self.wyoming:
                raise ValueError('engine = "wyoming" needs wyoming, its host:port')
            case "command" if not (self.command and self.command[0].strip()):
                raise ValueError('engine = "command" needs command, the program to run')
            case "espeak" | "flite" | "command" if self.language:
                raise ValueError(
                    'language is for engine = "wyoming"; of espeak, voice may be one'
                )
            case "flite" if self.voice not in ("", *FLITE_VOICES):
                raise ValueError(f"flite has no such voice: {', '.join(FLITE_VOICES)}")
        return self


class MqttSettings(Section):
    """The broker, and how to reach it."""

    host: str = Field("localhost", min_length=1, max_length=255)
    """The broker: a name or an address."""
    port: int | None = Field(None, ge=1, le=65535, examples=[1883])
    """The broker's port; default: 1883, with tls 8883."""
    fallbacks: Texts = Field((), max_length=8)
    """Brokers that stand in while those before them are away, in this order: each a
    host, or host:port; user, password and TLS are the same."""
    username: Annotated[str, AfterValidator(_username)] = Field("", max_length=1024)
    """The user to sign in as; empty: nobody signs in."""
    password: Secret | None = Field(None, examples=["…"])
    """The user's password; better as the systemd credential mqtt.password."""
    tls: bool = False
    """Encrypt the connection; the broker's certificate is then always verified."""
    ca_file: OptionalPath = Field(None, examples=["/etc/auricle/ca.pem"])
    """Certificate authority of the broker's certificate (PEM); default: system's."""
    cert_file: OptionalPath = Field(None, examples=["/etc/auricle/cert.pem"])
    """This satellite's certificate, where the broker asks for one (PEM)."""
    key_file: OptionalPath = Field(None, examples=["/etc/auricle/key.pem"])
    """The key that belongs to it (PEM)."""
    keepalive: int = Field(15, ge=5, le=3600)
    """Seconds between signs of life."""
    base_topic: Annotated[
        str, AfterValidator(partial(require_word, example="auricle"))
    ] = "auricle"
    """First level of every topic."""
    publish_text: bool = True
    """Publish the words; false: only that something was said, and its emotion."""
    publish_emotion: bool = True
    """Publish the emotion with which something was said."""
    publish_interim: bool = True
    """Publish interim transcripts while a person speaks, at most four a second."""
    last_transcript_expiry: float = Field(3600.0, ge=0, le=604800)
    """Seconds the broker keeps the last transcript; 0: it is not retained at all."""
    vocabulary: bool | None = Field(None, examples=[True])
    """Heed <base>/vocabulary, retained words that every satellite of the house expects,
    such as the names of rooms and lamps; they are sent with every utterance. By
    default, to a recognizer of your own, and not to the service."""
    hermes: bool = False
    """Publish and obey Rhasspy's topics (hermes/…) as well, for flows made for it."""
    history: bool = False
    """Publish every final and what became of it on <base>/<name>/history, complete
    after an outage; never to be acted on. What was said is then kept on disk until it
    is published."""
    time_to_live: float = Field(10.0, ge=1, le=60)
    """Seconds after which a final is too old to be acted on, and is not delivered."""

    @field_validator("host")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host_and_port(value)
        return value

    @field_validator("fallbacks")
    @classmethod
    def _hosts_and_ports(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for fallback in value:
            host_and_port(fallback)
        return value

    @model_validator(mode="after")
    def _consistent(self) -> "MqttSettings":
        if self.key_file and not self.cert_file:
            raise ValueError("key_file needs cert_file")
        if (self.ca_file or self.cert_file) and not self.tls:
            raise ValueError("ca_file and cert_file need tls = true")
        if self.port and host_and_port(self.host)[1] not in (None, self.port):
            raise ValueError(f"host names another port than port = {self.port}")
        return self

    @property
    def address(self) -> tuple[str, int]:
        """The broker's host and port, whichever way they are written."""
        host, port = host_and_port(self.host)
        return host, port or self.port or (8883 if self.tls else 1883)


def _group(value: str) -> str:
    return require_word(value, example="upstairs") if value else value


class GroupSettings(Section):
    """Who of several satellites answers that hear one wake word: whichever hears it
    best, as they decide among themselves over the broker.
    """

    enabled: bool = True
    """Leave a wake word to whichever satellite hears it best; false: answer always."""
    group: Annotated[str, AfterValidator(_group)] = "all"
    """The satellites that decide among themselves, by a name of yours for them;
    empty: this one answers on its own."""
    window: float = Field(0.25, ge=0.1, le=1.0)
    """Seconds in which others may say how well they hear. What is said meanwhile is not
    lost; where no other satellite is known, nobody waits."""
    bias_db: float = Field(0.0, ge=-20, le=20)
    """Decibels that this satellite counts as nearer than it is, and so answers more
    often; below 0, less often."""


class HomeAssistantSettings(Section):
    """How Home Assistant learns of the satellite."""

    discovery: bool = True
    """Announce the satellite as a Home Assistant device."""
    discovery_prefix: Annotated[str, AfterValidator(require_levels)] = "homeassistant"
    """The discovery prefix that is set in Home Assistant's MQTT integration."""


def _release_url(value: str) -> str:
    if not value:
        return value
    if not fits_header(value):
        raise ValueError("is not a URL: it holds white space or another character")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise ValueError("takes no username or password: it is for everybody to read")
    if parts.scheme not in ("https", "http") or not may_be_host(host) or port == 0:
        raise ValueError("use https://host/path")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(
            f"anybody on the way to http://{host} could name another release; use "
            "https:// (http:// is for this machine only)"
        )
    return value


class UpdateSettings(Section):
    """How Home Assistant learns of a newer release of auricle: not at all, unless you
    say where to ask.
    """

    url: Annotated[str, Field(max_length=1000), AfterValidator(_release_url)] = ""
    """The address that tells the latest release, such as GitHub's
    https://api.github.com/repos/OWNER/REPOSITORY/releases/latest; it is asked at the
    start and once a day, and sent nothing of this house. http:// on this machine only;
    empty: nothing is fetched."""
