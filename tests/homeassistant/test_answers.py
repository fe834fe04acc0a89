"""What was said runs the pipeline of its room, and the answer goes back as sound."""

from rigs.homes import assist_home
from rigs.homes.contract_satellite import ContractSatellite
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.home_assistant_events import Events
from rigs.mqtt.broker import Broker

SATELLITE = "assist_satellite.den_voice"


async def test_it_joins_its_entities_on_their_device(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    device = "device_id('sensor.den_voice_state')"
    entities = await home.render(f"{{{{ device_entities({device}) | sort }}}}")

    assert SATELLITE in entities
    assert "select.den_voice_assistant" in entities


async def test_a_command_acts_in_the_room_where_it_was_said(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await home.act("light.turn_off", "light.attic_lamp")
    await home.act("light.turn_off", "light.den_lamp")
    den.hears("Turn on the lights.")
    await home.becomes("light.den_lamp", "on")
    sound = await den.plays()

    assert await home.value("light.attic_lamp") == "off"
    assert sound.kind == "acknowledge"
    assert sound.loudness > 1000


async def test_an_answer_is_spoken_by_the_voice_of_the_pipeline(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    turn = den.hears("What is the state of the kitchen light?")
    sound = await den.plays()

    assert (sound.kind, sound.turn, sound.then) == ("answer", turn, "idle")
    assert sound.rate == 16_000
    assert 0.5 < sound.seconds < 10
    assert sound.loudness > 1000


async def test_its_state_follows_the_satellite(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    with den.holding():
        turn = den.wakes()
        await home.becomes(SATELLITE, "listening")
        den.hears("What is the state of the kitchen light?", turn=turn)
        sound = await den.plays()
        await home.becomes(SATELLITE, "responding")
    den.report(sound, "finished")
    await home.becomes(SATELLITE, "idle")


async def test_a_transcript_that_is_delivered_twice_is_obeyed_once(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    async with Events(home) as events:
        den.hears("Once.", times=3)
        await den.plays()
        den.hears("And then.")
        await den.plays(2)
        asked = [each["text"] for each in events.fired("storyteller_asked")]

    assert asked == ["Once.", "And then."]


async def test_the_agent_is_told_who_asks_how_and_in_which_language(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    async with Events(home) as events:
        den.hears("Where am I?", emotion="angry")
        await den.plays()
        den.hears("Und jetzt?", language="de", emotion="neutral")
        german = await den.plays(2)
        first, second = events.fired("storyteller_asked")

    device = await home.render(f"{{{{ device_id('{SATELLITE}') }}}}")
    for asked in (first, second):
        assert (asked["satellite_id"], asked["device_id"]) == (SATELLITE, device)
    assert first["language"] == "en"
    assert first["extra_system_prompt"] == "The speaker sounds angry."
    assert second["language"] == "de"
    assert second["extra_system_prompt"] is None
    # The German voice answers in German.
    assert german.rate == 22_050


async def test_turns_that_follow_one_another_are_one_conversation(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    async with Events(home) as events:
        den.hears("One.")
        await den.plays()
        den.hears("Two.")
        await den.plays(2)
        ids = {each["conversation_id"] for each in events.fired("storyteller_asked")}

    assert len(ids) == 1


async def test_a_long_answer_is_heard_while_it_is_still_being_written(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    den.hears("Tell me a story.")
    sound = await den.begins()

    assert sound.then is None
    sound = await den.plays()
    assert sound.seconds > 8
    assert len(sound.sizes) > 10


async def test_an_agent_may_think_in_the_middle_of_its_answer(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    den.hears("Why is there something, and not nothing?")
    sound = await den.plays()

    # What says only that more will come.
    assert 0 in sound.sizes[1:-1]
    assert sound.end == "finished"


async def test_it_listens_again_behind_an_answer_that_asks(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    den.hears("Ask me something.")
    sound = await den.plays()

    assert sound.then == "listen"


async def test_a_person_who_interrupts_is_obeyed_and_the_answer_ends(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    den.hears("Tell me a story.")
    story = await den.begins()
    turn = den.wakes()
    await home.becomes(SATELLITE, "listening")
    den.hears("Stop that.", turn=turn)
    answer = await den.plays(2)

    assert story.end == "wake"
    assert story.then is None
    assert answer.turn == turn


async def test_what_another_satellite_heard_just_before_is_not_obeyed_twice(
    broker: Broker, home: HomeAssistant, den: ContractSatellite
) -> None:
    await assist_home.use(home, assist_home.STORYTELLER)
    async with ContractSatellite(broker.port, "attic") as attic:
        await assist_home.add(home, attic.name, "Attic")
        async with Events(home) as events:
            first = den.wakes("alexa")
            await home.becomes(SATELLITE, "listening")
            second = attic.wakes("alexa")
            await attic.until(lambda: attic.orders("listen"))
            den.hears("I was first.", turn=first)
            attic.hears("I was second.", turn=second)
            await den.plays()
            asked = [each["text"] for each in events.fired("storyteller_asked")]

    assert attic.orders("listen") == ["CANCEL"]
    assert asked == ["I was first."]
