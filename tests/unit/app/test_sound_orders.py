"""What is ordered about sounds, as the loudspeaker is told."""

from dataclasses import dataclass, field, replace

import pytest

from auricle.app.sound_orders import LONGEST_RING, OwnSounds, SoundOrders
from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.playing import SoundFinished, SoundFormat
from auricle.turns.events import (
    AcceptSound,
    Event,
    NoteUsedId,
    ReportSound,
    RingTimer,
    TellNoAnswer,
)
from auricle.turns.sounds import PlayReport, PlayState

RING = bytes(range(200)) * 160
SOUNDS = OwnSounds(timer=RING, no_answer=b"oh dear!")


@dataclass
class Room:
    """A loudspeaker that takes all at once, and a house that is told."""

    begun: dict[str, SoundFormat] = field(default_factory=dict)
    heard_out: set[str] = field(default_factory=set)
    played: bytearray = field(default_factory=bytearray)
    over: list[str] = field(default_factory=list)
    told: list[str | PlayReport | Event] = field(default_factory=list)

    def begin(
        self, sound_id: str, sound_format: SoundFormat, *, heard_out: bool = False
    ) -> None:
        self.begun[sound_id] = sound_format
        if heard_out:
            self.heard_out.add(sound_id)

    def feed(self, sound_id: str, pcm: bytes) -> None:
        assert sound_id in self.begun
        self.played += pcm

    def end(self, sound_id: str) -> None:
        self.over.append(sound_id)

    def cancel(self, sound_id: str) -> None:
        self.over.append(sound_id)

    def sound_accepted(self, sound_id: str) -> None:
        self.told.append(sound_id)

    def play(self, report: PlayReport) -> None:
        self.told.append(report)


def test_a_timer_that_is_up_rings_for_a_minute() -> None:
    room = Room()

    SoundOrders(room, room, SOUNDS).carry_out(RingTimer("timer-eggs"), room.told.append)

    sound_format = SoundFormat(SAMPLE_RATE, 1)
    assert room.begun == {"timer-eggs": sound_format}
    assert len(room.played) == sound_format.size(LONGEST_RING)
    assert room.played[: 2 * len(RING)] == 2 * RING
    assert room.over == ["timer-eggs"]


def test_a_timer_without_a_sound_is_over_at_once() -> None:
    room = Room()

    SoundOrders(room, room, replace(SOUNDS, timer=b"")).carry_out(
        RingTimer("timer-eggs"), room.told.append
    )

    assert (room.begun, room.told) == ({}, [SoundFinished("timer-eggs")])


def test_the_house_is_told_of_what_it_has_to_know() -> None:
    room = Room()
    orders = SoundOrders(room, room, SOUNDS)
    ended = PlayReport("song", PlayState.FINISHED)

    orders.carry_out(AcceptSound("song"), room.told.append)
    orders.carry_out(ReportSound(ended), room.told.append)

    assert room.told == ["song", ended]


def test_that_there_is_no_answer_is_heard_whatever_waits() -> None:
    room = Room()

    SoundOrders(room, room, SOUNDS).carry_out(TellNoAnswer(), room.told.append)

    assert (bytes(room.played), room.told) == (SOUNDS.no_answer, [])
    assert room.heard_out == room.begun.keys()


def test_who_uses_an_id_again_is_told_once_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    room = Room()
    orders = SoundOrders(room, room, SOUNDS)

    for sound_id in ("doorbell", "doorbell", "other"):
        orders.carry_out(NoteUsedId(sound_id), room.told.append)

    warned = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(warned) == 1
    assert "'doorbell' was played before" in warned[0]
