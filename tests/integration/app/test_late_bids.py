"""A satellite that hears late tells the others when the word was, not when it knew."""

from datetime import datetime
from pathlib import Path

import pytest

from auricle.app import build
from auricle.app.runner import OrderTargets, Runner
from auricle.arbitration.messages import Bid, GroupMessage
from auricle.audio.frame import SAMPLE_RATE
from auricle.config.loading import load
from auricle.system.clock import since_boot
from auricle.turns.events import GroupChanged, MicrophoneFound, WakeWordHeard
from auricle.turns.satellite import SatelliteState
from auricle.turns.turn import Outcome, Stamp, Turn
from auricle.wake.detector import Detection
from rigs.homes.fleet import ScriptedEars
from rigs.homes.program import write_settings


class Nobody:
    """Listens to nothing."""

    def state(self, state: SatelliteState, *, muted: bool, ringing: bool) -> None:
        pass

    def wake(self, turn: Turn, at: datetime) -> None:
        pass

    def interim(self, turn: str, text: str) -> None:
        pass

    def outcome(self, outcome: Outcome, stamp: Stamp) -> None:
        pass


@pytest.mark.parametrize("late", [0.0, 1.5])
async def test_a_bid_says_how_long_ago_the_word_was_for_the_microphone(
    tmp_path: Path, late: float
) -> None:
    config = tmp_path / "auricle.toml"
    asr = {"url": "ws://127.0.0.1:9/api-ws/v1/realtime"}
    write_settings(config, {"asr": asr, "mqtt": {"host": "127.0.0.1"}})
    settings = load(config)
    told: list[GroupMessage] = []
    ears = ScriptedEars()
    runner = Runner(
        build.satellite(settings, ["okay_nabu"], muted=False),
        OrderTargets(
            *(ears, build.turn_recognizer(settings), Nobody()), tell_group=told.append
        ),
        build.budget(settings),
        time_to_live=60.0,
    )
    runner.handle(MicrophoneFound(), GroupChanged(frozenset({"kitchen"})))
    heard_at = 10 * SAMPLE_RATE
    ears.clock.arrived(heard_at, since_boot() - late, all_of_it=True)
    runner.handle(WakeWordHeard(Detection("okay_nabu", 0.9, heard_at), ()))
    bid = told[0]
    runner.stop()

    assert isinstance(bid, Bid)
    assert late <= bid.claim.after < late + 0.4
