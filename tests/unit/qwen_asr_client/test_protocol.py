import base64
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.qwen_asr.events import (
    TRANSCRIPTION,
    FinalTranscript,
    InterimTranscript,
    ServerError,
    ServerVad,
    SessionFinished,
    SessionSettings,
    SessionUpdated,
)
from auricle.qwen_asr_client.errors import ViolationError
from auricle.qwen_asr_client.items import MOST_ITEMS
from auricle.qwen_asr_client.protocol import AsrProtocol, ProtocolState

CREATED = '{"type":"session.created","session":{"id":"s"}}'
UPDATED = '{"type":"session.updated","session":{"id":"s"}}'
FINISHED = '{"type":"session.finished"}'
NOTHING_TO_COMMIT = (
    '{"type":"error","error":{"message":'
    '"Error committing input audio buffer, maybe no invalid audio stream."}}'
)
MANUAL = SessionSettings(turn_detection=None)
VAD = SessionSettings(turn_detection=ServerVad(0.0, 400))

FRAME = 960
SECOND = 32_000


def opened(settings: SessionSettings = MANUAL) -> AsrProtocol:
    protocol = AsrProtocol(settings, "event_p")
    protocol.receive_message(CREATED)
    protocol.messages_to_send()
    protocol.receive_message(UPDATED)
    return protocol


def sent(protocol: AsrProtocol) -> list[dict[str, Any]]:
    return [json.loads(text) for text in protocol.messages_to_send()]


def types(protocol: AsrProtocol) -> list[str]:
    return [message["type"] for message in sent(protocol)]


def audio_of(messages: list[dict[str, Any]]) -> list[bytes]:
    return [base64.b64decode(m["audio"]) for m in messages if "audio" in m]


def final(item_id: str = "i", text: str = "Turn on.") -> str:
    name = f"{TRANSCRIPTION}.completed"
    return json.dumps({"type": name, "item_id": item_id, "transcript": text})


def interim(item_id: str = "i", text: str = "Turn") -> str:
    name = f"{TRANSCRIPTION}.text"
    return json.dumps({"type": name, "item_id": item_id, "text": "", "stash": text})


def started(item_id: str, audio_start_ms: int) -> str:
    name = "input_audio_buffer.speech_started"
    event = {"type": name, "item_id": item_id, "audio_start_ms": audio_start_ms}
    return json.dumps(event)


def stopped(item_id: str, audio_end_ms: int) -> str:
    name = "input_audio_buffer.speech_stopped"
    event = {"type": name, "item_id": item_id, "audio_end_ms": audio_end_ms}
    return json.dumps(event)


def committed(item_id: str) -> str:
    name = "input_audio_buffer.committed"
    return json.dumps({"type": name, "item_id": item_id})


# --- opening ---


def test_nothing_is_said_before_the_server_has_spoken() -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    protocol.send_audio(bytes(SECOND))
    assert sent(protocol) == []


def test_the_settings_are_sent_once_the_session_is_created() -> None:
    protocol = AsrProtocol(
        SessionSettings(ServerVad(0.0, 400), language="en", corpus_text="Nabu"),
        "event_p",
    )
    protocol.receive_message(CREATED)
    assert sent(protocol) == [
        {
            "event_id": "event_p_1",
            "type": "session.update",
            "session": {
                "modalities": ["text"],
                "input_audio_format": "pcm",
                "sample_rate": 16000,
                "input_audio_transcription": {
                    "language": "en",
                    "corpus": {"text": "Nabu"},
                },
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.0,
                    "silence_duration_ms": 400,
                },
            },
        }
    ]


def test_hints_that_are_no_text_can_be_sent_all_the_same() -> None:
    protocol = AsrProtocol(SessionSettings(corpus_text="half \ud83d"), "event_p")
    protocol.receive_message(CREATED)
    assert protocol.messages_to_send()[0].encode()


def test_manual_mode_is_an_explicit_null() -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    protocol.receive_message(CREATED)
    assert sent(protocol)[0]["session"]["turn_detection"] is None


def test_the_settings_are_sent_once_however_often_the_server_greets() -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    for greeting in (CREATED, UPDATED, CREATED, UPDATED):
        protocol.receive_message(greeting)
    assert types(protocol) == ["session.update"]


def test_an_update_that_nobody_asked_for_does_not_open_the_session() -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    protocol.receive_message(UPDATED)
    assert protocol.state is ProtocolState.OPENING
    assert types(protocol) == ["session.update"]


def test_audio_waits_for_the_settings_to_be_accepted() -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    protocol.receive_message(CREATED)
    protocol.send_audio(bytes(SECOND))
    assert types(protocol) == ["session.update"]


def test_what_waited_leaves_whole_and_first_in_pieces_of_a_second() -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    spoken = bytes(range(250)) * 400
    protocol.send_audio(spoken)
    protocol.receive_message(CREATED)
    protocol.messages_to_send()
    protocol.receive_message(UPDATED)
    pieces = audio_of(sent(protocol))
    assert b"".join(pieces) == spoken
    assert [len(piece) for piece in pieces] == [SECOND, SECOND, SECOND, 4000]


def test_what_is_said_and_ended_while_the_session_opens_waits_in_order() -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    protocol.send_audio(bytes(SECOND))
    protocol.send_commit()
    protocol.send_finish()
    protocol.receive_message(CREATED)
    protocol.messages_to_send()
    protocol.receive_message(UPDATED)
    assert types(protocol) == [
        "input_audio_buffer.append",
        "input_audio_buffer.commit",
        "session.finish",
    ]
    assert protocol.state is ProtocolState.FINISHING


def test_however_much_waits_all_of_it_leaves_in_portions() -> None:
    protocol = AsrProtocol(VAD, "event_p")
    for _ in range(100):
        protocol.send_audio(bytes(SECOND))
    protocol.receive_message(CREATED)
    protocol.messages_to_send()
    protocol.receive_message(UPDATED)
    portions = [sum(map(len, audio_of(sent(protocol)))) for _ in range(11)]
    assert portions == [10 * SECOND] * 10 + [0]


def test_what_ends_an_upload_leaves_behind_all_of_it() -> None:
    protocol = opened(VAD)
    protocol.send_audio(bytes(25 * SECOND))
    protocol.send_finish()
    left = [types(protocol) for _ in range(3)]
    assert left == [
        ["input_audio_buffer.append"] * 10,
        ["input_audio_buffer.append"] * 10,
        ["input_audio_buffer.append"] * 5 + ["session.finish"],
    ]


def test_an_upload_waits_for_the_finals_of_what_it_said_half_a_minute_ago() -> None:
    protocol = opened(VAD)
    protocol.send_audio(bytes(60 * SECOND))
    for number in range(2):
        protocol.messages_to_send()
        protocol.receive_message(started(f"item_{number}", 20_000 * number))
        protocol.receive_message(stopped(f"item_{number}", 20_000 * number + 15_000))
    assert types(protocol) == []
    protocol.receive_message(final("item_0"))
    assert len(types(protocol)) == 10


def test_commits_wait_for_the_finals_of_what_was_committed_half_a_minute_ago() -> None:
    """Five utterances of 30 s; the server tells of a commit, and no times."""
    protocol = opened()
    for _ in range(5):
        protocol.send_audio(bytes(30 * SECOND))
        protocol.send_commit()
    for number in range(5):
        left: list[str] = []
        while "input_audio_buffer.commit" not in left:
            left = types(protocol)
            assert left, f"utterance {number} waits for ever"
        protocol.receive_message(committed(f"item_{number}"))
        assert types(protocol) == []
        protocol.receive_message(final(f"item_{number}"))


@pytest.mark.parametrize("answer", ["final", "nothing to commit"])
def test_a_commit_that_the_server_does_not_tell_of_holds_no_later_one_back(
    answer: str,
) -> None:
    protocol = opened()
    for seconds in (40, 1):
        protocol.send_audio(bytes(seconds * SECOND))
        protocol.send_commit()
    while types(protocol):
        pass
    protocol.receive_message(final() if answer == "final" else NOTHING_TO_COMMIT)
    protocol.receive_message(committed("of a second"))
    protocol.send_audio(bytes(SECOND))
    assert types(protocol) == ["input_audio_buffer.append"]


def test_finals_that_are_lost_do_not_add_up_until_nothing_leaves_any_more() -> None:
    """Of ten utterances of 10 s, each second one has a final."""
    protocol = opened(VAD)
    for number in range(10):
        protocol.send_audio(bytes(10 * SECOND))
        assert len(types(protocol)) == 10
        protocol.receive_message(started(f"item_{number}", 10_000 * number))
        protocol.receive_message(stopped(f"item_{number}", 10_000 * (number + 1)))
        if number % 2:
            protocol.receive_message(final(f"item_{number}"))


def test_a_voice_that_does_not_end_holds_nothing_back() -> None:
    protocol = opened(VAD)
    protocol.send_audio(bytes(60 * SECOND))
    protocol.messages_to_send()
    protocol.receive_message(started("item", 0))
    assert sum(len(types(protocol)) for _ in range(5)) == 50


def test_a_refused_update_is_reported_and_opens_nothing() -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    protocol.receive_message(CREATED)
    heard = protocol.receive_message(
        '{"type":"error","error":{"type":"invalid_request_error",'
        '"code":"invalid_value","message":"no","param":"session.sample_rate"}}'
    )
    assert heard == [
        ServerError(
            "invalid_request_error", "invalid_value", "no", "session.sample_rate"
        )
    ]
    assert protocol.state is ProtocolState.OPENING


# --- audio ---


def test_live_audio_leaves_two_frames_a_message() -> None:
    protocol = opened()
    lengths = []
    for _ in range(6):
        protocol.send_audio(bytes(FRAME))
        lengths.append([len(pcm) for pcm in audio_of(sent(protocol))])
    assert lengths == [[], [2 * FRAME]] * 3


def test_a_commit_takes_the_last_frame_along() -> None:
    protocol = opened()
    for _ in range(5):
        protocol.send_audio(bytes(FRAME))
    protocol.send_commit()
    messages = sent(protocol)
    assert [len(pcm) for pcm in audio_of(messages)] == [5 * FRAME]
    assert messages[-1]["type"] == "input_audio_buffer.commit"


def test_every_message_has_an_id_of_its_own() -> None:
    protocol = opened()
    for _ in range(3):
        protocol.send_audio(bytes(SECOND))
        protocol.send_commit()
    ids = [message["event_id"] for message in sent(protocol)]
    assert len(set(ids)) == len(ids) == 6


@given(st.lists(st.binary(max_size=3 * FRAME), max_size=20), st.data())
def test_audio_arrives_as_it_was_said_however_it_is_cut(
    pieces: list[bytes], data: st.DataObject
) -> None:
    protocol = opened(VAD)
    arrived: list[bytes] = []
    for piece in pieces:
        protocol.send_audio(piece)
        match data.draw(st.sampled_from(["wait", "send", "update"])):
            case "send":
                arrived += audio_of(sent(protocol))
            case "update":
                protocol.send_update(VAD)
    protocol.send_finish()
    arrived += audio_of(sent(protocol))
    said = b"".join(pieces)
    assert b"".join(arrived) == said[: len(said) // 2 * 2]
    assert not [pcm for pcm in arrived if len(pcm) % 2], "half a sample is no sound"


def test_half_a_sample_waits_for_its_other_half_behind_an_update() -> None:
    protocol = opened(VAD)
    protocol.send_audio(b"\1" * 3)
    protocol.send_update(MANUAL)
    protocol.send_audio(b"\2" * 3199)
    assert protocol.send_commit() == []
    assert audio_of(sent(protocol)) == [b"\1\1", b"\1" + b"\2" * 3199]


def test_audio_that_was_handed_over_is_counted() -> None:
    protocol = opened()
    protocol.send_audio(bytes(SECOND))
    assert protocol.sent_seconds == 0
    protocol.messages_to_send()
    assert protocol.sent_seconds == 1


def test_eight_kilohertz_are_half_the_bytes() -> None:
    protocol = opened(SessionSettings(None, sample_rate=8000))
    protocol.send_audio(bytes(SECOND))
    assert [len(pcm) for pcm in audio_of(sent(protocol))] == [16_000, 16_000]
    assert protocol.sent_seconds == 2


# --- ends ---


@pytest.mark.parametrize("length", [0, 2, 3198])
def test_less_than_a_tenth_of_a_second_is_not_committed(length: int) -> None:
    protocol = opened()
    protocol.send_audio(bytes(length))
    assert protocol.send_commit() == [FinalTranscript("unnamed_1", "")]
    assert "input_audio_buffer.commit" not in types(protocol)


def test_a_tenth_of_a_second_is_committed() -> None:
    protocol = opened()
    protocol.send_audio(bytes(3200))
    assert protocol.send_commit() == []


def test_a_commit_that_found_nothing_is_an_empty_final() -> None:
    protocol = opened()
    protocol.send_audio(bytes(SECOND))
    protocol.send_commit()
    assert protocol.receive_message(NOTHING_TO_COMMIT) == [
        FinalTranscript("unnamed_1", "")
    ]


def test_a_commit_that_found_nothing_ends_the_item_whose_text_came_before() -> None:
    protocol = opened()
    protocol.send_audio(bytes(SECOND))
    protocol.receive_message(interim("i"))
    protocol.send_commit()
    assert protocol.receive_message(NOTHING_TO_COMMIT) == [FinalTranscript("i", "")]


def test_an_error_about_a_commit_that_was_answered_means_nothing() -> None:
    protocol = opened()
    protocol.send_audio(bytes(SECOND))
    protocol.send_commit()
    protocol.receive_message(final())
    assert protocol.receive_message(NOTHING_TO_COMMIT) == []


def test_what_was_said_in_server_vad_is_not_committed_in_manual_mode() -> None:
    protocol = opened(VAD)
    protocol.send_audio(bytes(SECOND))
    protocol.send_update(MANUAL)
    assert protocol.send_commit() == [FinalTranscript("unnamed_1", "")]
    assert types(protocol) == ["input_audio_buffer.append", "session.update"]


def test_a_commit_that_found_nothing_ends_no_item_that_the_server_has_ended() -> None:
    protocol = opened(VAD)
    protocol.send_audio(bytes(SECOND))
    protocol.receive_message(committed("of the VAD"))
    protocol.send_update(MANUAL)
    protocol.send_audio(bytes(SECOND))
    protocol.send_commit()
    [empty] = protocol.receive_message(NOTHING_TO_COMMIT)
    assert empty == FinalTranscript("unnamed_1", "")
    assert protocol.receive_message(final("of the VAD")) == [
        FinalTranscript("of the VAD", "Turn on.")
    ]


@pytest.mark.parametrize("ends", ["committed", "speech_stopped"])
def test_a_late_final_of_server_vad_answers_no_commit(ends: str) -> None:
    protocol = opened(VAD)
    protocol.send_audio(bytes(SECOND))
    ended = {"type": f"input_audio_buffer.{ends}", "item_id": "of the VAD"}
    protocol.receive_message(json.dumps(ended))
    protocol.send_update(MANUAL)
    protocol.send_audio(bytes(SECOND))
    protocol.send_commit()
    protocol.receive_message(final("of the VAD"))
    assert protocol.receive_message(NOTHING_TO_COMMIT) == [
        FinalTranscript("unnamed_1", "")
    ]


def test_finishing_twice_is_finishing_once() -> None:
    protocol = opened()
    protocol.send_finish()
    protocol.send_finish()
    assert types(protocol) == ["session.finish"]
    protocol.send_finish()
    assert types(protocol) == []


def test_dropping_leaves_the_farewell_only() -> None:
    protocol = opened()
    protocol.send_audio(bytes(SECOND))
    protocol.send_commit()
    protocol.send_audio(bytes(SECOND))
    protocol.drop_unsent()
    protocol.send_finish()
    assert types(protocol) == ["session.finish"]


def test_dropping_does_not_take_back_the_farewell() -> None:
    protocol = opened()
    protocol.send_audio(bytes(SECOND))
    protocol.send_finish()
    protocol.drop_unsent()
    assert types(protocol) == ["session.finish"]


def test_the_session_is_finished_when_the_server_says_so() -> None:
    protocol = opened()
    protocol.send_finish()
    protocol.messages_to_send()
    assert protocol.receive_message(FINISHED) == [SessionFinished()]
    assert protocol.state is ProtocolState.FINISHED


def test_after_the_end_nothing_is_heard() -> None:
    protocol = opened()
    protocol.send_finish()
    protocol.messages_to_send()
    protocol.receive_message(FINISHED)
    assert protocol.receive_message(final()) == []


@pytest.mark.parametrize("greetings", [[], [CREATED], [CREATED, UPDATED]])
def test_an_end_that_nobody_asked_for_is_impossible(greetings: list[str]) -> None:
    protocol = AsrProtocol(VAD, "event_p")
    for greeting in greetings:
        protocol.receive_message(greeting)
        protocol.messages_to_send()
    with pytest.raises(ViolationError, match=r"session\.finished"):
        protocol.receive_message(FINISHED)


# --- transcripts ---


def test_a_final_comes_once() -> None:
    protocol = opened(VAD)
    assert protocol.receive_message(final()) == [FinalTranscript("i", "Turn on.")]
    assert protocol.receive_message(final()) == []


def test_an_interim_never_follows_its_final() -> None:
    protocol = opened(VAD)
    protocol.receive_message(final())
    assert protocol.receive_message(interim()) == []


def test_an_interim_replaces_the_one_before() -> None:
    protocol = opened(VAD)
    protocol.receive_message(interim(text="Turn"))
    assert protocol.receive_message(interim(text="Turn on")) == [
        InterimTranscript("i", "", "Turn on")
    ]


def test_pieces_of_the_delta_dialect_are_put_together_by_item() -> None:
    protocol = opened(VAD)
    name = f"{TRANSCRIPTION}.delta"
    heard = []
    for item_id, delta in [("a", "turn "), ("b", "dim "), ("a", "on"), ("b", "it")]:
        message = json.dumps({"type": name, "item_id": item_id, "delta": delta})
        heard += protocol.receive_message(message)
    assert [(e.item_id, e.text) for e in heard if isinstance(e, InterimTranscript)] == [
        ("a", "turn "),
        ("b", "dim "),
        ("a", "turn on"),
        ("b", "dim it"),
    ]


def test_a_nameless_final_said_again_is_not_a_second_one() -> None:
    protocol = opened(VAD)
    nameless = final(item_id="")
    assert len(protocol.receive_message(nameless)) == 1
    assert protocol.receive_message(nameless) == []


def test_nameless_finals_answer_the_commits_in_order() -> None:
    protocol = opened()
    for _ in range(2):
        protocol.send_audio(bytes(SECOND))
        protocol.send_commit()
    heard = [
        protocol.receive_message(final("", text)) for text in ("one", "two", "two")
    ]
    assert heard == [
        [FinalTranscript("unnamed_1", "one")],
        [FinalTranscript("unnamed_2", "two")],
        [],
    ]


@pytest.mark.parametrize("message", [final, interim])
def test_a_server_that_names_items_without_end_is_not_listened_to(
    message: Callable[[str], str],
) -> None:
    protocol = opened()
    for number in range(MOST_ITEMS):
        protocol.receive_message(message(f"item_{number}"))
    with pytest.raises(ViolationError):
        protocol.receive_message(message("one too many"))


def test_a_long_session_has_as_many_items_as_its_audio_can_hold() -> None:
    protocol = opened(VAD)
    for number in range(2 * MOST_ITEMS):
        protocol.send_audio(bytes(SECOND))
        protocol.messages_to_send()
        assert protocol.receive_message(final(f"item_{number}"))


def test_however_short_they_are_a_session_takes_any_number_of_utterances() -> None:
    protocol = opened()
    for number in range(5 * MOST_ITEMS):
        protocol.send_audio(bytes(SECOND // 10))
        protocol.send_commit()
        protocol.messages_to_send()
        assert protocol.receive_message(committed(f"item_{number}"))
        assert protocol.receive_message(final(f"item_{number}"))


# --- what is answered ---


def test_answered_is_what_lies_before_the_end_of_the_last_item() -> None:
    protocol = opened(VAD)
    protocol.receive_message(started("a", 500))
    protocol.receive_message(stopped("a", 2000))
    assert protocol.answered_seconds == 0.0
    protocol.receive_message(final("a"))
    assert protocol.answered_seconds == 2.0


def test_a_final_that_overtakes_another_answers_nothing_before_that_one() -> None:
    protocol = opened(VAD)
    protocol.receive_message(started("a", 500))
    protocol.receive_message(stopped("a", 2000))
    protocol.receive_message(started("b", 2500))
    protocol.receive_message(stopped("b", 4000))
    protocol.receive_message(final("b"))
    assert protocol.answered_seconds == 0.5
    protocol.receive_message(final("a"))
    assert protocol.answered_seconds == 4.0


def test_a_server_that_tells_no_times_has_answered_nothing_for_certain() -> None:
    protocol = opened(VAD)
    protocol.receive_message('{"type":"input_audio_buffer.speech_stopped"}')
    protocol.receive_message(final(""))
    assert protocol.answered_seconds == 0.0


SERVER_MESSAGES = [
    CREATED,
    UPDATED,
    NOTHING_TO_COMMIT,
    *(final(item) for item in ("a", "b", "")),
    *(interim(item) for item in ("a", "b", "")),
    *(
        json.dumps({"type": f"input_audio_buffer.{name}", "item_id": item})
        for name in ("speech_started", "speech_stopped", "committed")
        for item in ("a", "b", "")
    ),
    *(
        json.dumps({"type": f"{TRANSCRIPTION}.delta", "item_id": item, "delta": "x"})
        for item in ("a", "")
    ),
    '{"type":"conversation.item.created","item":{"id":"a"}}',
    '{"type":"conversation.item.created"}',
    "junk",
]
STEPS = st.lists(
    st.sampled_from([*SERVER_MESSAGES, "audio", "commit", "take"]), max_size=60
)


@given(STEPS)
def test_in_any_order_each_item_ends_once_and_is_silent_after(steps: list[str]) -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    ended: set[str] = set()
    for step in steps:
        heard = []
        match step:
            case "audio":
                protocol.send_audio(bytes(SECOND // 20))
            case "commit":
                heard = protocol.send_commit()
            case "take":
                protocol.messages_to_send()
            case message:
                heard = protocol.receive_message(message)
        for event in heard:
            if isinstance(event, FinalTranscript | InterimTranscript):
                assert event.item_id
                assert event.item_id not in ended
            if isinstance(event, FinalTranscript):
                ended.add(event.item_id)


@given(STEPS)
def test_in_any_order_the_wire_is_update_then_audio_then_commit(
    steps: list[str],
) -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    wire: list[str] = []
    for step in steps:
        match step:
            case "audio":
                protocol.send_audio(bytes(SECOND // 20))
            case "commit":
                protocol.send_commit()
            case "take":
                wire += types(protocol)
            case message:
                protocol.receive_message(message)
    wire += types(protocol)
    assert wire.count("session.update") <= 1
    assert wire[:1] in ([], ["session.update"])
    for before, kind in itertools.pairwise(wire):
        if kind == "input_audio_buffer.commit":
            assert before == "input_audio_buffer.append"


# --- other settings, and other formats ---


def test_an_update_leaves_between_what_was_said_before_and_what_is_said_after() -> None:
    protocol = opened()
    protocol.send_audio(b"\1" * FRAME)
    event_id = protocol.send_update(VAD)
    protocol.send_audio(b"\2" * FRAME * 4)
    messages = sent(protocol) + sent(protocol)
    assert audio_of(messages) == [b"\1" * FRAME, b"\2" * FRAME * 4]
    assert messages[1]["type"] == "session.update"
    assert messages[1]["event_id"] == event_id
    assert messages[1]["session"]["turn_detection"]["silence_duration_ms"] == 400


def test_each_update_that_was_asked_for_is_answered_once() -> None:
    protocol = opened()
    protocol.send_update(VAD)
    protocol.messages_to_send()
    assert protocol.receive_message(UPDATED) == [SessionUpdated("s")]
    assert protocol.receive_message(UPDATED) == []


class Halving:
    """An encoder with half a second in mind."""

    def __init__(self) -> None:
        self.waiting = b""

    def encode(self, pcm: bytes) -> bytes:
        self.waiting += pcm[::2]
        ready, self.waiting = self.waiting[:-8_000], self.waiting[-8_000:]
        return ready

    def complete(self) -> bytes:
        ready, self.waiting = self.waiting, b""
        return ready


def test_what_an_encoder_holds_back_leaves_before_the_commit() -> None:
    protocol = AsrProtocol(MANUAL, "event_p", Halving())
    protocol.receive_message(CREATED)
    protocol.messages_to_send()
    protocol.receive_message(UPDATED)
    spoken = bytes(range(256)) * 375
    protocol.send_audio(spoken)
    protocol.send_commit()
    messages = sent(protocol)
    assert b"".join(audio_of(messages)) == spoken[::2]
    assert messages[-1]["type"] == "input_audio_buffer.commit"
    assert protocol.sent_seconds == len(spoken) / SECOND


def test_how_much_waits_is_told() -> None:
    protocol = AsrProtocol(MANUAL, "event_p")
    protocol.send_audio(bytes(SECOND))
    protocol.send_commit()
    protocol.send_audio(bytes(SECOND))
    assert protocol.unsent_seconds == 2.0
