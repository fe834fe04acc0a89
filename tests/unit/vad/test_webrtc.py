from auricle.audio.frame import Frame
from auricle.vad.webrtc import WebrtcVoiceDetector
from rigs.audio.speech import frames, mix, noise, say, silence


def share_of_speech(detector: WebrtcVoiceDetector, heard: list[Frame]) -> float:
    return sum(detector.is_speech(frame) for frame in heard) / len(heard)


def test_a_sentence_is_speech_and_the_silence_around_it_is_not() -> None:
    detector = WebrtcVoiceDetector()
    assert share_of_speech(detector, frames(silence(1))) == 0
    assert share_of_speech(detector, frames(say("turn on the kitchen light"))) > 0.8
    assert share_of_speech(detector, frames(silence(1))) < 0.1


def test_a_sentence_is_speech_in_a_noisy_room_and_the_room_is_not() -> None:
    sentence = say("turn on the kitchen light")
    seconds = len(sentence) / 32_000
    detector = WebrtcVoiceDetector()
    room = frames(noise(2, dbfs=-35, seed=1))
    spoken = frames(mix(sentence, noise(seconds, dbfs=-35, seed=2)))
    after = frames(noise(2, dbfs=-35, seed=3))
    assert share_of_speech(detector, room) < 0.1
    assert share_of_speech(detector, spoken) > 0.6
    assert share_of_speech(detector, after) < 0.1


def test_after_a_reset_a_detector_hears_as_if_new() -> None:
    sentence = frames(mix(say("is anybody home"), noise(3, dbfs=-35)))
    used = WebrtcVoiceDetector()
    share_of_speech(used, frames(noise(5, dbfs=-20)))
    used.reset()
    new = WebrtcVoiceDetector()
    assert [used.is_speech(f) for f in sentence] == [new.is_speech(f) for f in sentence]
