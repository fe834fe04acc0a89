"""Takes the README's picture of the device page, in Debian's Chromium.

tests/homeassistant/run.sh tests/homeassistant/picture.py
"""

from pathlib import Path

from rigs.homes.browser import Browser
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.study import study
from rigs.mqtt.broker import Broker
from rigs.waiting import answered, elapse

PICTURE = Path(__file__).parents[2] / "homeassistant" / "device-page.png"


async def test_the_device_page(
    broker: Broker, home_assistant: HomeAssistant, tmp_path: Path
) -> None:
    async with study(broker, tmp_path, emotion="happy") as satellite:
        await home_assistant.becomes("sensor.study_voice_state", "idle")
        await satellite.hears()
        await home_assistant.becomes("sensor.study_voice_emotion", "happy")
        device = await home_assistant.render(
            "{{ device_id('switch.study_voice_mute') }}"
        )
        async with Browser(home_assistant, 1000, 1680) as browser:
            await browser.open(f"/config/devices/device/{device}")
            PICTURE.write_bytes(await settled(browser, "Transcription latency"))


async def settled(browser: Browser, text: str) -> bytes:
    """The page once it shows `text`; fonts and icons come after the words."""
    await answered(browser.text, lambda shown: text in shown, 90)

    async def at_rest() -> bytes:
        before = await browser.picture()
        await elapse(1.0)
        return before if before == await browser.picture() else b""

    return await answered(at_rest, bool, 90, of="a picture at rest")
