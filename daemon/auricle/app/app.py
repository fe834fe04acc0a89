"""The satellite as a program: its parts are started in order, and stopped in order."""

import asyncio
import gc
import logging
import signal
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from auricle.app import build
from auricle.app.control import Control
from auricle.app.remembered import Remembered
from auricle.app.runner import RecognizerSession, Runner
from auricle.app.state_file import Memory, StateFile
from auricle.asr.client import AsrClient
from auricle.audio.feedback import Feedback
from auricle.capture.attention import Attention
from auricle.capture.hearing import Hearing
from auricle.config.mistakes import Mistakes
from auricle.config.settings import Settings
from auricle.errors import ConfigError, RecordingError
from auricle.health.watch import Watch
from auricle.mqtt.publisher import Publisher
from auricle.mqtt.topics import Setting
from auricle.qwen_asr.events import SessionSettings
from auricle.system.systemd import Notifier
from auricle.system.threads import hand_to_loop
from auricle.turns.events import (
    Event,
    MicrophoneLost,
    RecognizerFailed,
    RecognizerSaid,
    Stopping,
)
from auricle.turns.turn import Turn
from auricle.vad.detectors import make_voice_detector
from auricle.wake.detector import WakeWordEngine

logger = logging.getLogger(__name__)

# A hanging sound server must not keep the house waiting for our goodbye.
_STOP_HEARING = 1.0

# Whoever supervises us starts us again after either of these.
EX_DEAF = 1
EX_RESTART = 75
# A recording does not get better by that (sysexits.h).
EX_NOINPUT = 66


async def check(settings: Settings) -> None:
    """Build all parts, and start none.

    Raises ConfigError, with every mistake on a line of its own, and RecordingError:
    whatever keeps `run` from starting.
    """
    App(settings)


async def run(settings: Settings, read: Callable[[], Settings]) -> int:
    """Be a satellite until SIGTERM, SIGINT or an order; the exit code.

    `read` is for SIGHUP: settings that no satellite could start with keep us going.

    Raises what `check` does where it cannot even start.
    """
    app = App(settings)
    # What there is by now stays. To look through it for garbage once more would keep a
    # wake word waiting for 20 to 40 ms, and on a Pi for longer.
    gc.collect()
    gc.freeze()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.stop)
    loop.add_signal_handler(signal.SIGHUP, app.start_anew, read)
    return await app.run()


class App:
    """All parts of one satellite; also what its controls turn."""

    def __init__(self, settings: Settings) -> None:
        """Builds them, and touches nothing of a satellite that may run beside it.

        Raises ConfigError, with every mistake on a line of its own, and RecordingError.
        """
        mistakes = Mistakes()
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._exit_code = 0
        state_directory = build.state_directory(settings)
        state_file = StateFile(state_directory / "state.json")
        self._memory = Memory(state_file)
        remembered = state_file.load()
        engines: list[WakeWordEngine] = []
        with mistakes.noted():
            engines = build.wake_word_engines(settings.wake_word)
        thresholds = {
            name: threshold
            for engine in engines
            for name, threshold in engine.thresholds.items()
        }
        self._control = Control(
            self,
            remembered,
            language=settings.asr.language,
            hints=settings.asr.hints,
            continue_conversation=settings.utterance.continue_conversation,
            thresholds=thresholds,
        )
        with mistakes.noted():
            self._publisher = Publisher(
                build.publisher_settings(
                    settings,
                    self._control.wake_words,
                    state_directory / "outbox.sqlite",
                ),
                uuid.uuid4().hex,
                on_command=self._control.obey,
                on_fate=lambda settled: logger.debug("a final is %s", settled.fate),
            )
        with mistakes.noted():
            voice_detector = make_voice_detector(settings.utterance.voice_detector)
            logger.info("speech is told from noise by %s", voice_detector.name)
        with mistakes.noted():
            sounds = build.feedback_sounds(settings.feedback)
        with mistakes.noted():
            client = AsrClient(
                build.recognizer_address(settings.asr),
                build.timeouts(settings.asr),
                build.resampler,
            )
        with mistakes.noted():
            self._budget = build.budget(settings, remembered.usage)
        mistakes.raise_any()
        self._hearing = Hearing(
            build.source(settings.microphone),
            Attention(
                engines,
                voice_detector,
                pre_roll=settings.utterance.pre_roll,
                refractory=settings.wake_word.refractory,
            ),
            deliver=self._deliver,
            failed=self._hearing_failed,
        )
        self._feedback = Feedback(sounds, settings.feedback.device, self._hearing)
        self._recognizer = _TurnRecognizer(client, build.session_settings(settings))
        self._satellite = build.satellite(settings, thresholds, muted=remembered.muted)
        self._runner = Runner(
            self._satellite,
            self._hearing,
            self._recognizer,
            self._publisher,
            self._budget,
            time_to_live=settings.mqtt.time_to_live,
            feedback=self._feedback.give,
            on_usage=self._control.remember_usage,
        )
        self._muted = remembered.muted
        self._notifier = Notifier()
        self._watch = Watch(
            self._notifier,
            hearing=self._hearing,
            publisher=self._publisher,
            recognizer=self._recognizer.client,
            budget=self._budget,
            wake_words=lambda: self._control.listened_for,
            deaf=lambda: self.handle(MicrophoneLost()),
        )

    async def run(self) -> int:
        """From start to stop."""
        await self._publisher.start()
        self._control.apply()
        self._hearing.start()
        if self._muted:
            self._runner.announce()
        else:
            # What became of that is the first state that is told.
            self._hearing.open_microphone()
        watching = asyncio.create_task(self._watch.run(), name="watch")
        await self._stopped.wait()
        logger.info("stopping")
        self._notifier.stopping()
        watching.cancel()
        self._runner.handle(Stopping())
        await asyncio.gather(
            self._recognizer.client.aclose(),
            self._feedback.aclose(),
            asyncio.to_thread(self._hearing.stop, _STOP_HEARING),
            self._publisher.stop(),
            self._memory.flush(),
        )
        return self._exit_code

    def stop(self) -> None:
        self._stopped.set()

    def start_anew(self, read: Callable[[], Settings]) -> None:
        """With the settings as they are by now, unless they are wrong."""
        try:
            App(read())
        except (ConfigError, RecordingError) as error:
            logger.error("the new configuration is not taken: %s", error)
        else:
            self.restart()

    # --- the capture thread's way in ---

    def _deliver(self, events: Sequence[Event]) -> None:
        self._runner.deliver(events)

    def _hearing_failed(self, error: Exception) -> None:
        logger.error("the satellite can no longer hear: %s", error)
        recording = isinstance(error, RecordingError)
        self._exit_code = EX_NOINPUT if recording else EX_DEAF
        hand_to_loop(self._loop, self.stop)

    # --- what the controls turn ---

    def handle(self, event: Event) -> None:
        self._runner.handle(event)

    def listen_for(self, wake_words: tuple[str, ...]) -> None:
        self._hearing.listen_for(wake_words)

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        self._hearing.set_threshold(wake_word, threshold)

    def recognize(self, language: str | None, words: str | None) -> None:
        self._recognizer.settings = replace(
            self._recognizer.settings, language=language, corpus_text=words
        )

    def echo(self, setting: Setting, value: float | str) -> None:
        self._publisher.echo(setting, value)

    def remember(self, remembered: Remembered, *, within: float = 0.0) -> None:
        self._memory.remember(remembered, within=within)

    def restart(self) -> None:
        logger.info("a restart was ordered")
        self._exit_code = EX_RESTART
        self.stop()


class _TurnRecognizer:
    """Opens each turn's session with the settings of that moment."""

    def __init__(self, client: AsrClient, settings: SessionSettings) -> None:
        self.client = client
        self.settings = settings

    def open(
        self, turn: Turn, deliver: Callable[[RecognizerSaid | RecognizerFailed], None]
    ) -> RecognizerSession:
        return self.client.open(turn.id, self.settings, deliver)
