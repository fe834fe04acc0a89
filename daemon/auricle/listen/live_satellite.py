"""The satellite without a broker: it hears and takes turns for somebody to look at."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from auricle.app import build
from auricle.app.choices import Choices
from auricle.app.control import listen_as_chosen
from auricle.app.state_file import StateFile
from auricle.audio.files.recording import RecordingSource
from auricle.audio.frame import Frame
from auricle.audio.level import dbfs, power
from auricle.audio.source_health import trouble
from auricle.capture.attention import Attention
from auricle.capture.hearing import Hearing
from auricle.capture.hearing_state import in_words
from auricle.config.brokers import brokers, topics_of
from auricle.config.settings import Settings
from auricle.errors import RecordingError
from auricle.listen.collection import Collection
from auricle.listen.group_listener import GroupListener
from auricle.listen.overheard import Overheard
from auricle.listen.prompts import Prompts
from auricle.listen.recorder import Recorder, what_is_kept
from auricle.listen.turns import NoTurns, RealTurns, Turns
from auricle.listen.view import LiveView, Moment
from auricle.mqtt.settings import Setting
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

    def __init__(
        self,
        settings: Settings,
        *,
        transcribe: bool,
        collection: Collection | None = None,
        prompts: int = 0,
    ) -> None:
        """Build the parts that hear; with `transcribe`, what is said behind a wake word
        is sent to the recognizer.

        With a `collection`, what may be a wake word is kept in it; somebody is asked
        `prompts` times for each wake word, and where that is 0 nobody called.

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
        recognizer = build.turn_recognizer(settings) if transcribe else None
        # As the satellite does: what was set over MQTT is what it listens with.
        state_file = StateFile(build.state_directory(settings) / "state.json")
        chosen = build.choices(settings, engines, state_file.load())
        listen_as_chosen(self._hearing, chosen)
        self.view = LiveView(
            chosen.thresholds,
            recognizer=urlsplit(settings.asr.endpoint).hostname if transcribe else None,
            kept="" if collection is None else what_is_kept(collection.folder),
        )
        self.view.listen_for(chosen.listened_for)
        self._recorder: Recorder | None = None
        if collection is not None:
            self._recorder = _recorder(collection, prompts, chosen, engines)
        self._turns: Turns = NoTurns(self.view, self._hearing)
        if recognizer is not None:
            recognizer.expect(chosen.language, chosen.expected_words)
            self._turns = RealTurns(
                self.view,
                self._hearing,
                build.satellite(settings, chosen.thresholds, muted=False),
                recognizer,
                build.budget(settings),
                time_to_live=settings.mqtt.time_to_live,
            )
        self._overheard = Overheard()
        self._group_listener: GroupListener | None = None
        group = chosen.text(Setting.GROUP)
        if settings.arbitration.enabled and group:
            topics = topics_of(settings)
            self._group_listener = GroupListener(
                *(brokers(settings.mqtt, topics), topics),
                *(group, self._overheard),
            )
        self._finished: float | None = None
        self._failure: Exception | None = None

    def start(self) -> None:
        """Open the microphone, or start the recording."""
        if self._group_listener is not None:
            self._group_listener.start()
        self._hearing.start()
        self._hearing.open_microphone()

    async def stop(self) -> None:
        """Close the microphone and the connection to the recognizer."""
        await asyncio.to_thread(self._hearing.stop, _STOP_HEARING)
        if self._recorder is not None:
            self._recorder.stop()
        await self._turns.stop()
        if self._group_listener is not None:
            await self._group_listener.stop()

    def look(self) -> LiveView:
        """Return the view, up to date."""
        self.view.hear_with(self._source.description, self._source.remarks)
        self.view.be(self._doing)
        self.view.overhear(self._overheard.others, self._overheard.bids)
        if self._recorder is not None:
            self.view.keep(self._recorder.status, self._recorder.keys)
        return self.view

    def press(self, key: str) -> None:
        """Take a key of whoever looks."""
        if self._recorder is not None:
            self._recorder.press(key)

    def over(self) -> bool:
        """Tell whether a recording was heard to its end, which a microphone does not
        have, or nothing more is kept of what it was opened for.

        Raises RecordingError where it turns out that it cannot be.
        """
        if isinstance(self._failure, RecordingError):
            raise self._failure
        if self._recorder is not None and self._recorder.finished:
            return True
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

    # --- from the capture thread ---

    def _fail(self, error: Exception) -> None:
        self._failure = error

    def _hand_over_moment(
        self, frame: Frame, moment: Moment, detected: Mapping[str, float]
    ) -> None:
        hand_to_loop(self._loop, self._take, frame, moment, detected)

    def _take(
        self, frame: Frame, moment: Moment, detected: Mapping[str, float]
    ) -> None:
        self.view.hear(moment)
        if self._recorder is not None:
            self._recorder.hear(frame, moment, detected)

    def _deliver(self, events: Sequence[Event]) -> None:
        hand_to_loop(self._loop, self._turns.handle, *events)


def _recorder(
    collection: Collection,
    prompts: int,
    chosen: Choices,
    engines: Sequence[WakeWordEngine],
) -> Recorder:
    described = [
        word
        for engine in engines
        for word in engine.described
        if word.name in chosen.listened_for
    ]
    return Recorder(
        collection,
        chosen.thresholds,
        chosen.listened_for,
        Prompts(described, prompts) if prompts else None,
        now=lambda: datetime.now().astimezone(),
    )


class _WatchedAttention(Attention):
    """The satellite's attention, with a look at every frame that went through it."""

    def __init__(
        self,
        engines: Sequence[WakeWordEngine],
        settings: Settings,
        watch: Callable[[Frame, Moment, Mapping[str, float]], None],
    ) -> None:
        super().__init__(
            engines,
            make_voice_detector(settings.utterance.voice_detector),
            pre_roll=settings.utterance.pre_roll,
            refractory=settings.wake_word.refractory,
            beam=build.beam(settings.microphone),
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
        moment = Moment(frame.end, level, floor, speech, dict(self.scores))
        detected = {
            event.detection.wake_word: event.detection.score
            for event in handed_on
            if isinstance(event, WakeWordHeard)
        }
        self._watch(frame, moment, detected)
        return handed_on

    def reset(self) -> None:
        super().reset()
        self._gate.reset()
        self._always = WebrtcVoiceDetector(gate=self._gate)
