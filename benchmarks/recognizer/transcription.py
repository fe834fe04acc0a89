"""People's recordings through `auricle transcribe`, and the same engine directly.

    python -m benchmarks.recognizer.transcription [--recordings 100]

They must agree: whatever is lost, is lost on our way. Needs AURICLE_RECORDINGS.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auricle.audio.files.recording import read_recording
from auricle.recognizer.engines.whisper import WhisperEngine
from benchmarks.recognizer.scoring import (
    Score,
    score,
    sentences,
    slots,
    slots_missed,
    words,
)
from benchmarks.recordings import Recordings

_AURICLE = [sys.executable, "-m", "auricle"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=100, metavar="N")
    arguments = parser.parse_args()
    root = Recordings.from_environment().root
    commands = sorted((root / "commands" / "coffee").glob("*.flac"))
    read = sorted((root / "speech" / "librivox").glob("sense*.flac"))
    files = [*read, *commands][: arguments.recordings]

    through_us = _transcribe(files)
    engine = WhisperEngine()
    directly = {
        file: engine.transcribe(
            read_recording(file), language="en", corpus=None, final=True
        ).text
        for file in files
    }

    for name, transcripts in (
        ("auricle transcribe", through_us),
        ("engine directly", directly),
    ):
        errors, missed = _scores(root, transcripts)
        print(
            f"{name:20} word error rate {errors.error_rate:6.1%} of {errors.words} "
            f"words read, slot recall {1 - missed.error_rate:6.1%} of {missed.words}"
        )
    differing = [file for file in files if through_us[file] != directly[file]]
    between = sum(
        (score(words(directly[file]), words(through_us[file])) for file in files),
        Score(),
    )
    print(
        f"{len(files)} recordings, {len(differing)} with another transcript "
        f"({between.error_rate:.2%} of the words)"
    )


def _transcribe(files: list[Path]) -> dict[Path, str]:
    """Through the program, which gets all of them at once."""
    with _recognizer() as url:
        command = [*_AURICLE, "transcribe", "--json", "--url", url, *map(str, files)]
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, timeout=3600
        )
    results = [json.loads(line) for line in ended.stdout.splitlines()]
    return {Path(result["file"]): result["text"] for result in results}


@contextmanager
def _recognizer() -> Iterator[str]:
    command = [*_AURICLE, "recognizer", "--port", "0", "--deadline", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line.startswith("serving on "):
                raise SystemExit("the recognizer did not start")
            yield line.split()[2]
        finally:
            process.terminate()


def _scores(root: Path, transcripts: dict[Path, str]) -> tuple[Score, Score]:
    """Of the read sentences in words, and of the commands in slots."""
    said = sentences(root / "speech" / "librivox" / "transcription.txt")
    expected = slots(root / "commands" / "coffee")
    errors = missed = Score()
    for file, text in transcripts.items():
        if file.name in expected:
            missed += slots_missed(expected[file.name], words(text))
        else:
            errors += score(said[file.stem], words(text))
    return errors, missed


if __name__ == "__main__":
    main()
