import os
import subprocess
import sys

import numpy as np

from auricle.audio.frame import Frame
from auricle.vad.silero import SileroVoiceDetector
from rigs.audio.speech import frames, mix, noise, say, silence, to_pcm

SENTENCE = say("turn on the kitchen light")
TELEVISION = say("and now the news of the day", voice="en-gb", words_per_minute=170)


def softer(sound: bytes, db: float) -> bytes:
    return to_pcm(np.frombuffer(sound, "<i2") / 32768 * 10 ** (-db / 20))


def share_of_speech(detector: SileroVoiceDetector, heard: list[Frame]) -> float:
    return sum(detector.is_speech(frame) for frame in heard) / len(heard)


def longest_pause(detector: SileroVoiceDetector, heard: list[Frame]) -> int:
    """Frames without speech, between some with it."""
    spoken = "".join("s" if detector.is_speech(frame) else " " for frame in heard)
    return max(len(pause) for pause in spoken.strip().split("s"))


def test_it_has_no_threads_of_its_own_and_leaves_those_of_others_alone() -> None:
    script = """
import os
from auricle.audio.frame import FRAME_BYTES, Frame
from auricle.vad.silero import SileroVoiceDetector
detector = SileroVoiceDetector()
for number in range(4):
    detector.is_speech(Frame(bytes(FRAME_BYTES), number * 480))
print(len(os.listdir("/proc/self/task")), os.environ["OMP_THREAD_LIMIT"])
"""
    threads = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "OMP_THREAD_LIMIT": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert threads.stdout.split() == ["1", "3"]


def test_a_sentence_is_speech_and_the_silence_around_it_is_not() -> None:
    detector = SileroVoiceDetector()
    assert share_of_speech(detector, frames(silence(1))) == 0
    assert share_of_speech(detector, frames(SENTENCE)) > 0.8
    assert share_of_speech(detector, frames(silence(1))) < 0.2


def test_noise_is_not_speech_however_loud_it_starts() -> None:
    detector = SileroVoiceDetector()
    detector.attune(frames(silence(3)), woken=False)
    assert share_of_speech(detector, frames(noise(3, dbfs=-20))) < 0.05


def test_the_end_of_a_sentence_is_heard_in_noise() -> None:
    detector = SileroVoiceDetector()
    seconds = len(SENTENCE) / 32_000
    room = frames(noise(3, dbfs=-35, seed=1))
    detector.attune(room, woken=True)
    spoken = frames(mix(SENTENCE, noise(seconds, dbfs=-35, seed=2)))
    assert share_of_speech(detector, spoken) > 0.7
    assert share_of_speech(detector, frames(noise(2, dbfs=-35, seed=3))) < 0.15


def test_in_a_quiet_room_a_short_pause_stays_short() -> None:
    words = frames(say("turn on") + silence(0.3) + say("the kitchen light"))
    quiet, unknown = SileroVoiceDetector(), SileroVoiceDetector()
    room = noise(3, dbfs=-75)
    quiet.attune(frames(room + mix(say("okay nabu"), room[:32_000])), woken=True)
    unknown.attune(frames(room), woken=False)
    assert longest_pause(quiet, words) < longest_pause(unknown, words)


def test_behind_the_wake_word_a_television_is_not_speech() -> None:
    detector = SileroVoiceDetector()
    behind = softer(TELEVISION, 20)
    detector.attune(frames(behind + mix(say("okay nabu"), behind[:32_000])), woken=True)
    assert share_of_speech(detector, frames(SENTENCE)) > 0.6
    assert share_of_speech(detector, frames(behind)) < 0.2


def test_the_same_television_is_speech_where_nothing_else_was_heard() -> None:
    detector = SileroVoiceDetector()
    detector.attune(frames(silence(3)), woken=True)
    assert share_of_speech(detector, frames(softer(TELEVISION, 20))) > 0.8


def test_attuned_again_a_detector_hears_as_if_new() -> None:
    used = SileroVoiceDetector()
    share_of_speech(used, frames(TELEVISION))
    new = SileroVoiceDetector()
    for detector in (used, new):
        detector.attune(frames(noise(2, dbfs=-50)), woken=True)
    heard = frames(SENTENCE + silence(1))
    assert [used.is_speech(f) for f in heard] == [new.is_speech(f) for f in heard]
