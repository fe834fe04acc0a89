"""Folders of the user's own, through the real runtime: models without weights."""

import base64
import shutil
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from auricle.errors import ConfigError
from auricle.qwen_asr.events import EMOTIONS, LANGUAGES
from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.loading import load_engine, load_folder
from auricle.recognizer.engines.model_folder import open_folder
from auricle.recognizer.engines.model_kind import ModelKind
from auricle.recognizer.engines.moonshine_tokens import tokens_in
from auricle.recognizer.engines.weights import MOONSHINE
from rigs.audio.speech import noise, say, silence
from rigs.recognizer.synthetic_models import (
    KINDS,
    MOODS,
    SAID,
    moonshine,
    nemo_transducer,
    qwen3_asr,
    sense_voice,
    spoil,
    streaming_zipformer,
    whisper,
    write_tokens,
)

pytest.importorskip(
    "sherpa_onnx",
    reason="auricle[recognizer-sherpa] is not installed: 17 MB",
    exc_type=ImportError,
)

SPOKEN = silence(0.3) + say("turn on the light") + silence(0.5)


def engine_of(folder: Path, *languages: str) -> Engine:
    """What is loaded without a trial, which another test makes."""
    return load_folder(open_folder(str(folder), languages), threads=1)


def heard(engine: Engine, *, language: str | None = None) -> tuple[str, str | None]:
    found = engine.transcribe(SPOKEN, language=language, corpus=None, final=True)
    return found.text, found.language


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_of_each_kind_is_tried_loaded_and_recognizes(
    kind: str, tmp_path: Path
) -> None:
    engine = load_engine(str(KINDS[kind](tmp_path / "a-folder")), threads=1)

    assert engine.name == f"{kind} (a-folder)"
    for final in (False, True):
        found = engine.transcribe(SPOKEN, language=None, corpus=None, final=final)
        assert found.text.lower() == SAID


def test_each_mood_of_sense_voice_is_one_of_the_protocols(tmp_path: Path) -> None:
    moods = {}
    for mood in (*MOODS, "EMO_UNKNOWN"):
        engine = engine_of(sense_voice(tmp_path / mood, mood=mood))
        found = engine.transcribe(SPOKEN, language=None, corpus=None, final=True)
        moods[mood] = found.emotion

    assert moods.pop("EMO_UNKNOWN") is None
    assert moods == {mood: mood.lower() for mood in MOODS}
    assert sorted(filter(None, moods.values())) == sorted(EMOTIONS)


def test_sense_voice_tells_the_language_and_is_told_it_for_each_utterance(
    tmp_path: Path,
) -> None:
    engine = engine_of(sense_voice(tmp_path, language="ko"))
    assert engine.languages == {"zh", "yue", "en", "ja", "ko"}
    asked = (None, "ja", "en", None, "yue")
    assert [heard(engine, language=code) for code in asked] == [
        (SAID, code) for code in ("ko", "ja", "en", "ko", "yue")
    ]


def test_whisper_tells_the_language_and_is_told_it_for_each_utterance(
    tmp_path: Path,
) -> None:
    engine = engine_of(whisper(tmp_path, language="tl"))
    assert engine.languages == {"en", "de", "zh", "yue", "fil"}
    asked = (None, "de", "yue", None)
    assert [heard(engine, language=code)[1] for code in asked] == [
        "fil",
        "de",
        "zh",
        "fil",
    ]


def test_a_model_of_one_language_writes_that_and_of_many_none(tmp_path: Path) -> None:
    folder = nemo_transducer(tmp_path)
    assert heard(engine_of(folder, "de")) == (SAID, "de")
    assert heard(engine_of(folder)) == (SAID, None)
    assert engine_of(folder).languages == LANGUAGES


def test_qwen3_is_told_language_and_words_and_says_what_it_left_out(
    tmp_path: Path,
) -> None:
    engine = engine_of(qwen3_asr(tmp_path))
    names = ", ".join(f"the lamp of room {number}" for number in range(200))
    for corpus in (None, "kitchen light", names):
        found = engine.transcribe(SPOKEN, language="de", corpus=corpus, final=True)
        assert (found.text, found.language) == (SAID, "de")

    assert engine.usable("kitchen light") is None
    left_out = engine.usable(names)
    assert left_out is not None
    assert left_out.endswith(" of 200")


def test_a_minute_is_heard_in_parts(tmp_path: Path) -> None:
    engine = engine_of(qwen3_asr(tmp_path))
    minute = (SPOKEN * 60)[: 60 * 32_000]
    found = engine.transcribe(minute, language=None, corpus=None, final=True)
    assert found.text.startswith(f"{SAID} {SAID}")


def test_the_parts_of_what_is_said_are_one_as_their_language_is_written(
    tmp_path: Path,
) -> None:
    said = "打开厨房的灯"
    engine = engine_of(qwen3_asr(tmp_path, said))
    minute = (SPOKEN * 60)[: 60 * 32_000]
    found = engine.transcribe(minute, language="zh", corpus=None, final=True)
    assert found.text.startswith(f"{said}{said}")


@pytest.mark.parametrize("make", [moonshine, whisper])
def test_a_model_that_makes_up_words_is_not_asked_where_nobody_speaks(
    make: type, tmp_path: Path
) -> None:
    engine = engine_of(make(tmp_path))
    for sound in (b"", silence(2), noise(3, dbfs=-50)):
        found = engine.transcribe(sound, language=None, corpus=None, final=True)
        assert found.text == ""


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "streaming" not in kind])
def test_of_a_muted_microphone_no_model_hears_a_word(kind: str, tmp_path: Path) -> None:
    engine = engine_of(KINDS[kind](tmp_path))
    assert heard(engine)[0]
    for final in (False, True):
        found = engine.transcribe(silence(2), language=None, corpus=None, final=final)
        assert found.text == ""


# Of these, sherpa-onnx tells a failed decode from silence on standard error alone.
SILENT = ("Moonshine", "Moonshine v2", "Paraformer")
# Of these it does so, too, but tells a language of every sound that it decoded.
BY_LANGUAGE = ("SenseVoice", "Whisper")


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind not in (*SILENT, *BY_LANGUAGE)]
)
def test_what_fails_in_a_decode_is_raised_whichever_part_it_is(
    kind: str, tmp_path: Path
) -> None:
    whole = KINDS[kind](tmp_path / "whole")
    for part in sorted(whole.glob("*.onnx")):
        folder = tmp_path / part.stem
        shutil.copytree(whole, folder)
        spoil(folder / part.name)
        with pytest.raises(RuntimeError, match="Gather"):
            heard(engine_of(folder))


@pytest.mark.parametrize(
    ("kind", "part", "takes"),
    [
        ("SenseVoice", "model.int8.onnx", 15_000),
        ("Whisper", "tiny-encoder.int8.onnx", 95_000),
    ],
)
def test_what_finds_neither_words_nor_a_language_was_not_decoded(
    kind: str, part: str, takes: int, tmp_path: Path
) -> None:
    folder = KINDS[kind](tmp_path / "model")
    spoil(folder / part, takes)
    engine = engine_of(folder)
    assert heard(engine)[0] == SAID
    with pytest.raises(RuntimeError, match="could not decode"):
        engine.transcribe(SPOKEN * 2, language=None, corpus=None, final=True)
    assert heard(engine)[0] == SAID


class TestStreaming:
    """A streaming zipformer, a word in each 0.16 s."""

    @pytest.fixture
    def engine(self, tmp_path: Path) -> Engine:
        return engine_of(streaming_zipformer(tmp_path), "en")

    def interim(self, engine: Engine, seconds: float, *, final: bool = False) -> str:
        pcm = SPOKEN[: round(seconds * 16_000) * 2]
        return engine.transcribe(pcm, language=None, corpus=None, final=final).text

    def test_interims_grow_with_what_is_said(self, engine: Engine) -> None:
        told = [self.interim(engine, tenth / 10) for tenth in range(1, 13)]
        grown = [text for text in told if text]
        assert len(set(grown)) >= 2
        assert all(later.startswith(text) for text, later in pairwise(grown))
        assert self.interim(engine, 1.3, final=True) == "Turn on the light"

    def test_what_was_heard_is_not_heard_again(self, engine: Engine) -> None:
        # It says its sentence once for each stream: one that went on says no second.
        assert self.interim(engine, 1.0) == "Turn on the light"
        assert self.interim(engine, 1.2) == "Turn on the light"
        other = noise(1.0, dbfs=-20)
        found = engine.transcribe(other, language=None, corpus=None, final=False)
        assert found.text == "Turn on the light"

    def test_what_goes_on_behind_a_final_is_heard_from_its_beginning(
        self, engine: Engine
    ) -> None:
        assert self.interim(engine, 0.9)
        assert self.interim(engine, 1.0, final=True) == "Turn on the light"
        assert self.interim(engine, 1.2, final=True) == "Turn on the light"

    def test_many_sessions_cost_no_more_than_their_sound(self, engine: Engine) -> None:
        for number in range(40):
            sound = noise(0.5, dbfs=-20, seed=number)
            engine.transcribe(sound, language=None, corpus=None, final=False)
        assert self.interim(engine, 1.0, final=True) == "Turn on the light"


def test_what_the_runtime_says_before_it_ends_is_in_the_error(tmp_path: Path) -> None:
    folder = nemo_transducer(tmp_path)
    (folder / "joiner.int8.onnx").write_bytes(
        (folder / "decoder.int8.onnx").read_bytes()
    )
    with pytest.raises(ConfigError) as refused:
        load_engine(str(folder), threads=1)
    assert str(refused.value).startswith(
        f"{folder}: {ModelKind.NEMO_TRANSDUCER} cannot"
    )
    assert "docs/recognizer.md" in str(refused.value)


@pytest.mark.skipif(
    find_spec("moonshine_voice") is None,
    reason=f"auricle[{MOONSHINE.extra}] is not installed: 56 MB",
)
def test_real_weights_are_heard_in_a_folder_as_it_is_published(tmp_path: Path) -> None:
    """Moonshine tiny-en, of which a package holds all but the list of tokens."""
    folder = tmp_path / "sherpa-onnx-moonshine-tiny-en"
    folder.mkdir()
    [packaged] = MOONSHINE.installed()
    for name in ("encoder_model.ort", "decoder_model_merged.ort"):
        (folder / name).symlink_to(packaged / name)
    tokens = tokens_in((packaged / "tokenizer.bin").read_bytes())
    write_tokens(folder, [base64.b64encode(token).decode() for token in tokens])

    engine = load_engine(str(folder), threads=2)

    twelve_seconds = (say("stop the music") + silence(0.6)) * 8
    for sound, times in ((SPOKEN, 1), (twelve_seconds, 8)):
        found = engine.transcribe(sound, language=None, corpus=None, final=True)
        assert found.language == "en"
        said = "turn on the light" if times == 1 else "stop the music"
        assert found.text.lower().count(said) == times, found.text
    found = engine.transcribe(silence(2), language=None, corpus=None, final=True)
    assert found.text == ""
