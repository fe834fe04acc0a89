"""The multilingual model itself, on synthetic speech."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from auricle.qwen_asr.events import LANGUAGES
from auricle.recognizer.engines.loading import load_engine
from auricle.recognizer.engines.weights import BASE, find_whisper
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.recognizer.transcriptions import RecognizedText
from rigs.audio.speech import say, silence

GERMAN = "Schalte das Licht in der Küche ein"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhisperEngine]:
    packages = [folder.partition("/")[0] for folder in BASE.folders]
    if not all(map(find_spec, packages)):
        pytest.skip(f"auricle[{BASE.extra}] is not installed: 130 MB")
    with pytest.MonkeyPatch.context() as environment:
        cache = tmp_path_factory.mktemp("cache")
        environment.setitem(os.environ, "CACHE_DIRECTORY", str(cache))
        yield WhisperEngine("base")


def spoken(text: str, voice: str) -> bytes:
    return silence(0.3) + say(text, voice=voice) + silence(0.5)


def words(text: str) -> list[str]:
    return text.lower().strip(".!").split()


@pytest.mark.parametrize(
    ("language", "voice", "command"),
    [("en", "en-us", "turn on the kitchen light"), ("de", "de", GERMAN)],
)
def test_a_command_is_transcribed_in_its_language(
    engine: WhisperEngine, language: str, voice: str, command: str
) -> None:
    transcript = engine.transcribe(
        spoken(command, voice), language=language, corpus=None, final=True
    )
    assert words(transcript.text) == words(command)
    assert transcript.language == language


def test_a_language_that_nobody_named_is_detected(engine: WhisperEngine) -> None:
    transcript = engine.transcribe(
        spoken(GERMAN, "de"), language=None, corpus=None, final=True
    )
    assert transcript.language == "de"
    assert words(transcript.text) == words(GERMAN)


def test_a_language_is_told_by_the_first_words_and_not_by_the_silence_before(
    engine: WhisperEngine,
) -> None:
    transcript = engine.transcribe(
        silence(30) + spoken(GERMAN, "de"), language=None, corpus=None, final=True
    )
    assert transcript.language == "de"
    assert "küche" in words(transcript.text)


def test_the_parts_of_what_is_said_are_one_as_their_language_is_written(
    engine: WhisperEngine,
) -> None:
    thanks = spoken("ありがとう", "ja")
    transcript = engine.transcribe(
        thanks + silence(29) + thanks, language="ja", corpus=None, final=True
    )
    assert transcript.text == "ありがとうありがとう"


def test_a_room_without_a_voice_says_nothing(engine: WhisperEngine) -> None:
    for language in ("de", None):
        transcript = engine.transcribe(
            silence(2), language=language, corpus=None, final=True
        )
        assert transcript == RecognizedText("", language)


@pytest.mark.parametrize("language", ["yue", "fil"])
def test_a_language_that_whisper_calls_otherwise_is_reported_as_asked(
    engine: WhisperEngine, language: str
) -> None:
    transcript = engine.transcribe(
        spoken("stop", "en-us"), language=language, corpus=None, final=True
    )
    assert transcript.language == language


def test_cantonese_is_heard_as_such_by_a_model_that_knows_it(
    engine: WhisperEngine, tmp_path: Path
) -> None:
    """Here, by one to which that is German, so that it shows."""
    for file in find_whisper(engine.name.removeprefix("Whisper ")).iterdir():
        (tmp_path / file.name).symlink_to(file)
    tokenizer = tmp_path / "tokenizer.json"
    known = tokenizer.read_text(encoding="utf-8")
    tokenizer.unlink()
    tokenizer.write_text(known.replace("<|de|>", "<|yue|>"), encoding="utf-8")

    transcript = WhisperEngine(str(tmp_path)).transcribe(
        spoken(GERMAN, "de"), language="yue", corpus=None, final=True
    )
    assert words(transcript.text) == words(GERMAN)
    assert transcript.language == "yue"


def test_it_knows_every_language_of_the_protocol(engine: WhisperEngine) -> None:
    assert engine.languages == LANGUAGES


@pytest.mark.usefixtures("engine")
def test_of_what_is_installed_each_language_gets_a_model_that_knows_it() -> None:
    engine = load_engine("auto", threads=2)
    german, english = (
        engine.transcribe(
            spoken(command, voice), language=language, corpus=None, final=True
        )
        for command, voice, language in (
            (GERMAN, "de", "de"),
            ("turn on the kitchen light", "en-us", "en"),
        )
    )
    assert (words(german.text), german.language) == (words(GERMAN), "de")
    assert english.language == "en"
    assert words(english.text) == ["turn", "on", "the", "kitchen", "light"]
    assert engine.languages == LANGUAGES
