"""A terminal to draw on, given back as it was."""

import os
import select
import shutil
import sys
import termios
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

# https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
_OTHER_SCREEN, _OWN_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_TOP, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
START_LINE_ANEW = "\r" + _CLEAR_LINE
"""Begins the line again in which the cursor stands, empty."""
_LOCAL_MODES = 3  # their place in what tcgetattr returns


class Screen:
    """Draws on a terminal while its context lasts; what is typed meanwhile is not
    shown, but may be asked for key by key, and Ctrl-C still works.
    """

    def __init__(self) -> None:
        self._modes: list[Any] | None = None

    def __enter__(self) -> Self:
        if sys.stdin.isatty():
            self._modes = termios.tcgetattr(sys.stdin)
            silent = termios.tcgetattr(sys.stdin)
            silent[_LOCAL_MODES] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, silent)
        print(_OTHER_SCREEN + _HIDE_CURSOR, end="", flush=True)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        print(_SHOW_CURSOR + _OWN_SCREEN, end="", flush=True)
        if self._modes is not None:
            # What was typed meanwhile was meant for nobody.
            termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, self._modes)

    @property
    def takes_keys(self) -> bool:
        """Whether what is typed can be asked for."""
        return self._modes is not None

    def typed(self) -> str:
        """Return what was typed since the last time, without waiting."""
        fd = sys.stdin.fileno()
        ready, _, _ = select.select([fd], [], [], 0)
        return os.read(fd, 64).decode(errors="replace") if ready else ""

    @property
    def width(self) -> int:
        """The number of characters in a line."""
        return shutil.get_terminal_size().columns

    def draw(self, lines: Sequence[str]) -> None:
        """Draw these lines instead of what was drawn before."""
        height = shutil.get_terminal_size().lines
        picture = "\r\n".join(line + _CLEAR_LINE for line in lines[:height])
        print(_TOP + picture + _CLEAR_BELOW, end="", flush=True)
