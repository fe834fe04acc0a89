"""What the satellite goes by: what a person chose while it ran, else the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from auricle.app.remembered import Remembered
from auricle.mqtt.settings import ALL, OFF, Setting, Value


@dataclass(frozen=True, slots=True)
class Configured:
    """What the settings say of all that can be changed while the satellite runs."""

    values: Mapping[Setting, Value]
    """What each setting is, but for the mute, the wake word and its threshold."""
    thresholds: Mapping[str, float]
    """How sure the engine must be, of each wake word that is loaded; 0 to 1."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Says of everything that can be changed what it is at present."""

    configured: Configured
    remembered: Remembered
    vocabulary: str = ""
    """Words that the whole house expects."""

    def with_value(self, setting: Setting, value: Value) -> "Choices":
        """Return the choices of who has changed this setting."""
        mine = self.remembered
        match setting:
            case Setting.MUTE:
                mine = replace(mine, muted=bool(value))
            case Setting.THRESHOLD:
                changed = dict.fromkeys(self._set_together, float(value))
                mine = replace(mine, thresholds={**mine.thresholds, **changed})
            case _:
                mine = replace(mine, changed={**mine.changed, setting: value})
        return replace(self, remembered=mine)

    @property
    def values(self) -> dict[Setting, Value]:
        """Every setting but mute, as it is published."""
        return {
            setting: self._value(setting)
            for setting in Setting
            if setting is not Setting.MUTE
        }

    def number(self, setting: Setting) -> float:
        """Return what a setting is now whose description says that it is a number."""
        value = self._value(setting)
        assert isinstance(value, float | int)
        return value

    def text(self, setting: Setting) -> str:
        """Return what a setting is now that is a text, or one of several words."""
        value = self._value(setting)
        assert isinstance(value, str)
        return value

    @property
    def wake_words(self) -> tuple[str, ...]:
        """What the wake word may be set to."""
        names = tuple(self.configured.thresholds)
        several = (ALL,) if len(names) > 1 else ()
        return (OFF, *several, *names)

    @property
    def wake_word(self) -> str:
        """What the wake word is set to: `off`, `all` or a name."""
        chosen = self.remembered.changed.get(Setting.WAKE_WORD)
        # A remembered model that is no longer configured is no choice.
        if isinstance(chosen, str) and chosen in self.wake_words:
            return chosen
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
    def thresholds(self) -> dict[str, float]:
        """How sure the engine must be, of each wake word that is loaded; 0 to 1."""
        configured = self.configured.thresholds
        changed = self.remembered.thresholds
        return {name: changed.get(name, configured[name]) for name in configured}

    @property
    def language(self) -> str | None:
        """The code of the language that is spoken; None: the recognizer is to tell."""
        language = self.text(Setting.LANGUAGE)
        return None if language == "auto" else language

    @property
    def expected_words(self) -> str | None:
        """The satellite's and the house's words, for the recognizer; None: there are
        none.
        """
        mine = self.text(Setting.CONTEXT)
        return "\n".join(filter(None, (mine, self.vocabulary))) or None

    @property
    def _set_together(self) -> tuple[str, ...]:
        """The wake words that a threshold is set for: those listened for, else all."""
        return self.listened_for or tuple(self.configured.thresholds)

    def _value(self, setting: Setting) -> Value:
        match setting:
            case Setting.MUTE:
                return self.remembered.muted
            case Setting.WAKE_WORD:
                return self.wake_word
            case Setting.THRESHOLD:
                together = self._set_together
                return self.thresholds[together[0]] if together else 0.5
            case _:
                configured = self.configured.values
                return self.remembered.changed.get(setting, configured[setting])
