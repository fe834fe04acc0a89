"""A satellite that speaks and hears: the product's own ears, told what it says."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auricle.app import build
from auricle.audio.echo_canceller import EchoCanceller
from auricle.audio.frame import (
    FRAME_BYTES,
    FRAME_SAMPLES,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Frame,
)
from auricle.audio.samples import to_pcm
from auricle.audio.speexdsp import EchoFilter
from auricle.capture.attention import Attention
from auricle.capture.known_voice import KnownVoice
from auricle.capture.own_voice import OwnVoice, UnknownVoice
from auricle.config.sections import UtteranceSettings, WakeWordSettings
from auricle.turns.events import Heard, WakeWordHeard
from auricle.vad.detectors import VoiceDetectorName, make_voice_detector
from auricle.wake.detector import Detection
from benchmarks.answers.acoustics import Scene

# As the player hands it over: so far ahead of the sound, in such stretches.
_AHEAD = round(0.3 * SAMPLE_RATE)
_STRETCH = round(0.04 * SAMPLE_RATE)
# The player is killed, and what its device holds is dropped.
_SILENCED = 0.03

Event = Heard | WakeWordHeard


class Satellite:
    """Hears what is captured while it says something, sample for sample."""

    def __init__(
        self,
        *wake_words: str,
        own_voice: Callable[[WakeWordSettings], OwnVoice] = build.own_voice,
    ) -> None:
        settings = WakeWordSettings(models=list(wake_words))
        self._attention = Attention(
            build.wake_word_engines(settings),
            make_voice_detector(VoiceDetectorName.AUTO),
            pre_roll=UtteranceSettings().pre_roll,
            refractory=settings.refractory,
            own_voice=lambda: own_voice(settings),
        )
        self.position = 0
        """Of the next sample that is heard."""
        self.processor_seconds = 0.0
        """Of this thread, in all that it heard."""

    def hear(self, scene: Scene, *, until_called: bool = False) -> list[Event]:
        """Speak and hear as in this scene, and return what is handed on.

        `until_called`: be silent, and listen on, once a wake word was heard.
        """
        pcm = to_pcm(scene.captured())
        words = b"" if scene.said is None else to_pcm(scene.said)
        told = 0
        events: list[Event] = []
        begun = time.thread_time()
        for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES):
            position = at // SAMPLE_BYTES
            while words and told < min(len(words) // SAMPLE_BYTES, position + _AHEAD):
                stretch = words[SAMPLE_BYTES * told :][: SAMPLE_BYTES * _STRETCH]
                events += self._attention.speaking(stretch)
                told += _STRETCH
            if words and position >= len(words) // SAMPLE_BYTES:
                words = b""
                self._attention.spoken()
            frame = Frame(pcm[at : at + FRAME_BYTES], self.position + position)
            news = self._attention.hear(frame)
            events += news
            if until_called and words and wake_words(news):
                words = b""
                self._attention.spoken()
                silenced = position + FRAME_SAMPLES + round(_SILENCED * SAMPLE_RATE)
                pcm = to_pcm(scene.captured(cut=silenced))
        self.processor_seconds += time.thread_time() - begun
        self.position += len(pcm) // FRAME_BYTES * FRAME_SAMPLES
        self._attend_no_more(events)
        return events

    def _attend_no_more(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, WakeWordHeard):
                self._attention.switch(on=False, after=event.detection)


def wake_words(events: Sequence[Event]) -> list[Detection]:
    return [event.detection for event in events if isinstance(event, WakeWordHeard)]


def sent(events: Sequence[Event]) -> bytes:
    """What a recognizer gets of the first turn."""
    pcm = b""
    for event in events:
        if isinstance(event, WakeWordHeard):
            pcm = pcm or b"".join(frame.pcm for frame in event.pre_roll)
        elif pcm:
            pcm += event.frame.pcm
    return pcm


# --- ways to hear while speaking ---


@dataclass(frozen=True, slots=True)
class Ears:
    """One of them."""

    name: str
    own_voice: Callable[[WakeWordSettings], OwnVoice]


class _HeardAsItIs(UnknownVoice):
    """Neither takes anything out nor tells whose words they are."""

    def said(self, detection: Detection) -> bool:
        return False


class _NotAligned(EchoCanceller):
    """Takes it that what is played is heard at once."""

    def _look_for_the_beginning(self, now: int) -> None:
        self._waiting, self._late = False, 0.0

    def _follow(self) -> None:
        pass


class _TakenForOthers(KnownVoice):
    """Does not listen to what is played."""

    def said(self, detection: Detection) -> bool:
        return False


def _as_it_is(_: WakeWordSettings) -> OwnVoice:
    """Nothing is done about our own voice."""
    return _HeardAsItIs()


def _not_aligned(settings: WakeWordSettings) -> OwnVoice:
    """The same filter, without knowing when the sound arrives."""
    canceller = _NotAligned(EchoFilter())
    return KnownVoice(canceller, build.wake_word_engines(settings))


def _without_veto(settings: WakeWordSettings) -> OwnVoice:
    """Our voice is taken out, and what is left of our own words counts."""
    canceller = EchoCanceller(EchoFilter())
    return _TakenForOthers(canceller, build.wake_word_engines(settings))


OURS = Ears("as built", build.own_voice)
NOT_ALIGNED = Ears("not aligned", _not_aligned)
WITHOUT_VETO = Ears("without a veto", _without_veto)
NOTHING = Ears("as captured", _as_it_is)
