import pytest

from auricle.recognizer.engines.token_file import token_fault


@pytest.mark.parametrize(
    "text",
    [
        "<blk> 0\n\u2581turn 1\n",
        "<blk> 0\n\u2581turn 1",
        "<blk> 0\r\n\u2581turn 1\r\n",
        "the\tis a tab 0\n".replace("is a tab ", ""),
        "  5\n",
        "\u3000 5\nno\u00a0break 6\n",
    ],
)
def test_a_list_that_a_runtime_takes_has_no_fault(text: str) -> None:
    assert token_fault(text) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no tokens"),
        ("<blk> 0\nturn\n", "line 2 is not a token and its number"),
        ("<blk> 0\n\n", "line 2 is not"),
        ("turn on 1\n", "line 1 is not"),
        ("turn -1\n", "line 1 is not"),
        ("turn \u0665\n", "line 1 is not"),
        ('{"turn": 1}\n', "line 1 is not"),
    ],
)
def test_the_line_that_a_runtime_would_end_at_is_named(text: str, told: str) -> None:
    fault = token_fault(text)
    assert fault is not None
    assert fault.startswith(told)
