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


def test_what_an_earlier_version_stored_is_read() -> None:
    turn = '{"id": "1", "mode": "manual", "detection": null, "of_old": 1}'
    outcome = f'{{"turn": {turn}, "kind": "no_speech", "heard_by": ["study"]}}'
    times = '"started": "2026-11-21T08:00:00Z", "ended": "2026-11-21T08:00:00Z"'
    stamp = f'{{{times}, "latency": 1}}'
    outbound = f'{{"outcome": {outcome}, "stamp": {stamp}, "seq": 3, "run_id": "r"}}'

    stored = from_text(f'{{"outbound": {outbound}}}')

    of_then = Outcome(
        Turn("1", Mode.MANUAL, None), OutcomeKind.NO_SPEECH, heard_by=("study",)
    )
    assert stored == StoredFinal(Outbound(of_then, Stamp(NOW, NOW, 1.0), 3, "r"))
