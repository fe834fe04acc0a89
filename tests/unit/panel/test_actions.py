"""What a button orders."""

import itertools

import pytest

from auricle.config.choices import ButtonAction
from auricle.mqtt.commands import Change, Listen, ListenAction, Rejected, parse
from auricle.mqtt.messages import Messages
from auricle.mqtt.settings import Options, Setting
from auricle.mqtt.topics import Action, Topics
from auricle.panel.actions import order
from auricle.panel.gestures import Gesture
from auricle.panel.scene import SatelliteView, Scene
from auricle.turns.sounds import SoundCancelRequested

TOPICS = Topics("auricle", "study")
MESSAGES = Messages(TOPICS)
OPTIONS = Options(languages=("auto",), wake_words=("okay_nabu",))
STATES = ["idle", "listening", "processing", "responding", "muted", "error"]
DONE = [Gesture.PRESS, Gesture.DOUBLE, Gesture.LONG]


def satellite(state: str, *, ringing: bool = False) -> SatelliteView:
    view = SatelliteView(TOPICS)
    muted = state == "muted"
    said = MESSAGES.state(state, muted=muted, ringing=ringing)
    for message in (*said, MESSAGES.availability(online=True)):
        view.heard(message.topic, message.payload.encode())
    return view


def ordered(
    action: ButtonAction,
    state: str,
    gesture: Gesture = Gesture.PRESS,
    *,
    ringing: bool = False,
) -> object:
    """What the satellite itself understands of it; None where nothing is ordered."""
    message = order(action, gesture, satellite(state, ringing=ringing), TOPICS)
    if message is None:
        return None
    assert message.topic.startswith(f"{TOPICS.root}/")
    assert not message.retain
    what = message.topic.removeprefix(f"{TOPICS.root}/").removesuffix("/set")
    known = Action(what) if what in tuple(Action) else Setting(what)
    return parse(known, message.payload.encode(), OPTIONS)


@pytest.mark.parametrize("gesture", DONE)
@pytest.mark.parametrize("state", ["idle", "processing", "responding", "muted"])
def test_talk_makes_it_listen(state: str, gesture: Gesture) -> None:
    told = ordered(ButtonAction.TALK, state, gesture)

    assert told == Listen(ListenAction.START)


@pytest.mark.parametrize("gesture", Gesture)
def test_talk_again_says_that_the_sentence_is_over(gesture: Gesture) -> None:
    """So does letting go what was held to talk."""
    told = ordered(ButtonAction.TALK, "listening", gesture)

    assert told == Listen(ListenAction.STOP)


@pytest.mark.parametrize("state", ["listening", "processing"])
def test_stop_drops_what_is_said(state: str) -> None:
    assert ordered(ButtonAction.STOP, state) == Listen(ListenAction.CANCEL)


@pytest.mark.parametrize("ringing", [False, True])
def test_stop_silences_what_plays_or_rings(*, ringing: bool) -> None:
    told = ordered(ButtonAction.STOP, "responding", ringing=ringing)

    assert told == SoundCancelRequested(None)


def test_stop_has_nothing_to_stop_in_a_quiet_room() -> None:
    assert ordered(ButtonAction.STOP, "idle") is None


@pytest.mark.parametrize(("state", "muted"), [("idle", True), ("muted", False)])
def test_mute_is_the_opposite_of_what_is(state: str, *, muted: bool) -> None:
    assert ordered(ButtonAction.MUTE, state) == Change(Setting.MUTE, muted)


@pytest.mark.parametrize("action", ButtonAction)
def test_nothing_is_ordered_of_a_satellite_that_is_away(action: ButtonAction) -> None:
    view = satellite("idle")
    view.forget()

    assert view.scene is Scene.AWAY
    assert order(action, Gesture.PRESS, view, TOPICS) is None


def test_whatever_is_ordered_is_understood_and_soon_forgotten() -> None:
    """An order that waited for an hour in a broker must not open a microphone."""
    for action, gesture, state in itertools.product(ButtonAction, Gesture, STATES):
        assert not isinstance(ordered(action, state, gesture), Rejected)
        message = order(action, gesture, satellite(state), TOPICS)
        if message is not None:
            assert 0 < (message.expiry or 0) <= 2
