"""What Home Assistant says by itself, and what becomes of it."""

import asyncio

import pytest

from rigs.homes import assist_home
from rigs.homes.contract_satellite import ContractSatellite
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.home_assistant_events import Events
from rigs.mqtt.broker import Broker

SATELLITE = "assist_satellite.den_voice"
ANNOUNCE = "assist_satellite.announce"
ASK = "assist_satellite.ask_question"
START = "assist_satellite.start_conversation"


async def test_an_announcement_returns_once_it_has_been_heard(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    with den.holding():
        call = assist_home.call(home, ANNOUNCE, SATELLITE, message="Dinner is ready.")
        announcing = asyncio.create_task(call)
        sound = await den.plays()
        await home.becomes(SATELLITE, "responding")
        assert not announcing.done()
    den.report(sound, "finished")

    assert (await announcing)["success"]
    assert (sound.kind, sound.then, sound.turn) == ("announcement", "idle", None)
    await home.becomes(SATELLITE, "idle")


async def test_a_bell_is_heard_before_it_unless_nobody_wants_one(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    said = {"message": "Dinner is ready."}
    await assist_home.call(home, ANNOUNCE, SATELLITE, **said)
    await assist_home.call(home, ANNOUNCE, SATELLITE, **said, preannounce=False)
    with_bell, without = den.sounds

    assert with_bell.rate == without.rate
    assert 0.8 < with_bell.seconds - without.seconds < 1.2


async def test_a_file_of_any_kind_is_played(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    # An MP3 file that Home Assistant brings along.
    file = f"{home.url}/api/assist_satellite/static/preannounce.mp3"
    ding = "media-source://tts/tts.voice?message=Ding."
    answer = await assist_home.call(
        home, ANNOUNCE, SATELLITE, media_id=file, preannounce_media_id=ding
    )

    assert answer["success"], answer
    assert [sound.loudness > 1000 for sound in den.sounds] == [True, True]


async def test_a_file_that_is_not_there_is_told(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    answer = await assist_home.call(
        home, ANNOUNCE, SATELLITE, media_id=f"{home.url}/nothing.mp3", preannounce=False
    )

    assert "the file cannot be fetched" in answer["error"]["message"]
    await den.until(lambda: den.errors == ["no_sound"])


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("loudspeaker", "The loudspeaker of Den voice does not work."),
        ("no_chunks", "The sound stopped arriving at Den voice before its end"),
        ("too_long", "too many wait to be played by Den voice"),
        ("another", "Den voice has not played it: another"),
    ],
)
async def test_what_is_not_played_is_told_in_a_sentence(
    home: HomeAssistant, den: ContractSatellite, reason: str, sentence: str
) -> None:
    with den.holding():
        call = assist_home.call(home, ANNOUNCE, SATELLITE, message="Hello.")
        announcing = asyncio.create_task(call)
        den.report(await den.plays(), "failed", reason)
        answer = await announcing

    assert sentence in answer["error"]["message"]


async def test_an_announcement_that_a_person_interrupts_is_no_failure(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    with den.holding():
        call = assist_home.call(home, ANNOUNCE, SATELLITE, message="Hello.")
        announcing = asyncio.create_task(call)
        await den.plays()
        den.ends(den.wakes())

        assert (await announcing)["success"]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (ANNOUNCE, {"message": "Dinner is ready."}),
        (START, {"start_message": "Shall I start the dryer?"}),
    ],
)
async def test_an_agent_that_thinks_is_heard_although_something_is_announced_meanwhile(
    home: HomeAssistant, den: ContractSatellite, action: str, said: dict[str, str]
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    async with Events(home) as events:
        turn = den.hears("Tell me a story.")
        await den.until(lambda: events.fired("storyteller_asked"))
        announced = await assist_home.call(home, action, SATELLITE, **said)
        await den.plays(2)

    assert announced["success"], announced
    await den.until(lambda: all(sound.end == "finished" for sound in den.sounds))
    [answer] = [sound for sound in den.sounds if sound.kind == "answer"]
    assert answer.turn == turn
    assert answer.seconds > 8


async def test_a_broadcast_is_heard_by_the_others(
    broker: Broker, home: HomeAssistant, den: ContractSatellite
) -> None:
    async with ContractSatellite(broker.port, "attic") as attic:
        await assist_home.add(home, attic.name, "Attic")
        await home.becomes("assist_satellite.attic_voice", "idle")
        den.hears("Broadcast dinner is ready.")
        there = await attic.plays()
        here = await den.plays()

    assert there.kind == "announcement"
    assert here.kind == "answer"


async def test_a_question_is_answered_by_whoever_is_there(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    answers = [
        {"id": "yes", "sentences": ["yes [please]"]},
        {"id": "no", "sentences": ["no [thanks]"]},
    ]
    call = assist_home.call(
        home, ASK, SATELLITE, question="Shall I close the blinds?", answers=answers
    )
    asking = asyncio.create_task(call)
    sound = await den.plays()
    assert sound.then == "listen"
    async with Events(home) as events:
        await den.until(lambda: sound.end == "finished")
        await heard(home, den)
        den.hears("Yes, please.", turn="answer-1")
        answer = await asking
        assert events.fired("storyteller_asked") == []

    assert answer["result"]["response"] == {
        "id": "yes",
        "sentence": "Yes, please.",
        "slots": {},
    }


async def test_a_question_that_nobody_answers_is_told(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    call = assist_home.call(home, ASK, SATELLITE, question="Is anybody there?")
    asking = asyncio.create_task(call)
    await den.plays()
    await heard(home, den)
    den.ends("nobody-1")
    answer = await asking

    assert "No answer" in answer["error"]["message"]


async def test_a_conversation_that_home_assistant_starts_goes_on(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    start = {"start_message": "The washing is done. Shall I start the dryer?"}
    async with Events(home) as events:
        answer = await assist_home.call(
            home, START, SATELLITE, **start, extra_system_prompt="Laundry."
        )
        assert answer["success"], answer
        den.hears("Yes.", emotion="happy")
        await den.plays(2)
        [asked] = events.fired("storyteller_asked")

    assert den.sounds[0].then == "listen"
    assert asked["extra_system_prompt"] == "Laundry.\nThe speaker sounds happy."


async def heard(home: HomeAssistant, den: ContractSatellite) -> None:
    """Home Assistant knows that the sound is over, and that somebody is listened to."""
    den.is_now("listening")
    await home.becomes(SATELLITE, "listening")


async def test_without_a_loudspeaker_a_question_is_refused_in_a_sentence(
    broker: Broker, home: HomeAssistant
) -> None:
    async with ContractSatellite(broker.port, "pantry", features=()) as pantry:
        await assist_home.add(home, pantry.name)
        answer = await assist_home.call(
            home,
            ASK,
            "assist_satellite.pantry_voice",
            question="Is there any bread?",
        )
        assert "Pantry voice has no loudspeaker" in answer["error"]["message"]
        assert pantry.sounds == []
        pantry.forget()
        await home.becomes("assist_satellite.pantry_voice", None)
