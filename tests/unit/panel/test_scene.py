"""What is to be seen of a satellite, by what it says."""

import pytest

from auricle.mqtt.messages import Messages
from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Topics
from auricle.panel.scene import SatelliteView, Scene
from auricle.turns.satellite import SatelliteState

TOPICS = Topics("auricle", "study")
MESSAGES = Messages(TOPICS)


def seen(state: str = "idle", *, muted: bool = False, ringing: bool = False) -> Scene:
    return view(state, muted=muted, ringing=ringing).scene


def view(
    state: str = "idle", *, muted: bool = False, ringing: bool = False
) -> SatelliteView:
    known = SatelliteView(TOPICS)
    said = MESSAGES.state(state, muted=muted, ringing=ringing)
    for message in (*said, MESSAGES.availability(online=True)):
        known.heard(message.topic, message.payload.encode())
    return known


@pytest.mark.parametrize("state", SatelliteState)
def test_each_state_of_a_satellite_is_a_scene(state: SatelliteState) -> None:
    assert seen(state) == state.value


def test_a_timer_that_rings_is_no_answer() -> None:
    assert seen("responding", ringing=True) is Scene.RINGING


def test_a_satellite_that_is_gone_is_away_whatever_it_said_last() -> None:
    known = view("listening")
    gone = MESSAGES.availability(online=False)
    known.heard(gone.topic, gone.payload.encode())

    assert known.scene is Scene.AWAY
    assert known.muted is None


def test_nothing_is_known_while_the_broker_is_away() -> None:
    known = view("listening")
    known.forget()

    assert known.scene is Scene.AWAY


@pytest.mark.parametrize("payload", [b"", b"\xff", b"dancing", b"away", b"ringing"])
def test_a_state_that_is_none_is_nothing_to_show(payload: bytes) -> None:
    known = view()
    known.heard(TOPICS.state, payload)

    assert known.scene is Scene.AWAY


def test_mute_is_what_the_satellite_says_of_it() -> None:
    assert view("muted", muted=True).muted is True
    assert view("idle", muted=False).muted is False
    known = view()
    known.heard(TOPICS.setting(Setting.MUTE), b"")
    assert known.muted is None


def test_what_others_say_is_not_heeded() -> None:
    assert not view().heard("auricle/kitchen/state", b"listening")
