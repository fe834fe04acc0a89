"""What a button orders, by what the satellite does.

| action | gesture | the satellite | order |
|---|---|---|---|
| TALK | any but LET_GO | listens | the sentence is over |
| TALK | any but LET_GO | does anything else | listen, whatever plays ends |
| TALK | LET_GO | listens | the sentence is over |
| STOP | any but LET_GO | listens, or awaits the transcript | never mind |
| STOP | any but LET_GO | plays or rings | silence |
| MUTE | any but LET_GO | has its microphone open, or closed | the opposite |

Whatever is not in the table orders nothing, nor does a satellite that is not there.
"""

from typing import assert_never

from auricle.config.choices import ButtonAction
from auricle.mqtt.link.message import Message, compact_json
from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Action, Topics
from auricle.panel.gestures import Gesture
from auricle.panel.scene import SatelliteView, Scene

_STALE = 2.0
"""Seconds after which nobody wants any more what a button was pressed for."""


def order(
    action: ButtonAction, gesture: Gesture, view: SatelliteView, topics: Topics
) -> Message | None:
    """Return what the satellite is told; None where there is nothing to tell."""
    if not view.there:
        return None
    scene = view.scene
    match action:
        case ButtonAction.NOTHING:
            return None
        case ButtonAction.TALK if scene is Scene.LISTENING:
            return _told(topics.command(Action.LISTEN), "STOP")
        case ButtonAction.TALK:
            if gesture is Gesture.LET_GO:
                return None
            return _told(topics.command(Action.LISTEN), "START")
        case ButtonAction.STOP | ButtonAction.MUTE if gesture is Gesture.LET_GO:
            return None
        case ButtonAction.STOP:
            match scene:
                case Scene.LISTENING | Scene.PROCESSING:
                    return _told(topics.command(Action.LISTEN), "CANCEL")
                case Scene.RESPONDING | Scene.RINGING:
                    silence = compact_json({"cancel": True})
                    return _told(topics.command(Action.PLAY), silence)
                case _:
                    return None
        case ButtonAction.MUTE:
            return mute(muted=not view.muted, topics=topics, view=view)
        case action:
            assert_never(action)


def mute(*, muted: bool, topics: Topics, view: SatelliteView) -> Message | None:
    """Return the order to close the microphone, or to open it; None where it is so, or
    where nobody knows.
    """
    if view.muted is None or view.muted is muted:
        return None
    return _told(topics.command(Setting.MUTE), "ON" if muted else "OFF")


def _told(topic: str, payload: str) -> Message:
    return Message(topic, payload, expiry=_STALE)
