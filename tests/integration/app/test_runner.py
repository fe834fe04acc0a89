"""A satellite as a whole: what its turns may cost, and when each was said."""

import itertools
from datetime import datetime
from pathlib import Path

import pytest

from auricle.app import build
from auricle.app.runner import OrderTargets, Runner
from auricle.app.sound_orders import OwnSounds, SoundOrders
from auricle.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.audio.playing import SoundFinished, SoundFormat, SoundStarted
from auricle.config.loading import load
from auricle.errors import Reason
from auricle.qwen_asr.events import FinalTranscript
from auricle.system.clock import since_boot
from auricle.turns.budget import Budget, Limits, Usage
from auricle.turns.events import (
    FollowUpRequested,
    Heard,
    ListenRequested,
    MicrophoneFound,
    RecognizerSaid,
    WakeWordHeard,
)
from auricle.turns.satellite import SatelliteState
from auricle.turns.sounds import (
    PlayReport,
    SoundArrived,
    SoundKind,
    SoundOpening,
    Then,
)
from auricle.turns.turn import Outcome, OutcomeKind, Stamp, Turn
from auricle.wake.detector import Detection
from rigs.homes.fleet import ScriptedEars
from rigs.homes.program import write_settings
from rigs.waiting import eventually


class House:
    """A satellite, all but its microphone, and whoever is told of its turns."""

    def __init__(
        self, folder: Path, budget: Budget, *, afterthought: float = 0.0
    ) -> None:
        config = folder / "auricle.toml"
        # Nobody listens at that port.
        asr = {"url": "ws://127.0.0.1:9/api-ws/v1/realtime"}
        utterance = {"mode": "manual", "afterthought": afterthought}
        write_settings(
            config,
            {"asr": asr, "mqtt": {"host": "127.0.0.1"}, "utterance": utterance},
        )
        settings = load(config)
        self.begun: list[Turn] = []
        self.outcomes: list[Outcome] = []
        self.stamps: list[Stamp] = []
        self.ears = ScriptedEars()
        self.satellite = build.satellite(settings, ["okay_nabu"], muted=False)
        self.runner = Runner(
            self.satellite,
            OrderTargets(
                *(self.ears, build.turn_recognizer(settings), self),
                sounds=SoundOrders(self, self, OwnSounds(timer=b"", no_answer=b"")),
            ),
            budget,
            time_to_live=60.0,
        )
        self._frames = itertools.count()

    def wakes(self) -> None:
        end = next(self._frames) * FRAME_SAMPLES
        self.ears.attending = True
        self.runner.handle(WakeWordHeard(Detection("okay_nabu", 0.9, end), ()))

    def hears(self, seconds: float, *, speech: bool) -> None:
        sound = bytes([0, 16 if speech else 0]) * FRAME_SAMPLES
        for _ in range(round(seconds / FRAME_SECONDS)):
            frame = Frame(sound, next(self._frames) * FRAME_SAMPLES)
            self.ears.clock.arrived(frame.end, since_boot(), all_of_it=True)
            self.runner.handle(Heard(frame, speech))

    def is_told(self, text: str) -> None:
        """Have it said and recognized, where anybody listens."""
        self.hears(1.2, speech=True)
        self.hears(1.2, speech=False)
        if self.satellite.turn is not None:
            final = FinalTranscript("item", text, "en", None, 1.2)
            self.runner.handle(RecognizerSaid(self.satellite.turn.id, final))

    def asks(self) -> None:
        """Play a question, and listen to the answer."""
        opening = SoundOpening(SoundKind.ANSWER, SoundFormat(16_000, 1))
        question = SoundArrived("question", 0, bytes(960), opening, Then.LISTEN)
        self.runner.handle(question, SoundStarted("question"))
        self.runner.handle(SoundFinished("question"))

    def state(self, state: SatelliteState, *, muted: bool, ringing: bool) -> None:
        pass

    def wake(self, turn: Turn, at: datetime) -> None:
        self.begun.append(turn)

    def interim(self, turn: str, text: str) -> None:
        pass

    def outcome(self, outcome: Outcome, stamp: Stamp) -> None:
        self.outcomes.append(outcome)
        self.stamps.append(stamp)

    def sound_accepted(self, sound_id: str) -> None:
        pass

    def play(self, report: PlayReport) -> None:
        pass

    def begin(
        self, sound_id: str, sound_format: SoundFormat, *, heard_out: bool = False
    ) -> None:
        pass

    def feed(self, sound_id: str, pcm: bytes) -> None:
        pass

    def end(self, sound_id: str) -> None:
        pass

    def cancel(self, sound_id: str) -> None:
        pass


_LIMITS = {
    "turns an hour": Limits(turns_per_hour=2),
    "seconds a day": Limits(seconds_per_day=2.0),
}


@pytest.mark.parametrize("limits", _LIMITS.values(), ids=list(_LIMITS))
async def test_a_television_is_listened_to_again_only_within_the_limits(
    tmp_path: Path, limits: Limits
) -> None:
    house = House(tmp_path, Budget(limits, price=None))
    house.runner.handle(MicrophoneFound(), FollowUpRequested(5.0))
    house.wakes()

    for _ in range(5):
        house.is_told("Buy our soap.")

    commands = [outcome for outcome in house.outcomes if outcome.transcript]
    assert len(commands) == 2
    assert not house.ears.attending


@pytest.mark.parametrize(
    "limits", [*_LIMITS.values(), Limits(cost_per_day=4.0)], ids=[*_LIMITS, "cost"]
)
async def test_a_wake_word_that_waits_behind_the_turn_that_reaches_a_limit_is_refused(
    tmp_path: Path, limits: Limits
) -> None:
    house = House(tmp_path, Budget(limits, price=2.0))
    house.runner.handle(MicrophoneFound(), FollowUpRequested(5.0))
    house.wakes()
    house.is_told("Buy our soap.")
    house.hears(1.2, speech=True)
    house.hears(1.2, speech=False)
    house.wakes()

    house.is_told("Buy our soap.")

    assert [outcome.kind for outcome in house.outcomes] == [
        *[OutcomeKind.TRANSCRIPT] * 2,
        OutcomeKind.ERROR,
    ]
    assert house.outcomes[-1].reason is Reason.BUDGET
    assert len(house.begun) == 1
    assert not house.ears.attending


async def test_nobody_is_waited_for_behind_the_turn_that_reached_a_limit(
    tmp_path: Path,
) -> None:
    budget = Budget(Limits(turns_per_hour=1), price=None)
    house = House(tmp_path, budget, afterthought=1.0)
    house.runner.handle(MicrophoneFound())
    house.wakes()

    house.is_told("Buy our soap.")

    assert not house.ears.attending


async def test_a_question_is_listened_behind_once_a_limit_no_longer_holds(
    tmp_path: Path,
) -> None:
    today = datetime.now().astimezone().date()
    almost_an_hour_ago = since_boot() - 3599.5
    usage = Usage(today, 0.0, "boot", (almost_an_hour_ago,))
    budget = Budget(Limits(turns_per_hour=1), None, usage, boot_id="boot")
    house = House(tmp_path, budget)
    house.runner.handle(MicrophoneFound(), ListenRequested())
    assert [outcome.reason for outcome in house.outcomes] == [Reason.BUDGET]
    await eventually(lambda: not budget.limit_reached(since_boot(), today))

    house.asks()

    assert house.satellite.state is SatelliteState.LISTENING
    house.runner.stop()
