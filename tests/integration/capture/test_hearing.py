"""The capture thread, with the real engines and recordings, and a frail microphone."""

import logging
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from auricle.audio.files.recording import RecordingSource, read_recording
from auricle.audio.frame import SAMPLE_RATE, Frame
from auricle.audio.source import AudioSource
from auricle.audio.source_health import SourceHealth
from auricle.capture.attention import TOGETHER
from auricle.capture.hearing import LONGEST_OPENING
from auricle.capture.hearing_state import HearingState
from auricle.errors import RecordingError
from auricle.system.clock import since_boot
from auricle.turns.events import (
    Heard,
    MicrophoneClosed,
    MicrophoneFound,
    MicrophoneLost,
    WakeWordHeard,
)
from auricle.wake.detector import WakeWordEngine, WakeWordModel
from auricle.wake.microwakeword import MicroWakeWordEngine
from rigs.audio.captured import Ear, Event
from rigs.audio.frail_source import FrailSource
from rigs.audio.recordings import needs_people, people, save
from rigs.audio.speech import frames, noise, say, silence
from rigs.audio.wake_engine import ScriptedEngine
from rigs.waiting import hold, until

COMMAND = say("Okay nabu, turn on the kitchen light.")


class Listen(Protocol):
    def __call__(
        self,
        source: AudioSource,
        *engines: WakeWordEngine,
        on_event: Callable[[Ear, Event], None] = ...,
    ) -> Ear: ...


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Starts to listen; in the end all threads must stop."""
    ears: list[Ear] = []

    def start(
        source: AudioSource,
        *engines: WakeWordEngine,
        on_event: Callable[[Ear, Event], None] = lambda ear, event: None,
    ) -> Ear:
        ear = Ear(source, engines, on_event=on_event)
        ears.append(ear)
        ear.start()
        ear.open_microphone()
        return ear

    yield start
    for ear in ears:
        assert ear.stop(5)


@pytest.fixture(scope="module")
def okay_nabu() -> MicroWakeWordEngine:
    return MicroWakeWordEngine([WakeWordModel("okay_nabu")])


def turn_audio(ear: Ear) -> list[Frame]:
    """What a turn gets: the pre-roll of the first wake word, and all behind it."""
    wake = ear.wakes[0]
    return [
        *wake.pre_roll,
        *(
            event.frame
            for event in ear.heard
            if event.frame.start >= wake.detection.end
        ),
    ]


def assert_whole(audio: Sequence[Frame], room: bytes) -> None:
    """It is what was said in the room, sample by sample, to the end of it; of the first
    frame, what is of the turn.
    """
    start, end = audio[0].start, audio[-1].end
    quiet_behind = bytes(max(0, 2 * end - len(room)))
    said = (room + quiet_behind)[2 * start : 2 * end]
    pcm = b"".join(frame.pcm for frame in audio)
    assert said.endswith(pcm.lstrip(b"\0"))
    assert pcm[len(audio[0].pcm) :] == said[len(audio[0].pcm) :]
    assert 2 * end > len(room) - 960


# --- recordings ---


@pytest.mark.parametrize("speed", [60, math.inf])
def test_a_command_behind_the_wake_word_arrives_sample_by_sample(
    listen: Listen, okay_nabu: MicroWakeWordEngine, tmp_path: Path, speed: float
) -> None:
    room = silence(2) + COMMAND + noise(1, dbfs=-60)
    source = RecordingSource(save(tmp_path / "command.wav", room), speed=speed)
    ear = listen(source, okay_nabu)
    until(lambda: source.finished and len(ear.heard) > 50)
    assert_whole(turn_audio(ear), room)
    assert [wake.detection.wake_word for wake in ear.wakes] == ["okay_nabu"]
    (wake,) = ear.wakes
    assert wake.detection.word_end - wake.pre_roll[0].start > 0.5 * SAMPLE_RATE


def test_speech_and_the_silence_behind_it_are_told_apart(
    listen: Listen, okay_nabu: MicroWakeWordEngine, tmp_path: Path
) -> None:
    room = noise(2, dbfs=-60) + COMMAND + noise(2, dbfs=-60, seed=2)
    source = RecordingSource(save(tmp_path / "command.wav", room), speed=60)
    ear = listen(source, okay_nabu)
    until(lambda: source.finished)
    spoken_until = (2 * 32_000 + len(COMMAND)) / 2
    speech = [event.frame.end for event in ear.heard if event.speech]
    assert speech
    assert abs(speech[-1] - spoken_until) < 0.5 * 16_000


def test_nothing_leaves_the_thread_while_nobody_calls(
    listen: Listen, okay_nabu: MicroWakeWordEngine, tmp_path: Path
) -> None:
    talk = say("the quick brown fox jumps over the lazy dog")
    source = RecordingSource(save(tmp_path / "talk.wav", talk * 5), speed=math.inf)
    ear = listen(source, okay_nabu)
    until(lambda: source.finished)
    assert [type(event) for event in ear.events] == [MicrophoneFound]
    assert ear.frames > 300
    assert ear.inferences >= ear.frames - 1
    assert ear.threads == {"hearing"}


def test_a_turn_ends_when_the_loop_has_heard_enough(
    listen: Listen, okay_nabu: MicroWakeWordEngine, tmp_path: Path
) -> None:
    def enough(ear: Ear, event: Event) -> None:
        if isinstance(event, Heard) and len(ear.heard) == 20:
            ear.attend(on=False, after=ear.wakes[-1].detection)

    room = (silence(1.5) + COMMAND + silence(1.5)) * 2
    source = RecordingSource(save(tmp_path / "twice.wav", room), speed=math.inf)
    ear = listen(source, okay_nabu, on_event=enough)
    until(lambda: source.finished)
    kinds = [type(event) for event in ear.events]
    assert kinds[:2] == [MicrophoneFound, WakeWordHeard]
    turn = kinds[2 : kinds.index(WakeWordHeard, 2)]
    assert set(turn) == {Heard}
    assert 20 <= len(turn) < 20 + TOGETHER


def test_while_nobody_calls_frames_are_waited_for_together(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source, ScriptedEngine(soonest=4))
    source.play(frames(silence(0.12)))
    until(lambda: ear.frames == 4)
    rounds = ear.rounds
    source.play(frames(silence(0.24)))
    until(lambda: ear.frames == 12)
    assert ear.rounds - rounds <= 4


def test_push_to_talk_delivers_without_a_wake_word(
    listen: Listen, okay_nabu: MicroWakeWordEngine, tmp_path: Path
) -> None:
    source = RecordingSource(save(tmp_path / "talk.wav", noise(60, dbfs=-40)), speed=20)
    ear = listen(source, okay_nabu)
    until(lambda: ear.frames > 10)
    ear.attend(on=True, after=None)
    until(lambda: len(ear.heard) > 10)
    ear.attend(on=False, after=None)
    first, last = ear.heard[0].frame, ear.heard[-1].frame
    assert first.start // 480 > 10
    assert len(ear.heard) >= (last.start - first.start) // 480
    assert ear.wakes == []


def test_an_order_concerns_the_frame_that_is_being_waited_for(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.03)))
    until(lambda: ear.frames == 1)
    ear.attend(on=True, after=None)
    source.play(frames(silence(0.03)))
    until(lambda: ear.frames == 2)
    until(lambda: len(ear.heard) == 1)


def test_a_word_can_be_left_out(okay_nabu: MicroWakeWordEngine, tmp_path: Path) -> None:
    room = (silence(1.5) + COMMAND + silence(1.5)) * 2
    source = RecordingSource(save(tmp_path / "twice.wav", room), speed=math.inf)
    ear = Ear(source, [okay_nabu])
    ear.listen_for([])
    ear.start()
    ear.open_microphone()
    until(lambda: source.finished)
    assert ear.wakes == []
    assert ear.scores == {"okay_nabu": 0.0}
    assert ear.stop(5)
    okay_nabu.listen_for(["okay_nabu"])


def test_a_threshold_can_be_set_while_listening(listen: Listen, tmp_path: Path) -> None:
    engine = ScriptedEngine()
    source = RecordingSource(save(tmp_path / "talk.wav", noise(1, dbfs=-40)), speed=1)
    ear = listen(source, engine)
    ear.set_threshold("okay_nabu", 0.7)
    until(lambda: engine.thresholds == {"okay_nabu": 0.7})


@needs_people
@pytest.mark.parametrize("command", people("commands/coffee/*.flac")[:3])
def test_people_and_what_they_say_next_arrive_sample_by_sample(
    listen: Listen, okay_nabu: MicroWakeWordEngine, tmp_path: Path, command: Path
) -> None:
    (wake,) = people("wake/wyoming_oww/okay_nabu.*")
    room = silence(2) + read_recording(wake) + read_recording(command) + silence(1)
    source = RecordingSource(save(tmp_path / "turn.wav", room), speed=60)
    ear = listen(source, okay_nabu)
    until(lambda: source.finished)
    assert_whole(turn_audio(ear), room)


# --- a microphone that fails ---


def test_a_microphone_is_found_when_its_first_frame_has_come(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    until(lambda: source.is_open)
    assert ear.state is HearingState.OPENING
    assert ear.microphone == []
    source.play(frames(silence(0.03)))
    until(lambda: ear.state is HearingState.LISTENING)
    assert ear.microphone == [MicrophoneFound]


def test_a_lost_microphone_is_told_once_and_found_again(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    source.plugged_in.clear()
    until(lambda: source.refusals >= 3)
    assert ear.state is HearingState.LOST
    assert ear.microphone == [MicrophoneFound, MicrophoneLost]
    source.plugged_in.set()
    source.play(frames(silence(0.3)))
    assert until(lambda: ear.frames == 20) < 4
    assert ear.microphone == [MicrophoneFound, MicrophoneLost, MicrophoneFound]
    assert source.openings == 2


def test_a_microphone_that_is_missing_at_the_start_is_waited_for(
    listen: Listen,
) -> None:
    source = FrailSource()
    source.plugged_in.clear()
    ear = listen(source)
    until(lambda: source.refusals >= 2)
    assert ear.microphone == [MicrophoneLost]
    source.plugged_in.set()
    source.play(frames(silence(0.3)))
    until(lambda: ear.microphone == [MicrophoneLost, MicrophoneFound])


def test_a_thread_without_a_microphone_says_what_is_wrong_and_turns(
    listen: Listen,
) -> None:
    source = FrailSource()
    source.plugged_in.clear()
    ear = listen(source)
    until(lambda: ear.state is HearingState.LOST)
    rounds = ear.rounds
    until(lambda: ear.rounds > rounds)
    assert ear.problem == "it is not plugged in"
    source.plugged_in.set()
    source.play(frames(silence(0.3)))
    until(lambda: ear.state is HearingState.LISTENING and ear.problem is None)


def test_a_thread_that_waits_for_orders_turns(listen: Listen) -> None:
    ear = listen(FrailSource())
    ear.close_microphone()
    until(lambda: ear.state is HearingState.CLOSED)
    rounds = ear.rounds
    assert until(lambda: ear.rounds > rounds) < 5


def test_a_microphone_without_frames_for_a_second_is_lost(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    assert 0.8 < until(lambda: ear.state is HearingState.LOST) < 3
    until(lambda: source.openings == 2)


def test_a_microphone_that_never_delivers_is_lost(listen: Listen) -> None:
    ear = listen(FrailSource())
    assert until(lambda: ear.state is HearingState.LOST) > LONGEST_OPENING - 0.5
    assert ear.microphone == [MicrophoneLost]


def test_a_turn_does_not_go_on_in_the_sound_of_another_opening(
    listen: Listen,
) -> None:
    source = FrailSource()
    ear = listen(source, ScriptedEngine([5]))
    source.play(frames(silence(0.3)))
    until(lambda: len(ear.heard) == 4)
    source.plugged_in.clear()
    until(lambda: ear.state is HearingState.LOST)
    source.plugged_in.set()
    source.play(frames(silence(0.12)))
    until(lambda: ear.frames == 14)
    assert len(ear.heard) == 4


def test_after_a_gap_the_next_wake_word_has_only_new_sound_before_it(
    listen: Listen,
) -> None:
    source = FrailSource()
    ear = listen(source, ScriptedEngine([5]))
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    source.plugged_in.clear()
    until(lambda: ear.state is HearingState.LOST)
    source.plugged_in.set()
    source.play(frames(silence(0.3)))
    until(lambda: len(ear.wakes) == 2)
    assert [frame.start for frame in ear.wakes[1].pre_roll] == [
        number * 480 for number in range(6)
    ]


def test_a_loss_is_told_before_a_device_that_hangs_is_closed(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    source.closable.clear()
    source.plugged_in.clear()
    until(lambda: ear.microphone == [MicrophoneFound, MicrophoneLost])
    assert source.is_open
    assert not ear.stop(0.1), "the thread hangs, and says so"
    source.closable.set()


def test_a_lost_microphone_has_no_time(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    assert ear.clock.position_of(since_boot()) is not None

    source.plugged_in.clear()
    until(lambda: ear.microphone[-1] is MicrophoneLost)

    assert ear.clock.position_of(since_boot()) is None


# --- closing it on purpose ---


def test_a_muted_microphone_is_really_closed(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    ear.close_microphone()
    until(lambda: ear.state is HearingState.CLOSED)
    assert not source.is_open
    source.play(frames(silence(0.3)))
    ear.open_microphone()
    until(lambda: ear.frames == 20)
    assert ear.microphone == [MicrophoneFound, MicrophoneClosed, MicrophoneFound]


def test_the_microphone_stays_closed_until_it_is_wanted() -> None:
    source = FrailSource()
    ear = Ear(source, [])
    ear.start()
    ear.attend(on=True, after=None)
    assert ear.stop(5)
    assert source.openings == 0
    assert ear.state is HearingState.CLOSED


def test_a_microphone_can_be_muted_while_it_is_lost(listen: Listen) -> None:
    source = FrailSource()
    source.plugged_in.clear()
    ear = listen(source)
    until(lambda: ear.state is HearingState.LOST)
    ear.close_microphone()
    until(lambda: ear.state is HearingState.CLOSED)
    refusals = source.refusals
    source.plugged_in.set()
    assert ear.stop(5)
    assert (source.refusals, source.openings) == (refusals, 0)
    assert ear.microphone == [MicrophoneLost, MicrophoneClosed]


def test_a_mute_that_is_taken_back_before_anything_was_done_does_nothing(
    listen: Listen,
) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    ear.close_microphone()
    ear.open_microphone()
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 20)
    assert ear.microphone == [MicrophoneFound]
    assert source.openings == 1


def test_whatever_came_before_it_is_closed_half_a_second_behind_the_last_mute(
    listen: Listen,
) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    for _ in range(10_000):
        ear.open_microphone()
        ear.close_microphone()
    assert until(lambda: ear.state is HearingState.CLOSED) <= 0.5
    assert not source.is_open
    openings = source.openings
    until(lambda: ear.microphone[-1] is MicrophoneClosed)
    # Whoever is closed for good looks for wishes once a second.
    rounds = ear.rounds
    until(lambda: ear.rounds > rounds + 1)
    assert source.openings == openings
    assert ear.microphone[-1] is MicrophoneClosed


def test_whatever_came_before_it_hears_again_behind_the_last_unmute(
    listen: Listen,
) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    for _ in range(10_000):
        ear.close_microphone()
        ear.open_microphone()
    source.play(frames(silence(0.3)))
    assert until(lambda: ear.frames == 20) <= 2
    assert ear.microphone[-1] is MicrophoneFound


def test_while_minds_keep_changing_the_microphone_is_not_opened(
    listen: Listen,
) -> None:
    source = FrailSource()
    ear = listen(source)
    ear.close_microphone()
    until(lambda: ear.state is HearingState.CLOSED)
    openings = source.openings
    for _ in range(200):
        ear.open_microphone()
        rounds = ear.rounds
        until(lambda rounds=rounds: ear.rounds > rounds)  # type: ignore[misc]  # mypy wants a plain lambda
        ear.close_microphone()
    assert ear.state is HearingState.CLOSED
    assert source.openings == openings


def test_a_turn_that_was_ordered_before_a_mute_is_not_listened_to_after_it(
    listen: Listen,
) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    ear.attend(on=True, after=None)
    ear.close_microphone()
    until(lambda: ear.state is HearingState.CLOSED)
    ear.open_microphone()
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 20)
    assert ear.heard == []


def test_a_turn_that_is_ordered_while_it_opens_is_listened_to_from_its_first_frame(
    listen: Listen,
) -> None:
    source = FrailSource()
    ear = listen(source)
    ear.close_microphone()
    until(lambda: ear.state is HearingState.CLOSED)
    ear.open_microphone()
    ear.attend(on=True, after=None)
    source.play(frames(silence(0.3)))
    until(lambda: len(ear.heard) == 10)


def test_what_begins_before_the_sound_of_an_opening_is_told_its_time(
    listen: Listen,
) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    ear.close_microphone()
    until(lambda: ear.microphone[-1] is MicrophoneClosed)
    clock = ear.clock
    assert clock.time_of(SAMPLE_RATE // 10) is None

    ear.open_microphone()
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 20)

    assert clock is ear.clock
    assert clock.time_of(SAMPLE_RATE // 10) is not None


def test_a_device_that_does_not_let_go_is_not_called_closed(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.3)))
    until(lambda: ear.frames == 10)
    source.closable.clear()
    ear.close_microphone()
    until(lambda: source.closings)
    ear.tell_again()
    assert ear.state is HearingState.LISTENING
    assert ear.microphone == [MicrophoneFound]
    source.closable.set()
    until(lambda: ear.state is HearingState.CLOSED)
    until(lambda: ear.microphone[-1] is MicrophoneClosed)
    assert ear.microphone.count(MicrophoneFound) == 1


def test_who_was_given_up_says_how_it_is_when_asked(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.03)))
    until(lambda: ear.frames == 1)
    ear.tell_again()
    until(lambda: ear.microphone == [MicrophoneFound, MicrophoneFound])
    source.plugged_in.clear()
    until(lambda: ear.state is HearingState.LOST)
    ear.tell_again()
    until(lambda: ear.microphone[2:] == [MicrophoneLost, MicrophoneLost])


# --- never alive and deaf ---


class BrokenEngine(ScriptedEngine):
    def detect(self, frame: Frame) -> None:
        raise RuntimeError("the model is broken")


def test_an_engine_that_raises_ends_the_thread_and_is_told(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source, BrokenEngine())
    source.play(frames(silence(0.03)))
    until(lambda: ear.failures)
    assert [str(error) for error in ear.failures] == ["the model is broken"]
    assert ear.state is HearingState.FAILED
    until(lambda: not source.is_open)


def test_a_recording_that_turns_out_to_be_damaged_is_told(
    listen: Listen, tmp_path: Path
) -> None:
    path = save(tmp_path / "a.flac", noise(1, dbfs=-20))
    path.write_bytes(path.read_bytes()[:200])
    ear = listen(RecordingSource(path))
    until(lambda: ear.failures)
    assert isinstance(ear.failures[0], RecordingError)


def test_the_time_of_the_last_frame_tells_of_progress(listen: Listen) -> None:
    source = FrailSource()
    ear = listen(source)
    source.play(frames(silence(0.03)))
    until(lambda: ear.frames == 1)
    first = ear.last_frame
    source.play(frames(silence(0.03)))
    until(lambda: ear.frames == 2)
    assert ear.last_frame >= first
    assert ear.dropped == 0
    assert ear.health is SourceHealth.GOOD


@pytest.mark.parametrize(
    ("health", "told"),
    [
        (SourceHealth.ZEROS, "delivers nothing but zeros"),
        (SourceHealth.CLIPPING, "is at full scale again and again"),
        (SourceHealth.CANCELLING, "has channels in opposite phase"),
    ],
)
def test_what_is_wrong_with_the_sound_is_logged_once_and_so_is_its_end(
    listen: Listen, caplog: pytest.LogCaptureFixture, health: SourceHealth, told: str
) -> None:
    caplog.set_level(logging.INFO)
    source = FrailSource()
    ear = listen(source)

    def hear(frames_of_it: int) -> None:
        before = ear.frames
        source.play(frames(silence(0.03 * frames_of_it)))
        until(lambda: ear.frames == before + frames_of_it)

    hear(1)
    source.health = health
    hear(20)
    source.health = SourceHealth.GOOD
    hear(20)
    until(lambda: "as it should again" in caplog.text)
    (warning,) = [r.message for r in caplog.records if r.levelno == logging.WARNING]
    assert told in warning
    assert warning.endswith(": give it some rest")
    assert caplog.text.count("sounds as it should again") == 1


def test_sound_that_a_device_dropped_is_told_as_missing(
    listen: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    source = FrailSource()
    listen(source)

    def capture(seconds: float) -> None:
        for frame in frames(noise(seconds, dbfs=-40)):
            source.play([frame])
            hold(frame.seconds)

    capture(1.2)
    hold(0.5)
    capture(1.5)
    (warning,) = [r.message for r in caplog.records if r.levelno == logging.WARNING]
    assert warning.startswith("a frail microphone: ")
    assert warning.endswith(
        "s of sound are missing: is this machine too busy to take it?"
    )
