"""Wake words while the satellite speaks: a person's are heard, its own are not."""

import pytest

from auricle.audio.echo_canceller import EchoCanceller
from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, SAMPLE_RATE, Frame
from auricle.audio.speexdsp import EchoFilter
from auricle.capture.attention import Attention
from auricle.capture.known_voice import KnownVoice
from auricle.capture.own_voice import OwnVoice, UnknownVoice
from auricle.turns.events import Heard, WakeWordHeard
from auricle.vad.webrtc import WebrtcVoiceDetector
from auricle.wake.detector import WakeWordEngine, WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from rigs.audio.echoes import echo_of, stretches
from rigs.audio.speech import frames, mix, noise, say, silence
from rigs.audio.wake_engine import ScriptedEngine

Events = list[Heard | WakeWordHeard]
ANSWER = say("The lights in the living room and in the kitchen are turned off now.")
OWN_WORD = b"".join(
    (
        say("To wake me up again, you may say", voice="en-gb"),
        silence(0.15),
        say("okay nabu", voice="en-gb"),
    )
)


def engine() -> MicroWakeWordEngine:
    return MicroWakeWordEngine([WakeWordModel("okay_nabu")])


def known_voice(*engines: WakeWordEngine) -> KnownVoice:
    return KnownVoice(EchoCanceller(EchoFilter()), engines or [engine()])


def attention(voice: OwnVoice, *engines: WakeWordEngine) -> Attention:
    return Attention(
        engines or [engine()],
        WebrtcVoiceDetector(),
        pre_roll=0.3,
        refractory=2.0,
        own_voice=lambda: voice,
    )


def seconds(pcm: bytes) -> float:
    return len(pcm) / 2 / SAMPLE_RATE


class Evening:
    """One satellite in a room, which hears what it says 0.1 s later."""

    def __init__(self, listener: Attention) -> None:
        self._listener = listener
        self._now = 0

    def passes(self, said: bytes, others: bytes = b"", *, known: bool = True) -> Events:
        length = seconds(said) + 1.5
        heard = mix(
            echo_of(said, delay=0.1, length=length), others, noise(length, dbfs=-70)
        )
        told = list(stretches(said))
        over = len(list(frames(said)))
        events: Events = []
        for number, frame in enumerate(frames(heard, start=self._now)):
            while told and told[0][0] <= number:
                _, pcm = told.pop(0)
                events += self._listener.speaking(pcm if known else None)
            if number == over:
                self._listener.spoken()
            events += self._listener.hear(frame)
            self._now = frame.end
        return events


def wake_words(events: Events) -> list[str]:
    return [
        event.detection.wake_word
        for event in events
        if isinstance(event, WakeWordHeard)
    ]


def quiet_frames(count: int, *, start: int = 0) -> list[Frame]:
    return [
        Frame(bytes(FRAME_BYTES), (start + number) * FRAME_SAMPLES)
        for number in range(count)
    ]


def test_a_person_s_wake_word_is_heard_while_we_speak() -> None:
    evening = Evening(attention(known_voice()))
    assert wake_words(evening.passes(ANSWER)) == []
    interrupting = silence(1.5) + say("okay nabu")
    assert wake_words(evening.passes(ANSWER, interrupting)) == ["okay_nabu"]


def test_our_own_wake_word_wakes_nobody() -> None:
    # Through the loudspeaker alone it would.
    assert wake_words(Evening(attention(UnheardVoice())).passes(OWN_WORD))
    evening = Evening(attention(known_voice()))
    for _ in range(3):
        assert wake_words(evening.passes(OWN_WORD)) == []


def test_no_wake_word_counts_in_a_sound_that_nobody_knows() -> None:
    evening = Evening(attention(known_voice()))
    assert wake_words(evening.passes(ANSWER)) == []
    for _ in range(2):
        assert wake_words(evening.passes(OWN_WORD, known=False)) == []

    interrupting = silence(1.5) + say("okay nabu")
    assert wake_words(evening.passes(ANSWER, interrupting)) == ["okay_nabu"]


@pytest.mark.parametrize(("word", "woken"), [(20, []), (60, ["okay_nabu"])])
def test_a_known_sound_right_behind_one_that_nobody_knows_is_deaf_to_its_echo_only(
    word: int, woken: list[str]
) -> None:
    listener = attention(known_voice(ScriptedEngine(score=0.0)), ScriptedEngine([word]))
    listener.speaking(None)
    listener.spoken()
    events = listener.speaking(ANSWER)
    for frame in quiet_frames(100):
        events += listener.hear(frame)
    assert wake_words(events) == woken


def test_a_person_s_wake_word_long_before_our_own_is_heard() -> None:
    evening = Evening(attention(known_voice()))
    evening.passes(ANSWER)
    interrupting = silence(0.8) + say("okay nabu")
    assert wake_words(evening.passes(ANSWER + OWN_WORD, interrupting)) == ["okay_nabu"]


def test_what_a_person_says_behind_it_follows_without_a_gap() -> None:
    evening = Evening(attention(known_voice()))
    evening.passes(ANSWER)
    events = evening.passes(ANSWER, silence(1.5) + say("okay nabu"))
    (at,) = (n for n, event in enumerate(events) if isinstance(event, WakeWordHeard))
    wake, behind = events[at], events[at + 1 :]
    assert isinstance(wake, WakeWordHeard)
    starts = [frame.start for frame in wake.pre_roll]
    starts += [event.frame.start for event in behind if isinstance(event, Heard)]
    assert starts == list(range(starts[0], starts[-1] + 1, FRAME_SAMPLES))


class UnheardVoice(UnknownVoice):
    """Nobody keeps it from waking us."""

    def said(self, detection: object) -> bool:
        return False


# --- with engines that hear what the test says ---


class SureLate(ScriptedEngine):
    """Is sure of a word 0.2 s behind the last frame of it, and for half a second."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self._sure = range(last + 7, last + 24)

    @property
    def scores(self) -> dict[str, float]:
        return {"okay_nabu": 0.9 if self._next in self._sure else 0.0}


def test_our_last_word_is_known_for_our_own_though_no_more_is_played() -> None:
    sound = ANSWER[: 40 * FRAME_BYTES]
    room = ScriptedEngine(range(45, 70))
    listener = attention(known_voice(SureLate(40)), room)
    events: Events = []
    for number, frame in enumerate(quiet_frames(100)):
        if number == 0:
            events += listener.speaking(sound)
        if number == 41:
            listener.spoken()
        events += listener.hear(frame)
    assert wake_words(events) == []


@pytest.mark.parametrize(
    ("others", "woken"), [(b"", []), (silence(0.5) + ANSWER, ["okay_nabu"])]
)
def test_what_is_left_of_our_voice_alone_is_no_wake_word_whatever_it_sounds_like(
    others: bytes, woken: list[str]
) -> None:
    first = len(frames(ANSWER + silence(1.5)))
    listener = attention(
        known_voice(ScriptedEngine(score=0.0)), ScriptedEngine([first + 60])
    )
    evening = Evening(listener)
    evening.passes(ANSWER)
    assert wake_words(evening.passes(ANSWER, others)) == woken


def test_without_the_library_no_wake_word_counts_until_the_echo_is_over() -> None:
    listener = attention(
        UnknownVoice(), ScriptedEngine([5, 15, 25, 60]), ScriptedEngine()
    )
    events: Events = []
    for number, frame in enumerate(quiet_frames(80)):
        if number == 10:
            listener.speaking(ANSWER[:1280])
        if number == 20:
            listener.spoken()
        events += listener.hear(frame)
    woken = [e.detection.end for e in events if isinstance(e, WakeWordHeard)]
    # The one before, and the one 1.2 s behind the end.
    assert woken == [6 * FRAME_SAMPLES]
    events = []
    for frame in quiet_frames(80, start=80):
        events += listener.hear(frame)
    assert all(isinstance(event, Heard) for event in events)


@pytest.mark.parametrize(("usual", "meanwhile"), [(0.9, 0.5), (0.4, 0.4)])
def test_while_we_speak_half_as_sure_is_enough(usual: float, meanwhile: float) -> None:
    room = ScriptedEngine()
    room.thresholds["okay_nabu"] = usual
    listener = attention(known_voice(ScriptedEngine(score=0.0)), room)
    listener.speaking(ANSWER)
    assert room.thresholds == {"okay_nabu": meanwhile}
    listener.spoken()
    for frame in quiet_frames(300):
        listener.hear(frame)
    assert room.thresholds == {"okay_nabu": usual}


def test_a_threshold_that_is_changed_while_we_speak_counts_afterwards() -> None:
    room = ScriptedEngine()
    room.thresholds["okay_nabu"] = 0.9
    listener = attention(known_voice(ScriptedEngine(score=0.0)), room)
    listener.speaking(ANSWER)
    listener.set_threshold("okay_nabu", 0.8)
    assert room.thresholds == {"okay_nabu": 0.5}
    listener.set_threshold("okay_nabu", 0.2)
    assert room.thresholds == {"okay_nabu": 0.2}
    listener.set_threshold("okay_nabu", 0.75)
    listener.reset()
    assert room.thresholds == {"okay_nabu": 0.75}


def test_nothing_is_made_for_our_voice_before_we_speak() -> None:
    made: list[OwnVoice] = []

    def make() -> OwnVoice:
        made.append(UnknownVoice())
        return made[-1]

    listener = Attention(
        [ScriptedEngine([10])],
        WebrtcVoiceDetector(),
        pre_roll=0.3,
        refractory=2.0,
        own_voice=make,
    )
    for frame in quiet_frames(20):
        listener.hear(frame)
    assert made == []
    for _ in range(2):
        listener.speaking(ANSWER)
        listener.spoken()
        listener.reset()
    assert len(made) == 1


def test_the_engines_of_our_own_voice_listen_for_what_is_chosen() -> None:
    own = ScriptedEngine(range(1000), score=0.9)
    listener = attention(known_voice(own), ScriptedEngine())
    listener.listen_for(["alexa"])
    listener.speaking(ANSWER)
    assert own.detect(quiet_frames(1)[0]) is None
    listener.listen_for(["okay_nabu"])
    assert own.detect(quiet_frames(1)[0]) is not None


def test_a_microphone_that_is_opened_anew_while_we_speak_hears_at_once() -> None:
    listener = attention(known_voice(ScriptedEngine(score=0.0)), ScriptedEngine([40]))
    listener.speaking(ANSWER)
    for frame in quiet_frames(5):
        listener.hear(frame)
    listener.reset()
    events = [e for frame in quiet_frames(41) for e in listener.hear(frame)]
    assert wake_words(events) == ["okay_nabu"]
