"""The parts of a satellite, built from the settings: only here do both meet."""

import contextlib
import logging
import os
import platform
import uuid
import wave
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urlsplit

from auricle import __version__
from auricle.app.choices import Choices, Configured
from auricle.app.control import Control, Targets
from auricle.app.ending import Ending
from auricle.app.remembered import Remembered
from auricle.app.runner import OrderTargets, Runner
from auricle.app.sound_orders import OwnSounds, SoundOrders
from auricle.app.state_file import Memory, StateFile
from auricle.app.turn_recognizer import TurnRecognizer
from auricle.arbitration.settings import ArbitrationSettings
from auricle.arbitration.voice_print import print_of, same_person
from auricle.asr.client import AsrClient
from auricle.asr.session import Resampler, Timeouts
from auricle.assets.requirements import is_32_bit, remedy
from auricle.assets.words import unfinished
from auricle.audio.capture_device import BEAM
from auricle.audio.devices.microphone import Microphone
from auricle.audio.devices.player import AplayPlayer
from auricle.audio.echo import OwnSound
from auricle.audio.feedback import Cue, Feedback
from auricle.audio.source import AudioSource
from auricle.capture.attention import Attention
from auricle.capture.hearing import Hearing
from auricle.capture.own_voice import OwnVoice, UnknownVoice
from auricle.config.brokers import brokers, topics_of
from auricle.config.host_port import host_and_port
from auricle.config.mistakes import Mistakes
from auricle.config.mode import mode_of, mode_told
from auricle.errors import ConfigError, EchoError, RecordingError
from auricle.health.watch import Watch
from auricle.mqtt.discovery.introduction import Introduction
from auricle.mqtt.discovery.payload import SatelliteDevice, discovery
from auricle.mqtt.messages import Disclosure, Messages
from auricle.mqtt.publisher import Publisher, PublisherSettings, Run
from auricle.mqtt.settings import Options, Setting
from auricle.qwen_asr.address import (
    PRICE_CURRENCY,
    RecognizerAddress,
    is_the_services,
    published_price,
)
from auricle.qwen_asr.events import LANGUAGES, ServerVad, SessionSettings
from auricle.system.clock import boot_id
from auricle.system.systemd import Notifier
from auricle.turns.arbitrated_satellite import ArbitratedSatellite, Voices
from auricle.turns.budget import Budget, Limits, Usage
from auricle.turns.endpointing import PRESETS, EndpointingSettings
from auricle.turns.events import CommandTold, FinalSent, GroupChanged, MicrophoneLost
from auricle.turns.factory import TurnFactory
from auricle.turns.satellite import Satellite
from auricle.turns.sounds import SoundArrived, SpeechFailed
from auricle.turns.stop_words import STOP_WORDS, StopWords
from auricle.turns.turn import Mode
from auricle.turns.unfinished import UnfinishedWords
from auricle.turns.wake_phrase import WakePhrase
from auricle.vad.detectors import make_voice_detector
from auricle.wake.detector import WakeWord, WakeWordEngine, WakeWordModel

if TYPE_CHECKING:
    from auricle.audio.beam import Beam
    from auricle.audio.files.recording import Recording
    from auricle.config.sections import (
        FeedbackSettings,
        MicrophoneSettings,
        WakeWordSettings,
    )
    from auricle.config.services import AsrSettings, SpeechSettings, UpdateSettings
    from auricle.config.settings import Settings
    from auricle.health.release import Release
    from auricle.health.release_watch import ReleaseWatch
    from auricle.speech.speaking import Speaking
    from auricle.speech.synthesizer import Synthesizer

logger = logging.getLogger(__name__)

# In server VAD mode our endpointer speaks up only where the server's does not.
_BACKSTOP = 1.0
# What is said while a sound plays waits until it is over.
LONGEST_SOUND = 2.0
LONGEST_TIMER_SOUND = 10.0
DEFAULT_SOUND = "default"
"""The name of each sound of ours."""
WYOMING_PORT = 10200
"""The port of Home Assistant's Piper."""


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts of one satellite, connected with each other, none of them started."""

    ending: Ending
    memory: Memory
    publisher: Publisher
    hearing: Hearing
    player: AplayPlayer
    speech: "Speaking | None"
    recognizer: TurnRecognizer
    runner: Runner
    control: Control
    watch: Watch
    release_watch: "ReleaseWatch | None"


def build(settings: "Settings", run: Run | None = None) -> Parts:
    """Build a satellite, and touch nothing of another one that may run beside it. Call
    it on the event loop. Without a `run`, none is to come of it.

    Raises ConfigError, with every mistake on a line of its own, and RecordingError.
    """
    mistakes = Mistakes()
    ending = Ending()
    directory = state_directory(settings)
    state_file = StateFile(directory / "state.json")
    remembered = state_file.load()
    engines: list[WakeWordEngine] = []
    with mistakes.noted():
        engines = wake_word_engines(settings.wake_word)
    chosen = choices(settings, engines, remembered)
    with mistakes.noted():
        publisher = Publisher(
            publisher_settings(
                settings, chosen.wake_words, directory / "outbox.sqlite", engines
            ),
            run or Run(),
            on_command=lambda command: control.obey(command),
            on_fate=lambda settled: runner.final_settled(settled),
            on_name_taken=partial(ending.name_taken, settings.satellite.name),
            on_group_message=lambda message: runner.group_said(message),
            on_group=lambda members: runner.handle(GroupChanged(members)),
            on_sent=lambda turn: runner.handle(FinalSent(turn)),
            on_told=lambda turn: runner.handle(CommandTold(turn)),
        )
    with mistakes.noted():
        voice_detector = make_voice_detector(settings.utterance.voice_detector)
        logger.info("speech is told from noise by %s", voice_detector.name)
        logger.info("%s", mode_told(settings.utterance))
    sounds: dict[Cue, OwnSound] = {}
    with mistakes.noted():
        sounds = feedback_sounds(settings.feedback)
    with mistakes.noted():
        own_sounds = OwnSounds(
            timer=timer_sound(settings.feedback),
            no_answer=no_answer_sound(sounds.get(Cue.ERROR)),
        )
    with mistakes.noted():
        voice = synthesizer(settings.speech)
    with mistakes.noted():
        recognizer = turn_recognizer(settings)
    with mistakes.noted():
        limits = budget(settings, remembered.usage)
    mistakes.raise_any()
    attention = Attention(
        engines,
        voice_detector,
        pre_roll=settings.utterance.pre_roll,
        refractory=settings.wake_word.refractory,
        own_voice=partial(own_voice, settings.wake_word),
        beam=beam(settings.microphone),
    )
    hearing = Hearing(
        source(settings.microphone),
        attention,
        deliver=lambda events: runner.deliver(events),
        failed=ending.hearing_failed,
    )
    player = AplayPlayer(
        settings.loudspeaker.device, hearing, lambda fact: runner.handle(fact)
    )
    speech = speaking(settings.speech, voice, lambda fact: runner.handle(fact))
    feedback = Feedback(sounds, player.play_known)
    runner = Runner(
        satellite(settings, chosen.thresholds, muted=remembered.muted),
        OrderTargets(
            *(hearing, recognizer, publisher, feedback.give),
            SoundOrders(player, publisher, own_sounds, speech),
            publisher.tell_group,
        ),
        limits,
        time_to_live=settings.mqtt.time_to_live,
        on_usage=lambda usage, reached: control.remember_usage(usage, reached),
    )
    memory = Memory(state_file)
    control = Control(
        settings.satellite.name,
        chosen,
        Targets(
            *(hearing, runner, recognizer, player, publisher, memory, ending.restart),
            renamed=_tell_of_name,
        ),
    )
    watch = Watch(
        Notifier(),
        hearing=hearing,
        publisher=publisher,
        recognizer=recognizer.client,
        budget=limits,
        wake_words=lambda: control.choices.listened_for,
        deaf=lambda: runner.handle(MicrophoneLost()),
    )
    return Parts(
        ending,
        memory,
        publisher,
        hearing,
        player,
        speech,
        recognizer,
        runner,
        control,
        watch,
        release_watch(settings.update, publisher),
    )


def choices(
    settings: "Settings", engines: Iterable[WakeWordEngine], remembered: Remembered
) -> Choices:
    """Return what the satellite goes by: the settings, unless a person changed them."""
    return Choices(
        Configured(
            {
                Setting.LANGUAGE: settings.asr.language,
                Setting.CONTEXT: settings.asr.hints,
                Setting.CONTINUE_CONVERSATION: settings.utterance.continue_conversation,
                Setting.VOLUME: settings.loudspeaker.volume,
                Setting.GROUP: settings.arbitration.group,
            },
            thresholds={
                name: threshold
                for engine in engines
                for name, threshold in engine.thresholds.items()
            },
        ),
        remembered,
    )


def state_directory(settings: "Settings") -> Path:
    """Return the folder as configured, else what systemd gives, else the user's own.

    Raises ConfigError where there is none of them.
    """
    if settings.satellite.state_directory:
        return settings.satellite.state_directory
    given = os.environ.get("STATE_DIRECTORY")
    if given:
        return Path(given)
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    try:
        return Path(home).expanduser() / "auricle"
    except RuntimeError as error:
        raise ConfigError(
            "satellite.state_directory: set it, for this user has no home directory"
        ) from error


def source(settings: "MicrophoneSettings") -> AudioSource:
    """Return what is listened to: a microphone, or a recording.

    Raises RecordingError where the recording cannot be read.
    """
    if settings.recording:
        # What reads files costs memory: only who asked for it pays. So do all below.
        from auricle.audio.files.recording import RecordingSource

        return RecordingSource(
            settings.recording,
            speed=settings.speed,
            channel=settings.channel,
            gain=settings.gain,
        )
    return Microphone(settings.device, channel=settings.channel, gain=settings.gain)


def beam(settings: "MicrophoneSettings") -> "Beam | None":
    """Return what aims an array; None where that is not wanted."""
    if settings.channel != BEAM:
        return None
    from auricle.audio.beam import Beam

    return Beam()


def recording(
    path: str | Path, settings: "MicrophoneSettings", *, raw_rate: int | None = None
) -> "Recording":
    """Open a sound, to be heard as the microphone would hear it, and as fast as it is
    read; with `raw_rate` raw PCM at so many hertz. Raises RecordingError.
    """
    from auricle.audio.files.recording import Recording, open_sound

    channel, gain = settings.channel, settings.gain
    sound = open_sound(path, raw_rate=raw_rate, channel=channel, gain=gain)
    return Recording(path, sound, gain=gain)


def feedback_sounds(settings: "FeedbackSettings") -> dict[Cue, OwnSound]:
    """Read the sounds that are wanted. Raises ConfigError naming the key of each that
    fails.
    """
    wanted = {
        Cue.WAKE: settings.wake,
        Cue.END: settings.end,
        Cue.ERROR: settings.error,
    }
    mistakes = Mistakes()
    sounds = {}
    for cue, name in wanted.items():
        with mistakes.noted():
            if name:
                sounds[cue] = _sound(cue, name)
    mistakes.raise_any()
    return sounds


def timer_sound(settings: "FeedbackSettings") -> bytes:
    """Return what a timer that is up is played as, again and again: 16 kHz mono s16le;
    nothing where it is to be silent. Raises ConfigError.
    """
    if not settings.timer:
        return b""
    if settings.timer == DEFAULT_SOUND:
        return _bundled_sound("timer")
    return _read_sound("timer", settings.timer, LONGEST_TIMER_SOUND)


def no_answer_sound(error: OwnSound | None) -> bytes:
    """Return what tells that the house has no answer: the sound of an `error`, and ours
    where there is none, for somebody waits for an answer.
    """
    return _bundled_sound("error") if error is None else error.pcm


def _bundled_sound(name: str) -> bytes:
    # It is for everybody, and must not cost what reads any file.
    with _bundled(name) as path, wave.open(str(path), "rb") as file:
        return file.readframes(file.getnframes())


def _sound(cue: Cue, name: str) -> OwnSound:
    from auricle.audio.known_sound import KnownSound

    return KnownSound(_read_sound(cue, name, LONGEST_SOUND))


def _read_sound(key: str, name: str, longest: float) -> bytes:
    from auricle.audio.files.sound_file import read_short

    file: contextlib.AbstractContextManager[Path] = contextlib.nullcontext(Path(name))
    if name == DEFAULT_SOUND:
        file = _bundled(key)
    try:
        with file as path:
            return read_short(path, longest)
    except RecordingError as error:
        raise ConfigError(f"feedback.{key}: {error}") from error


def _bundled(name: str) -> contextlib.AbstractContextManager[Path]:
    return as_file(files("auricle.assets.sounds") / f"{name}.wav")


def synthesizer(settings: "SpeechSettings") -> "Synthesizer | None":
    """Return what makes sound of texts; None where nothing does.

    Raises ConfigError where a program that is to speak is not installed.
    """
    if not settings.engine:
        return None
    from auricle.speech.engines import espeak, flite, own_command
    from auricle.speech.programs import Flite, StreamingProgram
    from auricle.speech.wyoming import WyomingSynthesizer

    match settings.engine:
        case "espeak":
            return StreamingProgram(espeak(settings.voice))
        case "flite":
            return Flite(flite(settings.voice))
        case "command":
            return StreamingProgram(own_command(settings.command))
        case "wyoming":
            host, port = host_and_port(settings.wyoming)
            return WyomingSynthesizer(
                host,
                port or WYOMING_PORT,
                voice=settings.voice,
                language=settings.language,
            )
        case engine:
            assert_never(engine)


def speaking(
    settings: "SpeechSettings",
    synthesizer: "Synthesizer | None",
    deliver: Callable[[SoundArrived | SpeechFailed], None],
) -> "Speaking | None":
    """Return what has texts made sound of, and delivers it; None where nothing does."""
    if synthesizer is None:
        return None
    from auricle.speech.speaking import Speaking

    return Speaking(synthesizer, per_hour=settings.per_hour, deliver=deliver)


def release_watch(
    settings: "UpdateSettings", publisher: Publisher
) -> "ReleaseWatch | None":
    """Return what tells the house of a newer release; None where nobody is asked."""
    if not settings.url:
        return None
    from auricle.health.release_watch import ReleaseWatch

    def tell(latest: "Release | None") -> None:
        if latest is None:
            publisher.update(__version__)
        else:
            publisher.update(__version__, latest.version, latest.page)

    return ReleaseWatch(settings.url, __version__, tell=tell)


def wake_word_engines(settings: "WakeWordSettings") -> list[WakeWordEngine]:
    """Load the models, all of an engine's in one. Raises ConfigError naming each model
    that cannot be used.
    """
    mistakes = Mistakes()
    engines: list[WakeWordEngine] = []
    if settings.models:
        from auricle.wake.microwakeword import MicroWakeWordEngine

        with mistakes.noted():
            engines.append(MicroWakeWordEngine(_models(settings, settings.models)))
    if settings.openwakeword_models:
        from auricle.wake.openwakeword import OpenWakeWordEngine

        with mistakes.noted():
            models = _models(settings, settings.openwakeword_models)
            engines.append(OpenWakeWordEngine(models))
    mistakes.raise_any()
    return engines


def own_voice(settings: "WakeWordSettings") -> OwnVoice:
    """Return what keeps our own voice out of what is heard while we speak; where there
    is no library for that, what takes no wake word for a person's meanwhile.
    """
    from auricle.audio.echo_canceller import EchoCanceller
    from auricle.audio.speexdsp import EchoFilter
    from auricle.capture.known_voice import KnownVoice

    try:
        canceller = EchoCanceller(EchoFilter())
        return KnownVoice(canceller, wake_word_engines(settings))
    except (EchoError, ConfigError) as error:
        logger.warning("no wake word is heard while we speak: %s", error)
        return UnknownVoice()


def _models(
    settings: "WakeWordSettings", sources: Sequence[str]
) -> list[WakeWordModel]:
    return [
        WakeWordModel(
            source, settings.thresholds.get(name), settings.second_opinions.get(name)
        )
        for source in sources
        for name in [Path(source).stem]
    ]


def satellite(
    settings: "Settings", wake_words: Iterable[str], *, muted: bool
) -> ArbitratedSatellite:
    """Build what decides; `wake_words` are those that may be heard."""
    spellings = settings.wake_word.spellings
    stop_words = settings.utterance.stop_words
    turns = TurnFactory(
        mode=mode_of(settings.utterance),
        endpointing=endpointing(settings),
        new_turn_id=lambda: uuid.uuid4().hex,
        server_silence=settings.asr.silence_duration_ms / 1000,
        wake_phrases={
            name: WakePhrase(name, spellings.get(name, ())) for name in wake_words
        },
        drop_unconfirmed=settings.wake_word.on_unconfirmed == "drop",
        stop_words=StopWords(STOP_WORDS if stop_words is None else stop_words),
        unfinished_words=_unfinished_words(),
    )
    group = settings.arbitration
    return ArbitratedSatellite(
        Satellite(turns, muted=muted, afterthought=settings.utterance.afterthought),
        turns,
        ArbitrationSettings(
            settings.satellite.name,
            enabled=group.enabled,
            window=group.window,
            bias_db=group.bias_db,
            publish_text=settings.mqtt.publish_text,
        ),
        # With some effort, words can be guessed from a print.
        Voices(print_of, same_person) if settings.mqtt.publish_text else None,
    )


@cache
def _unfinished_words() -> UnfinishedWords:
    """Whoever builds anew, for other settings, has read them before."""
    return UnfinishedWords(unfinished())


def endpointing(settings: "Settings") -> EndpointingSettings:
    """Return the preset's settings, but for the keys that were given."""
    utterance = settings.utterance
    given = {
        knob.name: value
        for knob in fields(EndpointingSettings)
        if (value := getattr(utterance, knob.name)) is not None
    }
    if mode_of(utterance) is Mode.SERVER_VAD:
        backstop = settings.asr.silence_duration_ms / 1000 + _BACKSTOP
        given |= {"silence": backstop, "silence_after_short": backstop}
    preset = PRESETS[utterance.preset]
    if "silence" in given:
        # Who raised the one wants no less of the other.
        given.setdefault(
            "silence_after_short", max(given["silence"], preset.silence_after_short)
        )
    return replace(preset, **given)


def recognizer_address(settings: "AsrSettings") -> RecognizerAddress:
    """Return where the recognizer is, and the key for it.

    Raises ConfigError where nothing says which recognizer to use.
    """
    if settings.api_key is None and not settings.url:
        another = (
            "run the recognizer at home (auricle recognizer) and set "
            'asr.url = "ws://127.0.0.1:8778"'
        )
        if is_32_bit():
            another = f"take a recognizer at home: {remedy('recognizer')}"
        raise ConfigError(
            "asr.api_key: no key for the cloud, and no other recognizer (asr.url); "
            f"set the key there or in DASHSCOPE_API_KEY, or {another}"
        )
    key = settings.api_key
    # The service does not ask, and is told nothing of this house that it does not need.
    at_home = not is_the_services(settings.endpoint)
    return RecognizerAddress(
        settings.endpoint,
        key.get_secret_value() if key else None,
        workspace=settings.workspace or None,
        data_inspection=settings.data_inspection,
        ca_file=settings.ca_file,
        patience=settings.final_timeout if at_home else None,
    )


def timeouts(settings: "Settings") -> Timeouts:
    """Return how long the recognizer may take."""
    return Timeouts(
        connect=settings.asr.connect_timeout,
        final=settings.asr.final_timeout,
        time_to_live=settings.mqtt.time_to_live,
    )


def turn_recognizer(settings: "Settings") -> TurnRecognizer:
    """Build the recognizer's client, which asks for what is configured.

    Raises ConfigError where nothing says which recognizer to use, and where its
    certificate authority cannot be read.
    """
    client = AsrClient(recognizer_address(settings.asr), timeouts(settings), resampler)
    return TurnRecognizer(client, session_settings(settings))


def resampler(from_rate: int, to_rate: int) -> Resampler:
    """Return a converter from one sample rate to another, both in hertz."""
    from auricle.audio.resampler import StreamResampler

    return StreamResampler(from_rate, to_rate)


def session_settings(settings: "Settings") -> SessionSettings:
    """Return what each turn asks of the recognizer, until a command changes it."""
    asr = settings.asr
    vad = ServerVad(asr.threshold, asr.silence_duration_ms)
    by_server = mode_of(settings.utterance) is Mode.SERVER_VAD
    return SessionSettings(
        turn_detection=vad if by_server else None,
        language=None if asr.language == "auto" else asr.language,
        sample_rate=asr.sample_rate,
        corpus_text=asr.hints or None,
    )


def heeds_vocabulary(settings: "Settings") -> bool:
    """Tell whether the house's words are for this satellite's recognizer."""
    if settings.mqtt.vocabulary is not None:
        return settings.mqtt.vocabulary
    # Our own is never the worse for them. The service may say them back on noise, and
    # the names in a house are nobody's business there unless somebody says so.
    return not is_the_services(settings.asr.endpoint)


def price_per_second(settings: "Settings") -> float | None:
    """Return the price in the configured currency; None where it costs nothing, or
    nobody knows.
    """
    if settings.limits.price_per_second is not None:
        return settings.limits.price_per_second
    return published_price(settings.asr.endpoint)


def budget(settings: "Settings", usage: Usage | None = None) -> Budget:
    """Build what counts against the limits; `usage` is what was used before a restart.

    Raises ConfigError where a limit could never be reached, for want of a price, and
    where a price would be taken for another currency's.
    """
    limits = settings.limits
    price = price_per_second(settings)
    if price is None and limits.cost_per_day:
        host = urlsplit(settings.asr.endpoint).hostname
        raise ConfigError(
            f"limits.cost_per_day: nobody knows what a second costs at {host}; set "
            "limits.price_per_second as well, or limits.seconds_per_day instead"
        )
    if price == 0 and limits.cost_per_day:
        raise ConfigError(
            "limits.cost_per_day: is never reached where a second costs nothing; set "
            "limits.price_per_second to what it costs, or limits.seconds_per_day "
            "instead"
        )
    published = price is not None and limits.price_per_second is None
    if published and limits.currency != PRICE_CURRENCY:
        raise ConfigError(
            f"limits.currency: the published price of {price:.6f} a second is in "
            f"{PRICE_CURRENCY}; set limits.price_per_second, in {limits.currency}"
        )
    return Budget(
        Limits(
            turns_per_hour=limits.turns_per_hour,
            seconds_per_day=limits.seconds_per_day,
            cost_per_day=limits.cost_per_day,
        ),
        price,
        usage,
        boot_id=boot_id(),
    )


def messages(settings: "Settings") -> Messages:
    """Return what makes the satellite's messages, with no more than may be told."""
    mqtt = settings.mqtt
    disclosure = Disclosure(
        text=mqtt.publish_text,
        emotion=mqtt.publish_emotion,
        partial=mqtt.publish_text and mqtt.publish_interim,
        last_expiry=mqtt.last_transcript_expiry,
    )
    return Messages(topics_of(settings), disclosure)


def hermes_site(settings: "Settings") -> str | None:
    """Return Rhasspy's name of the satellite; None where its topics, which carry the
    words, are not served.
    """
    if settings.mqtt.hermes and settings.mqtt.publish_text:
        return settings.satellite.name
    return None


def options(wake_words: Sequence[str]) -> Options:
    """Return what Home Assistant may choose from."""
    return Options(languages=("auto", *sorted(LANGUAGES)), wake_words=tuple(wake_words))


def device(
    settings: "Settings", wake_words: Iterable[WakeWord] = ()
) -> SatelliteDevice:
    """Return the satellite as Home Assistant shows it."""
    return SatelliteDevice(
        name=settings.satellite.display_name,
        version=__version__,
        model="Voice satellite",
        hardware=_hardware(),
        area=settings.satellite.area,
        loudspeaker=bool(settings.loudspeaker.device),
        speaks=bool(settings.speech.engine),
        updates=bool(settings.update.url),
        grouped=settings.arbitration.enabled,
        wake_words=tuple(wake_words),
        currency=None
        if price_per_second(settings) is None
        else settings.limits.currency,
    )


def introduction(
    settings: "Settings", options: Options, wake_words: Iterable[WakeWord] = ()
) -> Introduction | None:
    """Return what introduces the device to Home Assistant; None where nothing does."""
    if not settings.home_assistant.discovery:
        return None
    known = messages(settings)
    described = device(settings, wake_words)
    return discovery(known.topics, described, known.disclosure, options)


def publisher_settings(
    settings: "Settings",
    choices: Sequence[str],
    outbox: Path,
    engines: Iterable[WakeWordEngine] = (),
) -> PublisherSettings:
    """Return what is published, and to whom; `choices` is what the wake word may be set
    to, `outbox` the file of open finals.
    """
    known, selectable = messages(settings), options(choices)
    wake_words = [word for engine in engines for word in engine.described]
    return PublisherSettings(
        brokers(settings.mqtt, known.topics),
        known,
        selectable,
        introduction(settings, selectable, wake_words),
        outbox,
        settings.mqtt.time_to_live,
        history=settings.mqtt.history,
        heed_vocabulary=heeds_vocabulary(settings),
        hermes_site=hermes_site(settings),
        plays=bool(settings.loudspeaker.device),
        speaks=bool(settings.speech.engine),
        grouped=settings.arbitration.enabled,
    )


def _tell_of_name(before: str) -> None:
    logger.warning(
        "the name of this satellite was %r in its last run: the broker keeps what it "
        "was told of it, and Home Assistant that device; unless another satellite has "
        "the name now: auricle forget --name %s",
        before,
        before,
    )


def _hardware() -> str:
    # Where the kernel describes the board, as on every Raspberry Pi.
    with contextlib.suppress(OSError):
        model = Path("/proc/device-tree/model").read_text(errors="replace")
        return model.strip("\0 \n")
    return platform.machine()
