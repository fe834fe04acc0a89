"""When the house is told how the satellite is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auricle.audio.source_health import SourceHealth
from auricle.capture.hearing_state import HearingState
from auricle.health.diagnostics import Pacer, microphone_problem
from auricle.mqtt.messages import Diagnostics

WELL = Diagnostics(datetime(2026, 11, 21, tzinfo=UTC), asr=True, mic=True)


def test_the_first_diagnostics_are_told() -> None:
    assert Pacer().admits(WELL, 0.0)


def test_a_change_of_health_is_told_at_once() -> None:
    pacer = Pacer()
    pacer.admits(WELL, 0.0)

    assert pacer.admits(replace(WELL, mic=False, problem="mic_lost"), 1.0)


def test_a_temperature_can_wait_a_minute() -> None:
    pacer = Pacer()
    pacer.admits(replace(WELL, cpu_temperature=51.0), 0.0)
    warmer = replace(WELL, cpu_temperature=52.0)

    assert [pacer.admits(warmer, now) for now in (1.0, 59.0, 61.0)] == [
        False,
        False,
        True,
    ]


def test_what_did_not_change_is_not_told_again() -> None:
    pacer = Pacer()
    pacer.admits(WELL, 0.0)

    assert not pacer.admits(WELL, 1000.0)


@pytest.mark.parametrize(
    ("state", "health", "problem"),
    [
        (HearingState.LISTENING, SourceHealth.GOOD, None),
        (HearingState.CLOSED, SourceHealth.ZEROS, None),
        (HearingState.LISTENING, SourceHealth.ZEROS, "mic_suspect"),
        (HearingState.LISTENING, SourceHealth.CLIPPING, "mic_clipping"),
        (HearingState.LISTENING, SourceHealth.CANCELLING, "mic_phase"),
        (HearingState.LOST, SourceHealth.GOOD, "mic_lost"),
    ],
)
def test_what_is_wrong_with_the_ears_has_a_name(
    state: HearingState, health: SourceHealth, problem: str | None
) -> None:
    assert microphone_problem(state, health) == problem


@pytest.mark.parametrize(
    ("wanted", "problem"), [(True, "mic_lost"), (False, "mic_open")]
)
def test_ears_of_which_nothing_comes_are_lost_or_cannot_be_closed(
    problem: str, *, wanted: bool
) -> None:
    found = microphone_problem(
        HearingState.LISTENING, SourceHealth.ZEROS, wanted=wanted, stuck=True
    )
    assert found == problem
