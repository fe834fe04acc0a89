"""The GPIOs that hats and buses have of the 40-pin header."""

BUTTON_OF_2MIC = 17
"""The GPIO of the button on ReSpeaker's 2-Mic hat."""
POWER_OF_4MIC = 5
"""The GPIO that lets the lights of ReSpeaker's 4-Mic hat have power."""
GPIOS_OF_SPI0 = frozenset(range(8, 12))
"""What the first SPI device has of the header: clock, data and who is meant."""
