"""Cutting long recordings where nobody speaks, and putting together what was said."""

from hypothesis import given
from hypothesis import strategies as st

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.cli.long_recording import LONGEST, Cutter, Said, Stretch
from auricle.qwen_asr.events import (
    FinalTranscript,
    InterimTranscript,
    SessionFinished,
    SpeechStarted,
    SpeechStopped,
)


def cut(*stretches: tuple[float, bool]) -> list[float]:
    """Stretches of (seconds, speech) in a row; the lengths of what is cut of them."""
    cutter = Cutter()
    lengths = [0.0]
    for seconds, speech in stretches:
        for _ in range(round(seconds / FRAME_SECONDS)):
            frame = Frame(bytes(FRAME_BYTES), 0)
            lengths[-1] += frame.seconds
            if cutter.push(frame, speech=speech):
                lengths.append(0.0)
    return lengths if lengths[-1] else lengths[:-1]


def test_a_short_recording_is_not_cut() -> None:
    (length,) = cut((1, False), (3, True), (10, False))
    assert round(length) == 14


def test_a_long_one_is_cut_in_the_pause() -> None:
    first, _ = cut((42, True), (0.6, False), (20, True))
    assert 42.0 < first < 42.6


def test_without_a_pause_it_is_cut_before_the_recognizer_refuses_it() -> None:
    lengths = cut((130, True))
    assert len(lengths) == 3
    assert max(lengths) <= LONGEST + FRAME_SECONDS


def test_nothing_is_not_cut() -> None:
    assert cut() == []


@given(st.lists(st.tuples(st.floats(0.03, 30), st.booleans()), max_size=12))
def test_no_stretch_is_longer_than_the_recognizer_takes(
    stretches: list[tuple[float, bool]],
) -> None:
    lengths = cut(*stretches)
    assert max(lengths, default=0.0) <= LONGEST + FRAME_SECONDS
    assert all(length > 40 - FRAME_SECONDS for length in lengths[:-1])


# --- what was said ---


def heard(seconds: float, start: float = 0.0) -> Stretch:
    """A stretch of a recording, all of it sent."""
    first = round(start / FRAME_SECONDS) * FRAME_SAMPLES
    stretch = Stretch(first)
    for n in range(round(seconds / FRAME_SECONDS)):
        stretch.push(Frame(bytes(FRAME_BYTES), first + n * FRAME_SAMPLES))
    return stretch


def test_in_manual_mode_all_of_it_is_one_utterance() -> None:
    stretch = heard(3.0, start=60.0)
    stretch.take(InterimTranscript("one", "Turn on", " the"))
    assert stretch.text == "Turn on the"
    assert not stretch.has_final
    stretch.take(FinalTranscript("one", " Turn on the light. ", "en", "happy"))
    assert stretch.has_final
    assert stretch.utterances() == [
        Said(60.0, 63.0, "Turn on the light.", "en", "happy")
    ]


def test_where_the_server_finds_them_each_has_its_own_time() -> None:
    stretch = heard(6.0, start=60.0)
    stretch.take(SpeechStarted("one", 500))
    stretch.take(SpeechStopped("one", 1800))
    stretch.take(SpeechStarted("two", 3000))
    # The final of the one may come behind the start of the other.
    stretch.take(FinalTranscript("one", "Turn it on."))
    stretch.take(SpeechStopped("two", 9000))
    stretch.take(FinalTranscript("two", "And off."))
    assert not stretch.finished
    stretch.take(SessionFinished())
    assert stretch.finished
    assert stretch.utterances() == [
        Said(60.5, 61.8, "Turn it on.", None, None),
        Said(63.0, 66.0, "And off.", None, None),
    ]


def test_what_had_its_final_before_a_connection_was_lost_is_kept() -> None:
    stretch = heard(6.0)
    stretch.take(SpeechStarted("item_1", 0))
    stretch.take(FinalTranscript("item_1", "First."))
    stretch.take(InterimTranscript("item_2", "Sec", "ond"))
    stretch.connection_lost()
    assert stretch.text == "First."
    # The next connection counts its items from the start again.
    stretch.take(FinalTranscript("item_1", "Second."))
    assert [said.text for said in stretch.utterances()] == ["First.", "Second."]


def test_what_is_said_again_is_told_once_where_no_times_are_told() -> None:
    stretch = heard(6.0)
    stretch.take(SpeechStarted("a", None))
    stretch.take(FinalTranscript("a", "Turn on the light."))
    stretch.connection_lost()
    assert stretch.text == "Turn on the light."
    for item_id, text in [("a", "Turn on the light."), ("b", "And the heating.")]:
        stretch.take(SpeechStarted(item_id, None))
        stretch.take(FinalTranscript(item_id, text))
    assert stretch.text == "Turn on the light. And the heating."
    assert [said.text for said in stretch.utterances()] == [
        "Turn on the light.",
        "And the heating.",
    ]


def test_what_is_said_again_behind_what_was_still_awaited_is_told_in_its_place() -> (
    None
):
    stretch = heard(6.0)

    def find(*starts: int) -> None:
        for n, start in enumerate(starts):
            stretch.take(SpeechStarted(f"item_{n}", start))
            stretch.take(SpeechStopped(f"item_{n}", start + 900))

    find(100, 1500)
    stretch.take(FinalTranscript("item_1", "And the heating."))
    stretch.connection_lost()
    # The sound is cut elsewhere, and so the times are others.
    find(190, 1590, 3000)
    stretch.take(FinalTranscript("item_0", "Turn on the light."))
    assert stretch.text == "Turn on the light. And the heating."
    stretch.take(FinalTranscript("item_1", "And the heating."))
    stretch.take(FinalTranscript("item_2", "Please."))
    assert [(said.start, said.text) for said in stretch.utterances()] == [
        (0.19, "Turn on the light."),
        (1.59, "And the heating."),
        (3.0, "Please."),
    ]


def test_what_nobody_can_have_said_is_nothing() -> None:
    hints = "movie night in the living room, good morning, good night"
    stretch = heard(20.0)
    stretch.take(FinalTranscript("noise", "[BLANK_AUDIO]"))
    stretch.take(FinalTranscript("command", "Good night."), hints)
    stretch.take(FinalTranscript("repeated", hints), hints)
    # So many words are not said in half a second.
    stretch.take(SpeechStarted("short", 1000))
    stretch.take(SpeechStopped("short", 1500))
    stretch.take(FinalTranscript("short", "movie night in the living room"), hints)
    assert [said.text for said in stretch.utterances()] == ["", "Good night.", "", ""]


@given(st.permutations(range(5)), st.integers(0, 4))
def test_whatever_order_finals_come_in_the_text_is_as_it_was_spoken(
    order: list[int], drafts: int
) -> None:
    stretch = heard(10.0)
    for n in range(5):
        stretch.take(SpeechStarted(f"item {n}", n * 1000))
    for n in range(drafts):
        stretch.take(InterimTranscript(f"item {n}", f"draft {n}", ""))
    for n in order:
        stretch.take(FinalTranscript(f"item {n}", f"text {n}"))
    assert stretch.text == "text 0 text 1 text 2 text 3 text 4"
    assert [said.text for said in stretch.utterances()] == [
        f"text {n}" for n in range(5)
    ]
