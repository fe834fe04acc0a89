"""The light model itself, on synthetic speech."""

import json
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest

from auricle.recognizer.engines.engine import Engine
from auricle.recognizer.engines.loading import load_engine
from auricle.recognizer.engines.weights import MOONSHINE
from rigs.audio.recordings import save
from rigs.audio.speech import mix, noise, say, silence
from rigs.homes.program import auricle, local_recognizer, told_here, write_settings

# Said by a synthetic voice, other commands are misheard now and then.
COMMAND = "stop the music"
OTHER_COMMAND = "open the door"

pytestmark = pytest.mark.skipif(
    find_spec("moonshine_voice") is None,
    reason=f"auricle[{MOONSHINE.extra}] is not installed: 56 MB",
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine("moonshine", threads=2)


def words(text: str) -> list[str]:
    return text.lower().replace(",", "").replace(".", "").split()


def spoken(text: str) -> bytes:
    return silence(0.3) + say(text) + silence(0.5)


def heard(engine: Engine, sound: bytes, *, final: bool = True) -> str:
    return engine.transcribe(sound, language="en", corpus=None, final=final).text


@pytest.mark.parametrize("command", [COMMAND, OTHER_COMMAND])
@pytest.mark.parametrize("final", [True, False])
def test_a_command_is_transcribed(engine: Engine, command: str, final: bool) -> None:
    assert words(heard(engine, spoken(command), final=final)) == command.split()


def test_it_says_that_it_takes_no_words_to_expect(engine: Engine) -> None:
    assert engine.usable("kitchen light") == "nothing"


def test_the_language_is_reported_and_the_mood_is_not(engine: Engine) -> None:
    transcript = engine.transcribe(
        spoken("stop"), language=None, corpus=None, final=True
    )
    assert transcript.language == "en"
    assert transcript.emotion is None


@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize(
    "sound",
    [b"", silence(0.1), silence(2), noise(0.5, dbfs=-50), noise(3, dbfs=-20)],
    ids=["nothing", "a moment", "silence", "a hiss", "a fan"],
)
def test_a_room_without_a_voice_says_nothing(
    engine: Engine, sound: bytes, final: bool
) -> None:
    assert heard(engine, sound, final=final) == ""


def test_a_voice_is_heard_beside_a_fan(engine: Engine) -> None:
    sound = mix(spoken(COMMAND), noise(3, dbfs=-50))
    assert words(heard(engine, sound)) == COMMAND.split()


def test_the_zeros_of_a_last_frame_change_nothing(engine: Engine) -> None:
    sound = say(COMMAND)
    assert len({heard(engine, sound + bytes(zeros)) for zeros in (0, 2, 960)}) == 1


def test_a_minute_of_speech_is_heard_to_its_end(engine: Engine) -> None:
    commands = [
        COMMAND,
        OTHER_COMMAND,
        "what is the weather today",
        "turn off the television",
    ]
    speech = b"".join(say(command) + silence(1.5) for command in commands * 5)
    minute = mix(speech, noise(len(speech) / 32_000, dbfs=-70))
    assert 50 < len(minute) / 32_000 < 60
    told = [word for word in words(heard(engine, minute)) if word in {"music", "door"}]
    assert told == ["music", "door"] * 5


def test_threads_may_share_it(engine: Engine) -> None:
    commands = [COMMAND, OTHER_COMMAND] * 2
    with ThreadPoolExecutor(4) as threads:
        texts = list(threads.map(lambda said: heard(engine, spoken(said)), commands))
    assert [words(text) for text in texts] == [command.split() for command in commands]


async def test_a_satellite_is_served_by_it(tmp_path: Path) -> None:
    path = save(tmp_path / "spoken.flac", spoken(COMMAND))
    async with local_recognizer("--model", "moonshine") as url:
        code, out, err = await told_here(
            "transcribe", "--url", url, "--json", str(path)
        )

    assert code == 0, err
    result = json.loads(out)
    assert words(result["text"]) == COMMAND.split()
    assert (result["language"], result["emotion"]) == ("en", None)


async def test_a_language_that_it_does_not_know_is_refused_by_name(
    tmp_path: Path,
) -> None:
    path = save(tmp_path / "spoken.flac", spoken(COMMAND))
    config = tmp_path / "auricle.config.toml"
    async with local_recognizer("--model", "moonshine") as url:
        write_settings(config, {"asr": {"url": url, "language": "de"}})
        code, _, err = await auricle("transcribe", "--config", str(config), str(path))

    assert code == 69
    assert "The speech model of this recognizer knows: en" in err
