"""The sounds that tell what failed give way to whoever speaks, and to no sound."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from auricle.app import build
from auricle.app.runner import OrderTargets, Runner
from auricle.app.sound_orders import OwnSounds, SoundOrders
from auricle.audio.devices.player import AplayPlayer
from auricle.audio.feedback import Cue, Feedback
from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.known_sound import KnownSound
from auricle.audio.playing import Player, SoundFormat
from auricle.config.loading import load
from auricle.errors import Reason
from auricle.turns.events import (
    Event,
    GroupChanged,
    ListenRequested,
    MicrophoneFound,
    RecognizerFailed,
    WakeWordHeard,
)
from auricle.turns.satellite import SatelliteState
from auricle.turns.sounds import (
    AnswerFailed,
    PlayReport,
    SoundArrived,
    SoundCancelRequested,
    SoundKind,
    SoundOpening,
    Then,
)
from auricle.turns.turn import Outcome, Stamp, Turn
from auricle.wake.detector import Detection
from rigs.audio.loudspeaker import loudspeaker
from rigs.homes.fleet import ScriptedEars
from rigs.homes.program import write_settings
from rigs.waiting import eventually


@dataclass
class Room:
    """A loudspeaker that plays for ever, and a house that listens to nothing."""

    plays: str | None = None
    when_cued: dict[Cue, str | None] = field(default_factory=dict)
    """What played when a cue was to be heard."""
    turn: str = ""

    def begin(
        self, sound_id: str, sound_format: SoundFormat, *, heard_out: bool = False
    ) -> None:
        self.plays = sound_id

    def feed(self, sound_id: str, pcm: bytes) -> None:
        pass

    def end(self, sound_id: str) -> None:
        pass

    def cancel(self, sound_id: str) -> None:
        if self.plays == sound_id:
            self.plays = None

    def cue(self, cue: Cue) -> None:
        self.when_cued[cue] = self.plays

    def sound_accepted(self, sound_id: str) -> None:
        pass

    def play(self, report: PlayReport) -> None:
        pass

    def state(self, state: SatelliteState, *, muted: bool, ringing: bool) -> None:
        pass

    def wake(self, turn: Turn, at: datetime) -> None:
        self.turn = turn.id

    def interim(self, turn: str, text: str) -> None:
        pass

    def outcome(self, outcome: Outcome, stamp: Stamp) -> None:
        pass


@pytest.fixture
def room() -> Room:
    return Room()


def runner_of(
    tmp_path: Path, room: Room, player: Player, cue: Callable[[Cue], None]
) -> Runner:
    config = tmp_path / "auricle.toml"
    # Nobody listens at that port.
    asr = {"url": "ws://127.0.0.1:9/api-ws/v1/realtime"}
    write_settings(config, {"asr": asr, "mqtt": {"host": "127.0.0.1"}})
    settings = load(config)
    return Runner(
        build.satellite(settings, ["okay_nabu"], muted=False),
        OrderTargets(
            ScriptedEars(),
            build.turn_recognizer(settings),
            room,
            cue,
            SoundOrders(player, room, OwnSounds(timer=b"", no_answer=b"oh dear!")),
        ),
        build.budget(settings),
        time_to_live=60.0,
    )


@pytest.fixture
async def runner(tmp_path: Path, room: Room) -> AsyncIterator[Runner]:
    runner = runner_of(tmp_path, room, room, room.cue)
    runner.handle(MicrophoneFound(), AnswerFailed("no_pipeline"))
    assert room.plays is not None
    yield runner
    runner.stop()


@pytest.mark.parametrize(
    "event",
    [WakeWordHeard(Detection("okay_nabu", 0.9, 0), ()), ListenRequested()],
    ids=["wake word", "push to talk"],
)
async def test_who_speaks_is_not_told_any_longer_that_there_is_no_answer(
    room: Room, runner: Runner, event: Event
) -> None:
    runner.handle(event)

    assert room.plays is None
    assert room.when_cued == {Cue.WAKE: None}


async def test_nor_is_who_may_be_answered_by_another_satellite(
    room: Room, runner: Runner
) -> None:
    heard = WakeWordHeard(Detection("okay_nabu", 0.9, 0), ())
    runner.handle(GroupChanged(frozenset({"kitchen"})), heard)

    assert room.plays is None
    assert room.when_cued == {}


async def test_who_wants_silence_is_not_told_any_longer_that_there_is_no_answer(
    room: Room, runner: Runner
) -> None:
    runner.handle(SoundCancelRequested("song"))
    assert room.plays is not None

    runner.handle(SoundCancelRequested(None))
    assert room.plays is None


async def test_a_turn_that_fails_is_heard_to_fail_before_an_announcement_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: Room
) -> None:
    error = KnownSound(b"\x01\x20" * round(0.4 * SAMPLE_RATE))
    washing = b"\x02\x10" * round(0.4 * SAMPLE_RATE)
    opening = SoundOpening(SoundKind.ANNOUNCEMENT, SoundFormat(SAMPLE_RATE, 1))

    with loudspeaker(tmp_path, monkeypatch) as device:
        player = AplayPlayer("file", device.listener, lambda fact: failing.handle(fact))
        cue = Feedback({Cue.ERROR: error}, player.play_known).give
        failing = runner_of(tmp_path, room, player, cue)
        failing.handle(
            MicrophoneFound(),
            ListenRequested(),
            SoundArrived("washing", 0, washing, opening, Then.IDLE),
        )
        failing.handle(RecognizerFailed(room.turn, Reason.ASR_FAILED, transient=False))
        await eventually(lambda: error.pcm in device.played)
        await eventually(lambda: washing in device.played)
        failing.stop()
        await player.aclose()
