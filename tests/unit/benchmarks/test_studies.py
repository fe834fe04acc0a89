import numpy as np

from auricle.audio.frame import FRAME_BYTES, FRAME_SAMPLES, Frame
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.events import Heard
from benchmarks.turns.smart_turn_study import Asking, end_with
from benchmarks.turns.spoken_turns import Room
from benchmarks.turns.stable_interims_study import DECODE, Draft, Rule, early_end
from benchmarks.turns.wake_noise_study import Trace

ASKING = Asking(EndpointingSettings(), silence=0.2, sure=0.5, spoken=0.4)
TWICE = Rule(every=0.2, alike=2, silence=0.1)
SECOND = 16000


def heard(*stretches: tuple[int, bool]) -> list[Heard]:
    """So many frames, with or without speech."""
    flags = [speech for count, speech in stretches for _ in range(count)]
    return [
        Heard(Frame(bytes(FRAME_BYTES), at * FRAME_SAMPLES), speech)
        for at, speech in enumerate(flags)
    ]


def drafts(*texts: str, silence: float = 0.2) -> list[Draft]:
    return [
        Draft(round(0.2 * SECOND) * number, text, silence)
        for number, text in enumerate(texts)
    ]


def test_a_wake_word_that_scores_for_several_frames_is_one_hit() -> None:
    scores = np.zeros(200, np.float32)
    scores[10:15] = 0.9
    scores[150] = 0.7
    trace = Trace(Room.CLEAN, "alexa", 6.0, {"alexa": scores})
    assert trace.hits("alexa", 0.8) == 1
    assert trace.hits("alexa", 0.6) == 2
    assert trace.hits("alexa", 0.95) == 0


def test_a_complete_turn_ends_at_the_short_silence() -> None:
    turn = heard((30, True), (60, False))
    assert end_with(turn, ASKING, lambda *_: 0.9) == 37 * FRAME_SAMPLES


def test_an_incomplete_turn_waits_for_the_long_silence() -> None:
    turn = heard((30, True), (60, False))
    assert end_with(turn, ASKING, lambda *_: 0.1) == 43 * FRAME_SAMPLES


def test_a_single_word_waits_for_the_longest_silence() -> None:
    turn = heard((10, True), (60, False))
    assert end_with(turn, ASKING, lambda *_: 0.9) == 37 * FRAME_SAMPLES


def test_the_model_is_asked_once_in_each_silence() -> None:
    asked: list[tuple[int, int]] = []

    def probability(at: int, start: int) -> float:
        asked.append((at, start))
        return 0.1

    end_with(
        heard((30, True), (10, False), (30, True), (60, False)), ASKING, probability
    )
    assert asked == [(36, 0), (76, 0)]


def test_a_complete_draft_that_stays_the_same_ends_the_turn() -> None:
    same = drafts("Turn on", "Turn on the light.", "Turn on the light.")
    assert early_end(same, TWICE) == round((0.4 + DECODE) * SECOND)


def test_a_draft_without_an_end_does_not() -> None:
    assert early_end(drafts("Turn on the", "Turn on the"), TWICE) is None


def test_a_draft_that_changes_does_not() -> None:
    assert early_end(drafts("Turn on.", "Turn on the light."), TWICE) is None


def test_a_draft_of_a_voice_that_goes_on_does_not() -> None:
    assert early_end(drafts("Turn on.", "Turn on.", silence=0.0), TWICE) is None
