"""How the beginning of a transcript is judged."""

import pytest

from benchmarks.heard.transcript import Front, front

SAID = ["give", "me", "a", "latte"]


@pytest.mark.parametrize(
    ("heard", "judged"),
    [
        ("give me a latte", Front.RIGHT),
        ("give us a latte", Front.RIGHT),
        ("so give me a latte", Front.EXTRA),
        ("like so give me a latte", Front.EXTRA),
        ("so get me a latte", Front.EXTRA),
        ("get me a latte", Front.LOST),
        ("me a latte", Front.LOST),
        ("a latte", Front.LOST),
        ("", Front.LOST),
    ],
)
def test_a_transcript_is_right_or_has_more_or_less_in_front(
    heard: str, judged: Front
) -> None:
    assert front(SAID, heard.split()) is judged


@pytest.mark.parametrize(
    ("heard", "judged"),
    [("stop", Front.RIGHT), ("so stop", Front.EXTRA), ("so", Front.LOST)],
)
def test_so_is_that_of_a_single_word(heard: str, judged: Front) -> None:
    assert front(["stop"], heard.split()) is judged
