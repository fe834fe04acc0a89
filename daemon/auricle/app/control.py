"""What a person may change while the satellite runs: obeyed, remembered, echoed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol, assert_never

from auricle.app.remembered import Remembered
from auricle.mqtt.commands import (
    ALL,
    OFF,
    Command,
    Listen,
    ListenAction,
    Restart,
    SetContext,
    SetContinueConversation,
    SetLanguage,
    SetMute,
    SetThreshold,
    SetVocabulary,
    SetWakeWord,
)
from auricle.mqtt.topics import Setting
from auricle.turns.budget import Usage
from auricle.turns.events import (
    CancelRequested,
    Event,
    FollowUpRequested,
    ListenRequested,
    MuteRequested,
    StopRequested,
)

USAGE_SAVED_WITHIN = 600.0
"""Seconds until what was used is saved, unless a limit is reached."""


class Controlled(Protocol):
    """What the controls turn; no call blocks."""

    def handle(self, event: Event) -> None: ...

    def listen_for(self, wake_words: tuple[str, ...]) -> None: ...

    def set_threshold(self, wake_word: str, threshold: float) -> None: ...

    def recognize(self, language: str | None, words: str | None) -> None:
        """From the next turn on; None lets the recognizer detect the language."""

    def echo(self, setting: Setting, value: float | str) -> None: ...

    def remember(self, remembered: Remembered, *, within: float = 0.0) -> None:
        """To be saved within so many seconds."""

    def restart(self) -> None: ...


class Control:
    """Carries out commands; local state is the truth, not the broker's memory."""

    def __init__(
        self,
        controlled: Controlled,
        remembered: Remembered,
        *,
        language: str,
        hints: str,
        continue_conversation: float,
        thresholds: Mapping[str, float],
    ) -> None:
        """`thresholds` of all loaded models; the others as configured."""
        self._controlled = controlled
        self._remembered = remembered
        self._language = language
        self._hints = hints
        self._continue_conversation = continue_conversation
        self._thresholds = dict(thresholds) | {
            name: threshold
            for name, threshold in remembered.thresholds.items()
            if name in thresholds
        }
        self._vocabulary = ""

    @property
    def wake_words(self) -> tuple[str, ...]:
        """What the wake word may be set to."""
        several = (ALL,) if len(self._thresholds) > 1 else ()
        return (OFF, *several, *self._thresholds)

    def apply(self) -> None:
        """Put into effect what was remembered, and tell all settings but mute."""
        for name, threshold in self._thresholds.items():
            self._controlled.set_threshold(name, threshold)
        self._controlled.listen_for(self.listened_for)
        self._recognize()
        self._listen_again()
        for setting, value in self._values.items():
            self._controlled.echo(setting, value)

    def remember_usage(self, usage: Usage, limit_reached: bool) -> None:
        """Beside the settings, in the one file that outlives a restart. A limit that is
        reached outlives a crash, too.
        """
        within = 0.0 if limit_reached else USAGE_SAVED_WITHIN
        self._remember(replace(self._remembered, usage=usage), within=within)

    def obey(self, command: Command) -> None:
        match command:
            case Listen(action):
                self._controlled.handle(_EVENT_OF[action])
            case SetMute(muted):
                # Whether it is muted is told when the microphone is closed, or open.
                self._remember(replace(self._remembered, muted=muted))
                self._controlled.handle(MuteRequested(muted))
            case SetLanguage(language):
                self._remember(replace(self._remembered, language=language))
                self._recognize()
                self._echo(Setting.LANGUAGE)
            case SetWakeWord(wake_word):
                self._remember(replace(self._remembered, wake_word=wake_word))
                self._controlled.listen_for(self.listened_for)
                self._echo(Setting.WAKE_WORD)
                self._echo(Setting.THRESHOLD)
            case SetThreshold(threshold):
                self._set_threshold(threshold)
            case SetContext(text):
                self._remember(replace(self._remembered, context=text))
                self._recognize()
                self._echo(Setting.CONTEXT)
            case SetContinueConversation(seconds):
                self._remember(replace(self._remembered, continue_conversation=seconds))
                self._listen_again()
                self._echo(Setting.CONTINUE_CONVERSATION)
            case SetVocabulary(text):
                self._vocabulary = text
                self._recognize()
            case Restart():
                self._controlled.restart()
            case _:
                assert_never(command)

    def _set_threshold(self, threshold: float) -> None:
        chosen = self.listened_for or tuple(self._thresholds)
        self._thresholds |= dict.fromkeys(chosen, threshold)
        changed = dict(self._remembered.thresholds) | dict.fromkeys(chosen, threshold)
        self._remember(replace(self._remembered, thresholds=changed))
        for name in chosen:
            self._controlled.set_threshold(name, threshold)
        self._echo(Setting.THRESHOLD)

    @property
    def listened_for(self) -> tuple[str, ...]:
        """The wake words that are detected now."""
        match self._wake_word:
            case "all":
                return tuple(self._thresholds)
            case "off":
                return ()
            case name:
                return (name,)

    @property
    def _wake_word(self) -> str:
        # A remembered model that is no longer configured is no choice.
        if self._remembered.wake_word in self.wake_words:
            assert self._remembered.wake_word is not None
            return self._remembered.wake_word
        return ALL if ALL in self.wake_words else self.wake_words[-1]

    @property
    def _words(self) -> str:
        mine = self._remembered.context
        return self._hints if mine is None else mine

    def _recognize(self) -> None:
        language = self._remembered.language or self._language
        words = "\n".join(filter(None, (self._words, self._vocabulary)))
        self._controlled.recognize(
            None if language == "auto" else language, words or None
        )

    @property
    def _follow_up(self) -> float:
        mine = self._remembered.continue_conversation
        return self._continue_conversation if mine is None else mine

    def _listen_again(self) -> None:
        self._controlled.handle(FollowUpRequested(self._follow_up))

    def _remember(self, remembered: Remembered, *, within: float = 0.0) -> None:
        self._remembered = remembered
        self._controlled.remember(remembered, within=within)

    def _echo(self, setting: Setting) -> None:
        self._controlled.echo(setting, self._values[setting])

    @property
    def _values(self) -> dict[Setting, float | str]:
        chosen = self.listened_for or tuple(self._thresholds)
        return {
            Setting.LANGUAGE: self._remembered.language or self._language,
            Setting.WAKE_WORD: self._wake_word,
            Setting.THRESHOLD: self._thresholds[chosen[0]] if chosen else 0.5,
            Setting.CONTEXT: self._words,
            Setting.CONTINUE_CONVERSATION: self._follow_up,
        }


_EVENT_OF: dict[ListenAction, Event] = {
    ListenAction.START: ListenRequested(),
    ListenAction.STOP: StopRequested(),
    ListenAction.CANCEL: CancelRequested(),
}
