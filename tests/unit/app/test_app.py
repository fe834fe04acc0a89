"""Steps are started in their order, and stopped backwards."""

import asyncio
import threading
from pathlib import Path

import pytest

from auricle.app.app import App, Step, steps
from auricle.app.build import build
from auricle.app.ending import Ending
from auricle.app.exit_codes import EX_DEAF, EX_NOINPUT, EX_RESTART
from auricle.config.settings import Settings
from auricle.errors import ConfigError, RecordingError
from rigs.waiting import eventually


class Parts:
    """Keep what was called."""

    def __init__(self) -> None:
        self.called: list[str] = []

    def step(self, name: str) -> Step:
        async def start() -> None:
            self.called.append(f"start {name}")

        return Step(name, start, lambda: self.called.append(f"stop {name}"))


async def test_what_was_started_first_is_stopped_last() -> None:
    parts, ending = Parts(), Ending()
    app = App([parts.step("one"), parts.step("two"), parts.step("three")], ending)
    app.stop()

    assert await app.run() == 0

    assert parts.called == [
        *("start one", "start two", "start three"),
        *("stop three", "stop two", "stop one"),
    ]


async def test_what_cannot_be_started_has_the_rest_stopped() -> None:
    parts, ending = Parts(), Ending()

    def fail() -> None:
        raise OSError("no room")

    app = App([parts.step("one"), Step("two", fail), parts.step("three")], ending)
    with pytest.raises(OSError, match="no room"):
        await app.run()

    assert parts.called == ["start one", "stop one"]


async def test_what_takes_long_to_stop_keeps_nobody_else_from_it() -> None:
    stopped = asyncio.Event()

    async def stop_last() -> None:
        await stopped.wait()

    steps = [Step("goodbye", stop=stopped.set), Step("hanging", stop=stop_last)]
    app = App(steps, Ending())
    app.stop()

    assert await asyncio.wait_for(app.run(), 5) == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [(OSError("it hangs"), EX_DEAF), (RecordingError("no such file"), EX_NOINPUT)],
)
async def test_a_satellite_that_cannot_hear_ends(error: Exception, code: int) -> None:
    ending = Ending()
    await asyncio.to_thread(ending.hearing_failed, error)

    assert await App([], ending).run() == code


async def test_nobody_is_asked_for_a_release_unless_the_configuration_says_whom(
    tmp_path: Path,
) -> None:
    asr = {"url": "ws://127.0.0.1:9"}
    satellite = {"state_directory": str(tmp_path)}
    named = {"url": "https://forge.example/releases/latest"}
    by_default = Settings.model_validate({"asr": asr, "satellite": satellite})
    asking = Settings.model_validate(
        {"asr": asr, "satellite": satellite, "update": named}
    )

    assert "release" not in [step.name for step in steps(build(by_default))]
    assert "release" in [step.name for step in steps(build(asking))]


async def test_new_settings_are_taken_by_a_restart_only_if_they_can_be_used(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ending = Ending()
    app = App([], ending)

    def broken() -> Settings:
        raise ConfigError("mqtt.host: no such key")

    app.start_anew(broken)
    await eventually(lambda: "is not taken: mqtt.host" in caplog.text)
    refused = ending.exit_code
    app.start_anew(
        lambda: Settings.model_validate({"asr": {"url": "ws://127.0.0.1:9"}})
    )

    assert (refused, await app.run()) == (0, EX_RESTART)


async def test_of_two_orders_to_read_the_settings_anew_the_later_one_counts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ending = Ending()
    app = App([], ending)
    asked_again, over = threading.Event(), threading.Event()

    def before() -> Settings:
        asked_again.wait(10)
        over.set()
        return Settings.model_validate({"asr": {"url": "ws://127.0.0.1:9"}})

    def broken() -> Settings:
        raise ConfigError("mqtt.host: no such key")

    app.start_anew(before)
    await asyncio.sleep(0)
    app.start_anew(broken)
    asked_again.set()
    await eventually(lambda: over.is_set() and "is not taken" in caplog.text)
    app.stop()

    assert await app.run() == 0
