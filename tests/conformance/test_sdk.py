"""The service's own SDK, unmodified, cannot tell us from the service."""

from itertools import pairwise
from pathlib import Path

import pytest

from auricle.audio.files.recording import read_recording
from benchmarks.recognizer.scoring import score, sentences
from benchmarks.recognizer.scoring import words as scored_words
from rigs.audio.speech import at_rate, say, silence
from rigs.recognizer.foreign_clients import (
    TRANSCRIPTION,
    Served,
    Session,
    Step,
    run_sdk,
    words,
)

# LibriVox, from Debian's pocketsphinx-testdata.
READER = Path("/usr/share/pocketsphinx/test/data/librivox")
LIGHT = "turn on the kitchen light"
DOOR = "close the garage door"
MANUAL: Step = ["update_session", {"enable_turn_detection": False}, {"language": "en"}]
VAD: Step = [
    "update_session",
    {"turn_detection_threshold": 0.0, "turn_detection_silence_duration_ms": 400},
    {"language": "en"},
]
COMPLETED = f"{TRANSCRIPTION}.completed"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("audio")


@pytest.fixture(scope="session")
def light(folder: Path) -> Step:
    """The step that says it, ten times as fast as a person would."""
    return append(folder / "light.pcm", silence(0.5) + say(LIGHT) + silence(1))


@pytest.fixture(scope="session")
def door(folder: Path) -> Step:
    return append(folder / "door.pcm", silence(0.5) + say(DOOR) + silence(1))


def append(path: Path, pcm: bytes, *, chunk: int = 3200, pause: float = 0.01) -> Step:
    path.write_bytes(pcm)
    return ["append", str(path), chunk, pause]


def assert_well_ordered(session: Session) -> None:
    """The five rules that sessions of the service keep."""
    types = session.types
    assert types[:2] == ["session.created", "session.updated"]
    assert types[-1] == "session.finished"
    [created, updated] = session.events[:2]
    assert created["session"]["id"] == updated["session"]["id"]
    committed = [e["item_id"] for e in session.of("input_audio_buffer.committed")]
    assert [e["item_id"] for e in session.of(COMPLETED)] == committed
    for item in committed:
        of_item = [e["type"] for e in session.events if e.get("item_id") == item]
        stages = [name for name in of_item if not name.endswith(".text")]
        assert stages in (
            ["input_audio_buffer.committed", COMPLETED],
            [
                "input_audio_buffer.speech_started",
                "input_audio_buffer.speech_stopped",
                "input_audio_buffer.committed",
                COMPLETED,
            ],
        )
        assert of_item[-1] == COMPLETED


def test_in_vad_mode_each_command_is_transcribed(
    served: Served, sdk: Path, light: Step, door: Step
) -> None:
    session = run_sdk(
        sdk, served, ["connect"], VAD, light, door, ["end_session"], ["close"]
    )
    assert_well_ordered(session)
    assert [words(text) for text in session.transcripts] == [
        LIGHT.split(),
        DOOR.split(),
    ]
    assert session.raised["end_session"] is None


def test_in_vad_mode_times_are_those_of_the_audio(
    served: Served, sdk: Path, light: Step, door: Step
) -> None:
    session = run_sdk(sdk, served, ["connect"], VAD, light, door, ["end_session"])
    seconds = [
        e["audio_start_ms"] for e in session.of("input_audio_buffer.speech_started")
    ]
    stops = [e["audio_end_ms"] for e in session.of("input_audio_buffer.speech_stopped")]
    spoken = 500 + len(say(LIGHT)) // 32
    assert 100 < seconds[0] < 600
    assert spoken < stops[0] < spoken + 700
    assert stops[0] <= seconds[1]


def test_in_manual_mode_a_commit_is_an_utterance(
    served: Served, sdk: Path, light: Step, door: Step
) -> None:
    session = run_sdk(
        sdk,
        served,
        ["connect"],
        MANUAL,
        light,
        ["commit"],
        ["wait", COMPLETED, 1],
        door,
        ["commit"],
        ["wait", COMPLETED, 2],
        ["end_session"],
    )
    assert_well_ordered(session)
    assert [words(text) for text in session.transcripts] == [
        LIGHT.split(),
        DOOR.split(),
    ]
    items = session.of("conversation.item.created")
    assert [e["item"]["id"] for e in items] == [
        e["item_id"] for e in session.of(COMPLETED)
    ]
    assert items[1]["previous_item_id"] == items[0]["item"]["id"]


def test_commit_and_end_back_to_back_lose_nothing(
    served: Served, sdk: Path, light: Step
) -> None:
    session = run_sdk(
        sdk, served, ["connect"], MANUAL, light, ["commit"], ["end_session"]
    )
    assert_well_ordered(session)
    assert words(*session.transcripts) == LIGHT.split()


def test_ending_in_the_middle_of_speech_transcribes_what_was_said(
    served: Served, sdk: Path, folder: Path
) -> None:
    cut = append(folder / "cut.pcm", silence(0.5) + say(LIGHT))
    session = run_sdk(sdk, served, ["connect"], VAD, cut, ["end_session"])
    assert_well_ordered(session)
    assert words(*session.transcripts) == LIGHT.split()


def test_ending_in_silence_is_finished_without_an_item(
    served: Served, sdk: Path, folder: Path
) -> None:
    nothing = append(folder / "nothing.pcm", silence(2))
    session = run_sdk(sdk, served, ["connect"], VAD, nothing, ["end_session"])
    assert session.types == ["session.created", "session.updated", "session.finished"]


def test_a_client_that_only_closes_is_closed(
    served: Served, sdk: Path, light: Step
) -> None:
    session = run_sdk(sdk, served, ["connect"], MANUAL, light, ["close"])
    assert session.raised == dict.fromkeys(
        ["connect", "update_session", "append", "close"]
    )


def test_interim_transcripts_come_while_somebody_speaks(
    served: Served, sdk: Path, folder: Path
) -> None:
    question = folder / "question.pcm"
    question.write_bytes(say("what is the temperature in the living room"))
    session = run_sdk(
        sdk,
        served,
        ["connect"],
        VAD,
        ["append_until", f"{TRANSCRIPTION}.text", 2, str(question)],
        ["end_session"],
    )
    assert_well_ordered(session)
    interims = session.of(f"{TRANSCRIPTION}.text")
    assert interims
    for event in interims:
        assert words(event["text"] + event["stash"])
        assert event["language"] == "en"
        assert "emotion" not in event
    texts = [event["text"] for event in interims]
    assert all(after.startswith(before) for before, after in pairwise(texts))


def test_a_session_without_transcription_parameters_is_recognized(
    served: Served, sdk: Path, light: Step
) -> None:
    plain: Step = ["update_session", {}, None]
    session = run_sdk(sdk, served, ["connect"], plain, light, ["end_session"])
    assert_well_ordered(session)
    assert words(*session.transcripts) == LIGHT.split()


def test_a_session_that_is_never_configured_is_recognized(
    served: Served, sdk: Path, light: Step
) -> None:
    session = run_sdk(sdk, served, ["connect"], light, ["end_session"])
    assert session.types[0] == "session.created"
    assert words(*session.transcripts) == LIGHT.split()


def test_words_to_expect_are_expected(served: Served, sdk: Path, folder: Path) -> None:
    call = append(
        folder / "call.pcm", silence(0.3) + say("call Catherine") + silence(0.5)
    )
    expecting: Step = [
        "update_session",
        {"enable_turn_detection": False},
        {"language": "en", "corpus_text": "Kathryn"},
    ]
    session = run_sdk(
        sdk, served, ["connect"], expecting, call, ["commit"], ["end_session"]
    )
    assert words(*session.transcripts) == ["call", "kathryn"]


def test_eight_kilohertz_are_recognized(
    served: Served, sdk: Path, folder: Path
) -> None:
    pcm = silence(0.5) + say(LIGHT) + silence(1)
    telephone = append(folder / "telephone.pcm", at_rate(pcm, 8000))
    session = run_sdk(
        sdk,
        served,
        ["connect"],
        ["update_session", {}, {"language": "en", "sample_rate": 8000}],
        telephone,
        ["end_session"],
    )
    assert words(*session.transcripts) == LIGHT.split()


def test_an_append_of_four_bytes_and_one_of_a_minute_are_taken(
    served: Served, sdk: Path, folder: Path
) -> None:
    tiny = append(folder / "tiny.pcm", silence(0.01), chunk=4, pause=0)
    giant = folder / "giant.pcm"
    whole = append(giant, say(LIGHT) + silence(55), chunk=2**21)
    session = run_sdk(sdk, served, ["connect"], VAD, tiny, whole, ["end_session"])
    assert_well_ordered(session)
    assert words(*session.transcripts) == LIGHT.split()


def test_an_append_over_the_limit_is_an_error_and_the_session_goes_on(
    served: Served, sdk: Path, folder: Path, light: Step
) -> None:
    # 12 MiB are 16 MiB of base64; 15 are allowed.
    oversize = append(folder / "oversize.pcm", bytes(12 * 2**20), chunk=12 * 2**20)
    session = run_sdk(
        sdk,
        served,
        ["connect"],
        VAD,
        oversize,
        ["wait", "error", 1],
        light,
        ["end_session"],
    )
    [refused] = session.of("error")
    assert refused["error"]["type"] == "invalid_request_error"
    assert refused["error"]["param"] == "audio"
    assert refused["error"]["event_id"].startswith("event_")
    assert words(*session.transcripts) == LIGHT.split()


@pytest.mark.parametrize("mode", [VAD, MANUAL], ids=["vad", "manual"])
def test_a_commit_of_nothing_is_the_services_error(
    served: Served, sdk: Path, mode: Step
) -> None:
    session = run_sdk(
        sdk,
        served,
        ["connect"],
        mode,
        ["commit"],
        ["wait", "error", 1],
        ["end_session"],
    )
    [refused] = session.of("error")
    assert refused["error"]["message"] == (
        "Error committing input audio buffer, maybe no invalid audio stream."
    )
    assert session.types[-1] == "session.finished"


def test_a_value_out_of_range_is_refused_by_its_path(served: Served, sdk: Path) -> None:
    impossible: Step = [
        "update_session",
        {"turn_detection_silence_duration_ms": 100},
        {"language": "en"},
    ]
    session = run_sdk(
        sdk, served, ["connect"], impossible, ["wait", "error", 1], ["close"]
    )
    [refused] = session.of("error")
    assert refused["error"]["code"] == "invalid_value"
    assert refused["error"]["param"] == "session.turn_detection.silence_duration_ms"


def test_a_manual_client_whose_language_is_refused_is_transcribed_all_the_same(
    served: Served, sdk: Path, light: Step
) -> None:
    chinese: Step = [
        "update_session",
        {"enable_turn_detection": False},
        {"language": "zh"},
    ]
    session = run_sdk(
        sdk, served, ["connect"], chinese, light, ["commit"], ["end_session"]
    )
    [refused] = session.of("error")
    assert refused["error"]["param"] == "session.input_audio_transcription.language"
    assert refused["error"]["message"].endswith(
        "The other fields of this session.update apply."
    )
    assert "session.updated" not in session.types
    assert "input_audio_buffer.speech_started" not in session.types
    assert session.types[-1] == "session.finished"
    assert words(*session.transcripts) == LIGHT.split()


def test_what_was_not_committed_is_transcribed_before_the_end(
    served: Served, sdk: Path, light: Step, door: Step
) -> None:
    session = run_sdk(
        sdk, served, ["connect"], MANUAL, light, ["commit"], door, ["end_session"]
    )
    assert_well_ordered(session)
    assert [words(text) for text in session.transcripts] == [
        LIGHT.split(),
        DOOR.split(),
    ]


def test_silence_that_was_not_committed_ends_without_an_item(
    served: Served, sdk: Path, folder: Path
) -> None:
    nothing = append(folder / "quiet.pcm", silence(2))
    session = run_sdk(sdk, served, ["connect"], MANUAL, nothing, ["end_session"])
    assert session.types == ["session.created", "session.updated", "session.finished"]


def test_a_change_of_mode_transcribes_what_was_not_committed(
    served: Served, sdk: Path, light: Step, door: Step
) -> None:
    session = run_sdk(
        sdk, served, ["connect"], MANUAL, light, VAD, door, ["end_session"]
    )
    assert session.types.count("session.updated") == 2
    assert [words(text) for text in session.transcripts] == [
        LIGHT.split(),
        DOOR.split(),
    ]


def test_a_second_session_update_without_a_language_keeps_it(
    served: Served, sdk: Path, light: Step
) -> None:
    nothing: Step = ["update_session", {"enable_turn_detection": False}, {}]
    session = run_sdk(
        sdk, served, ["connect"], MANUAL, nothing, light, ["commit"], ["end_session"]
    )
    languages = [
        (event["session"]["input_audio_transcription"] or {}).get("language")
        for event in session.of("session.updated")
    ]
    assert languages == ["en", "en"]


def test_the_end_carries_all_that_was_said(
    served: Served, sdk: Path, light: Step, door: Step
) -> None:
    session = run_sdk(sdk, served, ["connect"], VAD, light, door, ["end_session"])
    assert words(session.events[-1]["transcript"]) == f"{LIGHT} {DOOR}".split()


def test_more_than_a_minute_in_vad_mode_is_transcribed_to_its_end(
    served: Served, sdk: Path, folder: Path
) -> None:
    # Faster than any engine: the SDK does not wait, and answers no ping meanwhile.
    times = 20
    minutes = (say(LIGHT) + silence(2)) * times
    long = append(folder / "long.pcm", minutes, chunk=32_000, pause=0)
    session = run_sdk(sdk, served, ["connect"], VAD, long, ["end_session"])
    assert_well_ordered(session)
    assert [words(text) for text in session.transcripts] == [LIGHT.split()] * times


def test_a_language_that_the_model_does_not_know_is_refused_by_name(
    served: Served, sdk: Path, light: Step
) -> None:
    chinese: Step = ["update_session", {}, {"language": "zh"}]
    session = run_sdk(
        sdk,
        served,
        ["connect"],
        chinese,
        ["wait", "error", 1],
        light,
        ["end_session"],
    )
    [refused] = session.of("error")
    assert refused["error"]["param"] == "session.input_audio_transcription.language"
    assert "'zh'" in refused["error"]["message"]
    assert words(*session.transcripts) == LIGHT.split()


def test_a_wrong_key_does_not_get_in(served: Served, sdk: Path) -> None:
    session = run_sdk(sdk, Served(served.url, "sk-wrong"), ["connect"])
    assert session.events == []
    # The SDK keeps the status to itself.
    assert str(session.raised["connect"]).startswith("TimeoutError")


def test_a_person_who_reads_is_understood(
    served: Served, sdk: Path, folder: Path
) -> None:
    said = sentences(READER / "transcription")
    steps = [
        append(folder / name, read_recording(READER / f"{name}.wav") + silence(1))
        for name in said
    ]
    session = run_sdk(sdk, served, ["connect"], VAD, *steps, ["end_session"])
    assert_well_ordered(session)
    read = [word for sentence in said.values() for word in sentence]
    heard = scored_words(" ".join(session.transcripts))
    assert score(read, heard).error_rate < 0.1
