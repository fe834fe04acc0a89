"""`auricle listen`, in a terminal and out of one."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from auricle.app.remembered import Remembered
from auricle.app.state_file import StateFile
from auricle.arbitration.messages import Bid, Claim, Take
from auricle.mqtt.topics import Topics
from rigs.audio.recordings import save
from rigs.audio.speech import mix, noise, say, silence
from rigs.homes.listener import FAST, command, settings
from rigs.homes.program import auricle, told_here
from rigs.homes.terminal import Terminal
from rigs.mqtt.broker import Broker
from rigs.mqtt.publisher import publishing
from rigs.recognizer.scripted_recognizer import ScriptedRecognizer
from rigs.waiting import elapse, eventually

CTRL_C = "\x03"
OTHER_SCREEN, OWN_SCREEN = "\x1b[?1049h", "\x1b[?1049l"
SHOW_CURSOR = "\x1b[?25h"


@pytest.fixture
def recording(tmp_path: Path) -> str:
    pcm = (
        silence(1.0)
        + say("okay nabu")
        + silence(0.3)
        + say("turn on the kitchen light")
        + silence(1.5)
    )
    room = noise(len(pcm) / 32000, dbfs=-70)
    return str(save(tmp_path / "spoken.wav", mix(pcm, room)))


async def test_a_recording_is_listened_to_without_broker_or_terminal(
    tmp_path: Path, recording: str
) -> None:
    config = str(settings(tmp_path))
    code, out, err = await auricle(
        "listen", "--config", config, "--recording", recording
    )

    assert (code, err) == (0, "")
    first, *lines, last = out.splitlines()
    assert "nothing that is heard leaves this machine" in first
    assert any("speech yes" in line for line in lines)
    assert any("last wake okay_nabu" in line for line in lines)
    assert last.startswith("okay_nabu: detections 1, best score ")


async def test_without_a_terminal_a_line_is_printed_where_it_says_anything_new(
    tmp_path: Path,
) -> None:
    nothing = str(save(tmp_path / "nothing.wav", bytes(4 * 32_000)))
    config = str(settings(tmp_path))
    code, out, err = await auricle("listen", "--config", config, "--recording", nothing)

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert any("speech no" in line for line in lines)
    assert all(line != other for line, other in pairwise(lines))


async def test_nothing_is_sent_unless_it_was_asked_for(
    tmp_path: Path, recording: str
) -> None:
    async with ScriptedRecognizer() as recognizer:
        config = str(settings(tmp_path, asr={"url": recognizer.url}, microphone=FAST))
        code, _, _ = await auricle(
            "listen", "--config", config, "--recording", recording
        )

    assert code == 0
    assert recognizer.attempts == 0


async def test_what_is_said_behind_the_wake_word_is_transcribed_on_request(
    tmp_path: Path, recording: str
) -> None:
    async with ScriptedRecognizer("Turn it on.", emotion="happy") as recognizer:
        config = str(settings(tmp_path, asr={"url": recognizer.url}, microphone=FAST))
        code, out, err = await auricle(
            *("listen", "--config", config, "--recording", recording, "--transcribe")
        )

    assert (code, err) == (0, "")
    assert out.startswith("what is said behind a wake word is sent to 127.0.0.1")
    assert "final Turn it on. (happy)" in out


async def test_a_threshold_that_was_set_over_mqtt_is_the_one_that_counts(
    tmp_path: Path, recording: str
) -> None:
    remembered = Remembered(thresholds={"okay_nabu": 0.999})
    StateFile(tmp_path / "state" / "state.json").save(remembered)
    config = str(settings(tmp_path, microphone=FAST))
    code, out, _ = await auricle("listen", "--config", config, "--recording", recording)

    assert code == 0
    last = out.splitlines()[-1]
    assert last.startswith("okay_nabu: detections 0, ")
    assert last.endswith("threshold 0.999")


async def test_what_others_bid_for_a_wake_word_is_shown(
    tmp_path: Path, recording: str, broker: Broker
) -> None:
    hall = Topics("auricle", "hall")
    claim = Claim("hall", "t1", "okay_nabu", 14.3, 0.1)
    config = str(settings(tmp_path, mqtt={"host": "127.0.0.1", "port": broker.port}))
    async with publishing(broker, topics=hall, run_id="hall", group="all") as other:
        listening = asyncio.create_task(
            auricle("listen", "--config", config, "--recording", recording)
        )
        await eventually(lambda: "auricle_study_listen" in broker.log)
        while not listening.done():
            other.publisher.tell_group(Bid(claim))
            other.publisher.tell_group(Take(claim))
            await elapse(0.1)
        code, out, err = await listening

    assert (code, err) == (0, "")
    assert "bids hall 14.3 dB: hall answers" in out
    # It looks on, and is none of them.
    assert other.groups == []


async def test_without_a_recognizer_there_is_nothing_to_transcribe_with(
    tmp_path: Path, recording: str
) -> None:
    config = str(settings(tmp_path))
    code, _, err = await told_here(
        *("listen", "--config", config, "--recording", recording, "--transcribe")
    )

    assert code == 78
    assert "auricle recognizer" in err


def test_the_terminal_shows_it_live(tmp_path: Path, recording: str) -> None:
    with Terminal(command(settings(tmp_path), "--recording", recording)) as terminal:
        terminal.shows("nothing that is heard leaves this machine")
        terminal.shows("last wake   okay_nabu, score ")
        assert terminal.ended() == 0

        assert "speech      yes" in terminal.shown
        assert "dBFS, noise floor" in terminal.shown
        assert (
            "okay_nabu: detections 1, best score "
            in terminal.shown.rsplit(OWN_SCREEN)[-1]
        )


def test_ctrl_c_gives_the_terminal_back_as_it_was(
    tmp_path: Path, recording: str
) -> None:
    with Terminal(command(settings(tmp_path), "--recording", recording)) as terminal:
        modes = terminal.modes
        terminal.shows(OTHER_SCREEN)
        terminal.shows("dBFS, noise floor")
        during = terminal.modes
        terminal.type(CTRL_C)
        assert terminal.ended() == 0

        assert terminal.modes == modes != during
        end = terminal.shown.rsplit(OTHER_SCREEN)[-1]
        assert SHOW_CURSOR in end
        assert OWN_SCREEN in end
        assert "^C" not in terminal.shown


def test_a_microphone_that_is_not_there_is_named_and_waited_for(
    tmp_path: Path,
) -> None:
    config = settings(tmp_path, microphone={"device": "no such thing"})
    with Terminal(command(config)) as terminal:
        terminal.shows("microphone lost: ")
        terminal.type(CTRL_C)
        assert terminal.ended() == 0


async def test_standard_input_can_stand_for_the_microphone(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *command(settings(tmp_path, microphone=FAST), "--recording", "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    pcm = mix(silence(1) + say("okay nabu") + silence(1), noise(4, dbfs=-70))
    out, _err = await asyncio.wait_for(process.communicate(pcm), 90)

    assert process.returncode == 0
    assert b"okay_nabu: detections 1" in out
