"""Throws frames at both ends of the protocol, guided by coverage: scripts/fuzz.

A frame that raises, takes longer than a second or fills the memory is a crash, and is
left behind as a file; so is a session that does not end when it is finished.
"""

import contextlib
import sys

import atheris

with atheris.instrument_imports(include=["auricle", "json"]):
    from auricle.qwen_asr.decoding import decode_server_event
    from auricle.recognizer.codecs import make_decoder
    from auricle.recognizer.segmenter import VadSegmenter
    from auricle.recognizer.session import Orders, RecognizerSession
    from auricle.recognizer.transcriptions import RecognizedText, Transcribe

_MOST_FRAMES = 8


def fuzz(data: bytes) -> None:
    """One session: its client's frames are lines; each is the other end's as well."""
    session = RecognizerSession("sess_1", "model", VadSegmenter, make_decoder)
    due = session.open()
    for line in data.split(b"\n")[:_MOST_FRAMES]:
        frame: str | bytes = line
        with contextlib.suppress(UnicodeDecodeError):  # then it is a binary frame
            frame = line.decode()
        decode_server_event(frame)
        due += session.receive_message(frame)
        _transcribe(session, due)
    due += session.receive_message('{"type":"session.finish"}')
    _transcribe(session, due)
    assert session.finished


def _transcribe(session: RecognizerSession, due: Orders) -> None:
    while due:
        order = due.pop(0)
        if isinstance(order, Transcribe):
            due += session.transcribed(order, RecognizedText("words", "en"))


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()
