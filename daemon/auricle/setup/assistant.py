"""The conversation that ends in a satellite: what is asked, tried, and written.

| asks for | tries |
|---|---|
| name and language | whether they can be used |
| the broker, and who signs in there | a visit, as `auricle doctor` makes it |
| the recognizer, and its key | one second of silence |
| the microphone, unless a recording stands for it | some seconds of sound, their level shown |
| the loudspeaker | a sound |
| lights, where wanted | red, green and blue, to be seen |
| a button, where wanted | one press |

An empty answer takes what stands in brackets. What was tried and failed may be kept all
the same: a broker may be switched off. Nothing is written before the last answer.
"""  # noqa: E501  # a table's row

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from auricle.assets.requirements import is_32_bit, remedy
from auricle.audio.devices.loudspeakers import list_loudspeakers
from auricle.audio.devices.portaudio import bounded, list_devices
from auricle.config.choices import LightsDevice
from auricle.config.gpio import BUTTON_OF_2MIC
from auricle.config.host_port import host_and_port
from auricle.config.loading import load
from auricle.config.settings import Settings
from auricle.config.sources import read_credential
from auricle.doctor.results import Result, Status, as_lines
from auricle.errors import AuricleError, ConfigError, PlaybackError
from auricle.setup import nearby, secret_store, settings_file, trials

AT_HOME = "ws://127.0.0.1:8778"
"""The address of this machine's own `auricle recognizer`."""
_TLS_PORT = 8883
_NONE = "none"
_PASSWORD, _API_KEY = "mqtt.password", "asr.api_key"  # names, not secrets
_REGIONS = ("international", "china")


class Terminal(Protocol):
    """Where a person reads and answers."""

    def say(self, text: str = "") -> None:
        """Print a line."""

    def ask(self, question: str, default: str) -> str:
        """Return what is answered, `default` where that is nothing. Raises EOFError
        where nobody answers any more.
        """

    def ask_secret(self, question: str, default: str) -> str:
        """Return what is typed and not shown, empty where that is nothing; `default` is
        what nothing means. Raises EOFError.
        """

    def meter(self, level: float) -> None:
        """Take the level of the microphone, in dBFS."""

    def waiting(self, name: str) -> None:
        """Show that it goes on, while something is tried."""

    def over(self) -> None:
        """Show no more of that."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where settings and secrets are kept, and what of the recognizer is there."""

    config: Path
    credentials: Path | None
    """The folder of the secrets; None: they are kept among the settings."""
    recognizer_installed: bool
    """Whether the recognizer at home can be started on this machine."""
    panel_installed: bool
    """Whether there is what drives lights and a button."""


@dataclass(slots=True)
class Chosen:
    """What was answered, as far as it differs from what was known."""

    values: dict[str, object] = field(default_factory=dict)
    """Settings by names such as `mqtt.host`."""
    secrets: dict[str, str] = field(default_factory=dict)
    """Secrets by the names of their credentials."""

    @property
    def broker_moved(self) -> bool:
        """Whether the broker is to be found elsewhere than before."""
        return not self.values.keys().isdisjoint(("mqtt.host", "mqtt.port"))

    @property
    def recognizer_at_home(self) -> bool:
        """Whether this machine's own recognizer was chosen."""
        return self.values.get("asr.url") == AT_HOME


class Assistant:
    """Asks one person, at one terminal, for the settings of one satellite."""

    def __init__(
        self,
        terminal: Terminal,
        place: Place,
        start_recognizer: Callable[[], None] | None = None,
        free_panel: Callable[[], None] = lambda: None,
    ) -> None:
        """Read what is known already; `start_recognizer` is called before the one at
        home is tried, None where it is not a service of this satellite's, `free_panel`
        before lights and button are. Raises ConfigError.
        """
        self._terminal = terminal
        self._place = place
        self._start_recognizer = start_recognizer
        self._free_panel = free_panel
        self._answers = Chosen()
        self._file = place.config if place.config.exists() else None
        self._settings = self._loaded({})
        self._useless_secrets: list[str] = []
        if store := place.credentials:
            for name in (_PASSWORD, _API_KEY):
                self._take_kept_secret(store, name)

    def ask(self) -> Chosen:
        """Ask for everything. Raises EOFError where nobody answers any more."""
        self._say("An empty answer takes what is in brackets. Ctrl-C writes nothing.")
        for mistake in self._useless_secrets:
            self._say(f"  {mistake}")
            self._say("  write it anew below, or delete that file")
        self._ask_who_it_is()
        self._until_it_works(self._ask_for_broker, self._try_broker)
        self._until_it_works(self._ask_for_recognizer, self._try_recognizer)
        if recording := self._settings.microphone.recording:
            self._part("The microphone")
            self._say(f"  {recording} stands for it (microphone.recording)")
        else:
            self._until_it_works(self._ask_for_microphone, self._try_microphone)
        self._until_it_works(self._ask_for_loudspeaker, self._try_loudspeaker)
        if self._wants_panel():
            self._until_it_works(self._ask_for_lights, self._try_lights)
            self._until_it_works(self._ask_for_button, self._try_button)
        return self._answers

    def write(self, example: str) -> None:
        """Write secrets and settings, each file whole or not at all; `example` is the
        text that a new file begins as. Raises OSError, and ConfigError where a person
        has to change the file; no secret is kept then.
        """
        store = self._place.credentials
        values, secrets = dict(self._answers.values), self._answers.secrets
        if store is None:
            values |= secrets
        with settings_file.changed(
            self._place.config,
            values,
            # What was known already would be missing in a new one.
            None if self._file else example,
            private=store is None and bool(secrets),
        ):
            if store is not None:
                for name, secret in secrets.items():
                    secret_store.keep(store, name, secret)

    # --- questions ---

    def _ask_who_it_is(self) -> None:
        self._part("The satellite")
        self._ask_for("satellite.name", "Its name, in topics and entity ids")
        self._ask_for(
            "asr.language", "The language that is spoken, such as en; auto is any"
        )

    def _ask_for_broker(self) -> None:
        self._part("The MQTT broker")
        default = self._settings.mqtt.host
        if "mqtt.host" not in self._known():
            found = nearby.find()
            for each in found:
                kind = "a broker" if each.is_broker else "a Home Assistant"
                self._say(f"  {each.host}  {kind}: {each.name}")
            default = found[0].host if found else default
        port = self._settings.mqtt.port
        if port is not None and ":" not in default:
            default = f"{default}:{port}"
        self._ask_for_address(default)
        if self._answers.values.pop("mqtt.tls", None) is not None:
            # It was for the answer before this one.
            self._settings = self._loaded({})
        if self._settings.mqtt.address[1] == _TLS_PORT:
            self._take_all({"mqtt.tls": True})
        elif self._settings.mqtt.tls and self._answers.broker_moved:
            self._ask_whether_encrypted()
        self._ask_for("mqtt.username", "The user to sign in as", empty=_NONE)
        if self._settings.mqtt.username:
            self._ask_for_secret(_PASSWORD, "The user's password")

    def _ask_for_address(self, default: str) -> None:
        while True:
            answer = self._terminal.ask("Its host, or host:port", default)
            try:
                self._take_all(self._address(answer))
            except ConfigError as error:
                self._say(f"  {error}")
            else:
                return

    def _address(self, answer: str) -> dict[str, object]:
        """Return the settings that say it: a port that has a key of its own stays in
        that place.
        """
        if self._settings.mqtt.port is not None:
            # What is wrong with an answer is told by whoever loads it.
            with contextlib.suppress(ValueError):
                host, port = host_and_port(answer)
                if port is not None:
                    return {"mqtt.host": host, "mqtt.port": port}
        return {"mqtt.host": answer}

    def _ask_whether_encrypted(self) -> None:
        if self._choice("Is the connection encrypted (TLS)", ("y", "n"), "y") == "n":
            try:
                self._take("mqtt.tls", value=False)
            except ConfigError as error:
                self._say(f"  {error}")

    def _ask_for_recognizer(self) -> None:
        self._part("The recognizer")
        self._say("  1  Alibaba's cloud, with an API key of yours: 27 languages")
        possible = not is_32_bit()
        self._say(
            "  2  this machine, English; nothing of what is said leaves the house"
            if possible
            else "  2  this machine: not here, it needs a 64-bit system"
        )
        self._say("  3  auricle recognizer on another machine")
        url = self._settings.asr.url
        usual = "2" if self._place.recognizer_installed else "1"
        default = {"": usual, AT_HOME: "2" if possible else "3"}.get(url, "3")
        among = ("1", "2", "3") if possible else ("1", "3")
        match self._choice("Which one", among, default):
            case "1":
                self._ask_for_region()
                self._ask_for_secret(_API_KEY, "The API key")
            case "2":
                if not self._place.recognizer_installed:
                    self._say(f"It is not installed: {remedy('recognizer')}")
                self._take("asr.url", AT_HOME)
            case _:
                shown = "" if url == AT_HOME else url
                self._ask_for("asr.url", "Its address, such as wss://host:8778", shown)
                self._ask_for_secret(_API_KEY, "Its key")

    def _ask_for_region(self) -> None:
        default = self._settings.asr.region
        regions = tuple(dict.fromkeys((*_REGIONS, default)))
        question = f"The key's region ({', '.join(regions)})"
        while True:
            region = self._choice(question, regions, default)
            try:
                self._take_all({"asr.url": "", "asr.region": region})
            except ConfigError as error:
                self._say(f"  {error}")
            else:
                return

    def _ask_for_microphone(self) -> None:
        self._part("The microphone")
        try:
            for device in bounded(list_devices):
                self._say(f"  {device.index:3}  {device.name}")
        except AuricleError as error:
            self._say(f"  {error}")
        question = "A part of its name, or its number"
        self._ask_for("microphone.device", question)

    def _ask_for_loudspeaker(self) -> None:
        self._part("The loudspeaker")
        try:
            for each in list_loudspeakers():
                self._say(f"  {each.name}  {each.description}".rstrip())
        except PlaybackError as error:
            self._say(f"  {error}")
        self._ask_for("loudspeaker.device", "Its name", empty=_NONE)

    def _wants_panel(self) -> bool:
        self._part("Lights and a button")
        if not self._place.panel_installed:
            self._say(f"  For a hat's, first {remedy('panel')}, then this again")
            return False
        return self._choice("Set them up", ("y", "n"), "n") == "y"

    def _ask_for_lights(self) -> None:
        lights = self._settings.lights
        names = tuple(device or _NONE for device in LightsDevice)
        while True:
            answer = self._choice("The lights", names, lights.device or _NONE)
            device = LightsDevice("" if answer == _NONE else answer)
            values: dict[str, object] = {"lights.device": device.value}
            try:
                if device is LightsDevice.GPIO:
                    question = "The LED's GPIO, or those of red, green and blue"
                    values["lights.pins"] = self._numbers(question, lights.pins)
                elif lights.pins:
                    values["lights.pins"] = []
                if device in (LightsDevice.APA102, LightsDevice.WS2812):
                    (values["lights.pixels"],) = self._numbers(
                        "Its pixels", (lights.pixels,)
                    )
                self._take_all(values)
            except ConfigError as error:
                self._say(f"  {error}")
            except ValueError:
                self._say("  a number, please, or several: 13,19,26")
            else:
                return

    def _ask_for_button(self) -> None:
        known = self._settings.button.pin
        has_one = self._settings.lights.device is LightsDevice.RESPEAKER_2MIC
        usual = known or (BUTTON_OF_2MIC if has_one else None)
        while True:
            default = _NONE if usual is None else str(usual)
            answer = self._terminal.ask("The button's GPIO", default)
            try:
                if answer == _NONE:
                    if known is not None:
                        self._say(f"  take button.pin out of {self._place.config}")
                else:
                    self._take_all({"button.pin": int(answer)})
            except ConfigError as error:
                self._say(f"  {error}")
            except ValueError:
                self._say(f"  a number, please, or {_NONE}")
            else:
                return

    def _numbers(self, question: str, known: Sequence[int]) -> list[int]:
        """Return the numbers that are answered. Raises ValueError."""
        default = ",".join(map(str, known))
        answer = self._terminal.ask(question, default)
        return [int(number) for number in answer.split(",")]

    # --- trials ---

    def _try_broker(self) -> bool:
        self._say("signing in …")
        return self._tell(trials.try_broker(self._settings))

    def _try_recognizer(self) -> bool:
        if self._answers.recognizer_at_home and self._place.recognizer_installed:
            if self._start_recognizer is None:
                self._say("it has to run: auricle recognizer, in another terminal")
            else:
                self._say("starting it; a small machine loads its model for a minute …")
                self._start_recognizer()
        self._say("sending one second of silence …")
        return self._tell([trials.try_recognizer(self._settings)])

    def _try_microphone(self) -> bool:
        self._say("listening for three seconds: say something …")
        terminal = self._terminal
        result = trials.try_microphone(self._settings, terminal.meter, terminal.waiting)
        terminal.over()
        return self._tell([result])

    def _try_loudspeaker(self) -> bool:
        if not self._settings.loudspeaker.device:
            return True
        try:
            trials.play_a_sound(self._settings)
        except AuricleError as error:
            self._say(f"  {error}")
            return False
        return self._choice("Did you hear a sound", ("y", "n"), "y") == "y"

    def _try_lights(self) -> bool:
        if self._settings.lights.device is LightsDevice.NONE:
            return True
        self._say("they show red, green and blue, a second each …")
        if not self._tried_by_panel("lights"):
            return False
        question = "Did you see these colors, in this order"
        return self._choice(question, ("y", "n"), "y") == "y"

    def _try_button(self) -> bool:
        if self._settings.button.pin is None:
            return True
        if self._choice("Try it", ("y", "n"), "y") == "n":
            return True
        self._say("press it once, within 15 s …")
        return self._tried_by_panel("button")

    def _tried_by_panel(self, part: str) -> bool:
        self._free_panel()
        fault = trials.try_panel(part, self._settings)
        for line in fault.splitlines():
            self._say(f"  {line}")
        return not fault

    def _until_it_works(
        self, ask: Callable[[], None], attempt: Callable[[], bool]
    ) -> None:
        while True:
            ask()
            if attempt():
                return
            again = self._choice("Answer these again, or keep them", ("a", "k"), "a")
            if again == "k":
                return

    def _tell(self, results: Sequence[Result]) -> bool:
        for result in results:
            if result.status is not Status.SKIPPED:
                self._say("\n".join(as_lines(result)))
        return all(result.status is not Status.FAILED for result in results)

    # --- what is known, and what was answered ---

    def _known(self) -> set[str]:
        """Return the names of all settings that somebody has set."""
        return {
            f"{section}.{key}"
            for section in self._settings.model_fields_set
            for key in getattr(self._settings, section).model_fields_set
        }

    def _ask_for(
        self, name: str, question: str, default: str | None = None, empty: str = ""
    ) -> None:
        """Ask for a setting until it can be used; `empty` is the word for none."""
        section, _, key = name.partition(".")
        known = str(getattr(getattr(self._settings, section), key))
        shown = known if default is None else default
        while True:
            answer = self._terminal.ask(question, shown or empty)
            value = "" if empty and answer == empty else answer
            if value == known:
                return
            try:
                self._take(name, value)
            except ConfigError as error:
                self._say(f"  {error}")
            else:
                return

    def _ask_for_secret(self, name: str, question: str) -> None:
        kept = self._value(name) is not None
        default = "the one that is stored" if kept else _NONE
        while answer := self._terminal.ask_secret(question, default):
            try:
                self._take_secret(name, answer)
            except ConfigError as error:
                self._say(f"  {error}")
            else:
                return

    def _choice(self, question: str, among: Sequence[str], default: str) -> str:
        while True:
            answer = self._terminal.ask(f"{question}? {'/'.join(among)}", default)
            if answer.lower() in among:
                return answer.lower()
            self._say(f"  one of {', '.join(among)}, please")

    def _take(self, name: str, value: object) -> None:
        """Take a setting. Raises ConfigError where it cannot be used."""
        self._settings = self._loaded({name: value})
        self._answers.values[name] = value

    def _take_secret(self, name: str, secret: str) -> None:
        """Take a secret. Raises ConfigError where it cannot be used."""
        self._settings = self._loaded({name: secret})
        self._answers.secrets[name] = secret

    def _take_kept_secret(self, store: Path, name: str) -> None:
        """Take a secret that is stored, as the service reads it; one that is useless
        is noted.
        """
        path = secret_store.path_of(store, name)
        try:
            self._take_secret(name, read_credential(path))
        except FileNotFoundError:
            pass
        except (ConfigError, ValueError) as error:
            self._useless_secrets.append(f"{path}: {error}")

    def _take_all(self, values: Mapping[str, object]) -> None:
        """Take settings that belong together, as far as they are news. Raises
        ConfigError where they cannot be used.
        """
        known = {name: self._value(name) for name in values}
        self._settings = self._loaded(dict(values))
        self._answers.values |= {n: v for n, v in values.items() if v != known[n]}

    def _value(self, name: str) -> object:
        """Return a setting as it would be answered."""
        section, _, key = name.partition(".")
        value = getattr(getattr(self._settings, section), key)
        return list(value) if isinstance(value, tuple) else value

    def _loaded(self, more: dict[str, object]) -> Settings:
        answers = self._answers
        return load(self._file, {**answers.values, **answers.secrets, **more})

    def _part(self, name: str) -> None:
        self._say()
        self._say(name)

    def _say(self, text: str = "") -> None:
        self._terminal.say(text)
