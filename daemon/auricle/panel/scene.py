"""What is to be seen of a satellite, by what it says on MQTT.

| what is known | scene |
|---|---|
| no broker, no satellite, or no state of it yet | AWAY |
| a timer rings | RINGING |
| anything else | the satellite's state, by its own name |
"""

from enum import StrEnum

from auricle.mqtt.settings import Setting
from auricle.mqtt.topics import Topics


class Scene(StrEnum):
    """What a light shows: the satellite's states, and two more."""

    IDLE = "idle"
    LISTENING = "listening"
    PROCESSING = "processing"
    RESPONDING = "responding"
    MUTED = "muted"
    ERROR = "error"
    RINGING = "ringing"
    AWAY = "away"


_STATES = {
    scene.value: scene for scene in Scene if scene not in (Scene.RINGING, Scene.AWAY)
}


class SatelliteView:
    """Knows one satellite by what it says, and nothing of it while the broker is away.

    It is of the moment: whoever reads `scene` behind a message sees what that says.
    """

    def __init__(self, topics: Topics) -> None:
        """Heed what is said on the `topics` of the satellite."""
        self._topics = topics
        self._said: dict[str, str] = {}

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The topics that are heeded, all of them retained."""
        topics = self._topics
        return (
            topics.availability,
            topics.setting(Setting.MUTE),
            topics.ringing,
            topics.state,
        )

    def heard(self, topic: str, payload: bytes) -> bool:
        """Take a message; return whether it was on one of our topics."""
        if topic not in self.subscriptions:
            return False
        self._said[topic] = payload.decode(errors="replace")
        return True

    def forget(self) -> None:
        """Know nothing any more: the broker is away, and what it held may change."""
        self._said.clear()

    @property
    def there(self) -> bool:
        """Whether the satellite is there, and obeys."""
        return self._said.get(self._topics.availability) == "online"

    @property
    def muted(self) -> bool | None:
        """Whether its microphone is closed; None where nobody knows."""
        mute = self._topics.setting(Setting.MUTE)
        said = self._said.get(mute) if self.there else None
        return {"ON": True, "OFF": False}.get(said or "")

    @property
    def scene(self) -> Scene:
        """What is to be seen of it."""
        if not self.there:
            return Scene.AWAY
        if self._said.get(self._topics.ringing) == "ON":
            return Scene.RINGING
        return _STATES.get(self._said.get(self._topics.state, ""), Scene.AWAY)
