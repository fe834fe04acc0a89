"""Whether it hears: straight away, across the room, with a pause; and what that costs.

    scripts/bench heard                       all
    scripts/bench heard --short               little of everything, for a first look
    scripts/bench heard --part idle           only these
    scripts/bench heard --seed 7              other voices meet other rooms
    scripts/bench heard --wake FOLDER         your own wake words, in folders by their
                                              names: FOLDER/alexa/*.wav
    scripts/bench heard --commands FOLDER     your own commands: FOLDER/*.wav

Voices are people's, from the folder that AURICLE_RECORDINGS names; your own, 16 kHz
mono WAV or FLAC, stand in for those of their kind; a labels.json beside the commands
tells `far` their slots: {"1.wav": {"slots": {"what": "lamp"}}}. The parts, and what
each of them takes:

    wake      whether a wake word is heard, and what else is taken for it (15 minutes)
    far       what the recognizer at home understands from across the room (25 minutes)
    idle      what listening to a microphone costs while nobody speaks (5 minutes)
    pauses    commands with a pause between two words, whoever ends the sentence: whole
              or not, and how long those without a pause wait (20 minutes)
    transcript  the wake word's end as a word before the command, and words of the
              command that are lost, however soon it follows (40 minutes)

Each figure is printed beside its target; the last line tells how many targets are met,
and the exit status is 0 only where all are. Each part is written to a file of its own,
benchmarks/results/heard-PART.md, but not with --short, nor of your own recordings.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.heard import far, idle, pauses, transcript, wake
from benchmarks.heard.scale import Scale
from benchmarks.rows import Row
from benchmarks.targets import measure_parts

Part = Callable[[Scale], Iterable[Row]]

PARTS: Mapping[str, Part] = {
    "wake": wake.rows,
    "far": far.rows,
    "idle": idle.rows,
    "pauses": pauses.rows,
    "transcript": transcript.rows,
}


def main() -> None:
    arguments = _arguments()
    scale = Scale(arguments.seed, arguments.short, arguments.wake, arguments.commands)
    parts = {part: partial(PARTS[part], scale) for part in arguments.parts}
    sys.exit(measure_parts("heard", parts, kept=scale.is_published))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench heard",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--part",
        dest="parts",
        nargs="+",
        choices=PARTS,
        default=list(PARTS),
        metavar="PART",
        help=f"of {', '.join(PARTS)}; by default, all",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="of voices, rooms and noises (default 1)"
    )
    parser.add_argument(
        "--short", action="store_true", help="little of everything, for a first look"
    )
    parser.add_argument(
        "--wake", type=_folder, metavar="FOLDER", help="of your own wake words"
    )
    parser.add_argument(
        "--commands", type=_folder, metavar="FOLDER", help="of your own commands"
    )
    return parser.parse_args()


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is no folder")
    return Path(text)


if __name__ == "__main__":
    main()
