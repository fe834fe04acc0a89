"""How many utterances a recognizer's voice detector finds in sound.

    python segments_in.py [SECONDS] < SOUND

A program of its own, for a commit of another day as well: the sound, 16 kHz mono s16le,
is on standard input, the number on standard output. A session begins anew every so many
SECONDS.
"""

import sys

from auricle.qwen_asr.events import ServerVad
from auricle.recognizer.intake import SegmentStarted
from auricle.recognizer.segmenter import VadSegmenter

_BYTES_PER_SECOND = 32_000


def main() -> None:
    sound = sys.stdin.buffer.read()
    length = int(sys.argv[1]) * _BYTES_PER_SECOND if sys.argv[1:] else len(sound)
    print(sum(_found(sound[at : at + length]) for at in range(0, len(sound), length)))


def _found(sound: bytes) -> int:
    events = VadSegmenter(ServerVad(0.0, 400)).push(sound)
    return sum(isinstance(event, SegmentStarted) for event in events)


if __name__ == "__main__":
    main()
