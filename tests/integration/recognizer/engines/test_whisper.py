"""The bundled model itself, on synthetic speech."""

import json
import logging
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from ctranslate2 import get_cuda_device_count

from auricle.audio.frame import SAMPLE_RATE
from auricle.audio.samples import from_pcm, to_pcm
from auricle.errors import ConfigError
from auricle.recognizer.engines.dereverberation import DereverberatingEngine
from auricle.recognizer.engines.weights import find_whisper
from auricle.recognizer.engines.whisper import WhisperEngine
from auricle.recognizer.engines.whisper_encoder import load_encoder
from auricle.recognizer.transcriptions import RecognizedText
from rigs.audio.speech import mix, noise, say, silence

# By a word that is in no other one: of sentences that are all alike, the model makes
# one more.
MANY_COMMANDS = {
    "light": "turn on the kitchen light",
    "garage": "close the garage door",
    "timer": "set a timer for ten minutes",
    "music": "play some music in the bedroom",
    "weather": "what is the weather today",
    "window": "open the window in the bathroom",
    "shopping": "add milk to the shopping list",
    "television": "turn off the television",
    "living": "how warm is the living room",
    "front": "lock the front door",
    "washing": "start the washing machine",
    "news": "read me the news",
    "mother": "call my mother",
    "tomorrow": "wake me at seven tomorrow",
    "dishwasher": "stop the dishwasher",
}
ROOMS = ("cellar", "attic", "nursery", "garden", "study", "hall", "garage", "office")
THINGS = ("lamp", "fan", "heater", "blinds", "speaker", "radio", "door", "window")


@pytest.fixture(scope="module")
def engine() -> WhisperEngine:
    return WhisperEngine()


@pytest.fixture(scope="module", params=["ours", "CTranslate2's"])
def either_encoder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> WhisperEngine:
    """The model as it is; and as one that only CTranslate2 can run, as it is told the
    scale of a layer's queries, which is the usual one.
    """
    if request.param == "ours":
        return WhisperEngine()
    folder = copied(tmp_path_factory.mktemp("whisper"))
    weights = (folder / "model.bin").read_bytes()
    (folder / "model.bin").unlink()
    # Behind its version, the kind of model and the version of that is the number of
    # weights, and then each: name, shape, type, size and values.
    start = 4 + 2 + len("WhisperSpec") + 1 + 4
    [count] = struct.unpack_from("<I", weights, start)
    name = b"encoder/layer_0/self_attention/queries_scale\0"
    one_more = (
        struct.pack("<H", len(name)) + name + struct.pack("<BBIf", 0, 0, 4, 0.125)
    )
    (folder / "model.bin").write_bytes(
        weights[:start] + struct.pack("<I", count + 1) + one_more + weights[start + 4 :]
    )
    assert load_encoder(folder, seconds=30, threads=1) is None
    return WhisperEngine(str(folder))


def copied(folder: Path) -> Path:
    """The bundled model, of which each file may be replaced."""
    for file in find_whisper("tiny.en").iterdir():
        (folder / file.name).symlink_to(file)
    return folder


def words(text: str) -> list[str]:
    return text.lower().replace(",", "").replace(".", "").replace("?", "").split()


def spoken(text: str) -> bytes:
    return silence(0.3) + say(text) + silence(0.5)


def in_a_room(sound: bytes) -> bytes:
    """It echoes for 0.8 s, and most of what is heard comes from its walls."""
    at = np.arange(round(0.8 * SAMPLE_RATE)) / SAMPLE_RATE
    rng = np.random.default_rng(1)
    response = 0.06 * rng.standard_normal(len(at)) * 10 ** (-3 * at / 0.8)
    response[0] = 1.0
    echoing = np.convolve(from_pcm(sound), response)
    return to_pcm(np.asarray(0.5 * echoing / np.abs(echoing).max(), np.float32))


def test_of_what_is_said_across_a_room_it_is_given_a_voice_without_the_late_echo(
    engine: WhisperEngine,
) -> None:
    nearby = spoken("turn on the light in the living room")
    across = in_a_room(nearby)
    for sound, alike in ((nearby, True), (across, False)):
        without, kept = (
            each.transcribe(sound, language="en", corpus=None, final=True).text
            for each in (DereverberatingEngine(engine), engine)
        )
        assert (without == kept) is alike


@pytest.mark.parametrize("command", ["turn on the kitchen light", "stop"])
@pytest.mark.parametrize("final", [True, False])
def test_a_command_is_transcribed(
    either_encoder: WhisperEngine, command: str, final: bool
) -> None:
    transcript = either_encoder.transcribe(
        spoken(command), language="en", corpus=None, final=final
    )
    assert words(transcript.text) == command.split()


@pytest.mark.parametrize("command", ["turn on the kitchen light", "stop"])
def test_a_command_that_a_low_microphone_hears_is_transcribed(
    engine: WhisperEngine, command: str
) -> None:
    loud = np.frombuffer(spoken(command), "<i2")
    # 45 dB below: a few steps of sixteen bits.
    soft = (loud / 180).round().astype("<i2").tobytes()
    transcript = engine.transcribe(soft, language="en", corpus=None, final=True)
    assert words(transcript.text) == command.split()


def test_the_language_is_reported_and_the_mood_is_not(engine: WhisperEngine) -> None:
    transcript = engine.transcribe(
        spoken("stop"), language=None, corpus=None, final=True
    )
    assert transcript.language == "en"
    assert transcript.emotion is None


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize(
    "sound",
    [silence(0.1), noise(0.5, dbfs=-50), noise(3, dbfs=-20)],
    ids=["silence", "a hiss", "a fan"],
)
def test_a_room_without_a_voice_says_nothing(
    either_encoder: WhisperEngine, sound: bytes, final: bool
) -> None:
    transcript = either_encoder.transcribe(
        sound, language="en", corpus=None, final=final
    )
    assert transcript.text == ""


def test_the_zeros_of_a_last_frame_change_nothing(engine: WhisperEngine) -> None:
    sound = say("make it two shots of espresso, and no sugar please")
    transcripts = {
        engine.transcribe(
            sound + bytes(zeros), language="en", corpus=None, final=True
        ).text
        for zeros in (0, 2, 960, 32_000)
    }
    assert len(transcripts) == 1


def test_words_to_expect_are_not_heard_in_silence(engine: WhisperEngine) -> None:
    corpus = "kitchen, living room, garage, Tilda, Sonos"
    transcript = engine.transcribe(silence(2), language="en", corpus=corpus, final=True)
    assert transcript.text == ""


def test_words_to_expect_decide_between_spellings(
    either_encoder: WhisperEngine,
) -> None:
    sound = spoken("call Catherine")
    plain = either_encoder.transcribe(sound, language="en", corpus=None, final=True)
    expected = either_encoder.transcribe(
        sound, language="en", corpus="Kathryn", final=True
    )
    assert words(plain.text) == ["call", "catherine"]
    assert words(expected.text) == ["call", "kathryn"]


@pytest.mark.parametrize(
    "corpus",
    [
        "\n".join(["lamp"] * 200),
        ", ".join(f"{room} {thing}" for room in ROOMS for thing in THINGS),
        "turn of the kitchen, turn on the chicken light, kitten light, night",
    ],
    ids=["one word 200 times", "many names", "what sounds like it"],
)
def test_words_to_expect_that_nobody_said_change_nothing(
    engine: WhisperEngine, corpus: str
) -> None:
    transcript = engine.transcribe(
        spoken("turn on the kitchen light"), language="en", corpus=corpus, final=True
    )
    assert words(transcript.text) == ["turn", "on", "the", "kitchen", "light"]


# In a process of its own: what others took before is part of a peak.
MEMORY_FOR_HINTS = """
import resource, sys
from pathlib import Path
from auricle.recognizer.engines.whisper import WhisperEngine

engine = WhisperEngine()
pcm = Path(sys.argv[1]).read_bytes()
for corpus in (None, sys.argv[2]):
    heard = engine.transcribe(pcm, language="en", corpus=corpus, final=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, heard.text)
"""


def test_many_hints_that_come_near_in_half_a_minute_take_little_memory(
    tmp_path: Path,
) -> None:
    said = [*MANY_COMMANDS.values(), "call Catherine"]
    speech = b"".join(say(command) + silence(0.4) for command in said)
    assert 25 < len(speech) / 32_000 < 30
    (tmp_path / "speech").write_bytes(speech)
    corpus = (
        "Kathryn, Katharine, Cathrin, wether today, whether, windo, bathrum, bedrum, "
        "tymer, shoping list, televison, livin room, frond door, vashing machine"
    )
    ended = subprocess.run(
        [sys.executable, "-c", MEMORY_FOR_HINTS, str(tmp_path / "speech"), corpus],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    (before, plain), (after, hinted) = (
        line.split(" ", 1) for line in ended.stdout.splitlines()
    )
    assert "Catherine" in plain
    assert "Kathryn" in hinted
    assert int(after) - int(before) < 250


def test_a_model_that_cannot_weigh_words_to_expect_keeps_what_it_heard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It was converted before CTranslate2 wrote down which heads align."""
    config = copied(tmp_path) / "config.json"
    values = json.loads(config.read_text())
    del values["alignment_heads"]
    config.unlink()
    config.write_text(json.dumps(values))
    engine = WhisperEngine(str(tmp_path))

    for _ in range(2):
        transcript = engine.transcribe(
            spoken("call Catherine"), language="en", corpus="Kathryn", final=True
        )
        assert words(transcript.text) == ["call", "catherine"]
    [warning] = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "alignment_heads" in warning.getMessage()
    assert "call" not in caplog.text.lower()


def test_a_draft_is_made_without_words_to_expect(engine: WhisperEngine) -> None:
    plain, expected = (
        engine.transcribe(
            spoken("call Catherine"), language="en", corpus=corpus, final=False
        )
        for corpus in (None, "Kathryn")
    )
    assert words(expected.text) == words(plain.text) != ["call", "kathryn"]


@pytest.mark.parametrize(
    ("command", "share"),
    [
        ("turn on the kitchen light", 0.35),
        ("set a timer for ten minutes", 0.5),
        ("play some music in the bedroom", 0.65),
    ],
)
def test_a_final_tells_whether_the_sentence_breaks_off(
    either_encoder: WhisperEngine, command: str, share: float
) -> None:
    whole = say(command)
    part = whole[: int(len(whole) * share) // 2 * 2]

    def heard(voice: bytes, *, final: bool) -> RecognizedText:
        sound = silence(0.3) + voice + silence(0.3)
        return either_encoder.transcribe(sound, language="en", corpus=None, final=final)

    assert heard(part, final=True).unfinished
    assert heard(whole, final=True).unfinished is False
    # A draft is made while somebody speaks.
    assert heard(part, final=False).unfinished is None


# Of these, the model makes the same words again and again, until it is stopped.
@pytest.mark.parametrize(("hiss", "lead"), [(-25, 0.3), (-30, 0), (-35, 0.3)])
@pytest.mark.parametrize("final", [True, False])
def test_of_a_child_that_sings_no_more_is_written_than_it_sang(
    either_encoder: WhisperEngine, hiss: float, lead: float, *, final: bool
) -> None:
    song = silence(lead) + say("la la la la la la la") + silence(0.15)
    sound = mix(song, noise(len(song) / 32_000, dbfs=hiss))
    text = either_encoder.transcribe(
        sound, language="en", corpus=None, final=final
    ).text
    assert 1 <= len(words(text)) <= 10
    assert set(words(text)) == {"la"}


def test_a_minute_of_speech_is_heard_to_its_end(engine: WhisperEngine) -> None:
    speech = b"".join(say(said) + silence(2) for said in MANY_COMMANDS.values())
    minute = mix(speech, noise(len(speech) / 32_000, dbfs=-70))
    assert 50 < len(minute) / 32_000 < 60
    text = engine.transcribe(minute, language="en", corpus=None, final=True).text
    assert [word for word in words(text) if word in MANY_COMMANDS] == [*MANY_COMMANDS]


def test_threads_may_share_it(engine: WhisperEngine) -> None:
    commands = ["turn on the kitchen light", "close the garage door"] * 2

    def transcribe(command: str) -> list[str]:
        sound = spoken(command)
        return words(
            engine.transcribe(sound, language="en", corpus=None, final=True).text
        )

    with ThreadPoolExecutor(4) as threads:
        heard = list(threads.map(transcribe, commands))
    assert heard == [command.split() for command in commands]


def test_an_english_model_knows_english_only(engine: WhisperEngine) -> None:
    assert engine.languages == {"en"}


def test_a_folder_without_a_model_is_a_sentence(
    tmp_path: Path,
) -> None:
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(ConfigError, match="not a Whisper model"):
        WhisperEngine(str(tmp_path))


def test_of_many_words_to_expect_it_says_how_many_it_heeds(
    engine: WhisperEngine,
) -> None:
    assert engine.usable("kitchen light, living room") is None
    assert engine.usable("kitchen light\n" * 1000) is None
    assert engine.usable(f"kitchen light, {'kitchen ' * 1000}") == (
        "1 of 2 hints (of at most 224 tokens each)"
    )


def test_a_command_is_understood_in_half_a_window() -> None:
    engine = WhisperEngine(window=15)
    transcript = engine.transcribe(
        spoken("turn on the kitchen light"), language="en", corpus=None, final=True
    )
    assert words(transcript.text) == ["turn", "on", "the", "kitchen", "light"]


@pytest.mark.parametrize(
    ("device", "compute_type", "told"),
    [
        ("tpu", None, "--device tpu"),
        ("cpu", "float17", "--compute-type float17: the cpu here knows .*int8"),
    ],
)
def test_what_this_machine_cannot_run_a_model_on_is_named(
    device: str, compute_type: str | None, told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        WhisperEngine(device=device, compute_type=compute_type)


@pytest.mark.skipif(get_cuda_device_count() > 0, reason="there is a GPU")
def test_where_there_is_no_gpu_it_is_said_how_to_see_that() -> None:
    with pytest.raises(ConfigError, match=r"--device cuda: .*nvidia-smi"):
        WhisperEngine(device="cuda")
