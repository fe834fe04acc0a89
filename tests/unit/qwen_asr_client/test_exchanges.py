"""Recorded exchanges, replayed: what the client would send, and what it hears."""

import json
from typing import Any

import pytest

from auricle.qwen_asr.events import (
    FinalTranscript,
    InterimTranscript,
    ServerEvent,
    ServerVad,
    SessionFinished,
    SessionSettings,
    SpeechStarted,
    SpeechStopped,
    TranscriptionFailed,
)
from auricle.qwen_asr_client.protocol import AsrProtocol, ProtocolState
from rigs.recognizer.exchange_file import FOLDER, read_exchange

LIGHT = "Turn on the kitchen light."
RADIO = "And the radio."
FINALS = {
    "delta": [LIGHT],
    "delta_with_text": [LIGHT],
    "final_twice": [LIGHT],
    "manual": [LIGHT],
    "manual_nothing_to_commit": [""],
    "manual_text_after_commit": [LIGHT],
    "manual_two_commits": [LIGHT, RADIO],
    "manual_without_ids": [LIGHT, RADIO],
    "server_vad": [LIGHT],
    "server_vad_announced_early": [LIGHT],
    "server_vad_empty_final": [""],
    "server_vad_failed": [],
    "server_vad_finals_out_of_order": [RADIO, LIGHT],
    "server_vad_finished_in_speech": [LIGHT],
    "server_vad_late_final": [LIGHT, RADIO],
    "server_vad_silence": [],
    "server_vad_without_stopped": [LIGHT],
    "text_after_final": [LIGHT],
    "updated_on_connecting": [LIGHT],
    "without_ids": [LIGHT, RADIO],
}


class Replay:
    """Plays the client's part of an exchange, and keeps what came of it."""

    def __init__(self, name: str) -> None:
        self.recorded: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.heard: list[ServerEvent] = []
        lines = read_exchange(FOLDER / f"{name}.jsonl")
        update = next(line.message for line in lines if not line.from_server)
        self.protocol = AsrProtocol(_settings(update["session"]), "event_ab12")
        for line in lines:
            if line.from_server:
                self.heard += self.protocol.receive_message(line.text)
            else:
                self.recorded.append(_comparable(line.message))
                self._say(line.message)
            self.sent += [
                _comparable(json.loads(text))
                for text in self.protocol.messages_to_send()
            ]

    def _say(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "input_audio_buffer.append":
                self.protocol.send_audio(bytes(message["audio"]))
            case "input_audio_buffer.commit":
                self.heard += self.protocol.send_commit()
            case "session.finish":
                self.protocol.send_finish()


def _settings(session: dict[str, Any]) -> SessionSettings:
    vad = session["turn_detection"]
    return SessionSettings(
        turn_detection=vad and ServerVad(vad["threshold"], vad["silence_duration_ms"]),
        language=session["input_audio_transcription"].get("language"),
    )


def _comparable(message: dict[str, Any]) -> dict[str, Any]:
    message = {key: message[key] for key in message if key != "event_id"}
    if isinstance(message.get("audio"), str):
        message["audio"] = len(message["audio"]) // 4 * 3 - message["audio"].count("=")
    return message


@pytest.fixture(params=sorted(FINALS))
def replay(request: pytest.FixtureRequest) -> Replay:
    return Replay(request.param)


def test_every_recorded_exchange_is_replayed() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.jsonl")) == sorted(FINALS)


def test_the_client_sends_what_was_recorded(replay: Replay) -> None:
    assert replay.sent == replay.recorded


def test_the_session_ends_finished_and_in_nothing_else(replay: Replay) -> None:
    assert replay.heard[-1] == SessionFinished()
    assert replay.protocol.state is ProtocolState.FINISHED


def test_an_item_ends_once_and_is_not_heard_of_again(replay: Replay) -> None:
    ended: set[str] = set()
    for event in replay.heard:
        item_id = getattr(event, "item_id", None)
        assert item_id not in ended
        if isinstance(event, FinalTranscript | TranscriptionFailed):
            ended.add(event.item_id)


def test_every_event_of_an_item_names_it(replay: Replay) -> None:
    items = [e.item_id for e in replay.heard if hasattr(e, "item_id")]
    assert all(items)


def test_each_interim_is_the_beginning_of_its_items_final(replay: Replay) -> None:
    finals = {e.item_id: e.text for e in replay.heard if isinstance(e, FinalTranscript)}
    for event in replay.heard:
        if isinstance(event, InterimTranscript):
            assert finals[event.item_id].startswith(event.text)


@pytest.mark.parametrize("name", sorted(FINALS))
def test_the_finals_are_those_that_were_recorded(name: str) -> None:
    heard = Replay(name).heard
    finals = [event.text for event in heard if isinstance(event, FinalTranscript)]
    assert finals == FINALS[name]


def test_a_failed_item_is_told_with_its_reason() -> None:
    heard = Replay("server_vad_failed").heard
    assert [e.code for e in heard if isinstance(e, TranscriptionFailed)] == [
        "internal_error"
    ]


def test_without_ids_the_events_of_two_utterances_are_told_apart() -> None:
    heard = Replay("without_ids").heard
    of_item = [
        (type(e).__name__, e.item_id)
        for e in heard
        if isinstance(e, SpeechStarted | SpeechStopped | FinalTranscript)
    ]
    assert of_item == [
        ("SpeechStarted", "unnamed_1"),
        ("SpeechStopped", "unnamed_1"),
        ("FinalTranscript", "unnamed_1"),
        ("SpeechStarted", "unnamed_2"),
        ("SpeechStopped", "unnamed_2"),
        ("FinalTranscript", "unnamed_2"),
    ]
