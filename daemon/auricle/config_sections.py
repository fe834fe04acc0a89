"""The settings of each part: every key, its type, default, unit and range.

These are the keys that a person may write, in a file of one table per part;
`config.example.toml` shows them all.
"""

import platform
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from auricle.asr.endpoint import REGIONS, endpoint_url, require_secure_url
from auricle.asr.events import LANGUAGES, SILENCE_MS_RANGE, THRESHOLD_RANGE
from auricle.speech.detectors import VoiceDetectorName
from auricle.speech.endpointing import Preset
from auricle.turn import LONGEST_FOLLOW_UP, Mode


def _node_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]{1,64}", value):
        raise ValueError(
            "use lower-case letters, digits and _ (it becomes part of MQTT topics), "
            "such as living_room"
        )
    return value


def _language(value: str) -> str:
    if value != "auto" and value not in LANGUAGES:
        raise ValueError(f"use auto or one of {' '.join(sorted(LANGUAGES))}")
    return value


def node_name_from_host(hostname: str) -> str:
    """A valid satellite name made of the machine's."""
    name = re.sub(r"[^a-z0-9]+", "_", hostname.split(".")[0].lower()).strip("_")
    return name[:64] or "satellite"


def _secret(value: SecretStr) -> SecretStr:
    # Editors and `echo` leave a newline behind; anything else inside is a mistake,
    # and a header could not carry it.
    text = value.get_secret_value().strip()
    if not text or not text.isascii() or any(c.isspace() for c in text):
        raise ValueError("is empty, or holds white space or non-ASCII characters")
    return SecretStr(text)


ApiKey = Annotated[SecretStr, AfterValidator(_secret)]


class Section(BaseModel):
    """One table of the file. A key that is not ours is a typo: refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class SatelliteSettings(Section):
    name: Annotated[str, AfterValidator(_node_name)] = Field(
        default_factory=lambda: node_name_from_host(platform.node())
    )
    """The satellite's name in topics and entity ids; default: the hostname."""
    friendly_name: str = Field("", max_length=64)
    """The device's name in Home Assistant; default: the name and "voice"."""
    area: str = Field("", max_length=64)
    """The room, suggested to Home Assistant when it first sees the device."""
    state_directory: Path | None = None
    """Where mute and the like are remembered; default: what systemd gives, else
    ~/.local/state/auricle."""

    @property
    def display_name(self) -> str:
        spoken = self.name.replace("_", " ").capitalize()
        return self.friendly_name or f"{spoken} voice"


class MicrophoneSettings(Section):
    device: str = "default"
    """`default`, an index, or a part of the device's name (see `auricle devices`)."""
    channel: int | None = Field(None, ge=0, le=63)
    """Which microphone of an array to hear, from 0; default: a mix of all."""
    gain: float = Field(0.0, ge=-40, le=40)
    """Decibels to make the sound louder by, or softer."""
    recording: str = ""
    """A WAV or FLAC file to hear instead of a device, or - for raw 16 kHz mono s16
    on standard input."""
    speed: float = Field(1.0, gt=0, le=1000)
    """How fast a recording is played: 1.0 is real time."""


class FeedbackSettings(Section):
    wake: str = ""
    """When it listens: `default`, a WAV or FLAC file of yours of at most 2 s, or
    nothing."""
    end: str = ""
    """When the utterance is over, likewise."""
    error: str = ""
    """When a turn ends in an error, likewise."""
    device: str = "default"
    """The loudspeaker: an ALSA device (see `aplay -L`)."""


class WakeWordSettings(Section):
    models: tuple[str, ...] = ("okay_nabu",)
    """Wake words: okay_nabu, hey_jarvis, alexa, hey_mycroft, or the .json of a
    microWakeWord model of your own (with its .tflite beside it)."""
    openwakeword_models: tuple[str, ...] = ()
    """openWakeWord .tflite files of your own (needs the extra `openwakeword`)."""
    thresholds: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict
    )
    """Per model: the score from which it counts, 0 to 1; default: the model's own."""
    spellings: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Per model: how the recognizer writes the wake phrase, beside the ways we know; it
    is taken from the front of transcripts."""
    on_unconfirmed: Literal["publish", "drop"] = "publish"
    """What to do where the recognizer did not hear the wake phrase, too. Whether it did
    is known with utterance.pre_roll = 1.5 and more; drop needs that."""
    refractory: float = Field(2.0, ge=0, le=60)
    """Seconds within which one wake word is not detected again."""

    @model_validator(mode="after")
    def _something_to_listen_for(self) -> "WakeWordSettings":
        names = [_model_name(m) for m in (*self.models, *self.openwakeword_models)]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the wake word {name!r} is listed twice")
        for key, table in (
            ("thresholds", self.thresholds),
            ("spellings", self.spellings),
        ):
            for name in table:
                if name not in names:
                    raise ValueError(
                        f"{key} names {name!r}, which is not among the models "
                        f"({', '.join(names) or 'none'})"
                    )
        return self


def _model_name(model: str) -> str:
    return Path(model).stem if model.endswith((".json", ".tflite")) else model


class UtteranceSettings(Section):
    mode: Mode = Mode.SERVER_VAD
    """Who decides the end: server_vad (the recognizer) or manual (this machine)."""
    pre_roll: float = Field(0.4, ge=0, le=2)
    """Seconds of sound from before the wake word's detection that are sent; the
    detection comes up to 0.35 s behind the word's end."""
    continue_conversation: float = Field(0.0, ge=0, le=LONGEST_FOLLOW_UP)
    """Seconds to listen again, without a wake word, after each final; 0: not at all."""
    voice_detector: VoiceDetectorName = VoiceDetectorName.AUTO
    """What tells speech from noise: silero, which a kitchen does not fool; webrtc,
    lighter; or auto, silero where it is installed."""
    preset: Preset = Preset.BALANCED
    """How long to wait for the speaker to go on: fast, balanced or patient. It sets all
    keys below; those that are given win over it."""
    silence: float | None = Field(None, ge=0.2, le=3)
    """manual: seconds of silence that end the utterance; 0.3, 0.4 or 0.8."""
    silence_after_short: float | None = Field(None, ge=0.2, le=3)
    """manual: the same after a short one, which may be a false start or a pause behind
    the first word; 0.6, 0.8 or 1.2."""
    short: float | None = Field(None, ge=0, le=2)
    """manual: seconds of speech that are a short one; 0.4."""
    min_speech: float | None = Field(None, ge=0.03, le=1)
    """Seconds of speech without which nothing was said; 0.15."""
    forget: float | None = Field(None, ge=0.1, le=3)
    """Seconds of silence after which a sound that was shorter is forgotten; 0.3."""
    no_speech_timeout: float | None = Field(None, ge=1, le=30)
    """Seconds without speech after which the turn ends silently; 5, patient 8."""
    longest: float | None = Field(None, ge=1, le=55)
    """Seconds after which an utterance is ended, whatever is heard; 15, patient 30. The
    recognizer takes at most 60."""


class AsrSettings(Section):
    region: Literal["international", "china"] = "international"
    """Which of the service's endpoints; an API key belongs to one region."""
    url: str = ""
    """Another endpoint, such as your own `auricle recognizer`; wss://, or ws:// on
    this machine only."""
    api_key: ApiKey | None = None
    """Better as the systemd credential asr.api_key, or in DASHSCOPE_API_KEY."""
    model: str = Field("qwen3-asr-flash-realtime", min_length=1, max_length=128)
    """The model, or a snapshot by name."""
    ca_file: Path | None = None
    """Certificate authority of your own recognizer's certificate (PEM)."""
    workspace: str = Field("", max_length=128)
    """X-DashScope-WorkSpace: the workspace that is billed; default: the key's own."""
    data_inspection: bool = False
    """X-DashScope-DataInspection: let the service inspect the content."""
    language: Annotated[str, AfterValidator(_language)] = "auto"
    """auto, or the code of the language that is spoken: better and faster if known."""
    sample_rate: Literal[16000, 8000] = 16000
    """Hz on the wire; 8000 halves the traffic at a price in accuracy."""
    threshold: float = Field(0.0, ge=THRESHOLD_RANGE[0], le=THRESHOLD_RANGE[1])
    """server_vad: -1 to 1; lower hears more as speech."""
    silence_duration_ms: int = Field(
        400, ge=SILENCE_MS_RANGE[0], le=SILENCE_MS_RANGE[1]
    )
    """server_vad: milliseconds of silence that end the utterance."""
    hints: str = Field("", max_length=4000)
    """Words to expect, such as the names of rooms and lamps. Sent with every
    utterance; on noise the service may answer with these very words, which are
    discarded."""
    connect_timeout: float = Field(3.0, gt=0, le=30)
    """Seconds for the connection and the session to be ready."""
    final_timeout: float = Field(4.0, gt=0, le=30)
    """Seconds from the end of the utterance to its final transcript."""

    @field_validator("url")
    @classmethod
    def _safe_url(cls, value: str) -> str:
        return require_secure_url(value) if value else value

    @property
    def endpoint(self) -> str:
        """The URL to connect to, model included."""
        return endpoint_url(self.url or REGIONS[self.region], self.model)


def _host(value: str) -> str:
    if "://" in value or "@" in value or "/" in value:
        raise ValueError(
            "give the host alone; port, username and password have their own keys"
        )
    return value


def host_and_port(text: str) -> tuple[str, int | None]:
    """Of `host`, `host:port`, `::1` or `[::1]:port`; ValueError for anything else."""
    _host(text)
    found = re.fullmatch(r"(?:\[(.+)\]|([^:\[\]]+))(?::(\d{1,5}))?", text)
    if found is None and text.count(":") > 1:
        return text, None
    if found is None or not 0 < int(found[3] or 1) < 65536:
        raise ValueError(f"{text!r} is neither a host nor host:port")
    return found[1] or found[2], int(found[3]) if found[3] else None


class MqttSettings(Section):
    host: str = Field("localhost", min_length=1, max_length=255)
    """The broker: a name or an address, without mqtt://."""
    port: int | None = Field(None, ge=1, le=65535)
    """Default: 1883, with tls 8883."""
    fallbacks: tuple[str, ...] = Field((), max_length=8)
    """Brokers that stand in while those before them are away, in this order: each a
    host, or host:port; user, password and TLS are the same."""
    username: str = ""
    password: SecretStr | None = None
    """Better as the systemd credential mqtt.password."""
    tls: bool = False
    ca_file: Path | None = None
    """Certificate authority of the broker's certificate (PEM); default: system's."""
    cert_file: Path | None = None
    """This satellite's certificate, where the broker asks for one (PEM)."""
    key_file: Path | None = None
    keepalive: int = Field(15, ge=5, le=3600)
    """Seconds between signs of life."""
    base_topic: str = Field("auricle", pattern=r"^[a-z0-9_]+$", max_length=64)
    """First level of every topic."""
    publish_text: bool = True
    """false: publish that something was said and its emotion, but not the words."""
    publish_emotion: bool = True
    publish_interim: bool = True
    """Interim transcripts while a person speaks, at most four a second."""
    last_transcript_expiry: float = Field(3600, ge=0, le=604800)
    """Seconds the broker keeps the last transcript; 0: it is not retained at all."""
    vocabulary: bool = False
    """Heed <base>/vocabulary, retained words that every satellite of the house expects,
    such as the names of rooms and lamps; they are sent with every utterance."""
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
    def _host_only(cls, value: str) -> str:
        return _host(value)

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
        return self

    @property
    def effective_port(self) -> int:
        return self.port or (8883 if self.tls else 1883)


class HomeAssistantSettings(Section):
    discovery: bool = True
    """Announce the satellite as a Home Assistant device."""
    discovery_prefix: str = Field(
        "homeassistant", pattern=r"^[A-Za-z0-9_/-]+$", max_length=64
    )
    """As set in Home Assistant's MQTT integration."""


class LimitsSettings(Section):
    turns_per_hour: int = Field(60, ge=0, le=3600)
    """Beyond it, wake words are refused: a television may know ours. 0: no limit."""
    seconds_per_day: float = Field(3600.0, ge=0, le=86400)
    """Seconds of audio sent a day. 0: no limit."""
    cost_per_day: float = Field(0.0, ge=0)
    """What the recognizer may cost a day, in the currency of the price. 0: no limit."""
    price_per_second: float | None = Field(None, ge=0)
    """What a second costs; default: the international region's published price, and
    nothing for your own recognizer."""
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")
    """Of the price, for Home Assistant."""


class LogSettings(Section):
    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(lambda v: v.lower() if isinstance(v, str) else v),
    ] = "info"
    """debug shows what was said; the other levels never do."""
