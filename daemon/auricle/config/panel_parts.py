"""What of the settings `auricle panel` is there for."""

from typing import TYPE_CHECKING

from auricle.config.choices import ArrayChannel, LightsDevice

if TYPE_CHECKING:
    from auricle.config.settings import Settings


def panel_parts(settings: "Settings") -> list[str]:
    """Return the sections that ask for something, such as `lights`; of an empty list
    there is nothing to serve.
    """
    array, hooks = settings.xvf3800, settings.hooks
    routed = {array.left, array.right} != {ArrayChannel.UNCHANGED}
    wanted = {
        "lights": settings.lights.device is not LightsDevice.NONE,
        "button": settings.button.pin is not None,
        "xvf3800": array.mute or routed,
        "hooks": bool(
            hooks.on_wake or hooks.on_final or hooks.on_outcome or hooks.on_state
        ),
    }
    return [section for section, is_wanted in wanted.items() if is_wanted]
