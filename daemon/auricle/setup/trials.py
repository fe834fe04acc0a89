"""What was answered, tried at once: the broker, the recognizer, the sound."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from auricle.app import build
from auricle.asr.failures import meaning
from auricle.asr.trust import tls_context
from auricle.audio.devices.player import try_device
from auricle.audio.frame import SAMPLE_RATE
from auricle.config.brokers import own_broker, topics_of
from auricle.config.sections import FeedbackSettings
from auricle.config.settings import Settings
from auricle.doctor import broker, broker_visit, host_names, microphone, recognizer
from auricle.doctor.checks import ANSWER, Check, run_checks
from auricle.doctor.recognizer import RecognizerVisit
from auricle.doctor.results import Result, Status
from auricle.errors import AsrError, ConfigError, MicrophoneError, Reason
from auricle.mqtt.settings import OFF
from auricle.qwen_asr.events import SessionSettings
from auricle.qwen_asr_client.errors import RecognizerError
from auricle.qwen_asr_client.session import connect
from auricle.setup.settings_file import filled
from auricle.system import event_loop
from auricle.system.redaction import OURS

# Seconds; a model that has just been started is still loading.
_PATIENCE = 10.0
# Opening the microphone, and closing it.
_HANDLING = 1.0
# Longer than a person has for the button.
_PANEL_PATIENCE = 40.0
_SILENCE = bytes(2 * SAMPLE_RATE)
"""One second of it: 16 kHz mono s16le."""


def try_broker(settings: Settings) -> list[Result]:
    """Sign in at the broker, and publish and read what a satellite does."""
    name = host_names.broker_name(settings.mqtt.address[0])
    if name.status is Status.FAILED:
        return [name]
    topics = topics_of(settings)
    wake_words = build.options((OFF, *settings.wake_word.models))
    try:
        visit = broker_visit.visit(
            own_broker(settings.mqtt, topics),
            topics,
            _PATIENCE,
            further=(),
            introduction=build.introduction(settings, wake_words),
        )
    except ConfigError as error:
        return [Result(broker.BROKER, Status.FAILED, str(error))]
    judges = (broker.judge_broker, broker.judge_topics, broker.judge_home_assistant)
    return [name, *(judge(visit).redacted(OURS.redacted) for judge in judges)]


def try_microphone(
    settings: Settings, meter: Callable[[float], None], waiting: Callable[[str], None]
) -> Result:
    """Listen for some seconds: `meter` is given levels in dBFS, `waiting` is called
    meanwhile.
    """

    def listen() -> Result:
        source = build.source(settings.microphone)
        try:
            measured = microphone.measure(source, ANSWER - _HANDLING, meter)
        except MicrophoneError as error:
            return microphone.refused(error, service_runs=False)
        return microphone.judge(measured)

    overdue, advice = microphone.OVERDUE, microphone.ADVICE
    check = Check(microphone.NAME, listen, overdue, advice)
    (result,) = run_checks([check], waiting)
    return result


def try_recognizer(settings: Settings) -> Result:
    """Have one second of silence recognized: what takes the key, the language and the
    sound takes a command.
    """
    try:
        visit = event_loop.run(_recognize_silence(settings))
    except ConfigError as error:
        return Result(recognizer.NAME, Status.FAILED, str(error))
    return recognizer.judge(visit).redacted(OURS.redacted)


async def _recognize_silence(settings: Settings) -> RecognizerVisit:
    asr = settings.asr
    address = build.recognizer_address(asr)
    language = None if asr.language == "auto" else asr.language
    failure: AsrError | None = None
    started = time.monotonic()
    try:
        async with (
            asyncio.timeout(_PATIENCE),
            connect(
                address.url,
                address.api_key,
                SessionSettings(language=language),
                model=asr.model,
                workspace=address.workspace,
                data_inspection=address.data_inspection,
                tls=tls_context(address),
                open_within=_PATIENCE,
            ) as session,
        ):
            await session.append(_SILENCE)
            await session.finish()
            async for _ in session:
                # Nothing is said in silence; what counts is that it ends.
                pass
    except TimeoutError:
        failure = AsrError(
            f"no answer to one second of silence within {_PATIENCE:.0f} s",
            reason=Reason.ASR_TIMEOUT,
            transient=True,
        )
    except RecognizerError as error:
        failure = meaning(error)
    host = urlsplit(address.url).hostname or ""
    return RecognizerVisit(host, time.monotonic() - started, datetime.now(UTC), failure)


def play_a_sound(settings: Settings) -> None:
    """Play the sound of listening on the loudspeaker. Raises PlaybackError."""
    sounds = build.feedback_sounds(FeedbackSettings(wake="default"))
    (sound,) = sounds.values()
    asyncio.run(try_device(settings.loudspeaker.device, sound.pcm))


def try_panel(part: str, settings: Settings) -> str:
    """Have the panel try lights or button; return what is wrong, else nothing.

    It is a process of its own: this one is the satellite's, and drives no devices.
    """
    sections = {
        f"{section}.{key}": value
        for section in ("lights", "button")
        for key, value in getattr(settings, section)
        .model_dump(mode="json", exclude_defaults=True)
        .items()
    }
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as file:
        file.write(filled("", sections))
        file.flush()
        command = [sys.executable, "-Pm", "auricle", "panel", "--try", part]
        try:
            done = subprocess.run(
                [*command, "--config", file.name],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PANEL_PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return f"the {part} could not be tried"
    if done.returncode == 0:
        return ""
    told = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
    return "\n".join(line.partition(": ")[2] or line for line in told)
