"""What the satellite goes by: what a person chose while it ran, else the settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from auricle.app.remembered import Remembered
from auricle.mqtt.commands import ALL, OFF
from auricle.mqtt.topics import Setting


@dataclass(frozen=True, slots=True)
class Configured:
    """What the settings say of all that can be changed while the satellite runs."""

    language: str
    """`auto`, or a code."""
    hints: str
    """Words to expect."""
    continue_conversation: float
    """Seconds to listen again after each final."""
    thresholds: Mapping[str, float]
    """How sure the engine must be, of each wake word that is loaded; 0 to 1."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Says of everything that can be changed what it is at present."""

    configured: Configured
    remembered: Remembered
    vocabulary: str = ""
    """Words that the whole house expects."""

    @property
    def wake_words(self) -> tuple[str, ...]:
        """What the wake word may be set to."""
        names = tuple(self.configured.thresholds)
        several = (ALL,) if len(names) > 1 else ()
        return (OFF, *several, *names)

    @property
    def wake_word(self) -> str:
        """What the wake word is set to: `off`, `all` or a name."""
        # A remembered model that is no longer configured is no choice.
        if self.remembered.wake_word in self.wake_words:
            assert self.remembered.wake_word is not None
            return self.remembered.wake_word
        return ALL if ALL in self.wake_words else self.wake_words[-1]

    @property
    def listened_for(self) -> tuple[str, ...]:
        """The names of the wake words that are detected."""
        match self.wake_word:
            case "all":
                return tuple(self.configured.thresholds)
            case "off":
                return ()
            case name:
                return (name,)

    @property
    def set_together(self) -> tuple[str, ...]:
        """The wake words that a threshold is set for: those listened for, else all."""
        return self.listened_for or tuple(self.configured.thresholds)

    @property
    def thresholds(self) -> dict[str, float]:
        """How sure the engine must be, of each wake word that is loaded; 0 to 1."""
        configured = self.configured.thresholds
        changed = self.remembered.thresholds
        return {name: changed.get(name, configured[name]) for name in configured}

    @property
    def language(self) -> str | None:
        """The code of the language that is spoken; None: the recognizer is to tell."""
        return None if self._language == "auto" else self._language

    @property
    def expected_words(self) -> str | None:
        """The satellite's and the house's words, for the recognizer; None: there are
        none.
        """
        return "\n".join(filter(None, (self._words, self.vocabulary))) or None

    @property
    def continue_conversation(self) -> float:
        """Seconds to listen again after each final."""
        mine = self.remembered.continue_conversation
        return self.configured.continue_conversation if mine is None else mine

    @property
    def values(self) -> dict[Setting, float | str]:
        """Every setting but mute, as it is published."""
        together = self.set_together
        return {
            Setting.LANGUAGE: self._language,
            Setting.WAKE_WORD: self.wake_word,
            Setting.THRESHOLD: self.thresholds[together[0]] if together else 0.5,
            Setting.CONTEXT: self._words,
            Setting.CONTINUE_CONVERSATION: self.continue_conversation,
        }

    @property
    def _language(self) -> str:
        return self.remembered.language or self.configured.language

    @property
    def _words(self) -> str:
        mine = self.remembered.context
        return self.configured.hints if mine is None else mine
