import base64
import json
import tracemalloc
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auricle.qwen_asr.encoding import encode_client_event
from auricle.qwen_asr.events import (
    LANGUAGES,
    TRANSCRIPTION,
    AppendAudio,
    ClientEvent,
    Commit,
    Finish,
    ServerVad,
    SessionSettings,
    SessionUpdate,
)
from auricle.recognizer.codecs import make_decoder
from auricle.recognizer.intake import CodecError, Decoder, MakeSegmenter
from auricle.recognizer.session import Orders, RecognizerSession, Reply
from auricle.recognizer.transcriptions import (
    Answer,
    ConfirmOrder,
    RecognizedText,
    TooBusy,
    Transcribe,
    WithdrawOrder,
)
from rigs.recognizer.energy_segmenter import EnergySegmenter, ForesightedSegmenter
from rigs.recognizer.one_turn import quiet, voice

MANUAL = SessionSettings(turn_detection=None)
VAD = SessionSettings(turn_detection=ServerVad(0.0, 400))
TELEPHONE = SessionSettings(ServerVad(0.0, 400), sample_rate=8000)

STARTED = "input_audio_buffer.speech_started"
STOPPED = "input_audio_buffer.speech_stopped"
COMMITTED = "input_audio_buffer.committed"
CREATED = "conversation.item.created"
TEXT = f"{TRANSCRIPTION}.text"
COMPLETED = f"{TRANSCRIPTION}.completed"
FAILED = f"{TRANSCRIPTION}.failed"


class Client:
    """A client and an engine by hand: the engine answers when told to."""

    def __init__(
        self,
        asked: SessionSettings | None = None,
        *,
        languages: Collection[str] = LANGUAGES,
        segmenter: MakeSegmenter = EnergySegmenter,
    ) -> None:
        self.session = RecognizerSession(
            "s", "model", segmenter, make_decoder, languages
        )
        self.told: list[dict[str, Any]] = []
        self.work: list[Transcribe] = []
        self.changed: list[ConfirmOrder | WithdrawOrder] = []
        """What the engine was told of its work."""
        self._take(self.session.open())
        if asked is not None:
            self.send(SessionUpdate("e", asked))

    def send(self, *events: ClientEvent) -> None:
        for event in events:
            self.send_text(encode_client_event(event))

    def send_text(self, text: str | bytes) -> None:
        self._take(self.session.receive_message(text))

    def say(self, pcm: bytes) -> None:
        """In appends of a tenth of a second."""
        for at in range(0, len(pcm), 3200):
            self.send(AppendAudio("e", pcm[at : at + 3200]))

    def answer(
        self,
        text: str | None = "turn on the light",
        language: str | None = None,
        emotion: str | None = None,
    ) -> Transcribe:
        """Let the engine do the next order; None fails it."""
        found = None if text is None else RecognizedText(text, language, emotion)
        return self.receive(found)

    def receive(self, found: Answer) -> Transcribe:
        """Whatever became of the next order."""
        work = self.work.pop(0)
        self._take(self.session.transcribed(work, found))
        return work

    def final(
        self,
        text: str | None = "turn on the light",
        language: str | None = None,
        emotion: str | None = None,
    ) -> Transcribe:
        """Let the engine skip the drafts and do the next final."""
        while not self.work[0].final:
            self.answer(None)
        return self.answer(text, language=language, emotion=emotion)

    def answer_all(self, text: str = "turn on the light") -> None:
        while self.work:
            self.answer(text)

    @property
    def types(self) -> list[str]:
        return [message["type"] for message in self.told]

    def of_type(self, name: str) -> list[dict[str, Any]]:
        return [message for message in self.told if message["type"] == name]

    def _take(self, orders: Orders) -> None:
        for order in orders:
            match order:
                case Reply(message):
                    self.told.append(message)
                case Transcribe():
                    self.work.append(order)
                case ConfirmOrder() | WithdrawOrder():
                    self.changed.append(order)


# --- opening ---


def test_the_session_is_created_at_once_with_the_services_defaults() -> None:
    created = Client().told[0]
    assert created["type"] == "session.created"
    assert created["session"]["model"] == "model"
    assert created["session"]["turn_detection"] == {
        "type": "server_vad",
        "threshold": 0.2,
        "silence_duration_ms": 800,
    }


def test_an_update_is_answered_with_the_settings_that_apply_now() -> None:
    client = Client(SessionSettings(ServerVad(-0.1, 300), language="de"))
    updated = client.told[1]
    assert updated["type"] == "session.updated"
    assert updated["session"]["id"] == client.told[0]["session"]["id"]
    assert updated["session"]["input_audio_transcription"] == {"language": "de"}
    assert updated["session"]["turn_detection"]["threshold"] == -0.1


def test_a_refused_field_leaves_the_rest_of_the_update_standing() -> None:
    client = Client()
    client.send_text(
        '{"event_id":"mine","type":"session.update","session":{"turn_detection":null,'
        '"input_audio_transcription":{"language":"de"},"sample_rate":44100}}'
    )
    # As documented, the confirmation is for an update that was carried out whole.
    assert client.types == ["session.created", "error"]
    assert client.told[-1]["error"]["param"] == "session.sample_rate"
    assert client.told[-1]["error"]["event_id"] == "mine"
    assert client.session.settings == SessionSettings(None, "de")


def test_what_is_no_session_changes_nothing() -> None:
    client = Client(MANUAL)
    client.send_text('{"type":"session.update","session":"turn_detection"}')
    assert client.told[-1]["error"]["param"] == "session"
    assert client.session.settings == MANUAL


def test_each_refused_field_has_an_error_of_its_own() -> None:
    client = Client()
    client.send_text(
        '{"type":"session.update","session":{"sample_rate":1,'
        '"turn_detection":{"type":"server_vad","threshold":9}}}'
    )
    assert [m["error"]["param"] for m in client.of_type("error")] == [
        "session.sample_rate",
        "session.turn_detection.threshold",
    ]


def test_a_language_that_the_engine_does_not_know_is_refused_at_once() -> None:
    client = Client(MANUAL, languages={"en"})
    client.send(SessionUpdate("mine", SessionSettings(VAD.turn_detection, "zh")))
    refused = client.told[-1]["error"]
    assert (refused["type"], refused["code"]) == (
        "invalid_request_error",
        "invalid_value",
    )
    assert refused["param"] == "session.input_audio_transcription.language"
    assert "'zh'" in refused["message"]
    assert "knows: en." in refused["message"]
    assert refused["event_id"] == "mine"
    assert client.session.settings == VAD


def test_a_manual_client_whose_language_is_refused_commits_all_the_same() -> None:
    client = Client(languages={"en"})
    client.send(SessionUpdate("e", SessionSettings(None, "zh")))
    client.say(voice(0.5))
    client.send(Commit("e"))
    assert client.final("Turn on.").language is None
    assert client.types[-3:] == [COMMITTED, CREATED, COMPLETED]


def test_null_goes_back_to_detecting_the_language() -> None:
    client = Client(SessionSettings(None, "de"))
    client.send_text(
        '{"type":"session.update","session":'
        '{"input_audio_transcription":{"language":null}}}'
    )
    assert client.told[-1]["session"]["input_audio_transcription"] is None
    client.say(voice(0.5))
    client.send(Commit("e"))
    assert client.final("Turn on.", language="en").language is None
    assert client.told[-1]["language"] == "en"


def test_audio_without_any_update_is_recognized_with_the_defaults() -> None:
    client = Client()
    client.say(voice(0.9) + quiet(0.9))
    assert client.types == ["session.created", STARTED, STOPPED, COMMITTED, CREATED]
    assert client.final().pcm == voice(0.9) + quiet(0.8)


def test_audio_is_never_acknowledged() -> None:
    for asked in (MANUAL, VAD):
        client = Client(asked)
        client.say(quiet(0.9))
        assert client.types == ["session.created", "session.updated"]


def test_what_is_said_before_an_update_belongs_to_what_follows() -> None:
    client = Client()
    client.send(SessionUpdate("e", MANUAL))
    client.say(voice(0.3))
    client.send(SessionUpdate("e", SessionSettings(None, "de")))
    client.say(voice(0.2))
    client.send(Commit("e"))
    work = client.final()
    assert (work.seconds, work.language) == (0.5, "de")


# --- server VAD ---


def test_an_utterance_goes_through_its_stages_in_order() -> None:
    client = Client(VAD)
    client.say(quiet(0.3) + voice(0.8) + quiet(0.5))
    client.final("Turn on.", language="en", emotion="happy")
    assert client.types[2:] == [STARTED, STOPPED, COMMITTED, CREATED, COMPLETED]
    assert len({m.get("item_id") or m["item"]["id"] for m in client.told[2:]}) == 1
    started, stopped = client.told[2]["audio_start_ms"], client.told[3]["audio_end_ms"]
    assert (started, stopped) == (300, 1500)
    completed = client.told[-1]
    assert completed["transcript"] == "Turn on."
    assert (completed["language"], completed["emotion"]) == ("en", "happy")
    assert completed["usage"] == {"duration": 2}


def test_the_engine_gets_the_utterance_and_nothing_else() -> None:
    client = Client(VAD)
    client.say(quiet(5.0) + voice(0.8) + quiet(2.0))
    assert client.final().pcm == voice(0.8) + quiet(0.4)


def test_items_are_linked_to_the_ones_before() -> None:
    client = Client(VAD)
    client.say((voice(0.5) + quiet(0.5)) * 2)
    first, second = client.of_type(COMMITTED)
    assert first["previous_item_id"] is None
    assert second["previous_item_id"] == first["item_id"]


def test_a_commit_in_vad_mode_is_the_error_that_clients_know() -> None:
    client = Client(VAD)
    client.say(voice(0.5))
    client.send(Commit("mine"))
    error = client.told[-1]["error"]
    assert error["message"] == (
        "Error committing input audio buffer, maybe no invalid audio stream."
    )
    assert (error["type"], error["event_id"]) == ("invalid_request_error", "mine")


def test_an_utterance_of_more_than_a_minute_is_cut() -> None:
    client = Client(VAD)
    client.say(voice(1.0) * 70 + quiet(0.5))
    client.answer_all()
    assert client.types.count(STARTED) == client.types.count(COMPLETED) == 2


def test_one_append_may_hold_many_utterances() -> None:
    client = Client(VAD)
    client.send(AppendAudio("e", (voice(1.0) + quiet(1.0)) * 20))
    client.answer_all()
    assert client.types.count(COMPLETED) == 20


# --- manual mode ---


def test_a_commit_makes_one_utterance_of_all_audio_before_it() -> None:
    client = Client(MANUAL)
    client.say(quiet(0.3) + voice(0.5))
    client.send(Commit("e"))
    work = client.final("Turn on.")
    assert work.pcm == quiet(0.3) + voice(0.5)
    assert client.types[2:] == [COMMITTED, CREATED, COMPLETED]


def test_one_session_takes_many_commits() -> None:
    client = Client(MANUAL)
    for text in ("one", "two"):
        client.say(voice(0.5))
        client.send(Commit("e"))
        client.final(text)
    transcripts = [message["transcript"] for message in client.of_type(COMPLETED)]
    assert transcripts == ["one", "two"]


def test_nothing_to_commit_is_the_error_that_clients_know() -> None:
    client = Client(MANUAL)
    client.send(Commit("mine"))
    assert "maybe no invalid audio stream" in client.told[-1]["error"]["message"]
    assert client.told[-1]["error"]["event_id"] == "mine"


def test_a_commit_of_a_few_samples_is_empty_without_asking_the_engine() -> None:
    client = Client(MANUAL)
    client.send(AppendAudio("e", bytes(4)), Commit("e"))
    assert not client.work
    assert client.told[-1]["transcript"] == ""


def test_commit_and_finish_back_to_back_are_both_carried_out() -> None:
    client = Client(MANUAL)
    client.say(voice(0.5))
    client.send(Commit("e"), Finish("e"))
    assert "session.finished" not in client.types
    client.final()
    assert client.types[-2:] == [COMPLETED, "session.finished"]


def test_beyond_a_minute_audio_is_refused_once_and_the_minute_kept() -> None:
    client = Client(MANUAL)
    client.say(voice(1.0) * 63)
    client.answer_all()
    client.send(Commit("e"))
    assert [error["error"]["param"] for error in client.of_type("error")] == ["audio"]
    assert client.work[-1].seconds == 60


def test_after_a_commit_there_is_room_again() -> None:
    client = Client(MANUAL)
    client.say(voice(1.0) * 61)
    client.send(Commit("e"))
    client.say(voice(1.0))
    client.send(Commit("e"))
    client.answer_all()
    assert [message["usage"]["duration"] for message in client.of_type(COMPLETED)] == [
        60,
        1,
    ]


# --- interim transcripts ---


@pytest.mark.parametrize("asked", [MANUAL, VAD], ids=["manual", "server_vad"])
def test_an_interim_is_wanted_a_second_into_the_utterance(
    asked: SessionSettings,
) -> None:
    client = Client(asked)
    client.say(voice(0.9))
    assert not client.work
    client.say(voice(0.2))
    assert [work.final for work in client.work] == [False]


def test_an_interim_tells_what_is_certain_and_what_is_not() -> None:
    client = Client(MANUAL)
    for text in ("turn on", "turn on the light"):
        client.say(voice(1.0))
        client.answer(text, language="en")
    told = [(m["text"], m["stash"]) for m in client.of_type(TEXT)]
    assert told == [("", "turn on"), ("turn on", " the light")]


@pytest.mark.parametrize("asked", [MANUAL, VAD], ids=["manual", "server_vad"])
def test_an_interim_tells_up_to_where_it_was_heard(asked: SessionSettings) -> None:
    client = Client(asked)
    client.say(voice(1.2))
    client.say(voice(0.5))
    client.answer("turn on")
    [interim] = client.of_type(TEXT)
    assert 1000 <= interim["audio_end_ms"] <= 1200


def test_interims_do_not_queue_behind_a_slow_engine() -> None:
    client = Client(MANUAL)
    client.say(voice(1.0) * 10)
    assert len(client.work) == 1


def test_a_slow_engine_makes_fewer_drafts_to_be_free_for_the_final() -> None:
    client = Client(MANUAL)
    client.say(voice(1.0))
    assert len(client.work) == 1
    client.say(voice(1.0) * 2)
    client.answer("two seconds later")
    client.say(voice(1.0) * 3)
    assert not client.work
    client.say(voice(1.0))
    assert len(client.work) == 1


def test_an_interim_under_way_holds_up_the_final_only_itself() -> None:
    client = Client(MANUAL)
    client.say(voice(1.5))
    client.send(Commit("e"))
    assert [work.final for work in client.work] == [False]
    client.answer()
    assert [work.final for work in client.work] == [True]


def test_a_skipped_interim_tells_nothing() -> None:
    client = Client(MANUAL)
    client.say(voice(1.5))
    client.answer(None)
    assert client.of_type(TEXT) == []


def test_an_interim_that_is_late_for_its_item_is_not_told_of_the_next() -> None:
    client = Client(MANUAL)
    client.say(voice(1.5))
    interim = client.work.pop()
    client.send(Commit("e"))
    client.say(voice(1.5))
    client.work.append(interim)
    client.answer("stale")
    client.answer_all("fresh")
    assert {m["item_id"] for m in client.of_type(TEXT)} <= {
        m["item_id"] for m in client.of_type(COMPLETED)
    }


# --- results ---


def test_what_the_engine_cannot_tell_is_what_was_asked_for() -> None:
    client = Client(SessionSettings(None, language="de", corpus_text="Küche"))
    client.say(voice(0.5))
    client.send(Commit("e"))
    work = client.answer("Licht an.")
    assert (work.language, work.corpus) == ("de", "Küche")
    assert client.told[-1]["language"] == "de"


@pytest.mark.parametrize("asked", [MANUAL, VAD], ids=["manual", "server_vad"])
def test_what_nobody_knows_is_left_out_of_finals_and_interims(
    asked: SessionSettings,
) -> None:
    client = Client(asked)
    client.say(voice(1.2))
    client.answer("turn on")
    client.send(Finish("e"))
    client.answer("Turn on.")
    assert client.types[-1] == "session.finished"
    [interim], [final] = client.of_type(TEXT), client.of_type(COMPLETED)
    for told in (interim, final):
        assert "emotion" not in told
        assert "language" not in told


def test_an_emotion_of_one_item_is_not_told_of_the_next() -> None:
    client = Client(MANUAL)
    for emotion in ("angry", None):
        client.say(voice(0.5))
        client.send(Commit("e"))
        client.answer("Turn on.", emotion=emotion)
    assert [told.get("emotion") for told in client.of_type(COMPLETED)] == [
        "angry",
        None,
    ]


def test_of_what_was_no_speech_neither_language_nor_emotion_is_told() -> None:
    client = Client(MANUAL)
    client.say(voice(0.5))
    client.send(Commit("e"))
    client.answer("", language="nn", emotion="neutral")
    assert client.told[-1]["transcript"] == ""
    assert "language" not in client.told[-1]
    assert "emotion" not in client.told[-1]


def test_what_was_no_speech_is_completed_with_an_empty_transcript() -> None:
    client = Client(VAD)
    client.say(voice(0.5) + quiet(0.5))
    client.final("")
    assert client.types[-1] == COMPLETED
    assert client.told[-1]["transcript"] == ""


@pytest.mark.parametrize("text", ["...", "♪", "[BLANK_AUDIO]", "(upbeat music)"])
def test_what_holds_no_word_is_no_speech(text: str) -> None:
    client = Client(MANUAL)
    client.say(voice(1.5))
    client.answer_all(text)
    client.send(Commit("e"))
    client.answer_all(text)
    assert client.of_type(TEXT) == []
    assert client.told[-1]["transcript"] == ""


def test_an_unknown_language_is_left_out() -> None:
    client = Client(MANUAL)
    client.say(voice(0.5))
    client.send(Commit("e"))
    client.answer("Turn on.")
    assert "language" not in client.told[-1]


def test_an_item_that_fails_leaves_the_session_usable() -> None:
    client = Client(MANUAL)
    for text in (None, "Turn on."):
        client.say(voice(0.5))
        client.send(Commit("e"))
        client.answer(text)
    assert client.types[-6:] == [
        COMMITTED,
        CREATED,
        FAILED,
        COMMITTED,
        CREATED,
        COMPLETED,
    ]


def test_items_are_completed_in_their_order() -> None:
    client = Client(VAD)
    client.say((voice(0.5) + quiet(0.5)) * 3)
    client.answer_all()
    committed = [message["item_id"] for message in client.of_type(COMMITTED)]
    completed = [message["item_id"] for message in client.of_type(COMPLETED)]
    assert completed == committed


# --- finishing ---


def test_finishing_in_silence_is_finished_at_once() -> None:
    client = Client(VAD)
    client.say(quiet(1.0))
    client.send(Finish("e"))
    assert client.types[-1] == "session.finished"
    assert client.session.finished


def test_finishing_in_speech_completes_it() -> None:
    client = Client(VAD)
    client.say(voice(0.7))
    client.send(Finish("e"))
    client.answer("Turn on.")
    assert client.types[2:] == [
        STARTED,
        STOPPED,
        COMMITTED,
        CREATED,
        COMPLETED,
        "session.finished",
    ]


FAINT = b"\x64\x00" * 11_200
"""Seven tenths of a second of what the rig's detector takes for no speech."""


@pytest.mark.parametrize("text", ["Make me a latte.", "", None])
def test_who_finishes_what_nobody_was_heard_in_may_have_heard_it(
    text: str | None,
) -> None:
    client = Client(VAD)
    client.say(quiet(0.5) + FAINT + quiet(0.3))
    client.send(Finish("e"))
    assert client.answer(text).pcm == quiet(0.5) + FAINT + quiet(0.3)
    ended = FAILED if text is None else COMPLETED
    item = [STARTED, STOPPED, COMMITTED, CREATED, ended] if text != "" else []
    assert client.types[2:] == [*item, "session.finished"]
    for started, stopped in zip(
        client.of_type(STARTED), client.of_type(STOPPED), strict=True
    ):
        assert started["audio_start_ms"] == 0
        assert stopped["audio_end_ms"] == 1500


def test_what_was_said_before_is_all_that_a_finish_completes() -> None:
    client = Client(VAD)
    client.say(voice(0.7) + quiet(0.5) + FAINT)
    client.send(Finish("e"))
    client.answer("Turn on.")
    assert client.types.count(COMPLETED) == 1
    assert client.types[-1] == "session.finished"


def test_of_what_nobody_was_heard_in_a_minute_is_kept() -> None:
    client = Client(VAD)
    client.say(quiet(70.0) + FAINT)
    client.send(Finish("e"))
    assert 60.0 <= client.answer("Stop.").seconds <= 61.0


def test_what_was_not_committed_is_completed_before_the_end() -> None:
    client = Client(MANUAL)
    client.say(voice(0.7))
    client.send(Finish("e"))
    assert client.answer("Turn on.").pcm == voice(0.7)
    assert client.types[2:] == [COMMITTED, CREATED, COMPLETED, "session.finished"]
    assert client.of_type(COMPLETED)[0]["transcript"] == "Turn on."


def test_what_follows_a_commit_is_completed_as_well_and_last() -> None:
    client = Client(MANUAL)
    client.say(voice(0.5))
    client.send(Commit("e"))
    client.say(voice(0.6))
    client.send(Finish("e"))
    client.answer("one")
    assert client.types[-1] == COMPLETED
    client.answer("two")
    assert [told["transcript"] for told in client.of_type(COMPLETED)] == ["one", "two"]
    first, second = client.of_type(COMMITTED)
    assert second["previous_item_id"] == first["item_id"]
    assert client.types[-1] == "session.finished"


def test_where_nobody_spoke_since_the_commit_the_end_has_no_item() -> None:
    client = Client(MANUAL)
    client.say(quiet(0.7))
    client.send(Finish("e"))
    client.answer("")
    assert client.types[2:] == ["session.finished"]


def test_a_few_samples_behind_a_commit_are_no_item() -> None:
    client = Client(MANUAL)
    client.say(voice(0.5))
    client.send(Commit("e"), AppendAudio("e", bytes(4)), Finish("e"))
    client.answer("Turn on.")
    assert client.types.count(COMPLETED) == 1
    assert client.types[-1] == "session.finished"


def test_an_engine_that_fails_at_the_end_is_told() -> None:
    client = Client(MANUAL)
    client.say(voice(0.7))
    client.send(Finish("e"))
    client.answer(None)
    assert client.types[2:] == [COMMITTED, CREATED, FAILED, "session.finished"]


@pytest.mark.parametrize("found", ["turn on the light", ""], ids=["words", "nothing"])
def test_an_item_of_which_an_interim_was_told_ends(found: str) -> None:
    client = Client(MANUAL)
    client.say(voice(1.2))
    client.answer("turn on")
    client.send(Finish("e"))
    client.answer(found)
    [interim], [final] = client.of_type(TEXT), client.of_type(COMPLETED)
    assert interim["item_id"] == final["item_id"]
    assert final["transcript"] == found


def test_the_end_waits_for_an_interim_under_way() -> None:
    client = Client(MANUAL)
    client.say(voice(1.5))
    client.send(Finish("e"))
    assert [work.final for work in client.work] == [False]
    client.answer()
    assert not client.session.finished
    client.answer()
    assert client.types[-2:] == [COMPLETED, "session.finished"]


def test_the_end_carries_all_that_was_said() -> None:
    client = Client(VAD)
    for text in ("Turn on the light.", "", None, "开灯。", "现在。", "And off."):
        client.say(voice(0.5) + quiet(0.5))
        client.final(text)
    client.send(Finish("e"))
    assert client.told[-1]["type"] == "session.finished"
    assert client.told[-1]["transcript"] == "Turn on the light.开灯。现在。And off."


def test_the_end_of_a_long_session_is_no_longer_than_clients_take() -> None:
    client = Client(VAD)
    for _ in range(300):
        client.say(voice(0.5) + quiet(0.5))
        client.final("关灯。" * 50)
    client.send(Finish("e"))
    assert client.told[-1]["type"] == "session.finished"
    assert len(json.dumps(client.told[-1])) < 256 * 1024


def test_a_session_keeps_no_more_of_what_was_said_than_its_end_may_carry() -> None:
    client = Client(MANUAL)
    tracemalloc.start()
    try:
        for _ in range(100):
            client.say(voice(0.5))
            client.send(Commit("e"))
            client.final("off " * 10_000)
            client.told.clear()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 1_000_000
    client.send(Finish("e"))
    assert client.told[-1]["transcript"] == ""


def test_the_end_of_a_session_in_which_nobody_spoke_carries_nothing() -> None:
    client = Client(VAD)
    client.send(Finish("e"))
    assert client.told[-1]["transcript"] == ""


def test_after_the_end_nothing_is_taken_or_told() -> None:
    client = Client(VAD)
    client.send(Finish("e"))
    told = len(client.told)
    client.say(voice(1.0))
    client.send(Commit("e"), Finish("e"), SessionUpdate("e", MANUAL))
    client.send_text("junk")
    assert len(client.told) == told


# --- changing one's mind ---


def test_a_commit_orders_the_final_and_no_draft_before_it() -> None:
    client = Client(SessionSettings(None, sample_rate=8000))
    client.send(AppendAudio("e", voice(0.498)), Commit("e"))
    assert [work.final for work in client.work] == [True]


def test_changing_to_manual_mode_in_speech_ends_the_utterance() -> None:
    client = Client(VAD)
    client.say(voice(0.7))
    client.send(SessionUpdate("e", MANUAL))
    client.answer()
    assert client.types[-6:] == [
        STARTED,
        STOPPED,
        COMMITTED,
        CREATED,
        "session.updated",
        COMPLETED,
    ]


def test_changing_the_mode_completes_what_was_not_committed() -> None:
    client = Client(MANUAL)
    client.say(voice(1.2))
    client.answer("turn on")
    client.send(SessionUpdate("e", VAD))
    client.say(voice(0.5) + quiet(0.5))
    client.answer_all()
    [interim] = client.of_type(TEXT)
    first, second = client.of_type(COMPLETED)
    assert interim["item_id"] == first["item_id"]
    assert [told["item_id"] for told in client.of_type(STARTED)] == [second["item_id"]]


def test_what_was_said_before_a_change_is_recognized_as_it_was_asked_for() -> None:
    client = Client(SessionSettings(None, "de"))
    client.say(voice(0.5))
    client.send(SessionUpdate("e", SessionSettings(ServerVad(0.0, 400), "en")))
    assert client.final().language == "de"


def test_another_sample_rate_loses_nothing_of_what_was_said_before() -> None:
    pytest.importorskip("soxr")
    client = Client(SessionSettings(None, sample_rate=8000))
    client.say(voice(0.5))
    client.send(SessionUpdate("e", MANUAL))
    client.say(voice(0.5))
    client.send(Commit("e"))
    assert client.final().seconds == 1.5


def test_times_go_on_after_a_change_of_mode() -> None:
    client = Client(MANUAL)
    client.say(quiet(2.0))
    client.answer_all("")
    client.send(SessionUpdate("e", VAD))
    client.say(quiet(0.5) + voice(0.5) + quiet(0.5))
    assert client.of_type(STARTED)[0]["audio_start_ms"] == 2500


# --- formats ---


def test_an_odd_byte_waits_for_its_other_half() -> None:
    client = Client(MANUAL)
    spoken = voice(0.5)
    for at in range(0, len(spoken), 999):
        client.send(AppendAudio("e", spoken[at : at + 999]))
    client.send(Commit("e"))
    assert client.work[0].pcm == spoken


def test_half_a_sample_before_a_commit_spoils_nothing_behind_it() -> None:
    client = Client(MANUAL)
    spoken = voice(0.5)
    for audio in (spoken + b"\1", spoken):
        client.send(AppendAudio("e", audio), Commit("e"))
        assert client.answer().pcm == spoken


def test_eight_kilohertz_are_twice_as_long() -> None:
    pytest.importorskip("soxr")
    client = Client(SessionSettings(None, sample_rate=8000))
    client.say(voice(0.5))
    client.send(Commit("e"))
    assert client.work[0].seconds == pytest.approx(1.0, abs=0.05)


def test_a_format_that_cannot_be_decoded_is_refused() -> None:
    def no_decoder(input_format: str, sample_rate: int) -> Decoder:
        raise CodecError("this server cannot decode opus")

    session = RecognizerSession("s", "m", EnergySegmenter, no_decoder)
    update = SessionUpdate("mine", SessionSettings(input_audio_format="opus"))
    reply = session.receive_message(encode_client_event(update))[0]
    assert isinstance(reply, Reply)
    assert reply.message["error"]["param"] == "session.input_audio_format"
    assert session.settings == SessionSettings()


def test_what_stands_beside_a_format_that_cannot_be_decoded_applies() -> None:
    def only_pcm(input_format: str, sample_rate: int) -> Decoder:
        if (input_format, sample_rate) != ("pcm", 16000):
            raise CodecError("this server cannot")
        return make_decoder(input_format, sample_rate)

    for asked, param in [
        (SessionSettings(None, "de", "opus"), "session.input_audio_format"),
        (SessionSettings(None, "de", sample_rate=8000), "session.sample_rate"),
    ]:
        session = RecognizerSession("s", "m", EnergySegmenter, only_pcm)
        due = session.receive_message(encode_client_event(SessionUpdate("e", asked)))
        [error] = [order.message for order in due if isinstance(order, Reply)]
        assert error["error"]["param"] == param
        assert session.settings == SessionSettings(None, "de")


def test_audio_that_cannot_be_decoded_is_an_error_and_the_session_goes_on() -> None:
    pytest.importorskip("av")
    client = Client(SessionSettings(None, input_audio_format="opus"))
    client.send(AppendAudio("mine", b"no Ogg at all, but long enough for a page"))
    assert client.told[-1]["error"]["param"] == "audio"
    assert client.told[-1]["error"]["event_id"] == "mine"


# --- whatever comes ---


SOUNDS = st.tuples(st.booleans(), st.integers(1, 15)).map(
    lambda sound: (voice if sound[0] else quiet)(sound[1] / 10)
)
SPLITS = st.integers(333, 50_000)
STEPS = st.lists(
    st.one_of(
        SOUNDS,
        st.sampled_from(["commit", "manual", "vad", "8 kHz", "answer", "fail", "junk"]),
    ),
    max_size=25,
)


SEGMENTERS = st.sampled_from([EnergySegmenter, ForesightedSegmenter])


def play(
    steps: Iterable[bytes | str],
    split: int,
    segmenter: MakeSegmenter = EnergySegmenter,
) -> tuple[Client, float]:
    """A whole session; returns the client and the milliseconds it sent."""
    client = Client(segmenter=segmenter)
    sent_ms = 0.0
    for step in steps:
        match step:
            case bytes(pcm):
                sent_ms += len(pcm) * 500 / client.session.settings.sample_rate
                for at in range(0, len(pcm), split):
                    client.send(AppendAudio("e", pcm[at : at + split]))
            case "commit":
                client.send(Commit("e"))
            case "manual":
                client.send(SessionUpdate("e", MANUAL))
            case "vad":
                client.send(SessionUpdate("e", VAD))
            case "8 kHz":
                client.send(SessionUpdate("e", TELEPHONE))
            case "answer" if client.work:
                client.answer("turn on the light")
            case "fail" if client.work:
                client.answer(None)
            case "junk":
                client.send_text('{"type":"input_audio_buffer.clear"}')
    assert "session.finished" not in client.types
    client.send(Finish("e"))
    client.answer_all()
    return client, sent_ms


def loud(pcm: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(pcm, "<i2")))


@settings(max_examples=60)
@given(STEPS, SPLITS, SEGMENTERS)
def test_the_order_of_events_keeps_the_services_five_rules(
    steps: list[bytes | str], split: int, segmenter: MakeSegmenter
) -> None:
    client, sent_ms = play(steps, split, segmenter)
    types = client.types

    assert types[0] == "session.created"
    updates = [step for step in steps if step in ("manual", "vad", "8 kHz")]
    assert types.count("session.updated") == len(updates)
    sessions = [m["session"]["id"] for m in client.told if "session" in m]
    assert sessions == ["s"] * (1 + len(updates))
    assert types.index("session.finished") == len(types) - 1
    assert types.count(STARTED) == types.count(STOPPED)
    assert types.count(COMMITTED) == types.count(COMPLETED) + types.count(FAILED)

    stages: dict[str, list[str]] = {}
    for message in client.told:
        item_id = message.get("item_id") or message.get("item", {}).get("id")
        if item_id:
            stages.setdefault(item_id, []).append(message["type"])
    for item in stages.values():
        without_text = [stage for stage in item if stage != TEXT]
        if STARTED in item:
            assert item[0] == STARTED
            assert without_text[:4] == [STARTED, STOPPED, COMMITTED, CREATED]
            assert without_text[4:] in ([COMPLETED], [FAILED])
        elif without_text:
            assert without_text[:2] == [COMMITTED, CREATED]
            assert without_text[2:] in ([COMPLETED], [FAILED])
        assert item[-1] in (COMPLETED, FAILED)

    starts = {m["item_id"]: m["audio_start_ms"] for m in client.of_type(STARTED)}
    for message in client.of_type(STOPPED):
        assert starts[message["item_id"]] <= message["audio_end_ms"] <= sent_ms

    ids = [m["event_id"] for m in client.told if "event_id" in m]
    assert len(set(ids)) == len(ids)


@settings(max_examples=60)
@given(STEPS, SPLITS, SEGMENTERS)
def test_whatever_is_said_reaches_the_engine_once(
    steps: list[bytes | str], split: int, segmenter: MakeSegmenter
) -> None:
    # A change of the rate makes other samples of it.
    steps = [step for step in steps if step != "8 kHz"]
    client = Client(segmenter=segmenter)
    heard: list[Transcribe] = []
    said = b""
    for step in [*steps, "finish"]:
        match step:
            case bytes(pcm):
                said += pcm
                for at in range(0, len(pcm), split):
                    client.send(AppendAudio("e", pcm[at : at + split]))
            case "commit":
                client.send(Commit("e"))
            case "manual":
                client.send(SessionUpdate("e", MANUAL))
            case "vad":
                client.send(SessionUpdate("e", VAD))
            case "finish":
                client.send(Finish("e"))
        while client.work:
            heard.append(client.answer())
    # What was ordered ahead is told of an item that is over, or was for nothing.
    finals = {work.item_id: work for work in heard if work.final}
    spoken = b"".join(work.pcm for work in finals.values())
    assert loud(spoken) == loud(said)


@settings(max_examples=60)
@given(st.lists(SOUNDS, max_size=10), SPLITS, SPLITS)
def test_how_the_audio_is_cut_makes_no_difference_to_what_is_recognized(
    sounds: list[bytes], one: int, other: int
) -> None:
    def finals(split: int) -> list[tuple[Any, ...]]:
        client, _ = play(["vad", *sounds], split)
        return [
            (m["type"], m.get("audio_start_ms"), m.get("audio_end_ms"))
            for m in client.told
            if m["type"] in (STARTED, STOPPED)
        ]

    assert finals(one) == finals(other)


@given(st.lists(st.text() | st.binary(), max_size=5))
def test_no_message_ends_the_session(messages: list[str | bytes]) -> None:
    client = Client(MANUAL)
    for message in messages:
        client.send_text(message)
    audio = base64.b64encode(voice(0.5)).decode()
    client.send_text(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
    client.send(Commit("e"))
    client.answer()
    assert client.types[-1] == COMPLETED


# --- what is to come of it ---


def test_until_an_utterance_is_over_it_is_to_come() -> None:
    client = Client(MANUAL)
    assert client.session.listening == 0.0
    client.say(voice(0.6))
    assert client.session.listening == pytest.approx(0.6)
    client.send(Commit("e"))
    assert client.session.listening is None
    client.say(voice(0.3))
    assert client.session.listening == pytest.approx(0.3)
    client.answer()
    client.send(Finish("e"))
    assert client.session.listening is None


def test_in_vad_mode_silence_is_no_utterance_that_is_to_come() -> None:
    client = Client(VAD)
    client.say(quiet(1.0))
    assert client.session.listening == 0.0
    client.say(voice(0.6))
    assert client.session.listening == pytest.approx(0.6, abs=0.1)


def test_what_is_said_before_the_last_is_answered_is_behind_its_own() -> None:
    client = Client(MANUAL)
    for _ in range(3):
        client.say(voice(0.6))
        client.send(Commit("e"))
    behind = [client.answer().behind_its_own for _ in range(3)]
    assert behind == [False, True, True]


def test_an_item_for_which_there_is_no_time_fails_and_the_session_goes_on() -> None:
    client = Client(MANUAL)
    client.say(voice(0.6))
    client.send(Commit("e"))
    client.receive(TooBusy(3))
    failed = client.told[-1]
    assert failed["type"] == FAILED
    assert failed["error"]["code"] == "Throttling.RateQuota"
    assert "try again in 3 s" in failed["error"]["message"]
    client.say(voice(0.6))
    client.send(Commit("e"), Finish("e"))
    client.answer("turn it off")
    assert client.told[-1]["transcript"] == "turn it off"


# --- finals before the silence is over ---


def foresighted() -> Client:
    return Client(VAD, segmenter=ForesightedSegmenter)


def test_a_final_is_ordered_before_the_silence_is_over() -> None:
    client = foresighted()
    client.say(voice(0.8) + quiet(0.1))
    [work] = client.work
    assert (work.final, work.ahead) == (True, True)
    assert work.pcm == voice(0.8) + quiet(0.1)
    assert STOPPED not in client.types


def test_a_final_that_is_there_when_the_silence_is_over_is_said_at_once() -> None:
    client = foresighted()
    client.say(voice(0.8) + quiet(0.1))
    client.answer("Turn on.", language="en")
    client.say(quiet(0.3))
    told = [kind for kind in client.types[2:] if kind != TEXT]
    assert told == [STARTED, STOPPED, COMMITTED, CREATED, COMPLETED]
    assert client.told[-1]["transcript"] == "Turn on."
    assert (client.work, client.changed) == ([], [])


def test_a_final_under_way_when_the_silence_is_over_is_waited_for() -> None:
    client = foresighted()
    client.say(voice(0.8) + quiet(0.4))
    [work] = client.work
    assert client.changed == [ConfirmOrder(work)]
    assert client.session.listening is None
    client.answer("Turn on.")
    assert client.types[-1] == COMPLETED
    assert client.work == []


def test_where_somebody_speaks_on_it_is_withdrawn_and_made_anew() -> None:
    client = foresighted()
    client.say(voice(0.6) + quiet(0.2) + voice(0.6))
    [work] = client.work
    assert client.changed == [WithdrawOrder(work)]
    client.answer(None)
    client.say(quiet(0.4))
    assert client.answer("on and off").pcm == (
        voice(0.6) + quiet(0.2) + voice(0.6) + quiet(0.1)
    )
    [completed] = client.of_type(COMPLETED)
    assert completed["transcript"] == "on and off"


@pytest.mark.parametrize("asked", [MANUAL, VAD], ids=["manual", "server_vad"])
def test_what_the_engine_hears_break_off_is_told_in_the_silence_and_with_the_final(
    asked: SessionSettings,
) -> None:
    client = Client(asked, segmenter=ForesightedSegmenter)
    client.say(voice(0.8) + quiet(0.1))
    client.receive(RecognizedText("make me a large", "en", unfinished=True))
    [interim] = client.of_type(TEXT)
    assert interim["unfinished"] is True
    client.say(quiet(0.3))
    if asked == MANUAL:
        client.send(Commit("e"))
    [completed] = client.of_type(COMPLETED)
    assert completed["unfinished"] is True


@pytest.mark.parametrize("unfinished", [True, False, None])
def test_what_the_engine_makes_of_a_pause_is_told_where_its_words_are_no_news(
    *, unfinished: bool | None
) -> None:
    client = foresighted()
    client.say(voice(1.2))
    client.answer("make me a large")
    client.say(voice(1.2))
    client.answer("make me a large")
    client.say(quiet(0.1))
    client.receive(RecognizedText("make me a large", "en", unfinished=unfinished))
    *_, before, last = client.of_type(TEXT)
    assert (last["text"], last["stash"]) == (before["text"], before["stash"])
    assert last["audio_end_ms"] > before["audio_end_ms"]
    assert last.get("unfinished") is unfinished


def test_an_engine_that_cannot_tell_whether_a_sentence_breaks_off_claims_nothing() -> (
    None
):
    client = foresighted()
    client.say(voice(0.8) + quiet(0.1))
    client.answer("make me a large")
    client.say(quiet(0.3))
    told = client.of_type(TEXT) + client.of_type(COMPLETED)
    assert len(told) == 2
    assert not any("unfinished" in message for message in told)


def test_what_was_foreseen_for_nothing_is_an_interim() -> None:
    client = foresighted()
    client.say(voice(0.6) + quiet(0.2) + voice(0.1))
    client.answer("turn on")
    assert [told["stash"] for told in client.of_type(TEXT)] == ["turn on"]
    assert client.of_type(COMPLETED) == []


def test_a_final_that_was_foreseen_is_told_of_its_item_only() -> None:
    client = foresighted()
    client.say(voice(0.6) + quiet(0.1))
    client.answer("one")
    client.say(quiet(0.3) + voice(0.6) + quiet(0.4))
    client.answer_all("two")
    assert [told["transcript"] for told in client.of_type(COMPLETED)] == ["one", "two"]


def test_what_an_engine_has_no_time_to_foresee_is_recognized_when_it_is_over() -> None:
    client = foresighted()
    client.say(voice(0.8) + quiet(0.1))
    client.answer(None)
    client.say(quiet(0.3))
    [work] = client.work
    assert not work.ahead
    client.answer("Turn on.")
    assert client.told[-1]["transcript"] == "Turn on."


def test_an_order_that_was_refused_in_the_moment_it_mattered_is_given_again() -> None:
    client = foresighted()
    client.say(voice(0.8) + quiet(0.4))
    client.answer(None)
    [work] = client.work
    assert not work.ahead
    client.receive(TooBusy(3))
    assert client.types[-1] == FAILED


def test_another_language_while_it_is_quiet_makes_the_final_anew() -> None:
    client = foresighted()
    client.say(voice(0.8) + quiet(0.2))
    client.send(SessionUpdate("e", SessionSettings(VAD.turn_detection, "de")))
    client.answer("Turn on.")
    client.say(quiet(0.3))
    assert client.answer("Licht an.").language == "de"
    assert client.told[-1]["transcript"] == "Licht an."


def test_nothing_is_foreseen_while_ones_own_final_is_under_way() -> None:
    client = foresighted()
    client.say(voice(0.8) + quiet(0.4) + voice(0.8) + quiet(0.3))
    assert len(client.work) == 1
    client.answer("one")
    client.say(quiet(0.1))
    assert not client.work[0].ahead


def test_while_it_is_quiet_no_interim_is_made() -> None:
    client = foresighted()
    client.say(voice(0.8) + quiet(0.1))
    client.answer("Turn on.")
    client.say(quiet(0.2))
    assert client.work == []


def test_no_interim_is_begun_in_silence_that_may_end_the_utterance() -> None:
    client = foresighted()
    client.say(voice(0.98) + quiet(0.08))
    assert client.work == []
    client.say(quiet(0.04))
    assert [work.ahead for work in client.work] == [True]


def test_an_interim_is_begun_where_somebody_speaks_on() -> None:
    client = foresighted()
    client.say(voice(0.95) + quiet(0.05) + voice(0.1))
    assert [work.final for work in client.work] == [False]


# --- and before the client ends the utterance ---


def patient() -> Client:
    """It waits before it commits."""
    return Client(MANUAL, segmenter=ForesightedSegmenter)


def test_a_final_is_ordered_when_the_voice_pauses_before_the_commit() -> None:
    client = patient()
    client.say(voice(0.8) + quiet(0.2))
    [work] = client.work
    assert (work.final, work.ahead) == (True, True)
    assert work.pcm == voice(0.8) + quiet(0.1)
    client.answer("Turn on.")
    assert COMMITTED not in client.types
    client.send(Commit("e"))
    assert client.types[-3:] == [COMMITTED, CREATED, COMPLETED]
    assert client.told[-1]["transcript"] == "Turn on."
    assert client.work == []


def test_a_final_under_way_at_the_commit_is_waited_for() -> None:
    client = patient()
    client.say(voice(0.8) + quiet(0.4))
    client.send(Commit("e"))
    [work] = client.work
    assert client.changed == [ConfirmOrder(work)]
    client.answer("Turn on.")
    assert client.types[-1] == COMPLETED
    assert client.work == []


def test_where_somebody_speaks_on_before_the_commit_all_of_it_is_recognized() -> None:
    client = patient()
    said = voice(0.6) + quiet(0.2) + voice(0.6)
    client.say(said)
    client.answer("turn on")
    client.send(Commit("e"))
    assert client.answer("turn on the light").pcm == said
    [completed] = client.of_type(COMPLETED)
    assert completed["transcript"] == "turn on the light"


def test_what_is_known_before_the_commit_is_shown_as_an_interim() -> None:
    client = patient()
    client.say(voice(0.6) + quiet(0.2))
    client.answer("turn on")
    [told] = client.of_type(TEXT)
    client.send(Commit("e"))
    assert told["stash"] == "turn on"
    assert client.told[-1]["item_id"] == told["item_id"]


def test_where_no_voice_was_heard_all_that_is_committed_is_recognized() -> None:
    client = patient()
    client.say(quiet(1.5))
    client.send(Commit("e"))
    assert client.final("").pcm == quiet(1.5)


def test_silence_that_nobody_waits_behind_is_recognized_with_the_rest() -> None:
    client = patient()
    client.say(voice(0.6) + quiet(1.8))
    client.answer("on")
    client.send(Commit("e"))
    assert client.answer("turn on").pcm == voice(0.6) + quiet(1.8)
    assert client.told[-1]["transcript"] == "turn on"


def test_each_commit_has_the_pauses_of_its_own_utterance() -> None:
    client = patient()
    for said in (voice(0.6), voice(0.9)):
        client.say(said + quiet(0.3))
        assert client.answer("on").pcm == said + quiet(0.1)
        client.send(Commit("e"))
    assert [told["transcript"] for told in client.of_type(COMPLETED)] == ["on", "on"]
    assert client.work == []


def test_who_ends_the_session_without_a_commit_gets_what_is_known_already() -> None:
    client = patient()
    client.say(voice(0.6) + quiet(0.3))
    client.answer("turn on")
    client.send(Finish("e"))
    assert client.work == []
    assert client.told[-2]["transcript"] == "turn on"
    assert client.types[-1] == "session.finished"


@pytest.mark.parametrize("asked", [MANUAL, VAD], ids=["manual", "server_vad"])
@settings(max_examples=100)
@given(
    st.lists(
        st.one_of(SOUNDS, st.just("answer"), st.just("commit")),
        max_size=25,
    ),
    SPLITS,
    st.booleans(),
)
def test_finals_are_of_the_same_sound_whether_foreseen_or_not(
    asked: SessionSettings, steps: list[bytes | str], split: int, finishes: bool
) -> None:
    """The engine says what it was given: how long, and how loud."""

    def said(*, foreseen: bool) -> list[str]:
        client = Client(asked, segmenter=ForesightedSegmenter)
        steps_left = [*steps, *[quiet(0.5)] * (not finishes)]
        for step in steps_left:
            if isinstance(step, bytes):
                for at in range(0, len(step), split):
                    client.send(AppendAudio("e", step[at : at + split]))
            elif step == "commit" and asked is MANUAL:
                client.send(Commit("e"))
            while client.work and (step == "answer" or not foreseen):
                work = client.work[0]
                refuse = not foreseen and (work.ahead or not work.final)
                client.answer(None if refuse else repr((work.seconds, loud(work.pcm))))
        client.send(Finish("e"))
        while client.work:
            work = client.work[0]
            client.answer(repr((work.seconds, loud(work.pcm))))
        assert client.types[-1] == "session.finished"
        return [message["transcript"] for message in client.of_type(COMPLETED)]

    assert said(foreseen=True) == said(foreseen=False)
