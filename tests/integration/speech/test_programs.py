"""Real programs speak: what they are told, and what becomes of them."""

import asyncio
import os
from contextlib import aclosing
from pathlib import Path

import pytest

from auricle.errors import ConfigError, SynthesisError
from auricle.speech.engines import Program, espeak, flite, own_command
from auricle.speech.programs import Flite, StreamingProgram
from auricle.speech.synthesizer import PATIENCE, Synthesizer
from rigs.audio.synthesizers import SENTENCE, needs_espeak, needs_flite, said
from rigs.waiting import eventually

pytestmark = pytest.mark.usefixtures("no_programming_errors")

# As printf takes it: 48 kHz, mono, 16 bits, and nobody knows how long.
HEADER = (
    r"RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
    r"\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00data\x00\x00\x00\x00"
)


def script(folder: Path, text: str, *, patience: float = PATIENCE) -> StreamingProgram:
    program = folder / "say-it"
    program.write_text(f"#!/bin/bash\n{text}\n")
    program.chmod(0o700)
    return StreamingProgram(own_command((str(program), "--wav")), patience)


@needs_espeak
async def test_espeak_speaks_a_text_as_long_as_it_takes() -> None:
    seconds, pcm = await said(StreamingProgram(espeak("")))

    assert 1.5 < seconds < 6
    assert max(pcm) > 0


@needs_espeak
async def test_espeak_speaks_the_language_that_is_asked_for() -> None:
    english = await said(StreamingProgram(espeak("en")), "Zwei")
    german = await said(StreamingProgram(espeak("de")), "Zwei")

    assert english != german


@needs_espeak
async def test_a_voice_that_espeak_does_not_have_is_told_by_its_key() -> None:
    with pytest.raises(SynthesisError, match=r"speech\.voice: .* no such voice"):
        await said(StreamingProgram(espeak("nonsense")))


@needs_espeak
async def test_what_cannot_be_pronounced_is_silence_and_no_fault() -> None:
    assert (await said(StreamingProgram(espeak("")), "...")) is not None


@needs_flite
async def test_flite_speaks_a_text_sentence_by_sentence() -> None:
    synthesizer = Flite(flite(""))
    one, _ = await said(synthesizer)

    stretches = [s async for s in synthesizer.synthesize(f"{SENTENCE} {SENTENCE}")]

    assert 1.5 < one < 6
    assert len(stretches) == 2
    assert stretches[0].format.rate == 16_000


@needs_espeak
@needs_flite
@pytest.mark.parametrize(
    "synthesizer", [StreamingProgram(espeak("")), Flite(flite(""))], ids=["e", "f"]
)
async def test_a_text_is_neither_an_option_nor_a_file_nor_markup(
    synthesizer: Synthesizer, tmp_path: Path
) -> None:
    for text in (f"-w {tmp_path}/x.wav", "--help", '"; rm -rf / #', "/etc/passwd"):
        seconds, _ = await said(synthesizer, text)
        assert seconds > 0.2
    assert list(tmp_path.iterdir()) == []


async def test_a_program_is_given_the_text_on_standard_input_alone(
    tmp_path: Path,
) -> None:
    synthesizer = script(
        tmp_path,
        f"cat > {tmp_path}/heard\n"
        f'echo "$0 $@" > {tmp_path}/arguments\n'
        f"env > {tmp_path}/environment\n"
        f"printf '{HEADER}abcd'",
    )

    _, pcm = await said(synthesizer)

    assert pcm == b"abcd"
    assert (tmp_path / "heard").read_text() == f"{SENTENCE}\n"
    assert "washing" not in (tmp_path / "arguments").read_text()
    assert "washing" not in (tmp_path / "environment").read_text()


async def test_a_program_sees_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-ours-alone")
    monkeypatch.setenv("AURICLE_MQTT__PASSWORD", "ours-alone")
    synthesizer = script(
        tmp_path, f"env > {tmp_path}/environment\nprintf '{HEADER}abcd'"
    )

    await said(synthesizer)

    assert "ours-alone" not in (tmp_path / "environment").read_text()


async def test_a_sound_begins_before_the_program_has_made_all_of_it(
    tmp_path: Path,
) -> None:
    fifo = tmp_path / "go-on"
    os.mkfifo(fifo)
    synthesizer = script(tmp_path, f"printf '{HEADER}abcd'\ncat {fifo}")

    async with aclosing(synthesizer.synthesize(SENTENCE)) as stretches:
        first = await anext(stretches)
        await asyncio.to_thread(fifo.write_bytes, b"efgh")
        second = await anext(stretches)

    assert (first.pcm, second.pcm) == (b"abcd", b"efgh")


async def test_whoever_has_heard_enough_ends_the_program_and_all_it_started(
    tmp_path: Path,
) -> None:
    synthesizer = script(
        tmp_path,
        f"sleep 1000 &\necho $! $$ > {tmp_path}/pids\nprintf '{HEADER}abcd'\nwait",
    )

    async with aclosing(synthesizer.synthesize(SENTENCE)) as stretches:
        await anext(stretches)
        pids = (tmp_path / "pids").read_text().split()

    await eventually(lambda: not any(map(alive, pids)))


async def test_what_an_ended_program_leaves_behind_is_not_waited_for(
    tmp_path: Path,
) -> None:
    synthesizer = script(
        tmp_path,
        f"printf '{HEADER}abcd'\nsleep 1000 &\necho $! > {tmp_path}/pids",
        patience=5.0,
    )

    _, pcm = await said(synthesizer)

    assert pcm == b"abcd"
    left_behind = (tmp_path / "pids").read_text().strip()
    await eventually(lambda: not alive(left_behind))


def alive(pid: str) -> bool:
    try:
        # A zombie has ended; whoever started it may look later.
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@pytest.mark.parametrize(
    "silent",
    [
        "sleep 1000",
        "printf 'RIFF\\x00\\x00\\x00\\x00WAVE'\n"
        "while printf 'note\\x02\\x00\\x00\\x00hm'; do sleep 0.05; done",
    ],
    ids=["nothing", "titles"],
)
async def test_a_program_that_makes_no_sound_is_given_up(
    tmp_path: Path, silent: str
) -> None:
    with pytest.raises(SynthesisError, match=r"no sound for 0\.2 s"):
        await said(script(tmp_path, silent, patience=0.2))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("cat >&2; exit 3", "exit status 3"),
        (f"printf '{HEADER}abcd'; exit 1", "exit status 1"),
        ("true", "no WAV file"),
        ("cat", "no WAV file"),
        ("kill -SEGV $$", "SIGSEGV"),
    ],
)
async def test_what_is_wrong_is_told_without_a_word_of_the_text(
    tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(SynthesisError, match=rf"speech\.command: .*{why}") as raised:
        await said(script(tmp_path, text))

    assert "washing" not in str(raised.value)


@pytest.mark.parametrize(
    ("program", "key"),
    [
        (espeak(""), r"speech\.engine: .* apt install espeak-ng"),
        (flite(""), r"speech\.engine: .* apt install flite"),
        (own_command(("nothing-here",)), r"speech\.command: .*nothing-here"),
    ],
)
def test_a_program_that_is_missing_is_told_by_its_package_and_its_key(
    program: Program, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    for synthesizer in (StreamingProgram, Flite):
        with pytest.raises(ConfigError, match=key):
            synthesizer(program)


async def test_a_program_that_was_removed_meanwhile_is_told(tmp_path: Path) -> None:
    synthesizer = script(tmp_path, "true")
    (tmp_path / "say-it").unlink()

    with pytest.raises(SynthesisError, match=r"speech\.command"):
        await said(synthesizer)
