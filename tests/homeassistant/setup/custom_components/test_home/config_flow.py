"""Home Assistant loads no entry without one."""

from homeassistant.config_entries import HANDLERS, ConfigFlow


@HANDLERS.register("test_home")
class TestHomeFlow(ConfigFlow):
    VERSION = 1
