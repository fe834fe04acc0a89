from hypothesis import given
from hypothesis import strategies as st

from auricle.asr.unanswered import Unanswered

TENTH = 3200


def piece(number: int) -> bytes:
    return number.to_bytes(2, "little") * (TENTH // 2)


def kept(seconds: float) -> Unanswered:
    unanswered = Unanswered()
    for number in range(round(seconds * 10)):
        unanswered.push(piece(number))
    return unanswered


def test_what_is_answered_is_not_kept() -> None:
    unanswered = kept(3.0)
    unanswered.forget_answered(sent=3.0, answered=2.5)
    assert list(unanswered) == [piece(number) for number in range(25, 30)]


def test_a_frame_that_is_answered_in_part_is_kept_whole() -> None:
    unanswered = kept(1.0)
    unanswered.forget_answered(sent=1.0, answered=0.55)
    assert next(iter(unanswered)) == piece(5)


def test_silence_is_not_kept_for_ever() -> None:
    unanswered = kept(600.0)
    unanswered.forget_answered(sent=600.0, answered=0.0)
    assert unanswered.seconds == 120.0


def test_what_has_not_left_yet_is_kept_however_much_it_is() -> None:
    unanswered = kept(600.0)
    unanswered.forget_answered(sent=10.0, answered=0.0)
    assert unanswered.seconds == 600.0


def test_a_server_that_answers_what_was_never_sent_is_not_believed() -> None:
    unanswered = kept(3.0)
    unanswered.forget_answered(sent=1.0, answered=3.0)
    assert unanswered.seconds == 2.0


def test_a_second_connection_counts_from_what_was_kept() -> None:
    unanswered = kept(3.0)
    unanswered.forget_answered(sent=3.0, answered=1.0)
    unanswered.session_lost()
    assert unanswered.origin == 1.0
    unanswered.forget_answered(sent=2.0, answered=0.5)
    assert list(unanswered) == [piece(number) for number in range(15, 30)]


@given(
    st.lists(
        st.one_of(
            st.just("push"),
            st.just("lost"),
            st.tuples(st.floats(0, 200), st.floats(0, 200)),
        ),
        max_size=300,
    )
)
def test_whatever_happens_what_is_kept_is_the_end_of_what_was_said(
    steps: list[str | tuple[float, float]],
) -> None:
    unanswered, said = Unanswered(), list[bytes]()
    for step in steps:
        match step:
            case "push":
                said.append(piece(len(said)))
                unanswered.push(said[-1])
            case "lost":
                unanswered.session_lost()
            case (float(sent), float(answered)):
                unanswered.forget_answered(sent=sent, answered=answered)
    left = list(unanswered)
    assert left == said[len(said) - len(left) :]
    assert unanswered.origin <= (len(said) - len(left)) / 10
