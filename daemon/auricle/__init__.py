"""A voice satellite for Home Assistant that speaks MQTT."""

__version__ = "0.2.0"
