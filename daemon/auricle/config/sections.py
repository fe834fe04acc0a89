"""The settings of the satellite itself: every key, its type, default, unit and range.

These are the keys that a person may write, in a file of one table per part;
`config.example.toml` shows them all.
"""

import platform
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from auricle.config.choices import UtteranceMode
from auricle.mqtt.settings import ALL, OFF
from auricle.mqtt.topics import node_name, require_word
from auricle.qwen_asr.address import PRICE_CURRENCY
from auricle.turns.endpointing import LONGEST_TURN, Preset
from auricle.turns.turn import LONGEST_FOLLOW_UP
from auricle.vad.detectors import VoiceDetectorName


class Section(BaseModel):
    """Is a table of the file, in which a key that is not ours is a typo: refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_used(cls, value: object, info: ValidationInfo) -> object:
        field = cls.model_fields[info.field_name or ""]
        if isinstance(value, bool) and field.annotation not in (bool, bool | None):
            # It would count as 1 or 0.
            raise ValueError("must not be true or false")
        # No file, topic or header could carry them.
        for text in _texts_in(value):
            if "\0" in text:
                raise ValueError("holds a NUL character")
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise ValueError("is not UTF-8 text")
        return value


def _texts_in(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case list() | tuple() as entries:
                waiting += entries
            case dict() as entries:
                waiting += [*entries.keys(), *entries.values()]


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
"""A list of them; one alone needs no brackets."""


def _as_nothing(value: object) -> object:
    return None if value == "" else value


OptionalPath = Annotated[Path | None, BeforeValidator(_as_nothing)]
"""A file or a folder; none where it is empty."""


def _as_text(value: object) -> object:
    is_index = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_index else value


def _currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError("use its three capital letters, such as EUR")
    return value


class SatelliteSettings(Section):
    """Who the satellite is, and where it keeps what it remembers."""

    name: Annotated[
        str, AfterValidator(partial(require_word, example="living_room"))
    ] = Field(
        default_factory=lambda: node_name(platform.node()), examples=["living_room"]
    )
    """The satellite's name in topics and entity ids; default: the hostname."""
    friendly_name: str = Field("", max_length=64, examples=["Living room voice"])
    """The device's name in Home Assistant; default: the name and "voice"."""
    area: str = Field("", max_length=64, examples=["Living room"])
    """The room, suggested to Home Assistant when it first sees the device."""
    state_directory: OptionalPath = Field(None, examples=["/var/lib/auricle"])
    """The folder where mute and the like are remembered; default: what systemd gives,
    else ~/.local/state/auricle. One directory, one satellite."""

    @property
    def display_name(self) -> str:
        """The name for people: the one that was given, else made of `name`."""
        spoken = self.name.replace("_", " ").capitalize()
        return self.friendly_name or f"{spoken} voice"


class MicrophoneSettings(Section):
    """What it hears with."""

    device: Annotated[str, BeforeValidator(_as_text)] = "default"
    """`default`, an index, or a part of the device's name (see `auricle devices`)."""
    channel: Annotated[int, Field(ge=0, le=63)] | Literal["beam"] | None = Field(
        None, examples=[0]
    )
    """The microphone of an array to hear, counted from 0, or `beam`: all of them, aimed
    at who said the wake word; default: a mix of all. It is done to a recording as well,
    and so is the gain."""
    gain: float = Field(0.0, ge=-40, le=40)
    """Decibels to make the sound louder by, or softer."""
    recording: str = ""
    """A WAV or FLAC file to hear instead of a device, or - for raw 16 kHz mono s16
    on standard input."""
    speed: float = Field(1.0, gt=0, le=1000)
    """How fast a recording is played: 1.0 is real time."""


class FeedbackSettings(Section):
    """Sounds that tell what it does; none by default, but for a timer's. They are kept
    out of what is sent.
    """

    wake: str = ""
    """Sound when it listens: `default`, a WAV, FLAC, MP3 or Ogg file of yours of at
    most 2 s, or nothing."""
    end: str = ""
    """Sound when the utterance is over: `default`, a file, or nothing."""
    error: str = ""
    """Sound when a turn ends in an error: `default`, a file, or nothing."""
    timer: str = "default"
    """Sound when a timer is up, which is repeated until it is stopped, for a minute at
    most: `default`, a file of at most 10 s, or nothing."""


class LoudspeakerSettings(Section):
    """What answers, announcements, timers and feedback are played on."""

    device: str = Field("default", max_length=255)
    """An ALSA device (see `auricle devices`); empty: there is no loudspeaker."""
    volume: float = Field(1.0, ge=0, le=1)
    """How loud it plays until that is changed in Home Assistant or over MQTT; half of
    it sounds about half as loud."""


class WakeWordSettings(Section):
    """What is listened for, and how surely."""

    models: Texts = ("okay_nabu",)
    """Wake words: okay_nabu, hey_jarvis, alexa, hey_mycroft, or the .json of a
    microWakeWord model of your own, version 2, with its .tflite beside it."""
    openwakeword_models: Texts = ()
    """Models of openWakeWord, as .tflite files of your own (needs the extra
    `openwakeword`)."""
    thresholds: dict[str, Annotated[float, Field(gt=0, lt=1)]] = Field(
        default_factory=dict
    )
    """The score from which a model's wake word counts, 0 to 1, by model; default: the
    model's own."""
    second_opinions: dict[str, str] = Field(default_factory=dict)
    """Another model of the same wake word, by model, which is asked where the first is
    in doubt: the .json of a microWakeWord model of version 1, with its .tflite beside
    it."""
    spellings: dict[str, Texts] = Field(default_factory=dict)
    """How the recognizer writes a wake phrase, beside the ways we know, by model; it is
    taken from the front of transcripts."""
    on_unconfirmed: Literal["publish", "drop"] = "publish"
    """What to do where the recognizer did not hear the wake phrase, too. Whether it did
    is known with utterance.pre_roll = 1.5 and more; drop needs that."""
    refractory: float = Field(2.0, ge=0, le=60)
    """Seconds within which one wake word is not detected again."""

    @model_validator(mode="after")
    def _something_to_listen_for(self) -> "WakeWordSettings":
        own_names = [_model_name(m) for m in self.models]
        names = [*own_names, *map(_model_name, self.openwakeword_models)]
        for name in names:
            if name in (ALL, OFF):
                raise ValueError(
                    f"a wake word cannot be called {name!r}, which has a meaning of "
                    "its own on MQTT: rename the files of the model"
                )
            if names.count(name) > 1:
                raise ValueError(f"the wake word {name!r} is listed twice")
        for key, table, known in (
            ("thresholds", self.thresholds, names),
            ("second_opinions", self.second_opinions, own_names),
            ("spellings", self.spellings, names),
        ):
            for name in table:
                if name not in known:
                    raise ValueError(
                        f"{key} names {name!r}, which is not among the models "
                        f"({', '.join(known) or 'none'})"
                    )
        return self


def _model_name(model: str) -> str:
    return Path(model).stem if model.endswith((".json", ".tflite")) else model


class UtteranceSettings(Section):
    """When an utterance begins and ends."""

    mode: UtteranceMode = UtteranceMode.AUTO
    """Who decides the end: server_vad, the recognizer; manual, this machine; or auto,
    this machine where Silero tells it speech from noise, else the recognizer."""
    pre_roll: float = Field(0.0, ge=0, le=2)
    """Seconds of sound from before the wake word's end that are sent, beside all that
    follows it: they may become words of the transcript."""
    continue_conversation: float = Field(0.0, ge=0, le=LONGEST_FOLLOW_UP)
    """Seconds to listen again, without a wake word, after each final, and behind the
    spoken answer to it; 0: not at all."""
    afterthought: float = Field(0.0, ge=0, le=3)
    """Seconds behind a final within which who spoke may go on without a wake word, in a
    turn that tells which one it continues; none where an answer is spoken, or with
    continue_conversation. 0: not at all. Anybody as loud as the speaker may be heard.
    """
    stop_words: Texts | None = Field(None, examples=[["stop", "cancel"]])
    """What is no command behind a wake word that interrupted an answer, an announcement
    or a timer: it ends what is said; default: stop, cancel and their like in eleven
    languages."""
    voice_detector: VoiceDetectorName = VoiceDetectorName.AUTO
    """What tells speech from noise: silero, which a kitchen does not fool; webrtc,
    lighter; or auto, silero where it is installed."""
    preset: Preset = Preset.BALANCED
    """How long to wait for the speaker to go on: fast, balanced or patient. It sets all
    keys below; those that are given win over it."""
    silence: float | None = Field(None, ge=0.2, le=3, examples=[0.4])
    """Seconds of silence that end the utterance, in manual mode; 0.3, 0.4 or 1.1."""
    silence_after_short: float | None = Field(None, ge=0.2, le=3, examples=[0.8])
    """Seconds of silence that end a short utterance, in manual mode: it may be a false
    start, or a pause behind the first word; 0.6, 0.8 or 1.4."""
    silence_unfinished: float | None = Field(None, ge=0.2, le=3, examples=[1.2])
    """Seconds of silence that end an utterance which is no whole sentence, such as
    "turn on the", or whose transcript breaks off; 0.8, 1.2 or 1.6. In server_vad mode
    they are waited for behind the transcript."""
    least_silence: float | None = Field(None, ge=0, le=3, examples=[0.75])
    """Seconds of silence before a transcript is published, however soon the recognizer
    has it: who goes on within them is heard out; 0, 0.75 or 1.5."""
    short: float | None = Field(None, ge=0, le=2, examples=[0.4])
    """Seconds of speech up to which an utterance is a short one, in manual mode; 0.4.
    """
    min_speech: float | None = Field(None, ge=0.03, le=1, examples=[0.15])
    """Seconds of speech without which nothing was said; 0.15."""
    forget: float | None = Field(None, ge=0.1, le=3, examples=[0.3])
    """Seconds of silence after which a sound that was shorter is forgotten; 0.3."""
    no_speech_timeout: float | None = Field(None, ge=1, le=30, examples=[5.0])
    """Seconds without speech after which the turn ends silently; 5, patient 8."""
    longest: float | None = Field(None, ge=1, le=LONGEST_TURN, examples=[15.0])
    """Seconds after its first word where an utterance is ended, whatever is heard; 15,
    patient 30. With the wait for that word it is 55 at most: the recognizer takes 60.
    """


class LimitsSettings(Section):
    """How much a day may cost, and how often an hour may wake it."""

    turns_per_hour: int = Field(60, ge=0, le=3600)
    """Turns an hour, beyond which wake words are refused: a television may know ours.
    0: no limit."""
    seconds_per_day: float = Field(3600.0, ge=0, le=86400)
    """Seconds of audio sent a day. 0: no limit."""
    cost_per_day: float = Field(0.0, ge=0)
    """What the recognizer may cost a day, in the currency of the price. 0: no limit."""
    price_per_second: float | None = Field(None, ge=0, examples=[9e-05])
    """What a second costs; default: what the service publishes for the region, and
    nothing for your own recognizer."""
    currency: Annotated[str, AfterValidator(_currency)] = PRICE_CURRENCY
    """The currency of the price, for Home Assistant. Published prices are in USD."""


class LogSettings(Section):
    """What goes to the journal."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        BeforeValidator(lambda v: v.lower() if isinstance(v, str) else v),
    ] = "info"
    """How much goes to the log: debug shows what was said, the other levels never do.
    """
