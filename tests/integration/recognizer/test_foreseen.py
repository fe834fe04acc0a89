"""Finals that are made before the client commits, by a real detector and model."""

import numpy as np
import pytest

from auricle.audio.files.recording import read_recording
from auricle.qwen_asr.encoding import encode_client_event
from auricle.qwen_asr.events import (
    TRANSCRIPTION,
    AppendAudio,
    ClientEvent,
    Commit,
    SessionSettings,
    SessionUpdate,
)
from auricle.recognizer.codecs import make_decoder
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.recognizer.segmenter import VadSegmenter
from auricle.recognizer.session import Orders, RecognizerSession, Reply
from auricle.recognizer.transcriptions import RecognizedText, Transcribe
from rigs.audio.recordings import needs_people, people
from rigs.audio.speech import mix, noise, say, silence

MANUAL = SessionSettings(turn_detection=None, language="en")
ROOM = noise(12, dbfs=-60)

SPOKEN = {
    "a command": say("turn on the kitchen light"),
    "a pause": say("turn on") + silence(0.5) + say("the kitchen light"),
    "a word": say("stop"),
    "nothing": silence(1),
}


@pytest.fixture(scope="module")
def engine() -> WhisperEngine:
    return WhisperEngine()


class Utterance:
    """A client in manual mode says it, and commits half a second behind it."""

    def __init__(self, engine: WhisperEngine, pcm: bytes, *, works_ahead: bool) -> None:
        self.transcript = ""
        self.waited_for = False
        """Whether it was still to be recognized when it was over."""
        self._engine = engine
        self._works_ahead = works_ahead
        self._session = RecognizerSession("s", "model", VadSegmenter, make_decoder)
        self._send(SessionUpdate("e", MANUAL))
        for at in range(0, len(pcm), 3200):
            self._send(AppendAudio("e", pcm[at : at + 3200]))
        self.waited_for = False
        self._send(Commit("e"))

    def _send(self, event: ClientEvent) -> None:
        self._carry_out(self._session.receive_message(encode_client_event(event)))

    def _carry_out(self, orders: Orders) -> None:
        for order in orders:
            match order:
                case Transcribe():
                    answer = self._recognize(order)
                    self._carry_out(self._session.transcribed(order, answer))
                case Reply(message) if message["type"] == f"{TRANSCRIPTION}.completed":
                    self.transcript = str(message["transcript"])
                case _:
                    pass

    def _recognize(self, work: Transcribe) -> RecognizedText | None:
        if not work.final or (work.ahead and not self._works_ahead):
            return None
        self.waited_for = True
        return recognized(self._engine, work.pcm)


def recognized(engine: WhisperEngine, pcm: bytes) -> RecognizedText:
    return engine.transcribe(pcm, language="en", corpus=None, final=True)


def in_room(spoken: bytes) -> bytes:
    sound = spoken + silence(0.5)
    return mix(sound, np.resize(np.frombuffer(ROOM, "<i2"), len(sound) // 2).tobytes())


def up_to_the_last_word(pcm: bytes) -> bytes:
    samples = np.abs(np.frombuffer(pcm, "<i2").astype(float))
    (loud,) = np.nonzero(samples > np.max(samples) / 20)
    return pcm[: 2 * int(loud[-1])]


@pytest.mark.parametrize("spoken", SPOKEN.values(), ids=SPOKEN)
def test_a_transcript_is_the_same_whether_made_before_the_commit_or_behind_it(
    engine: WhisperEngine, spoken: bytes
) -> None:
    sound = in_room(spoken)
    sooner = Utterance(engine, sound, works_ahead=True)
    later = Utterance(engine, sound, works_ahead=False)
    assert sooner.transcript == later.transcript
    assert later.transcript == recognized(engine, sound).text
    assert later.waited_for
    assert sooner.waited_for == (not sooner.transcript)


@needs_people
def test_so_it_is_with_what_people_say(engine: WhisperEngine) -> None:
    differing, waited_for = [], []
    recordings = people("commands/coffee/*.flac")[::20]
    for recording in recordings:
        sound = in_room(up_to_the_last_word(read_recording(recording)))
        sooner = Utterance(engine, sound, works_ahead=True)
        later = Utterance(engine, sound, works_ahead=False)
        if sooner.transcript != later.transcript:
            differing.append(recording.name)
        if sooner.waited_for:
            waited_for.append(recording.name)
    assert len(recordings) > 5
    assert differing == []
    assert waited_for == []
