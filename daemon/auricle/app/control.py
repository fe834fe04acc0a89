"""What a person may change while the satellite runs: obeyed, remembered, told."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from auricle.app.choices import Choices
from auricle.app.remembered import Remembered
from auricle.mqtt.commands import (
    Change,
    Command,
    Listen,
    ListenAction,
    Restart,
    SetVocabulary,
)
from auricle.mqtt.settings import Setting, Value
from auricle.turns.budget import Usage
from auricle.turns.events import (
    CancelRequested,
    Event,
    FollowUpRequested,
    ListenRequested,
    MuteRequested,
    StopRequested,
)
from auricle.turns.sounds import (
    AnswerFailed,
    SoundArrived,
    SoundCancelRequested,
    SoundUnusable,
    SpeechRequested,
    TimerChanged,
)

USAGE_SAVED_WITHIN = 600.0
"""Seconds until what was used is saved, unless a limit is reached."""


class WakeWordListener(Protocol):
    """Detects wake words: the capture thread. No call blocks."""

    def listen_for(self, wake_words: tuple[str, ...]) -> None:
        """Detect only these from now on."""

    def set_threshold(self, wake_word: str, threshold: float) -> None:
        """Change how sure the engine must be of this one."""


class EventHandler(Protocol):
    """Takes what a person orders: the runner of the satellite."""

    def handle(self, *events: Event) -> None:
        """Decide, and carry out."""


class RecognizerOptions(Protocol):
    """Tells the recognizer what to expect."""

    def expect(self, language: str | None, words: str | None) -> None:
        """Ask for this language and these words from the next turn on; without a
        language, the recognizer detects it.
        """


class Loudspeaker(Protocol):
    """Plays what the satellite says."""

    def set_volume(self, volume: float) -> None:
        """Play at this volume from now on, 0 to 1."""


class SettingEcho(Protocol):
    """Publishes what a setting is, and what a group is to know."""

    def tell_setting(self, setting: Setting, value: Value) -> None:
        """Say what it is by now."""

    def join_group(self, group: str) -> None:
        """Be one of this group of satellites from now on; empty: of none."""


class StateKeeper(Protocol):
    """Keeps what outlives a restart."""

    def remember(self, remembered: Remembered, *, within: float = 0.0) -> None:
        """Save it within so many seconds."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The parts that commands are for."""

    hearing: WakeWordListener
    runner: EventHandler
    recognizer: RecognizerOptions
    loudspeaker: Loudspeaker
    publisher: SettingEcho
    memory: StateKeeper
    restart: Callable[[], None]
    renamed: Callable[[str], None]
    """Tells of the name that the satellite had in its last run."""


class Control:
    """Carries out commands; local state is the truth, not the broker's memory."""

    def __init__(self, name: str, choices: Choices, targets: Targets) -> None:
        """`name` is that of the satellite."""
        self.choices = choices
        """What all that can be changed is now."""
        self._name = name
        self._targets = targets

    def apply(self) -> None:
        """Put into effect what was remembered, and tell all settings but mute, and
        whether the satellite had another name in its last run.
        """
        self._remember_name()
        for setting, value in self.choices.values.items():
            self._put_into_effect(setting)
            self._targets.publisher.tell_setting(setting, value)

    def remember_usage(self, usage: Usage, limit_reached: bool) -> None:
        """Keep what was used beside the settings, in the one file that outlives a
        restart. A limit that is reached outlives a crash, too.
        """
        within = 0.0 if limit_reached else USAGE_SAVED_WITHIN
        self._remember(replace(self.choices.remembered, usage=usage), within=within)

    def obey(self, command: Command) -> None:
        """Carry out a command, and tell what it changed."""
        match command:
            case Listen(action):
                self._targets.runner.handle(_EVENT_OF[action])
            case Change(setting, value):
                self._change(setting, value)
            case SetVocabulary(text=text):
                self.choices = replace(self.choices, vocabulary=text)
                self._recognize()
            case (
                SoundArrived()
                | SoundCancelRequested()
                | SoundUnusable()
                | AnswerFailed()
                | SpeechRequested()
                | TimerChanged()
            ):
                self._targets.runner.handle(command)
            case Restart():
                self._targets.restart()
            case _:
                assert_never(command)

    def _change(self, setting: Setting, value: Value) -> None:
        before = self.choices.values
        self._remember(self.choices.with_value(setting, value).remembered)
        self._put_into_effect(setting)
        for known, now in self.choices.values.items():
            # Another wake word brings its own threshold.
            if known is setting or now != before[known]:
                self._targets.publisher.tell_setting(known, now)

    def _put_into_effect(self, setting: Setting) -> None:
        """Have it done by the parts that it is for: what it is now, however often."""
        choices, targets = self.choices, self._targets
        match setting:
            case Setting.MUTE:
                # Whether it is muted is told when the microphone is closed, or open.
                targets.runner.handle(MuteRequested(choices.remembered.muted))
            case Setting.LANGUAGE | Setting.CONTEXT:
                self._recognize()
            case Setting.WAKE_WORD | Setting.THRESHOLD:
                listen_as_chosen(targets.hearing, choices)
            case Setting.CONTINUE_CONVERSATION:
                targets.runner.handle(FollowUpRequested(choices.number(setting)))
            case Setting.VOLUME:
                targets.loudspeaker.set_volume(choices.number(setting))
            case Setting.GROUP:
                targets.publisher.join_group(choices.text(setting))
            case _:
                assert_never(setting)

    def _remember_name(self) -> None:
        remembered = self.choices.remembered
        before, named = remembered.name, replace(remembered, name=self._name)
        if before is None:
            # What cannot be read now may be read later: it is not written over yet.
            self.choices = replace(self.choices, remembered=named)
        elif before != self._name:
            self._remember(named)
        if before and before != self._name:
            self._targets.renamed(before)

    def _recognize(self) -> None:
        choices = self.choices
        self._targets.recognizer.expect(choices.language, choices.expected_words)

    def _remember(self, remembered: Remembered, *, within: float = 0.0) -> None:
        self.choices = replace(self.choices, remembered=remembered)
        self._targets.memory.remember(remembered, within=within)


def listen_as_chosen(hearing: WakeWordListener, choices: Choices) -> None:
    """Have the wake words detected that are chosen, with their thresholds."""
    for name, threshold in choices.thresholds.items():
        hearing.set_threshold(name, threshold)
    hearing.listen_for(choices.listened_for)


_EVENT_OF: dict[ListenAction, Event] = {
    ListenAction.START: ListenRequested(),
    ListenAction.STOP: StopRequested(),
    ListenAction.CANCEL: CancelRequested(),
}
