"""Takes the pictures of Home Assistant's pages, in Debian's Chromium.

tests/homeassistant/run.sh tests/homeassistant/picture.py
"""

from pathlib import Path

import pytest

from rigs.audio.loudspeaker import loudspeaker
from rigs.homes import assist_home
from rigs.homes.browser import Browser
from rigs.homes.home_assistant import HomeAssistant
from rigs.homes.study import study
from rigs.mqtt.broker import Broker
from rigs.waiting import answered, elapse

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "homeassistant" / "device-page.png"
INTEGRATION = ROOT / "docs" / "images" / "device-page-integration.png"
ASSISTANTS = ROOT / "docs" / "images" / "voice-assistants.png"


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
        async with Browser(home_assistant, 1000, 1800) as browser:
            await browser.open(f"/config/devices/device/{device}")
            PICTURE.write_bytes(await settled(browser, "Transcription latency"))


async def test_the_pages_with_the_integration(
    broker: Broker,
    home: HomeAssistant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with loudspeaker(tmp_path, monkeypatch):
        async with study(
            broker, tmp_path, emotion="happy", loudspeaker={"device": "file"}
        ) as satellite:
            device = await assist_home.add(home, "Study voice", "Den")
            await home.becomes("assist_satellite.study_voice", "idle")
            await satellite.hears()
            await home.becomes("sensor.study_voice_emotion", "happy")
            await home.becomes("assist_satellite.study_voice", "idle")
            async with Browser(home, 1000, 2010) as browser:
                await browser.open(f"/config/devices/device/{device}")
                INTEGRATION.write_bytes(await settled(browser, "Transcription latency"))
            async with Browser(home, 1000, 260) as browser:
                await browser.open("/config/voice-assistants/assist/devices")
                ASSISTANTS.write_bytes(await settled(browser, "Study voice"))


async def settled(browser: Browser, text: str) -> bytes:
    """The page once it shows `text`; fonts and icons come after the words."""
    await answered(browser.text, lambda shown: text in shown, 90)

    async def at_rest() -> bytes:
        before = await browser.picture()
        await elapse(1.0)
        return before if before == await browser.picture() else b""

    return await answered(at_rest, bool, 90, of="a picture at rest")
