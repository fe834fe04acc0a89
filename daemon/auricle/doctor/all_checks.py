"""All checks of one satellite, made of its settings."""

import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from auricle.app import build, state_lock
from auricle.app.choices import Choices
from auricle.app.state_file import StateFile
from auricle.audio.files.recording import STANDARD_INPUT
from auricle.config.brokers import own_broker, topics_of
from auricle.config.settings import Settings
from auricle.doctor import (
    broker,
    broker_visit,
    clock,
    configuration,
    echo,
    host_names,
    loudspeaker,
    machine,
    microphone,
    models,
    panel,
    recognizer,
    service,
    speech,
)
from auricle.doctor.checks import ANSWER, WORK, Check
from auricle.doctor.results import Result, Status
from auricle.doctor.service import Service
from auricle.errors import AuricleError, MicrophoneError
from auricle.health.diagnostics import cpu_temperature
from auricle.mqtt import hermes
from auricle.mqtt.settings import OFF, Setting
from auricle.system.threads import start_call

_MARGIN = 0.5
# Opening a device, and closing it.
_HANDLING = 1.0


class Examination:
    """Makes the checks of one satellite; what is asked of others is asked at the start,
    once, and the checks wait for it.
    """

    def __init__(
        self,
        settings: Settings,
        unit: Service | None,
        withheld: Collection[str],
        meter: Callable[[float], None],
        *,
        echo: bool = False,
    ) -> None:
        """Begin to ask the name server, the recognizer and the broker.

        `unit` is the installed service, if there is one; `withheld` is what the service
        has and this user may not read; `meter` is given the level of the microphone, in
        dBFS; `echo` has a sound played, to measure how it comes back.
        """
        self._settings = settings
        self._unit = unit
        self._withheld = withheld
        self._meter = meter
        self._measures_echo = echo
        self._microphone_done: Future[None] = Future()
        self._deadline = time.monotonic() + ANSWER - _MARGIN
        self._recognizer_name = start_call(
            self._look_up_recognizer, name=host_names.RECOGNIZER
        )
        self._broker_name = start_call(
            partial(host_names.broker_name, settings.mqtt.address[0]),
            name=host_names.BROKER,
        )
        self._recognizer = start_call(self._visit_recognizer, name=recognizer.NAME)
        self._broker = start_call(self._visit_broker, name=broker.BROKER)

    def checks(self) -> list[Check]:
        """Return the checks in the order in which a person would mend what is wrong."""
        return [
            Check(
                microphone.NAME,
                self._microphone,
                microphone.OVERDUE,
                microphone.ADVICE,
            ),
            Check(
                loudspeaker.NAME,
                partial(loudspeaker.examine, self._settings.loudspeaker.device),
                loudspeaker.OVERDUE,
                loudspeaker.ADVICE,
            ),
            Check(echo.NAME, self._echo, echo.OVERDUE, echo.ADVICE, within=WORK),
            Check(
                speech.NAME,
                partial(speech.examine, self._settings.speech),
                speech.OVERDUE,
                speech.ADVICE,
                within=WORK,
            ),
            Check(models.WAKE_WORDS, self._wake_words, models.OVERDUE, within=WORK),
            Check(
                models.VOICE_DETECTOR,
                partial(models.judge_voice_detector, self._settings.utterance),
            ),
            Check(machine.MUTE, self._mute),
            Check(clock.NAME, self._clock),
            Check(
                host_names.RECOGNIZER,
                self._recognizer_name.result,
                host_names.OVERDUE,
                host_names.ADVICE,
            ),
            Check(recognizer.NAME, self._judge_recognizer),
            Check(
                host_names.BROKER,
                self._broker_name.result,
                host_names.OVERDUE,
                host_names.ADVICE,
            ),
            *(
                Check(name, partial(self._judge_broker, name, judge))
                for name, judge in (
                    (broker.BROKER, broker.judge_broker),
                    (broker.TOPICS, broker.judge_topics),
                    (broker.NAME, self._judge_name),
                    (broker.GROUP, broker.judge_group),
                    (broker.HOME_ASSISTANT, broker.judge_home_assistant),
                )
            ),
            *of_the_machine(self._unit),
            Check(panel.NAME, self._panel),
            Check(panel.DEVICES, self._panel_devices),
            Check(machine.DISK, self._disk),
        ]

    def _microphone(self) -> Result:
        try:
            return self._look_at_microphone()
        finally:
            self._microphone_done.set_result(None)

    def _look_at_microphone(self) -> Result:
        if self._settings.microphone.recording == STANDARD_INPUT:
            meaning = "what is piped in stands for it"
            return Result(microphone.NAME, Status.SKIPPED, meaning)
        source = build.source(self._settings.microphone)
        patience = self._deadline - time.monotonic() - _HANDLING
        try:
            return microphone.judge(microphone.measure(source, patience, self._meter))
        except MicrophoneError as error:
            running = self._unit is not None and self._unit.active
            return microphone.refused(error, service_runs=running)

    def _echo(self) -> Result:
        device = self._settings.loudspeaker.device
        result = echo.examine(device)
        if not self._measures_echo or result.status is not Status.OK:
            return result
        if self._settings.microphone.recording:
            meaning = "a recording stands for the microphone, and hears nothing"
            return Result(echo.NAME, Status.SKIPPED, meaning)
        # It is opened by one at a time.
        with suppress(TimeoutError):
            self._microphone_done.result(ANSWER)
        deadline = self._deadline - ANSWER + WORK - _HANDLING
        source = build.source(self._settings.microphone)
        try:
            measured = echo.measure(
                source,
                device,
                volume=self._volume(),
                patience=deadline - time.monotonic(),
            )
        except MicrophoneError as error:
            running = self._unit is not None and self._unit.active
            refused = microphone.refused(error, service_runs=running)
            return replace(refused, name=echo.NAME)
        return echo.judge(measured)

    def _volume(self) -> float:
        """Return the volume that was chosen, else the configured one."""
        if service.STATE in self._withheld:
            return self._settings.loudspeaker.volume
        return self._choices().number(Setting.VOLUME)

    def _group(self) -> str:
        """Return the group that was chosen, else the configured one."""
        if not self._settings.arbitration.enabled:
            return ""
        if service.STATE in self._withheld:
            return self._settings.arbitration.group
        return self._choices().text(Setting.GROUP)

    def _choices(self) -> Choices:
        file = StateFile(build.state_directory(self._settings) / "state.json")
        return build.choices(self._settings, (), file.load())

    def _own_run(self) -> str | None:
        """Return the id of the satellite that runs here, if that can be known."""
        if service.STATE in self._withheld:
            return None
        return state_lock.running(build.state_directory(self._settings))

    def _wake_words(self) -> Result:
        engines = build.wake_word_engines(self._settings.wake_word)
        loaded = [name for engine in engines for name in engine.wake_words]
        return models.judge_wake_words(loaded, models.try_recording(engines))

    def _mute(self) -> Result:
        if service.STATE in self._withheld:
            return configuration.needs(machine.MUTE, service.STATE)
        file = StateFile(build.state_directory(self._settings) / "state.json")
        return machine.judge_mute(file.load())

    def _panel(self) -> Result:
        unit = service.find_installed(panel.UNIT)
        return panel.judge(self._settings, unit, as_services=self._unit is not None)

    def _panel_devices(self) -> Result:
        # By hand, it has the rights of whoever starts it.
        groups = panel.GROUPS if self._unit is not None else None
        return panel.examine_devices(self._settings, groups)

    def _disk(self) -> Result:
        if service.STATE in self._withheld:
            return configuration.needs(machine.DISK, service.STATE)
        directory = build.state_directory(self._settings)
        return machine.judge_disk(machine.look_at_disk(directory))

    # --- the recognizer ---

    def _look_up_recognizer(self) -> Result:
        asr = self._settings.asr
        known = asr.url or asr.api_key or configuration.API_KEY in self._withheld
        if not known:
            return Result(host_names.RECOGNIZER, Status.SKIPPED, "none is configured")
        host = urlsplit(asr.endpoint).hostname or ""
        return host_names.recognizer_name(host, own=bool(asr.url))

    def _visit_recognizer(self) -> recognizer.RecognizerVisit | None:
        """Visit it; None where there is no address, or no key, to do so with."""
        withheld = configuration.API_KEY in self._withheld
        if withheld or not self._found(self._recognizer_name):
            return None
        endpoint = build.recognizer_address(self._settings.asr)
        return recognizer.visit(endpoint, self._deadline - time.monotonic())

    def _judge_recognizer(self) -> Result:
        visit = self._recognizer.result()
        if visit is not None:
            return recognizer.judge(visit)
        if configuration.API_KEY in self._withheld:
            return configuration.needs(recognizer.NAME, configuration.API_KEY)
        return Result(recognizer.NAME, Status.SKIPPED, "needs its address")

    def _clock(self) -> Result:
        try:
            visit = self._recognizer.result()
        except AuricleError:
            visit = None
        if visit is None:
            return clock.judge(datetime.now(UTC), None)
        return clock.judge(
            visit.at, visit.server_date, mistrusted=visit.needs_the_right_time
        )

    # --- the broker ---

    def _visit_broker(self) -> broker.BrokerVisit | None:
        withheld = configuration.PASSWORD in self._withheld
        if withheld or not self._found(self._broker_name):
            return None
        settings = self._settings
        topics = topics_of(settings)
        site = build.hermes_site(settings)
        rhasspy = (
            []
            if site is None
            else hermes.subscriptions(
                site,
                plays=bool(settings.loudspeaker.device),
                speaks=bool(settings.speech.engine),
            )
        )
        return broker_visit.visit(
            own_broker(settings.mqtt, topics),
            topics,
            self._deadline - time.monotonic() - broker_visit.LEAVING,
            further=[
                *([topics.vocabulary] if build.heeds_vocabulary(settings) else ()),
                *rhasspy,
            ],
            introduction=build.introduction(
                settings, build.options((OFF, *settings.wake_word.models))
            ),
            group=self._group(),
            own_run=self._own_run(),
        )

    def _judge_broker(
        self, name: str, judge: Callable[[broker.BrokerVisit], Result]
    ) -> Result:
        visit = self._broker.result()
        if visit is not None:
            return judge(visit)
        if configuration.PASSWORD in self._withheld:
            return configuration.needs(name, configuration.PASSWORD)
        return Result(name, Status.SKIPPED, "needs the broker's address")

    def _judge_name(self, visit: broker.BrokerVisit) -> Result:
        if service.STATE in self._withheld:
            # The satellite that has our name may be the one that runs here.
            return configuration.needs(broker.NAME, service.STATE)
        return broker.judge_name(visit)

    def _found(self, name: Future[Result]) -> bool:
        try:
            result = name.result(max(0.0, self._deadline - time.monotonic()))
        except TimeoutError:
            return False
        return result.status is not Status.FAILED


def without_settings(unit: Service | None) -> list[Check]:
    """Return the checks that say what can be told where the configuration cannot be
    used.
    """

    def wait(name: str) -> Check:
        return Check(name, lambda: configuration.unknown(name))

    return [
        wait(microphone.NAME),
        wait(loudspeaker.NAME),
        wait(echo.NAME),
        wait(speech.NAME),
        wait(models.WAKE_WORDS),
        wait(models.VOICE_DETECTOR),
        wait(machine.MUTE),
        Check(clock.NAME, lambda: clock.judge(datetime.now(UTC), None)),
        wait(host_names.RECOGNIZER),
        wait(recognizer.NAME),
        wait(host_names.BROKER),
        wait(broker.BROKER),
        wait(broker.TOPICS),
        wait(broker.NAME),
        wait(broker.GROUP),
        wait(broker.HOME_ASSISTANT),
        *of_the_machine(unit),
        wait(panel.NAME),
        wait(panel.DEVICES),
        wait(machine.DISK),
    ]


def of_the_machine(unit: Service | None) -> list[Check]:
    """Return the checks of the service and of the machine, which need no settings."""
    return [
        Check(service.NAME, lambda: service.judge(unit)),
        Check(
            machine.TEMPERATURE,
            lambda: machine.judge_temperature(cpu_temperature(), machine.throttling()),
        ),
    ]
