"""A capture thread that keeps what it delivers."""

import threading
from collections.abc import Callable, Sequence

from auricle.audio.source import AudioSource
from auricle.capture.attention import Attention
from auricle.capture.hearing import CaptureEvent, Hearing
from auricle.turns.events import (
    Heard,
    MicrophoneClosed,
    MicrophoneFound,
    MicrophoneLost,
    WakeWordHeard,
)
from auricle.vad.webrtc import WebrtcVoiceDetector
from auricle.wake.detector import WakeWordEngine

Event = CaptureEvent


class Ear(Hearing):
    """A capture thread, and all that it delivered."""

    def __init__(
        self,
        source: AudioSource,
        engines: Sequence[WakeWordEngine],
        *,
        on_event: Callable[["Ear", Event], None] = lambda ear, event: None,
    ) -> None:
        self.events: list[Event] = []
        self.failures: list[Exception] = []
        self.threads: set[str] = set()

        def deliver(events: Sequence[Event]) -> None:
            self.threads.add(threading.current_thread().name)
            for event in events:
                self.events.append(event)
                on_event(self, event)

        attention = Attention(
            engines, WebrtcVoiceDetector(), pre_roll=0.6, refractory=2.0
        )
        super().__init__(
            source, attention, deliver=deliver, failed=self.failures.append
        )

    @property
    def wakes(self) -> list[WakeWordHeard]:
        return [event for event in self.events if isinstance(event, WakeWordHeard)]

    @property
    def heard(self) -> list[Heard]:
        return [event for event in self.events if isinstance(event, Heard)]

    @property
    def microphone(self) -> list[type[Event]]:
        """What was told of the microphone."""
        told = (MicrophoneLost, MicrophoneFound, MicrophoneClosed)
        return [type(event) for event in self.events if isinstance(event, told)]
