"""Wake words, heard by the real engines in synthetic and in people's voices."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pymicro_wakeword
import pytest

from auricle.audio.features import FeatureExtractor
from auricle.audio.files.recording import read_recording
from auricle.errors import ConfigError
from auricle.wake.detector import (
    Detection,
    WakeWord,
    WakeWordEngine,
    WakeWordModel,
)
from auricle.wake.microwakeword import BUNDLED, MicroWakeWordEngine
from auricle.wake.openwakeword import OpenWakeWordEngine
from auricle.wake.streaming_model import StreamingModel
from auricle.wake.tflite import library_of, load_library
from rigs.audio.recordings import needs_people, people
from rigs.audio.speech import frames, mix, noise, say, silence

MICRO_MODELS = Path(pymicro_wakeword.__file__).parent / "models"

# What the synthetic voices can say so that the models, trained on people, hear it.
SPOKEN = {
    "okay_nabu": say("okay nabu"),
    "alexa": say("alexa", voice="en-gb"),
    "hey_mycroft": say("hey mycroft"),
    "hey_jarvis": say("hey jarvis", voice="en-gb-scotland+f3"),
}


def engine(*models: str, threshold: float | None = None) -> MicroWakeWordEngine:
    return MicroWakeWordEngine([WakeWordModel(name, threshold) for name in models])


def detections(engine: WakeWordEngine, sound: bytes) -> list[Detection]:
    """Every frame that fires, in a room that is quiet before and behind the sound."""
    room = silence(1.5) + sound + silence(1.0)
    return [hit for frame in frames(room) if (hit := engine.detect(frame))]


def words(engine: WakeWordEngine, sound: bytes) -> set[str]:
    return {detection.wake_word for detection in detections(engine, sound)}


# --- microWakeWord ---


@pytest.mark.parametrize("wake_word", BUNDLED)
def test_a_bundled_wake_word_is_heard(wake_word: str) -> None:
    assert words(engine(*BUNDLED), SPOKEN[wake_word]) == {wake_word}


def test_a_detection_says_how_sure_and_when() -> None:
    first, *_ = detections(engine("okay_nabu"), SPOKEN["okay_nabu"])
    assert 0.85 < first.score <= 1
    spoken_until = 1.5 + len(SPOKEN["okay_nabu"]) / 32_000
    assert spoken_until - 0.5 < first.end / 16_000 < spoken_until + 0.5
    assert spoken_until - 0.5 < first.word_end / 16_000 < first.end / 16_000


def test_a_stricter_threshold_is_passed_later_and_tells_the_same_end_of_the_word() -> (
    None
):
    lenient, strict = (
        detections(engine("alexa", threshold=threshold), SPOKEN["alexa"])[0]
        for threshold in (0.3, 0.97)
    )
    assert lenient.end < strict.end
    assert lenient.word_end == strict.word_end


def test_a_wake_word_is_heard_when_a_command_follows_at_once() -> None:
    sentence = say("Okay nabu, turn on the kitchen light.")
    assert words(engine("okay_nabu"), sentence) == {"okay_nabu"}


@pytest.mark.parametrize(
    "sound",
    [
        say("turn on the kitchen light and close the blinds"),
        say("the quick brown fox jumps over the lazy dog"),
        say("hey mycroft"),
        say("alexa"),
        say("computer"),
        noise(20, dbfs=-20),
        silence(20),
        mix(say("what is the weather like today"), noise(3, dbfs=-30)),
    ],
    ids=["command", "fox", "mycroft", "alexa", "computer", "noise", "silence", "mix"],
)
def test_anything_else_is_not_okay_nabu(sound: bytes) -> None:
    assert words(engine("okay_nabu"), sound) == set()


def test_how_the_frames_are_cut_makes_no_difference() -> None:
    room = silence(1.5) + SPOKEN["okay_nabu"] + silence(1.0)
    whole = pymicro_wakeword.MicroWakeWord.from_builtin(
        pymicro_wakeword.Model.OKAY_NABU
    )
    features = pymicro_wakeword.MicroWakeWordFeatures()
    expected = [
        whole.process_streaming_prob(feature) or 0.0
        for feature in features.process_streaming(room)
    ]
    ours = engine("okay_nabu")
    scores = []
    for frame in frames(room):
        ours.detect(frame)
        scores.append(ours.scores["okay_nabu"])
    assert max(scores) == pytest.approx(max(expected))
    assert sum(scores) == pytest.approx(sum(expected))


def test_models_that_share_features_score_as_each_alone() -> None:
    together = engine(*BUNDLED)
    alone = {name: engine(name) for name in BUNDLED}
    for frame in frames(silence(0.5) + SPOKEN["alexa"]):
        together.detect(frame)
        for each in alone.values():
            each.detect(frame)
    assert together.scores == {name: alone[name].scores[name] for name in BUNDLED}


def early(engine: WakeWordEngine, sound: bytes) -> list[bool]:
    """Of each frame that fires, whether the engine had ruled it out."""
    fired, ruled_out = [], 0
    for frame in frames(silence(1.5) + sound + silence(1.0)):
        if ruled_out == 0:
            ruled_out = engine.soonest or 1
        ruled_out -= 1
        if engine.detect(frame):
            fired.append(ruled_out > 0)
    return fired


@pytest.mark.parametrize("wake_word", BUNDLED)
def test_no_wake_word_comes_sooner_than_was_said_possible(wake_word: str) -> None:
    fired = early(engine(*BUNDLED), SPOKEN[wake_word])
    assert fired
    assert not any(fired)


def test_in_a_quiet_room_a_wake_word_is_some_frames_away() -> None:
    listening = engine("okay_nabu", "alexa")
    detections(listening, silence(1))
    assert listening.soonest == 5
    listening.set_threshold("alexa", 0.05)
    assert listening.soonest == 1


def test_with_no_wake_word_to_listen_for_none_can_come() -> None:
    listening = engine("okay_nabu")
    listening.listen_for([])
    assert listening.soonest is None


def test_a_model_has_its_own_threshold_unless_one_is_set() -> None:
    faint = mix(SPOKEN["okay_nabu"], noise(2, dbfs=-28))
    assert words(engine("okay_nabu", threshold=0.05), faint) == {"okay_nabu"}
    assert words(engine("okay_nabu", threshold=0.999), SPOKEN["okay_nabu"]) == set()


def test_a_threshold_can_change_while_listening() -> None:
    listening = engine("okay_nabu")
    listening.set_threshold("okay_nabu", 0.999)
    listening.set_threshold("alexa", 0.1)
    assert words(listening, SPOKEN["okay_nabu"]) == set()
    listening.set_threshold("okay_nabu", 0.85)
    assert words(listening, SPOKEN["okay_nabu"]) == {"okay_nabu"}


def test_one_word_of_several_can_be_chosen_while_listening() -> None:
    listening = engine("okay_nabu", "alexa")
    both = SPOKEN["okay_nabu"] + silence(0.5) + SPOKEN["alexa"]
    listening.listen_for(["alexa", "a word of another engine"])
    assert words(listening, both) == {"alexa"}
    listening.listen_for([])
    assert words(listening, both) == set()
    listening.listen_for(["okay_nabu"])
    assert words(listening, both) == {"okay_nabu"}
    assert listening.wake_words == ("okay_nabu", "alexa")


def test_after_a_reset_half_a_word_is_forgotten() -> None:
    spoken = frames(silence(1.5) + SPOKEN["okay_nabu"] + silence(1.0))
    fresh, reset = engine("okay_nabu"), engine("okay_nabu")
    for frame in spoken[: len(spoken) // 2]:
        reset.detect(frame)
    reset.reset()
    assert reset.scores == {"okay_nabu": 0.0}
    for frame in spoken:
        assert reset.detect(frame) == fresh.detect(frame)


# --- a second look ---


@pytest.mark.parametrize("wake_word", BUNDLED)
def test_what_was_heard_can_be_read_again_to_the_same_answers(wake_word: str) -> None:
    library = load_library(library_of(MICRO_MODELS.parent))
    model = StreamingModel(library, MICRO_MODELS / f"{wake_word}.tflite", 1)
    reader = model.reader()
    list(reader.answers(bytes(range(120)) * 30))
    extractor = FeatureExtractor()
    scores = []
    for frame in frames(noise(2, dbfs=-40) + SPOKEN[wake_word] + silence(0.2)):
        scores += [max(map(model.hear, extractor.hear(frame.pcm)), default=0.0)]
    again = [*reader.answers(model.past)]
    assert again[60:] == scores[-len(again) :][60:]
    assert len(set(again[60:])) > 5


@pytest.mark.parametrize("wake_word", BUNDLED)
def test_a_score_that_passes_its_threshold_is_a_detection(wake_word: str) -> None:
    listening = engine(wake_word)
    threshold = listening.thresholds[wake_word]
    nearly = [say(words) for words in ("elixir", "jarvis", "hey microphone", "okay no")]
    for sound in (SPOKEN[wake_word], *nearly):
        listening.reset()
        for frame in frames(silence(1.5) + sound + silence(1)):
            heard = listening.detect(frame)
            assert (heard is not None) == (listening.scores[wake_word] > threshold)


@needs_people
def test_people_are_heard_whose_command_follows_at_once() -> None:
    listening, heard = engine("alexa"), 0
    commands = [read_recording(path) for path in people("commands/lights/*_16bit.*")]
    clips = people("wake/alexa/*")
    for path in clips:
        listening.reset()
        word = cut(read_recording(path))
        hits = detections(listening, word + cut(commands[len(word) % len(commands)]))
        ends = 1.5 + len(word) / 32_000
        heard += any(-0.6 < hit.end / 16_000 - ends < 1.2 for hit in hits)
    assert heard >= 0.7 * len(clips)


def cut(pcm: bytes) -> bytes:
    """From its first loud sound to its last."""
    loud = np.flatnonzero(
        np.abs(np.frombuffer(pcm, np.int16).astype(int))
        > np.abs(np.frombuffer(pcm, np.int16).astype(int)).max() / 30
    )
    return pcm[2 * int(loud[0]) : 2 * int(loud[-1])]


@needs_people
def test_jarvis_alone_is_no_hey_jarvis() -> None:
    others = people("wake/jarvis/*")
    assert len(heard_in(engine("hey_jarvis"), others)) <= 0.02 * len(others)


@needs_people
def test_whoever_was_nearly_heard_is_heard_when_they_say_it_again() -> None:
    faint = engine("alexa", threshold=0.99)

    def heard(sound: bytes) -> bool:
        faint.reset()
        return bool(detections(faint, sound))

    calls = map(read_recording, people("wake/alexa/*"))
    missed = [call for call in calls if not heard(call)]
    assert any(heard(call + silence(1) + call) for call in missed)


# --- a second opinion ---


def second(opinion: Path) -> MicroWakeWordEngine:
    return MicroWakeWordEngine(
        [WakeWordModel("alexa", second_opinion=str(opinion))],
    )


@needs_people
def test_a_second_opinion_helps_to_hear_people() -> None:
    models = people("wake_models_v1/alexa.json")
    alone, both = engine("alexa", threshold=0.98), second(models[0])
    both.set_threshold("alexa", 0.98)
    clips = people("wake/alexa/*")
    assert len(heard_in(both, clips)) > len(heard_in(alone, clips))


def no_opinion(opinion: Path) -> str:
    with pytest.raises(ConfigError) as error:
        second(opinion)
    told = str(error.value)
    assert told.startswith("wake_word.second_opinions.alexa: wake word model ")
    return told


def test_a_second_opinion_that_cannot_be_had_is_told_by_its_key(
    own_model: Path,
) -> None:
    assert "no such file or directory" in no_opinion(own_model.with_name("none.json"))
    # The bundled kind knows no better than what it is asked about.
    assert "is not of version 1" in no_opinion(own_model)
    older = {
        **json.loads(own_model.read_text()),
        "version": 1,
        "micro": {"probability_cutoff": 0.5, "sliding_window_average_size": 10},
    }
    own_model.write_text(json.dumps(older))
    assert "is not a microWakeWord model of version 1" in no_opinion(own_model)
    older["micro"] = {"sliding_window_average_size": 0}
    own_model.write_text(json.dumps({**older, "micro": {**older["micro"]}}))
    assert "has a sliding_window_average_size of 0" in no_opinion(own_model)
    own_model.write_text('{"version": 1}')
    assert "is not a microWakeWord description" in no_opinion(own_model)


# --- models of one's own ---


@pytest.fixture
def own_model(tmp_path: Path) -> Path:
    """A microWakeWord model as a user would download it: JSON beside its .tflite."""
    description = json.loads((MICRO_MODELS / "okay_nabu.json").read_text())
    description["model"] = "kitchen.tflite"
    shutil.copy(MICRO_MODELS / "okay_nabu.tflite", tmp_path / "kitchen.tflite")
    path = tmp_path / "kitchen.json"
    path.write_text(json.dumps(description))
    return path


def describe(own_model: Path, **changes: object) -> Path:
    """Changes what the JSON file says; None removes it."""
    description = json.loads(own_model.read_text())
    for key, value in changes.items():
        part = description if key in description else description["micro"]
        part[key] = value
        if value is None:
            del part[key]
    own_model.write_text(json.dumps(description))
    return own_model


def refusal(source: Path | str) -> str:
    with pytest.raises(ConfigError) as error:
        engine(str(source))
    return str(error.value)


@pytest.mark.parametrize("suffix", [".json", ".tflite"])
def test_a_model_of_ones_own_is_heard_by_its_file_name(
    own_model: Path, suffix: str
) -> None:
    own = engine(str(own_model.with_suffix(suffix)))
    assert words(own, SPOKEN["okay_nabu"]) == {"kitchen"}


def test_a_model_is_described_by_what_is_said_and_in_which_languages(
    own_model: Path,
) -> None:
    own_model = describe(own_model, wake_word="Hey  Kitchen\n")
    known = engine("okay_nabu", "alexa", str(own_model)).described

    european = ("en", "nl", "fr", "de", "it", "es", "sv")
    assert known == (
        WakeWord("okay_nabu", "Okay Nabu", european),
        WakeWord("alexa", "Alexa", ("en",)),
        WakeWord("kitchen", "Hey Kitchen", european),
    )


@pytest.mark.parametrize("told", [None, "en", 7, ["", 7, None, "../etc"]])
def test_a_model_that_does_not_tell_its_languages_has_none(
    own_model: Path, told: object
) -> None:
    own_model = describe(own_model, trained_languages=told)

    assert engine(str(own_model)).described[0].languages == ()


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    assert refusal("okay_nabo") == (
        "no bundled wake word is called okay_nabo: there are alexa, hey_jarvis, "
        "hey_mycroft, okay_nabu; a model of your own is given as the path of its "
        ".json file"
    )


def test_a_wake_word_cannot_be_configured_twice() -> None:
    with pytest.raises(ConfigError, match="wake word alexa is configured twice"):
        engine("alexa", "alexa")


def test_a_missing_description_is_named(own_model: Path) -> None:
    own_model.unlink()
    said = f"wake word model {own_model}: no such file or directory"
    assert refusal(own_model) == said
    # Whoever names the model may mean another engine's.
    told = refusal(own_model.with_suffix(".tflite"))
    assert "has no kitchen.json beside it" in told
    assert "belongs to wake_word.openwakeword_models" in told


def test_a_model_of_version_1_is_named_as_such_with_what_to_do(own_model: Path) -> None:
    description = json.loads(own_model.read_text())
    micro = {"probability_cutoff": 0.5, "sliding_window_average_size": 10}
    for older in (
        {**description, "version": 1, "micro": micro},
        # The first ones did not tell their version.
        {**{k: v for k, v in description.items() if k != "version"}, "micro": micro},
    ):
        own_model.write_text(json.dumps(older))
        told = refusal(own_model)
        assert told.startswith(f"wake word model {own_model} is of version 1, ")
        assert "train it anew with microWakeWord" in told


def test_of_a_bundled_wake_word_version_1_is_answered_with_the_bundled_one(
    own_model: Path,
) -> None:
    alexa = own_model.with_name("alexa.json")
    alexa.write_text('{"version": 1, "wake_word": "Alexa", "micro": {}}')
    told = refusal(alexa)
    assert told.endswith("version 2 of alexa is bundled: write its name, not a path")


@pytest.mark.parametrize("version", [2, 3, None])
def test_only_version_1_is_refused_for_its_version(
    own_model: Path, version: int | None
) -> None:
    description = json.loads(own_model.read_text())
    own_model.write_text(json.dumps({**description, "version": version}))
    assert engine(str(own_model)).wake_words == ("kitchen",)


@pytest.mark.parametrize(
    "url", ["https://example.org/a/kitchen.json", "github://who/what/kitchen.json@main"]
)
def test_a_url_is_no_model_and_what_to_fetch_is_said(own_model: Path, url: str) -> None:
    assert refusal(url) == (
        f"wake word model {url} is a URL, and nothing is downloaded: fetch the .json "
        "and the .tflite that it names into one folder, and give the path of the .json"
    )
    description = json.loads(own_model.read_text())
    model = url.replace(".json", ".tflite")
    own_model.write_text(json.dumps({**description, "model": model}))
    assert refusal(own_model) == (
        f"wake word model {own_model} names its model by a URL, and nothing is "
        f"downloaded: fetch {model} into the same folder, and write the name of that "
        'file as "model"'
    )
    with pytest.raises(ConfigError, match=r"fetch the \.tflite, and give its path"):
        OpenWakeWordEngine([WakeWordModel(model)])


def test_a_missing_model_is_named(own_model: Path) -> None:
    model = own_model.with_suffix(".tflite")
    model.unlink()
    assert refusal(own_model) == f"wake word model {model}: no such file or directory"


def test_a_description_that_is_not_json_is_refused(own_model: Path) -> None:
    own_model.write_text("okay_nabu")
    assert f"wake word model {own_model} is not JSON" in refusal(own_model)


def test_json_that_is_nested_too_deeply_is_refused(own_model: Path) -> None:
    own_model.write_text("[" * 100_000)
    assert f"wake word model {own_model} is not JSON" in refusal(own_model)


@pytest.mark.parametrize("text", ["[]", "{}", '{"micro": 3}', '{"micro": {}}', "null"])
def test_json_of_something_else_is_refused(own_model: Path, text: str) -> None:
    own_model.write_text(text)
    assert "is not a microWakeWord description" in refusal(own_model)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("probability_cutoff", 1.5),
        ("probability_cutoff", "high"),
        ("sliding_window_size", 0),
        ("sliding_window_size", 2.5),
        ("sliding_window_size", 1e308),
        ("sliding_window_size", float("inf")),
        ("sliding_window_size", float("nan")),
        ("model", None),
        ("wake_word", None),
        ("probability_cutoff", None),
    ],
)
def test_a_description_with_a_senseless_value_is_refused(
    own_model: Path, key: str, value: object
) -> None:
    assert str(own_model) in refusal(describe(own_model, **{key: value}))


def test_a_model_for_other_features_is_refused(own_model: Path) -> None:
    said = refusal(describe(own_model, feature_step_size=20))
    assert said == (
        f"wake word model {own_model} takes features every 20 ms, and the engine "
        "makes them every 10 ms"
    )


def cut_short(model: Path) -> None:
    model.write_bytes(model.read_bytes()[:40_000])


def emptied(model: Path) -> None:
    model.write_bytes(b"")


def a_text(model: Path) -> None:
    model.write_text("404: not found")


def garbled(model: Path) -> None:
    data = bytearray(model.read_bytes())
    data[8:4000] = np.random.default_rng(1).bytes(3992)
    model.write_bytes(data)


def a_folder(model: Path) -> None:
    model.unlink()
    model.mkdir()


@pytest.mark.parametrize("spoil", [cut_short, emptied, a_text, garbled, a_folder])
def test_a_file_that_is_no_model_is_refused_and_does_not_crash(
    own_model: Path, spoil: Callable[[Path], None]
) -> None:
    model = own_model.with_suffix(".tflite")
    spoil(model)
    assert f"wake word model {model} is" in refusal(own_model)


def test_a_model_that_vanishes_while_listening_is_heard_on(own_model: Path) -> None:
    own = engine(str(own_model))
    own_model.with_suffix(".tflite").unlink()
    assert words(own, SPOKEN["okay_nabu"]) == {"kitchen"}
    own.reset()
    assert words(own, SPOKEN["okay_nabu"]) == {"kitchen"}


# --- openWakeWord ---

pyopen_wakeword = pytest.importorskip("pyopen_wakeword", reason="an optional extra")
OPEN_MODELS = Path(pyopen_wakeword.__file__).parent / "models"


def open_engine(*models: str, threshold: float | None = None) -> OpenWakeWordEngine:
    return OpenWakeWordEngine(
        [
            WakeWordModel(str(OPEN_MODELS / f"{name}.tflite"), threshold)
            for name in models
        ]
    )


@pytest.mark.parametrize("wake_word", ["okay_nabu", "alexa"])
def test_an_openwakeword_model_is_heard_by_its_file_name(wake_word: str) -> None:
    assert words(open_engine("okay_nabu", "alexa"), SPOKEN[wake_word]) == {wake_word}


def test_an_openwakeword_model_is_described_by_its_name() -> None:
    assert open_engine("okay_nabu").described == (WakeWord("okay_nabu", "Okay Nabu"),)


def test_an_openwakeword_model_does_not_hear_anything_else() -> None:
    sentence = say("turn on the kitchen light and close the blinds")
    assert words(open_engine("okay_nabu", "alexa"), sentence) == set()


def test_an_openwakeword_model_hears_from_the_first_second_on() -> None:
    listening = open_engine("alexa")
    hits = [listening.detect(frame) for frame in frames(SPOKEN["alexa"] + silence(1))]
    assert any(hits)


def test_an_openwakeword_model_answers_no_sooner_than_was_said_possible() -> None:
    fired = early(open_engine("alexa"), SPOKEN["alexa"])
    assert fired
    # A score lasts from one answer to the next.
    assert not fired[0]


def test_an_openwakeword_model_answers_for_every_80_ms() -> None:
    listening = open_engine("alexa")
    waits = []
    for frame in frames(silence(3)):
        waits.append(listening.soonest)
        listening.detect(frame)
    assert set(waits) == {1, 2, 3}
    assert waits.count(1) == pytest.approx(3 / 0.08, abs=1)
    listening.listen_for([])
    assert listening.soonest is None


def test_an_openwakeword_threshold_can_change_while_listening() -> None:
    listening = open_engine("alexa", threshold=1.0)
    assert words(listening, SPOKEN["alexa"]) == set()
    listening.set_threshold("alexa", 0.5)
    listening.set_threshold("okay_nabu", 0.5)
    assert words(listening, SPOKEN["alexa"]) == {"alexa"}


def test_an_openwakeword_model_can_be_left_out_and_taken_in_again() -> None:
    listening = open_engine("okay_nabu", "alexa")
    listening.listen_for(["okay_nabu"])
    assert words(listening, SPOKEN["alexa"]) == set()
    assert listening.scores["alexa"] == 0
    listening.listen_for([])
    assert words(listening, SPOKEN["okay_nabu"]) == set()
    listening.listen_for(listening.wake_words)
    assert words(listening, SPOKEN["alexa"]) == {"alexa"}


@pytest.mark.parametrize(
    "model",
    [
        MICRO_MODELS / "alexa.tflite",
        OPEN_MODELS / "embedding_model.tflite",
        OPEN_MODELS / "melspectrogram.tflite",
        OPEN_MODELS / "nothing.tflite",
        MICRO_MODELS / "alexa.json",
    ],
    ids=lambda path: path.name,
)
def test_what_is_no_openwakeword_model_is_refused(model: Path) -> None:
    with pytest.raises(ConfigError) as error:
        OpenWakeWordEngine([WakeWordModel(str(model))])
    assert str(model) in str(error.value)


def test_an_openwakeword_model_is_no_microwakeword_model(own_model: Path) -> None:
    model = own_model.with_suffix(".tflite")
    shutil.copy(OPEN_MODELS / "alexa.tflite", model)
    assert refusal(own_model) == f"wake word model {model} is not a microWakeWord model"


def test_an_openwakeword_model_cannot_be_configured_twice() -> None:
    with pytest.raises(ConfigError, match="wake word alexa is configured twice"):
        open_engine("alexa", "alexa")


# --- people ---


def heard_in(engine: WakeWordEngine, recordings: Sequence[Path]) -> list[str]:
    """Names of the recordings in which a wake word is heard, each after a reset."""
    heard = []
    for path in recordings:
        engine.reset()
        if detections(engine, read_recording(path)):
            heard.append(path.stem)
    return heard


@needs_people
@pytest.mark.parametrize("wake_word", BUNDLED)
def test_people_are_heard(wake_word: str) -> None:
    clips = people(f"wake/pymicro_tests/{wake_word}/*")
    clips += people(f"wake/wyoming_oww/{wake_word}.*")
    assert len(clips) == 4
    assert len(heard_in(engine(wake_word), clips)) == 4


@needs_people
def test_many_people_are_heard() -> None:
    clips = people("wake/alexa/*")
    heard = heard_in(engine("alexa"), clips)
    assert len(heard) >= 0.95 * len(clips)


@needs_people
def test_people_who_say_something_else_are_not() -> None:
    listening = engine("okay_nabu", "alexa")
    others = people("wake/jarvis/*") + people("wake/computer/*")
    others += people("commands/coffee/*.flac") + people("speech/**/*.flac")
    assert len(others) > 200
    assert heard_in(listening, others) == []


@needs_people
def test_a_kitchen_is_no_wake_word() -> None:
    assert heard_in(engine(*BUNDLED), people("noise/*")) == []
