from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auricle.errors import Reason
from auricle.mqtt.delivery.ledger import Fate, Outbound
from auricle.mqtt.delivery.stored_final import StoredFinal, from_text, to_text
from auricle.turns.turn import (
    EndedBy,
    Mode,
    Outcome,
    OutcomeKind,
    Stamp,
    Transcript,
    Turn,
)
from auricle.wake.detector import Detection

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters())

outbounds = st.builds(
    Outbound,
    st.builds(
        Outcome,
        st.builds(
            Turn,
            TEXT,
            st.sampled_from(Mode),
            st.none() | st.builds(Detection, TEXT, FINITE, st.integers()),
            st.booleans(),
            st.none() | TEXT,
        ),
        st.sampled_from(OutcomeKind),
        transcript=st.none()
        | st.builds(Transcript, TEXT, st.none() | TEXT, st.none() | TEXT),
        reason=st.none() | st.sampled_from(Reason),
        ended_by=st.none() | st.sampled_from(EndedBy),
        sent_seconds=FINITE,
        end_of_speech=st.none() | st.integers(),
        heard_by=st.lists(TEXT).map(tuple),
        stands_in_for=st.none() | TEXT,
        answered_by=st.none() | TEXT,
    ),
    st.builds(
        Stamp,
        st.just(NOW),
        st.builds(lambda ms: NOW + timedelta(milliseconds=ms), st.integers(0, 99_999)),
        st.none() | FINITE,
    ),
    st.integers(),
    TEXT,
)


@given(st.builds(StoredFinal, outbounds, st.none() | st.sampled_from(Fate)))
def test_what_was_stored_comes_back(stored: StoredFinal) -> None:
    assert from_text(to_text(stored)) == stored


@given(st.text() | st.builds(lambda n: "[" * n, st.integers(0, 5000)))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of several libraries
        from_text(text)
