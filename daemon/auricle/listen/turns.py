"""What becomes of a wake word that somebody looks at."""

from datetime import datetime
from typing import Protocol

from auricle.app.runner import CaptureThread, OrderTargets, Runner
from auricle.app.turn_recognizer import TurnRecognizer
from auricle.listen.view import LiveView
from auricle.turns.arbitrated_satellite import ArbitratedSatellite
from auricle.turns.budget import Budget
from auricle.turns.events import Event, WakeWordHeard
from auricle.turns.satellite import SatelliteState
from auricle.turns.turn import Outcome, Stamp, Turn


class Turns(Protocol):
    """Handles events on the event loop, and tells the view."""

    @property
    def state(self) -> str:
        """What is going on, while the microphone delivers."""

    @property
    def under_way(self) -> bool:
        """Whether a turn has begun and not ended."""

    def handle(self, *events: Event) -> None:
        """Take events, on the event loop."""

    async def stop(self) -> None:
        """End a turn that is under way, and let go of the recognizer."""


class NoTurns(Turns):
    """Shows a wake word, and sends nothing to anybody."""

    state = "waiting for a wake word"
    under_way = False

    def __init__(self, view: LiveView, capture: CaptureThread) -> None:
        self._view = view
        self._capture = capture

    def handle(self, *events: Event) -> None:
        for event in events:
            if isinstance(event, WakeWordHeard):
                self._view.wake(event.detection, datetime.now().astimezone())
                self._capture.attend(on=False, after=event.detection)

    async def stop(self) -> None: ...


class RealTurns(Turns):
    """Takes the satellite's own turns, published to nobody but the view."""

    def __init__(
        self,
        view: LiveView,
        capture: CaptureThread,
        satellite: ArbitratedSatellite,
        recognizer: TurnRecognizer,
        budget: Budget,
        *,
        time_to_live: float,
    ) -> None:
        """Take turns with `recognizer`; a command counts for `time_to_live` seconds."""
        self._view = view
        self._satellite = satellite
        self._recognizer = recognizer
        self._runner = Runner(
            satellite,
            OrderTargets(capture, recognizer, _Shown(view)),
            budget,
            time_to_live=time_to_live,
        )

    @property
    def state(self) -> str:
        state = self._satellite.state
        return NoTurns.state if state is SatelliteState.IDLE else state.value

    @property
    def under_way(self) -> bool:
        return self._satellite.state in (
            SatelliteState.LISTENING,
            SatelliteState.PROCESSING,
        )

    def handle(self, *events: Event) -> None:
        self._runner.handle(*events)

    async def stop(self) -> None:
        await self._recognizer.client.aclose()


class _Shown:
    """Tells one person, who looks."""

    def __init__(self, view: LiveView) -> None:
        self._view = view

    def state(self, state: SatelliteState, *, muted: bool, ringing: bool) -> None: ...

    def wake(self, turn: Turn, at: datetime) -> None:
        if turn.detection is not None:
            self._view.wake(turn.detection, at)

    def interim(self, turn: str, text: str) -> None:
        self._view.say("interim", text)

    def outcome(self, outcome: Outcome, stamp: Stamp) -> None:
        said = outcome.transcript
        if said is not None:
            emotion = said.emotion or "emotion not reported"
            self._view.say("final", f"{said.text} ({emotion})")
        else:
            self._view.say("outcome", outcome.reason or outcome.kind)
