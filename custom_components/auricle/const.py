"""Names that the rest shares."""

DOMAIN = "auricle"
MQTT = "mqtt"

CONF_DEVICE = "device"
CONF_ROOT = "root"
