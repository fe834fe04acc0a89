"""The satellite without a broker: it hears and takes turns for somebody to look at."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from auricle.app import build
from auricle.app.control import Control
from auricle.app.remembered import Remembered
from auricle.app.state_file import StateFile
from auricle.asr.client import AsrClient
from auricle.audio.frame import Frame
from auricle.audio.level import dbfs, power
from auricle.audio.recording import RecordingSource
from auricle.audio.resampler import StreamResampler
from auricle.audio.source_health import trouble
from auricle.capture.attention import Attention
from auricle.capture.hearing import Hearing
from auricle.capture.hearing_state import in_words
from auricle.config.settings import Settings
from auricle.errors import RecordingError
from auricle.listen.turns import NoTurns, RealTurns, Turns
from auricle.listen.view import LiveView, Moment
from auricle.mqtt.topics import Setting
from auricle.qwen_asr.events import SessionSettings
from auricle.system.threads import hand_to_loop
from auricle.turns.events import Event, Heard, WakeWordHeard
from auricle.vad.detectors import make_voice_detector
from auricle.vad.energy_gate import EnergyGate
from auricle.vad.webrtc import WebrtcVoiceDetector
from auricle.wake.detector import WakeWordEngine

# A hanging sound server must not keep anybody at the terminal.
_STOP_HEARING = 2.0
# Seconds. The last words of a recording are worth seeing, too.
_AFTER_RECORDING = 1.0


class LiveSatellite:
    """Hears as the satellite does, but publishes to one person's view; lives on the
    event loop.
    """

    def __init__(self, settings: Settings, *, transcribe: bool) -> None:
        """Build the parts that hear; with `transcribe`, what is said behind a wake word
        is sent to the recognizer.

        Raises ConfigError and RecordingError.
        """
        self._loop = asyncio.get_running_loop()
        self._source = build.source(settings.microphone)
        engines = build.wake_word_engines(settings.wake_word)
        self._hearing = Hearing(
            self._source,
            _WatchedAttention(engines, settings, self._hand_over_moment),
            deliver=self._deliver,
            failed=self._fail,
        )
        endpoint = build.recognizer_address(settings.asr) if transcribe else None
        thresholds = {
            name: threshold
            for engine in engines
            for name, threshold in engine.thresholds.items()
        }
        self.view = LiveView(
            thresholds,
            recognizer=urlsplit(endpoint.url).hostname if endpoint else None,
        )
        session = self._apply_what_is_remembered(settings, thresholds)
        self._turns: Turns = NoTurns(self.view, self._hearing)
        if endpoint is not None:
            timeouts = build.timeouts(settings.asr)
            self._turns = RealTurns(
                self.view,
                self._hearing,
                build.satellite(settings, thresholds, muted=False),
                AsrClient(endpoint, timeouts, StreamResampler),
                session,
                build.budget(settings),
                time_to_live=settings.mqtt.time_to_live,
            )
        self._finished: float | None = None
        self._failure: Exception | None = None

    def start(self) -> None:
        """Open the microphone, or start the recording."""
        self._hearing.start()
        self._hearing.open_microphone()

    async def stop(self) -> None:
        """Close the microphone and the connection to the recognizer."""
        await asyncio.to_thread(self._hearing.stop, _STOP_HEARING)
        await self._turns.stop()

    def look(self) -> LiveView:
        """Return the view, up to date."""
        self.view.hear_with(self._source.description, self._source.remarks)
        self.view.be(self._doing)
        return self.view

    def over(self) -> bool:
        """Tell whether a recording was heard to its end; a microphone has none.

        Raises RecordingError where it turns out that it cannot be.
        """
        if isinstance(self._failure, RecordingError):
            raise self._failure
        ended = isinstance(self._source, RecordingSource) and self._source.finished
        if not ended or self._turns.under_way:
            self._finished = None
            return False
        self._finished = self._finished or time.monotonic()
        return time.monotonic() - self._finished > _AFTER_RECORDING

    @property
    def trouble(self) -> str:
        """What is wrong with the sound, and what to do; empty where nothing is."""
        source = self._source
        return trouble(source.description, source.health, source.advice(source.health))

    @property
    def _doing(self) -> str:
        return in_words(
            self._hearing.state,
            problem=self._hearing.problem,
            listening=self.trouble or self._turns.state,
        )

    def _apply_what_is_remembered(
        self, settings: Settings, thresholds: Mapping[str, float]
    ) -> SessionSettings:
        """As the satellite does: what was set over MQTT is what it listens with."""
        state_file = StateFile(build.state_directory(settings) / "state.json")
        dials = _Dials(self._hearing, self.view, build.session_settings(settings))
        Control(
            dials,
            state_file.load(),
            language=settings.asr.language,
            hints=settings.asr.hints,
            continue_conversation=settings.utterance.continue_conversation,
            thresholds=thresholds,
        ).apply()
        return dials.session

    # --- from the capture thread ---

    def _fail(self, error: Exception) -> None:
        self._failure = error

    def _hand_over_moment(self, moment: Moment) -> None:
        hand_to_loop(self._loop, self.view.hear, moment)

    def _deliver(self, events: Sequence[Event]) -> None:
        hand_to_loop(self._loop, self._turns.handle, *events)


class _WatchedAttention(Attention):
    """The satellite's attention, with a look at every frame that went through it."""

    def __init__(
        self,
        engines: Sequence[WakeWordEngine],
        settings: Settings,
        watch: Callable[[Moment], None],
    ) -> None:
        super().__init__(
            engines,
            make_voice_detector(settings.utterance.voice_detector),
            pre_roll=settings.utterance.pre_roll,
            refractory=settings.wake_word.refractory,
        )
        # Its own voice detector is asked during a turn only.
        self._gate = EnergyGate()
        self._always = WebrtcVoiceDetector(gate=self._gate)
        self._watch = watch

    @property
    def batch(self) -> int:
        return 1  # Somebody watches.

    def hear(self, frame: Frame) -> list[Heard | WakeWordHeard]:
        handed_on = super().hear(frame)
        speech = self._always.is_speech(frame)
        level, floor = dbfs(power(frame)), dbfs(self._gate.floor)
        self._watch(Moment(frame.end, level, floor, speech, dict(self.scores)))
        return handed_on

    def reset(self) -> None:
        super().reset()
        self._gate.reset()
        self._always = WebrtcVoiceDetector(gate=self._gate)


class _Dials:
    """What a `Control` turns, as far as it matters here."""

    def __init__(
        self, hearing: Hearing, view: LiveView, session: SessionSettings
    ) -> None:
        self.session = session
        self._hearing = hearing
        self._view = view

    def listen_for(self, wake_words: tuple[str, ...]) -> None:
        self._hearing.listen_for(wake_words)
        self._view.listen_for(wake_words)

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        self._hearing.set_threshold(wake_word, threshold)
        self._view.set_threshold(wake_word, threshold)

    def recognize(self, language: str | None, words: str | None) -> None:
        self.session = replace(self.session, language=language, corpus_text=words)

    def handle(self, event: Event) -> None: ...

    def echo(self, setting: Setting, value: float | str) -> None: ...

    def remember(self, remembered: Remembered, *, within: float = 0.0) -> None: ...

    def restart(self) -> None: ...
