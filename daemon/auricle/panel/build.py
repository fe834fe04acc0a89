"""The parts of the panel, built from the settings: only here do both meet."""

import shutil
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from auricle.assets import lights as assets
from auricle.assets.requirements import remedy
from auricle.config.brokers import brokers, topics_of
from auricle.config.choices import (
    ArrayChannel,
    ButtonAction,
    LightsDevice,
    PressedLevel,
)
from auricle.config.gpio import POWER_OF_4MIC
from auricle.config.mistakes import Mistakes
from auricle.config.panel_parts import panel_parts
from auricle.errors import ConfigError
from auricle.mqtt.topics import Topics
from auricle.panel import xvf3800
from auricle.panel.actions import order
from auricle.panel.array import ArrayParts, ChannelRoute
from auricle.panel.button import ButtonParts, OpenPin
from auricle.panel.commands import HookCommands, HookParts
from auricle.panel.effects import (
    Effects,
    EffectsError,
    LightShow,
    Picture,
    parse_effects,
)
from auricle.panel.gestures import Gesture, GestureSettings
from auricle.panel.hooks import Commands, Hook, HookEvents, HookLimits
from auricle.panel.lamp import Lamp
from auricle.panel.lights import Lights
from auricle.panel.panel import Panel
from auricle.panel.pixels import Strip
from auricle.panel.trial import LightsTrial
from auricle.panel.xvf3800 import Channel
from auricle.system.systemd import Notifier

if TYPE_CHECKING:
    from auricle.config.panel import (
        ButtonSettings,
        HooksSettings,
        LightsSettings,
        Xvf3800Settings,
    )
    from auricle.config.settings import Settings
    from auricle.panel.devices.xvf3800 import Xvf3800

_PIXELS_OF_2MIC = 3
_PIXELS_OF_4MIC = 12
_LARGEST_FILE = 64 * 1024


def check(settings: "Settings") -> None:
    """Find whatever keeps the panel from starting that no device has to be opened for.

    Raises ConfigError, with every mistake on a line of its own.
    """
    mistakes = Mistakes()
    with mistakes.noted():
        effects_of(settings.lights)
    with mistakes.noted():
        commands_of(settings.hooks)
    mistakes.raise_any()


def build(settings: "Settings") -> Panel:
    """Build the panel, and open no device yet. Call it on the event loop.

    Raises ConfigError, also where there is nothing to serve.
    """
    if not panel_parts(settings):
        raise ConfigError(
            "auricle panel has nothing to do: set lights.device, button.pin, xvf3800 "
            "or hooks"
        )
    topics = topics_of(settings)
    array = _Xvf3800s()
    lights = _lights(settings.lights, array)
    button = _button(settings.button, topics)
    microphones = _microphones(settings.xvf3800, array)
    hooks = _hooks(settings.hooks, topics)
    return Panel(
        *(brokers(settings.mqtt, topics), topics, Notifier()),
        lights=lights,
        button=button,
        array=microphones,
        hooks=hooks,
    )


# --- trials ---


def lights_trial(settings: "LightsSettings") -> LightsTrial:
    """Return the lights, to be tried by a person. Raises ConfigError where there are
    none.
    """
    if settings.device is LightsDevice.NONE:
        raise ConfigError("lights.device: there are no lights to try")
    array = _Xvf3800s()
    return LightsTrial(
        partial(_open_lamp, settings, array), _pixels(settings), settings.brightness
    )


def button_trial(settings: "ButtonSettings") -> OpenPin:
    """Return the button, to be tried by a person. Raises ConfigError where there is
    none.
    """
    if settings.pin is None:
        raise ConfigError("button.pin: there is no button to try")
    return _open_pin(settings.pin, settings.pressed)


# --- lights ---


def effects_of(settings: "LightsSettings") -> Effects:
    """Return the effect of each scene: ours, and instead of them the user's.

    Raises ConfigError for a file that cannot be read, or holds none.
    """
    effects = parse_effects(assets.effects())
    if settings.effects is None:
        return effects
    try:
        return effects | parse_effects(_text_of(settings.effects))
    except EffectsError as error:
        raise ConfigError(f"lights.effects: {settings.effects}: {error}") from error


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE).decode()
    except UnicodeDecodeError as error:
        raise EffectsError("is not UTF-8 text") from error
    except OSError as error:
        raise EffectsError((error.strerror or str(error)).lower()) from error


def _lights(settings: "LightsSettings", array: "_Xvf3800s") -> Lights | None:
    if settings.device is LightsDevice.NONE:
        return None
    show = LightShow(
        effects_of(settings),
        pixels=_pixels(settings),
        brightness=settings.brightness,
    )
    return Lights(partial(_open_lamp, settings, array), show)


def _pixels(settings: "LightsSettings") -> int:
    match settings.device:
        case LightsDevice.RESPEAKER_2MIC:
            return _PIXELS_OF_2MIC
        case LightsDevice.RESPEAKER_4MIC:
            return _PIXELS_OF_4MIC
        case LightsDevice.XVF3800:
            return xvf3800.PIXELS
        case LightsDevice.APA102 | LightsDevice.WS2812:
            return settings.pixels
        case LightsDevice.GPIO | LightsDevice.NONE:
            return 1
        case device:
            assert_never(device)


def _open_lamp(settings: "LightsSettings", array: "_Xvf3800s") -> Lamp:
    match settings.device:
        case LightsDevice.RESPEAKER_2MIC | LightsDevice.APA102:
            return _strip(settings, Strip.APA102)
        case LightsDevice.RESPEAKER_4MIC:
            return _PoweredStrip(settings)
        case LightsDevice.WS2812:
            return _strip(settings, Strip.WS2812)
        case LightsDevice.XVF3800:
            return array.one()
        case LightsDevice.GPIO:
            return _gpio_lamp(settings)
        case LightsDevice.NONE:
            raise AssertionError("there are no lights to open")
        case device:
            assert_never(device)


def _strip(settings: "LightsSettings", strip: Strip) -> Lamp:
    try:
        from auricle.panel.devices.spi import SpiStrip
    except ImportError as error:
        raise _not_installed("lights.device", "spidev") from error
    try:
        return SpiStrip(settings.spi, strip)
    except OSError as error:
        raise ConfigError(
            f"lights.spi: {settings.spi}: {(error.strerror or str(error)).lower()}; "
            "switch SPI on (sudo raspi-config nonint do_spi 0, or dtparam=spi=on in "
            "config.txt, and reboot); the group spi may use it"
        ) from error


class _PoweredStrip:
    """The lights of the 4-Mic hat, which have no power until they are given it."""

    def __init__(self, settings: "LightsSettings") -> None:
        try:
            from auricle.panel.devices.gpio import PowerSwitch
        except ImportError as error:
            raise _not_installed("lights.device", "gpiozero") from error
        self._strip = _strip(settings, Strip.APA102)
        self._power = PowerSwitch(POWER_OF_4MIC)

    def show(self, picture: Picture) -> None:
        self._strip.show(picture)

    def close(self) -> None:
        self._strip.close()
        self._power.close()


def _gpio_lamp(settings: "LightsSettings") -> Lamp:
    try:
        from auricle.panel.devices.gpio import GpioLamp
    except ImportError as error:
        raise _not_installed("lights.device", "gpiozero") from error
    return GpioLamp(settings.pins)


# --- the button ---


def _button(settings: "ButtonSettings", topics: Topics) -> ButtonParts | None:
    if settings.pin is None:
        return None
    gestures = GestureSettings(
        doubles=settings.double is not ButtonAction.NOTHING,
        double_within=settings.double_within,
        long_after=settings.long_after,
    )
    return ButtonParts(
        _open_pin(settings.pin, settings.pressed),
        gestures,
        lambda gesture, view: order(_action(settings, gesture), gesture, view, topics),
    )


def _open_pin(pin: int, pressed: PressedLevel) -> OpenPin:
    try:
        from auricle.panel.devices.gpio import GpioButton
    except ImportError as error:
        raise _not_installed("button.pin", "gpiozero") from error
    to_ground = pressed is PressedLevel.GROUND
    return lambda changed: GpioButton(pin, to_ground=to_ground, changed=changed)


def _action(settings: "ButtonSettings", gesture: Gesture) -> ButtonAction:
    match gesture:
        case Gesture.PRESS:
            return settings.press
        case Gesture.DOUBLE:
            return settings.double
        case Gesture.LONG | Gesture.LET_GO:
            return settings.long
        case _:
            assert_never(gesture)


# --- the array ---

_SOURCES: Mapping[ArrayChannel, tuple[int, int]] = {
    # The beam that the array chooses: cleaned for people, and as it is for programs.
    ArrayChannel.PROCESSED: (6, 3),
    ArrayChannel.RECOGNITION: (7, 3),
    ArrayChannel.MICROPHONE_0: (3, 0),
    ArrayChannel.MICROPHONE_1: (3, 1),
    ArrayChannel.MICROPHONE_2: (3, 2),
    ArrayChannel.MICROPHONE_3: (3, 3),
    ArrayChannel.REFERENCE: (5, 0),
    ArrayChannel.SILENCE: (0, 0),
}
"""The maker's category and number of each source."""


class _Xvf3800s:
    """The one array, for whoever needs it first."""

    def __init__(self) -> None:
        self._one: Xvf3800 | None = None

    def one(self) -> "Xvf3800":
        if self._one is None:
            try:
                from auricle.panel.devices.xvf3800 import Xvf3800
            except ImportError as error:
                raise _not_installed("lights.device, xvf3800", "pyusb") from error
            self._one = Xvf3800()
        return self._one


def _microphones(settings: "Xvf3800Settings", array: _Xvf3800s) -> ArrayParts | None:
    wanted = {Channel.LEFT: settings.left, Channel.RIGHT: settings.right}
    routes = [
        ChannelRoute(channel, *_SOURCES[source])
        for channel, source in wanted.items()
        if source is not ArrayChannel.UNCHANGED
    ]
    if not routes and not settings.mute:
        return None
    return ArrayParts(array.one(), routes, settings.mute)


# --- hooks ---


def commands_of(settings: "HooksSettings") -> Commands:
    """Return the commands that are configured. Raises ConfigError for a program that is
    not there.
    """
    mistakes = Mistakes()
    commands: dict[Hook, Sequence[str]] = {}
    for hook in Hook:
        argv: Sequence[str] = getattr(settings, hook)
        if argv:
            with mistakes.noted():
                commands[hook] = _found(hook, argv)
    mistakes.raise_any()
    return commands


def _found(hook: Hook, argv: Sequence[str]) -> Sequence[str]:
    if shutil.which(argv[0]) is None:
        raise ConfigError(
            f"hooks.{hook}: {argv[0]} is no program that can be run: write its whole "
            "path, make it executable (chmod +x), and keep it below /usr, such as in "
            "/usr/local/bin: the service runs nothing else"
        )
    return argv


def _hooks(settings: "HooksSettings", topics: Topics) -> HookParts | None:
    commands = commands_of(settings)
    if not commands:
        return None
    limits = HookLimits(at_once=settings.at_once, per_minute=settings.per_minute)
    return HookParts(
        HookEvents(topics, tuple(commands)),
        HookCommands(commands, limits, timeout=settings.timeout),
    )


def _not_installed(key: str, package: str) -> ConfigError:
    return ConfigError(
        f"{key} needs the Python package {package}, which is not installed; "
        + remedy("panel")
    )
