"""`auricle recognizer --model FOLDER` as a process, with folders good and bad."""

import asyncio
import contextlib
import json
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import numpy_helper

from auricle.errors import ConfigError
from auricle.recognizer.engines.loading import load_engine
from rigs.audio.recordings import save
from rigs.audio.speech import mix, noise, say, silence
from rigs.homes.program import (
    Program,
    auricle,
    clean_environment,
    local_recognizer,
    told_here,
    write_settings,
)
from rigs.mqtt.broker import Broker
from rigs.mqtt.subscriber import HouseClient
from rigs.recognizer.synthetic_models import (
    KINDS,
    SAID,
    moonshine,
    moonshine_v2,
    nemo_ctc,
    nemo_transducer,
    qwen3_asr,
    sense_voice,
    spoil,
    streaming_zipformer,
    whisper,
)
from rigs.waiting import eventually

pytest.importorskip(
    "sherpa_onnx",
    reason="auricle[recognizer-sherpa] is not installed: 17 MB",
    exc_type=ImportError,
)

SPOKEN = silence(0.3) + say("turn on the light") + silence(0.5)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("recording") / "spoken.flac", SPOKEN)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_satellite_is_served_by_a_model_of_each_kind(
    kind: str, tmp_path: Path, recording: Path
) -> None:
    folder = KINDS[kind](tmp_path / "model")
    async with local_recognizer("--model", str(folder)) as url:
        code, out, err = await told_here(
            "transcribe", "--url", url, "--json", str(recording)
        )

    assert code == 0, err
    result = json.loads(out)
    assert result["text"].lower() == SAID
    mood = "happy" if kind == "SenseVoice" else None
    language = {"SenseVoice": "en", "Whisper": "de", "Moonshine": "en"}.get(kind)
    assert (result["emotion"], result["language"]) == (mood, language)


async def test_mood_and_language_reach_mqtt(broker: Broker, tmp_path: Path) -> None:
    folder = sense_voice(tmp_path / "model", mood="SURPRISED", language="ko")
    spoken = silence(1.5) + say("okay nabu") + silence(0.3) + SPOKEN + silence(1)
    recording = save(tmp_path / "spoken.flac", mix(spoken, noise(6, dbfs=-75)))
    async with local_recognizer("--model", str(folder)) as url:
        settings: dict[str, dict[str, Any]] = {
            "satellite": {"name": "study"},
            "mqtt": {"host": "127.0.0.1", "port": broker.port, "time_to_live": 60},
            "asr": {"url": url, "final_timeout": 30},
            "utterance": {"mode": "manual"},
        }
        async with (
            HouseClient(broker.port, "auricle/study/#") as house,
            Program(tmp_path, settings, "--recording", str(recording)),
        ):
            await house.hears("auricle/study/event/utterance", timeout=40)
            await house.hears("auricle/study/emotion", "surprised")
            final = json.loads(house.on("auricle/study/event/utterance")[-1])

    assert (final["event_type"], final["text"]) == ("transcript", SAID)
    assert (final["emotion"], final["language"]) == ("surprised", "ko")


@pytest.mark.parametrize("said", [SAID, ""], ids=["words", "none"])
async def test_how_many_are_served_is_claimed_of_a_model_that_finds_words_only(
    said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = sense_voice(tmp_path / "model", said)
    async with local_recognizer("--model", str(folder)):
        pass
    log = capfd.readouterr().err
    assert ("at once are served in time" in log) is bool(said)
    assert ("the model found no words" in log) is not bool(said)


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def with_content(name: str, content: bytes) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return write


def half_of(name: str) -> Callable[[Path], None]:
    def halve(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return halve


def saying(name: str, **said: str | None) -> Callable[[Path], None]:
    """The model's metadata with these values in the place of others, or without."""

    def rewrite(folder: Path) -> None:
        model = onnx.load(folder / name)
        props = {prop.key: prop.value for prop in model.metadata_props} | said
        del model.metadata_props[:]
        onnx.helper.set_model_props(
            model, {key: value for key, value in props.items() if value is not None}
        )
        onnx.save(model, folder / name)

    return rewrite


def failing(name: str) -> Callable[[Path], None]:
    return lambda folder: spoil(folder / name)


def copied(source: str, target: str) -> Callable[[Path], None]:
    def copy(folder: Path) -> None:
        (folder / target).write_bytes((folder / source).read_bytes())

    return copy


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def replaced_by_a_link_to_nowhere(folder: Path) -> None:
    (folder / "model.int8.onnx").unlink()
    (folder / "model.int8.onnx").symlink_to("nowhere.onnx")


def made_an_old_whisper(folder: Path) -> None:
    emptied(folder)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).write_bytes(b"{}")


def made_a_pointer_to_a_whisper(folder: Path) -> None:
    made_an_old_whisper(folder)
    (folder / "model.bin").write_bytes(LFS)


MODEL = "model.int8.onnx"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"
BROKEN: dict[str, tuple[Callable[[Path], Path], Callable[[Path], None], str]] = {
    "an empty folder": (sense_voice, emptied, "holds no speech model"),
    "no tokens": (sense_voice, without("tokens.txt"), "lacks tokens.txt"),
    "no model": (sense_voice, without(MODEL), "holds no speech model"),
    "a pointer of Git LFS": (sense_voice, with_content(MODEL, LFS), "git lfs pull"),
    "a web page": (
        sense_voice,
        with_content(MODEL, b"<!DOCTYPE html><html>404"),
        "is a web page",
    ),
    "an empty model": (sense_voice, with_content(MODEL, b""), "is empty"),
    "half a model": (sense_voice, half_of(MODEL), "ends in the middle"),
    "not a model": (sense_voice, with_content(MODEL, b"PK\x03\x04" * 99), "damaged"),
    "a link to nowhere": (
        sense_voice,
        replaced_by_a_link_to_nowhere,
        "No such file or directory",
    ),
    "a model that does not say what it is": (
        sense_voice,
        saying(MODEL, model_type=None),
        "does not say in its metadata what it is",
    ),
    "a model of another trade": (
        sense_voice,
        saying(MODEL, model_type="vits"),
        "is of the type 'vits'",
    ),
    "metadata that lacks a key": (
        sense_voice,
        saying(MODEL, lfr_window_size=None),
        "lacks lfr_window_size in its metadata",
    ),
    "metadata that makes no sense": (
        sense_voice,
        saying(MODEL, lfr_window_size="many", neg_mean="x"),
        "cannot be used",
    ),
    "a model under a wrong name": (
        nemo_ctc,
        saying(MODEL, model_type="wenet_ctc", subsampling_factor=None),
        "cannot be used",
    ),
    "tokens without numbers": (
        sense_voice,
        with_content("tokens.txt", b"turn\non\nthe\nlight\n"),
        "tokens.txt: line 1 is not a token and its number",
    ),
    "tokens that are a web page": (
        sense_voice,
        with_content("tokens.txt", b"<html>Not found</html>"),
        "is a web page",
    ),
    "tokens that are no text": (
        sense_voice,
        with_content("tokens.txt", b"\xff\xfe\x00"),
        "not text in UTF-8",
    ),
    "no decoder": (
        nemo_transducer,
        without("decoder.int8.onnx"),
        "lacks its decoder, a file *decoder*.onnx",
    ),
    "a decoder in the place of the joiner": (
        nemo_transducer,
        copied("decoder.int8.onnx", "joiner.int8.onnx"),
        "cannot be used",
    ),
    "half a decoder": (
        whisper,
        half_of("tiny-decoder.int8.onnx"),
        "ends in the middle",
    ),
    "tokens that are not those of Whisper": (
        whisper,
        with_content("tiny-tokens.txt", b"turn 0\n\xe2\x96\x81on 1\n"),
        "cannot be used",
    ),
    "a tokenizer that is not JSON": (
        qwen3_asr,
        with_content("tokenizer/vocab.json", b"{nope"),
        "cannot be used",
    ),
    "a tokenizer without merges": (
        qwen3_asr,
        without("tokenizer/merges.txt"),
        "lacks tokenizer/merges.txt",
    ),
    "a streaming model without its measures": (
        streaming_zipformer,
        saying("encoder-chunk-16.int8.onnx", encoder_dims=None),
        "cannot be used",
    ),
    "the first Moonshine, not whole": (
        moonshine,
        without("cached_decode.int8.onnx"),
        "lacks cached_decode",
    ),
    "the second Moonshine, damaged": (
        moonshine_v2,
        half_of("decoder_model_merged.ort"),
        "cannot be used",
    ),
    "a model that fails when it hears something, and tells that as silence": (
        sense_voice,
        failing(MODEL),
        "indices element out of data bounds",
    ),
    "a model that fails when it hears something": (
        nemo_ctc,
        failing(MODEL),
        "indices element out of data bounds",
    ),
    "two models in one folder": (
        nemo_ctc,
        copied(MODEL, "other.onnx"),
        "holds several models",
    ),
    "a Whisper of CTranslate2's without its weights": (
        sense_voice,
        made_a_pointer_to_a_whisper,
        "git lfs pull",
    ),
    "a Whisper of CTranslate2's that is none": (
        sense_voice,
        made_an_old_whisper,
        "cannot be used",
    ),
}


def broken(fault: str, folder: Path) -> str:
    """Make a folder that is broken so, and return what is to be told of it."""
    make, spoil, told = BROKEN[fault]
    make(folder)
    spoil(folder)
    return told


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_folder_is_one_sentence_that_names_it_and_what_to_do(
    fault: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    told = broken(fault, folder)

    with pytest.raises(ConfigError) as caught:
        load_engine(str(folder), threads=2)

    sentence = str(caught.value)
    assert sentence.startswith(f"{folder}")
    assert told in sentence
    assert ";" in sentence, "it says what to do"
    assert len(sentence.splitlines()) == 1
    # Nor does the process in which it is tried say more.
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("fault", ["half a model", "the second Moonshine, damaged"])
async def test_with_a_broken_folder_no_recognizer_starts(
    fault: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    told = broken(fault, folder)

    code, out, err = await auricle("recognizer", "--port", "0", "--model", str(folder))

    assert (code, out) == (os.EX_CONFIG, ""), err
    assert "Traceback" not in err
    sentence = err.splitlines()[-1]
    assert sentence.startswith(f"auricle: {folder}"), err
    assert told in sentence


async def test_a_folder_that_is_spoiled_while_it_is_served_ends_nothing(
    tmp_path: Path, recording: Path
) -> None:
    folder = sense_voice(tmp_path / "model")
    config = tmp_path / "auricle.config.toml"
    found = []
    async with local_recognizer("--model", str(folder)) as url:
        for spoil in (half_of(MODEL), with_content("tokens.txt", b"\xff"), emptied):
            spoil(folder)
            for language in ("ja", "en"):
                settings = {"asr": {"url": url, "language": language}}
                write_settings(config, settings)
                code, out, err = await told_here(
                    "transcribe", "--config", str(config), "--json", str(recording)
                )
                assert code == 0, err
                result = json.loads(out)
                found.append((result["text"], result["language"], result["emotion"]))

    assert found == [(SAID, "ja", "happy"), (SAID, "en", "happy")] * 3


def tried(folder: Path) -> list[Path]:
    """The processes in which the model of that folder is tried."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # one that has just ended
            command = (process / "cmdline").read_bytes().split(b"\0")
            if b"auricle.recognizer.engines.trial_process" in command:
                found += [process] * (os.fsencode(folder) in command)
    return found


async def test_who_is_stopped_while_a_model_does_not_get_done_leaves_no_process(
    tmp_path: Path,
) -> None:
    folder = streaming_zipformer(tmp_path / "model")
    saying("encoder-chunk-16.int8.onnx", decode_chunk_len="0")(folder)
    recognizer = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "auricle", "recognizer", "--port", "0"),
        *("--model", str(folder)),
        stderr=DEVNULL,
        env=clean_environment(),
    )
    await eventually(lambda: tried(folder))
    recognizer.terminate()
    await recognizer.wait()
    await eventually(lambda: not tried(folder), timeout=10)


def with_no_answer_to_korean(folder: Path) -> None:
    """The trial, which names no language, finds nothing wrong with it."""
    model = onnx.load(folder / MODEL)
    for constant in model.graph.initializer:
        if constant.name == "named":
            rows = numpy_helper.to_array(constant)[:-1]
            constant.CopyFrom(numpy_helper.from_array(rows, "named"))
    onnx.save(model, folder / MODEL)


def test_what_fails_in_a_decode_is_an_error_and_no_silence(tmp_path: Path) -> None:
    folder = sense_voice(tmp_path / "model")
    with_no_answer_to_korean(folder)
    engine = load_engine(str(folder), threads=2)

    def heard(language: str) -> str:
        found = engine.transcribe(SPOKEN, language=language, corpus=None, final=True)
        return found.text

    assert heard("en") == SAID
    with pytest.raises(RuntimeError, match="could not decode"):
        heard("ko")
    assert heard("en") == SAID


async def test_a_language_that_a_folder_does_not_know_names_who_does(
    tmp_path: Path, recording: Path
) -> None:
    folder = sense_voice(tmp_path / "model")
    config = tmp_path / "auricle.config.toml"
    async with local_recognizer("--model", str(folder)) as url:
        write_settings(config, {"asr": {"url": url, "language": "de"}})
        code, _, err = await auricle(
            "transcribe", "--config", str(config), str(recording)
        )

    assert code == os.EX_UNAVAILABLE
    assert "The speech model of this recognizer knows: en, ja, ko, yue, zh." in err
    assert "where the extra recognizer-multilingual is installed" in err
