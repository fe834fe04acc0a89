"""Timers: set by voice in a room, and rung there."""

from rigs.homes import assist_home
from rigs.homes.contract_satellite import ContractSatellite
from rigs.homes.home_assistant import HomeAssistant
from rigs.mqtt.broker import Broker


async def told(den: ContractSatellite, *events: str) -> None:
    await den.until(lambda: [timer["event"] for timer in den.timers] == list(events))


async def test_a_timer_is_set_and_rings(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    den.hears("Set a timer named pizza for 2 seconds.")
    await told(den, "started", "finished")
    started, finished = den.timers

    assert started["id"] == finished["id"]
    assert (started["name"], started["seconds"]) == ("pizza", 2)
    assert started["active"]
    assert finished["seconds_left"] == 0


async def test_a_timer_is_paused_goes_on_and_is_cancelled(
    home: HomeAssistant, den: ContractSatellite
) -> None:
    den.hears("Set a timer for 10 minutes.")
    await told(den, "started")
    den.hears("Pause the timer.")
    await told(den, "started", "updated")
    assert not den.timers[-1]["active"]
    den.hears("Resume the timer.")
    await told(den, "started", "updated", "updated")
    assert den.timers[-1]["active"]
    assert 590 < den.timers[-1]["seconds_left"] <= 600
    den.hears("Cancel the timer.")
    await told(den, "started", "updated", "updated", "cancelled")


async def test_without_a_loudspeaker_it_is_told_that_there_are_no_timers(
    broker: Broker, home: HomeAssistant
) -> None:
    async with ContractSatellite(broker.port, "cellar", features=()) as cellar:
        await assist_home.add(home, cellar.name)
        await home.becomes("assist_satellite.cellar_voice", "idle")
        # Another word than in the den just before.
        refused = "Device does not support timers"
        before = home.log.count(refused)
        cellar.hears("Set a timer for 2 seconds.", turn=cellar.wakes("alexa"))
        await cellar.until(lambda: home.log.count(refused) > before)
        assert cellar.timers == []
        assert cellar.sounds == []

        # Once it has a loudspeaker, there are.
        cellar.features = ("play", "timers")
        cellar.introduce()
        supports = "state_attr('assist_satellite.cellar_voice', 'supported_features')"
        await home.renders(f"{{{{ {supports} }}}}", "3")
        cellar.hears("Set a timer for 2 seconds.", turn=cellar.wakes("alexa"))
        await told(cellar, "started", "finished")
