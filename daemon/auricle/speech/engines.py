"""The programs that speak, and how each is run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """Says how a program is run."""

    argv: tuple[str, ...]
    """The name and the arguments."""
    key: str
    """The setting that chose it, such as `speech.engine`."""
    package: str = ""
    """The Debian package that has it; empty where that is the user's affair."""

    @property
    def missing(self) -> str:
        """What to tell where it cannot be run."""
        if self.package:
            remedy = f"apt install {self.package}"
            return f"{self.key}: {self.argv[0]} is not installed: {remedy}"
        return f"{self.key}: there is no program {self.argv[0]!r} that can be run"


FLITE_VOICES = ("slt", "awb", "kal", "kal16", "rms")
"""The voices that flite brings along; any other name it takes for its oldest one."""


def espeak(voice: str) -> Program:
    """Return how espeak-ng is run; `voice` is empty for its own."""
    chosen = ("-v", voice) if voice else ()
    argv = ("espeak-ng", "--stdin", "--stdout", "-b", "1", *chosen)
    return Program(argv, "speech.engine", "espeak-ng")


def flite(voice: str) -> Program:
    """Return how flite is run, but for the file that it writes to; `voice` is empty for
    the best that it has.
    """
    argv = ("flite", "-voice", voice or FLITE_VOICES[0], "-f", "/dev/stdin")
    return Program(argv, "speech.engine", "flite")


def own_command(command: tuple[str, ...]) -> Program:
    """Return how a program of the user's is run."""
    return Program(command, "speech.command")
