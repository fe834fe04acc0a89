"""A level bar in the last line of a terminal, while the microphone is listened to."""

import sys

from auricle.audio.level import QUIETEST_DBFS
from auricle.cli.terminal import START_LINE_ANEW
from auricle.doctor import microphone
from auricle.listen.view import bar


class LevelMeter:
    """Shows the last level that it took, where there is a terminal to show it on."""

    def __init__(self) -> None:
        self._on = sys.stdout.isatty()
        self._level = QUIETEST_DBFS
        self._shown = False

    def take(self, level: float) -> None:
        """Take a level, in dBFS."""
        self._level = level

    def show(self) -> None:
        """Draw the bar anew."""
        if not self._on:
            return
        self._shown = True
        level = f"{bar(self._level, width=30)} {self._level:4.0f} dBFS"
        print(f"\r  {microphone.NAME:17}{level}  say something", end="", flush=True)

    def erase(self) -> None:
        """Give the line back."""
        if self._shown:
            self._shown = False
            print(START_LINE_ANEW, end="")
