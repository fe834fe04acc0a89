"""How many utterances a recognizer's voice detector finds in sound.

    python segments_in.py < SOUND

A program of its own, for a commit of another day as well: the sound, 16 kHz mono s16le,
is on standard input, the number on standard output.
"""

import sys

from auricle.qwen_asr.events import ServerVad
from auricle.recognizer.intake import SegmentStarted
from auricle.recognizer.segmenter import VadSegmenter


def main() -> None:
    segmenter = VadSegmenter(ServerVad(0.0, 400))
    events = segmenter.push(sys.stdin.buffer.read())
    print(sum(isinstance(event, SegmentStarted) for event in events))


if __name__ == "__main__":
    main()
