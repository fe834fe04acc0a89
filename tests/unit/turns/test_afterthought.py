"""Who goes on behind the transcript, without a wake word, and who is not meant."""

import itertools
from collections.abc import Iterator

import pytest

from auricle.arbitration.settings import ArbitrationSettings
from auricle.audio.frame import FRAME_SAMPLES, FRAME_SECONDS, Frame
from auricle.audio.playing import SoundFormat
from auricle.qwen_asr.events import (
    Committed,
    FinalTranscript,
    SpeechStarted,
    SpeechStopped,
)
from auricle.turns.arbitrated_satellite import ArbitratedSatellite
from auricle.turns.endpointing import EndpointingSettings
from auricle.turns.events import (
    Attend,
    BudgetChanged,
    CancelRequested,
    Effect,
    Event,
    FollowUpRequested,
    Heard,
    ListenRequested,
    MicrophoneClosed,
    MicrophoneFound,
    MicrophoneLost,
    MuteRequested,
    PublishOutcome,
    Recognition,
    RecognizerSaid,
    SendAudio,
    StartTurn,
    StopRequested,
    WakeWordHeard,
    WordDisputed,
)
from auricle.turns.factory import TurnFactory
from auricle.turns.satellite import Satellite, SatelliteState
from auricle.turns.sounds import SoundArrived, SoundKind, SoundOpening
from auricle.turns.turn import Mode, Outcome
from auricle.wake.detector import Detection

SILENCE = 0.42
WITHIN = 1.0


class House:
    """Somebody has said a command, and it is published."""

    def __init__(self, mode: Mode = Mode.MANUAL, *, within: float = WITHIN) -> None:
        self.mode = mode
        ids = itertools.count(1)
        silence = 0.4 if mode is Mode.MANUAL else 1.4
        turns = TurnFactory(
            mode=mode,
            endpointing=EndpointingSettings(silence=silence),
            new_turn_id=lambda: f"t{next(ids)}",
        )
        self.satellite = ArbitratedSatellite(
            Satellite(turns, afterthought=within), turns, ArbitrationSettings("study")
        )
        self.position = 0
        self.effects: list[Effect] = []
        self.happens(MicrophoneFound())

    def says_a_command(self) -> None:
        self.happens(ListenRequested())
        self.says("Turn on the kitchen light.", "one")

    def happens(self, *events: Event) -> list[Effect]:
        effects = [e for event in events for e in self.satellite.step(event)]
        self.effects += effects
        return effects

    def hears(
        self, seconds: float, *, speech: bool, amplitude: int = 3000
    ) -> list[Effect]:
        sound = self._sound(seconds, amplitude if speech else 20)
        return self.happens(*(Heard(frame, speech) for frame in sound))

    def _sound(self, seconds: float, amplitude: int) -> Iterator[Frame]:
        sample = amplitude.to_bytes(2, "little")
        for _ in range(round(seconds / FRAME_SECONDS)):
            frame = Frame(sample * FRAME_SAMPLES, self.position)
            self.position += FRAME_SAMPLES
            yield frame

    def says(self, text: str, item: str, seconds: float = 1.2) -> None:
        """All of an utterance, up to its final."""
        self.hears(0.24, speech=True)
        self.recognizer(SpeechStarted(item, 0))
        self.hears(seconds - 0.24, speech=True)
        self.hears(SILENCE, speech=False)
        self.recognizer(SpeechStopped(item, self.position // 16))
        self.recognizer(Committed(item))
        self.recognizer(FinalTranscript(item, text, "en", None, 2.0))

    def recognizer(self, said: Recognition) -> None:
        if self.mode is Mode.MANUAL and isinstance(said, SpeechStarted | SpeechStopped):
            return
        if self.satellite.turn is not None:
            self.happens(RecognizerSaid(self.satellite.turn.id, said))

    @property
    def outcomes(self) -> list[Outcome]:
        return [e.outcome for e in self.effects if isinstance(e, PublishOutcome)]

    @property
    def listens_on(self) -> bool:
        """Whether frames are still handed on."""
        return Attend(on=False) not in self.effects


@pytest.fixture(params=Mode, ids=str)
def house(request: pytest.FixtureRequest) -> House:
    house = House(request.param)
    house.says_a_command()
    return house


def started(effects: list[Effect]) -> list[str]:
    return [e.turn.id for e in effects if isinstance(e, StartTurn)]


@pytest.mark.parametrize("pause", [0.03, 0.3, 0.6, 0.9])
def test_who_goes_on_behind_the_transcript_is_a_turn_that_continues_it(
    house: House, pause: float
) -> None:
    house.hears(pause, speech=False)
    house.says("And the bedroom lamp.", "two")

    first, second = house.outcomes
    assert (first.turn.continues, second.turn.continues) == (None, first.turn.id)
    assert second.transcript is not None
    assert second.transcript.text == "And the bedroom lamp."


def test_nothing_is_sent_before_somebody_goes_on_and_then_from_the_first_sound(
    house: House,
) -> None:
    house.hears(0.6, speech=False)
    began = house.position
    sent = house.hears(0.15, speech=True)
    assert sent == []

    effects = house.hears(0.3, speech=True)
    assert started(effects) == ["t2"]
    frames = [e.frame for e in effects if isinstance(e, SendAudio)]
    assert frames[0].start < began
    assert frames[-1].end == house.position
    starts = [frame.start for frame in frames]
    assert starts == [*range(starts[0], house.position, FRAME_SAMPLES)]


def test_nobody_is_listened_to_for_longer_and_the_satellite_is_idle_meanwhile(
    house: House,
) -> None:
    house.hears(WITHIN - 0.06, speech=False)
    assert house.listens_on
    assert house.satellite.state is SatelliteState.IDLE

    house.hears(0.09, speech=False)
    assert not house.listens_on
    house.hears(1.0, speech=True)
    assert started(house.effects) == ["t1"]
    assert len(house.outcomes) == 1


def test_who_begins_in_the_last_moment_is_heard(house: House) -> None:
    house.hears(WITHIN - 0.06, speech=False)
    house.hears(0.6, speech=True)
    assert started(house.effects) == ["t1", "t2"]


def test_a_softer_voice_is_not_the_speakers(house: House) -> None:
    house.hears(0.3, speech=False)
    house.hears(3.0, speech=True, amplitude=1000)
    assert started(house.effects) == ["t1"]
    assert not house.listens_on


def test_clicks_are_no_voice(house: House) -> None:
    for _ in range(4):
        house.hears(0.09, speech=True)
        house.hears(0.33, speech=False)
    assert started(house.effects) == ["t1"]
    assert not house.listens_on


def test_behind_an_afterthought_there_is_none(house: House) -> None:
    house.hears(0.3, speech=False)
    house.says("And the bedroom lamp.", "two")
    house.hears(0.3, speech=False)
    house.hears(1.0, speech=True)
    assert started(house.effects) == ["t1", "t2"]
    assert house.satellite.turn is None


def test_who_released_push_to_talk_is_done() -> None:
    house = House()
    house.happens(ListenRequested())
    house.hears(1.0, speech=True)
    house.happens(StopRequested())
    house.recognizer(FinalTranscript("one", "Turn on the light.", "en", None, 2.0))
    assert not house.listens_on


def test_without_a_transcript_there_is_nothing_to_go_on_with() -> None:
    house = House()
    house.happens(ListenRequested())
    house.hears(0.9, speech=True)
    house.happens(CancelRequested())
    assert not house.listens_on


def test_by_default_there_is_none() -> None:
    house = House(within=0.0)
    house.says_a_command()
    assert not house.listens_on


def test_where_a_follow_up_is_opened_it_is_that() -> None:
    house = House()
    house.happens(FollowUpRequested(4.0))
    house.says_a_command()
    assert house.satellite.turn is not None
    assert house.satellite.turn.follow_up
    assert house.satellite.turn.continues is None


DETECTION = Detection("okay_nabu", 0.9, 0)
ANSWER = SoundArrived(
    "s", 0, bytes(960), SoundOpening(SoundKind.ANSWER, SoundFormat(16000, 1), "t1")
)


@pytest.mark.parametrize(
    "event",
    [
        ANSWER,
        MuteRequested(muted=True),
        MicrophoneLost(),
        MicrophoneClosed(),
        WordDisputed(on=True),
        BudgetChanged(limit_reached=True),
        CancelRequested(),
    ],
    ids=lambda event: type(event).__name__,
)
def test_whatever_else_happens_is_the_end_of_it(house: House, event: Event) -> None:
    house.happens(event)
    assert not house.listens_on
    house.hears(1.0, speech=True)
    assert started(house.effects) == ["t1"]


@pytest.mark.parametrize("event", [WakeWordHeard(DETECTION, ()), ListenRequested()])
def test_who_begins_anew_continues_nothing(house: House, event: Event) -> None:
    house.happens(event)
    assert house.satellite.turn is not None
    assert house.satellite.turn.continues is None
    assert house.listens_on
