"""What runs in the process in which a speech model of the user's own is tried.

`python -m auricle.recognizer.engines.trial_process FOLDER THREADS PARENT`, for whoever
has the process number PARENT, loads it and has it hear something, and says so. Whatever
goes wrong ends it, with a word on standard error.
"""

import sys
from importlib.resources import as_file

from auricle.assets.recordings import OKAY_NABU
from auricle.audio.files.recording import read_recording
from auricle.audio.frame import SAMPLE_BYTES, SAMPLE_RATE
from auricle.recognizer.engines.loading import load_folder
from auricle.recognizer.engines.model_folder import open_folder
from auricle.recognizer.engines.trial import HEARD
from auricle.system import parent

# The shortest that ever comes.
_SHORTEST = SAMPLE_RATE // 10 * SAMPLE_BYTES


def main(folder: str, threads: str, waiting: str) -> None:
    """Try the model of `folder`, for the process `waiting` alone."""
    # A model may go round in circles for ever.
    parent.end_with_it(int(waiting))
    engine = load_folder(open_folder(folder), threads=int(threads))
    with as_file(OKAY_NABU) as path:
        spoken = read_recording(path)
    middle = len(spoken) // 4 * SAMPLE_BYTES
    shortest = spoken[middle : middle + _SHORTEST]
    for pcm, final in ((shortest, True), (spoken, False), (spoken, True)):
        engine.transcribe(pcm, language=None, corpus=None, final=final)
    sys.stdout.buffer.write(HEARD)


if __name__ == "__main__":
    main(*sys.argv[1:])
