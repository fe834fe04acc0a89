"""How the satellite is: told at once when health changes, of the rest now and then."""

import contextlib
from pathlib import Path

from auricle.audio.source_health import SourceHealth
from auricle.capture.hearing_state import HearingState
from auricle.mqtt.messages import Diagnostics

# Each message is a row in somebody's database.
SELDOM = 60.0
_THERMOMETER = Path("/sys/class/thermal/thermal_zone0/temp")


class Pacer:
    """Decides which diagnostics are worth telling."""

    def __init__(self) -> None:
        self._told: Diagnostics | None = None
        self._told_at = 0.0

    def admits(self, diagnostics: Diagnostics, now: float) -> bool:
        """Return whether to tell; `now` is in seconds of a clock that nobody sets."""
        told = self._told
        same_health = told is not None and _health(told) == _health(diagnostics)
        soon = now - self._told_at < SELDOM
        if same_health and (soon or diagnostics == told):
            return False
        self._told, self._told_at = diagnostics, now
        return True


def _health(diagnostics: Diagnostics) -> tuple[bool, bool, str | None, bool]:
    told = diagnostics
    return told.asr, told.mic, told.problem, told.limit_reached


def microphone_problem(
    state: HearingState,
    health: SourceHealth,
    *,
    wanted: bool = True,
    stuck: bool = False,
) -> str | None:
    """Return what is wrong with the microphone, as a word for people and automations.

    `wanted`: whether the microphone is to be open; `stuck`: whether nothing comes of
    that for seconds.
    """
    match state, health:
        case _ if stuck and not wanted:
            return "mic_open"
        case _ if stuck:
            return "mic_lost"
        case HearingState.LOST | HearingState.FAILED, _:
            return "mic_lost"
        case HearingState.LISTENING, SourceHealth.ZEROS:
            return "mic_suspect"
        case HearingState.LISTENING, SourceHealth.CLIPPING:
            return "mic_clipping"
        case HearingState.LISTENING, SourceHealth.CANCELLING:
            return "mic_phase"
        case _:
            return None


def cpu_temperature() -> float | None:
    """Return degrees Celsius, where the kernel tells them."""
    with contextlib.suppress(OSError, ValueError):
        return round(int(_THERMOMETER.read_text()) / 1000, 1)
    return None
