import pytest

from benchmarks.cost.instructions import OURS, TOLERANCE, Counted, growth, recorded


def counted(number: int) -> Counted:
    return Counted("Python", {OURS: number})


@pytest.mark.parametrize(("number", "passes"), [(1100, True), (1101, False)])
def test_a_tenth_more_instructions_pass_and_no_more(number: int, passes: bool) -> None:
    assert (growth(counted(number), counted(1000)) <= TOLERANCE + 1e-9) is passes


def test_what_listening_takes_is_on_record() -> None:
    assert recorded().parts[OURS] > 0
