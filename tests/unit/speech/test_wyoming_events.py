import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.speech.wyoming_events import (
    LONGEST_PAYLOAD,
    WyomingError,
    encode,
    parse_data,
    parse_head,
)


def test_an_event_is_a_line_and_what_it_says() -> None:
    line, _, said = encode("synthesize", {"text": "Grüß Gott"}).partition(b"\n")

    head = parse_head(line)
    assert head.kind == "synthesize"
    assert head.data_length == len(said)
    assert parse_data(head, said) == {"text": "Grüß Gott"}


def test_what_an_event_says_may_be_in_its_line() -> None:
    head = parse_head(b'{"type":"audio-chunk","data":{"rate":1},"payload_length":7}')

    assert (head.data, head.payload_length) == ({"rate": 1}, 7)
    assert parse_data(head, b'{"width":2}') == {"rate": 1, "width": 2}


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 400 Bad Request",
        b"[]",
        b'{"type": 7}',
        b'{"type":"a","data":[1]}',
        b'{"type":"a","data_length":-1}',
        b'{"type":"a","payload_length":"7"}',
        json.dumps({"type": "a", "payload_length": LONGEST_PAYLOAD + 1}).encode(),
        b"[" * 5000,
    ],
)
def test_what_is_no_event_is_told_from_one(line: bytes) -> None:
    with pytest.raises(WyomingError):
        parse_head(line)


@given(st.binary(max_size=100))
def test_no_line_is_too_strange_to_be_refused(line: bytes) -> None:
    try:
        parse_head(line)
    except WyomingError:
        return
