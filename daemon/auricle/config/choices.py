"""What a key may be set to, where that is one of a few words."""

from enum import StrEnum


class UtteranceMode(StrEnum):
    """Names who decides that the utterance is over, as the configuration does."""

    AUTO = "auto"
    SERVER_VAD = "server_vad"
    MANUAL = "manual"


class LightsDevice(StrEnum):
    """Names what lights there may be."""

    NONE = ""
    RESPEAKER_2MIC = "respeaker_2mic"
    RESPEAKER_4MIC = "respeaker_4mic"
    APA102 = "apa102"
    WS2812 = "ws2812"
    XVF3800 = "xvf3800"
    GPIO = "gpio"


class PressedLevel(StrEnum):
    """Names what a pressed button connects its pin to."""

    GROUND = "ground"
    SUPPLY = "supply"


class ButtonAction(StrEnum):
    """Names what a gesture is for."""

    NOTHING = "nothing"
    TALK = "talk"
    STOP = "stop"
    MUTE = "mute"


class ArrayChannel(StrEnum):
    """Names what a channel of the array may carry."""

    UNCHANGED = ""
    PROCESSED = "processed"
    RECOGNITION = "recognition"
    MICROPHONE_0 = "microphone_0"
    MICROPHONE_1 = "microphone_1"
    MICROPHONE_2 = "microphone_2"
    MICROPHONE_3 = "microphone_3"
    REFERENCE = "reference"
    SILENCE = "silence"
