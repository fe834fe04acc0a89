import pytest

from auricle.capture.hearing_state import HearingState, in_words


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (HearingState.LISTENING, "listening for alexa"),
        (HearingState.OPENING, "opening the microphone"),
        (HearingState.CLOSED, "opening the microphone"),
        (HearingState.LOST, "microphone lost: it is gone"),
        (HearingState.FAILED, "microphone lost: it is gone"),
    ],
)
def test_every_state_of_a_microphone_is_told_in_a_sentence(
    state: HearingState, told: str
) -> None:
    words = in_words(state, problem="it is gone", listening="listening for alexa")
    assert words == told


def test_a_microphone_that_is_lost_for_no_known_reason_gives_no_sound() -> None:
    words = in_words(HearingState.LOST, problem=None, listening="")
    assert words == "microphone lost: no sound"
