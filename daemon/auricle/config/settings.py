"""All settings together."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from auricle.config.sections import (
    FeedbackSettings,
    LimitsSettings,
    LogSettings,
    MicrophoneSettings,
    SatelliteSettings,
    UtteranceSettings,
    WakeWordSettings,
)
from auricle.config.services import AsrSettings, HomeAssistantSettings, MqttSettings
from auricle.turns.wake_phrase import WHOLE_PHRASE


class Settings(BaseModel):
    """Everything that can be configured."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    satellite: SatelliteSettings = Field(default_factory=SatelliteSettings)
    microphone: MicrophoneSettings = Field(default_factory=MicrophoneSettings)
    feedback: FeedbackSettings = Field(default_factory=FeedbackSettings)
    wake_word: WakeWordSettings = Field(default_factory=WakeWordSettings)
    utterance: UtteranceSettings = Field(default_factory=UtteranceSettings)
    asr: AsrSettings = Field(default_factory=AsrSettings)
    mqtt: MqttSettings = Field(default_factory=MqttSettings)
    home_assistant: HomeAssistantSettings = Field(default_factory=HomeAssistantSettings)
    limits: LimitsSettings = Field(default_factory=LimitsSettings)
    log: LogSettings = Field(default_factory=LogSettings)

    @model_validator(mode="after")
    def _phrase_is_sent(self) -> "Settings":
        drops = self.wake_word.on_unconfirmed == "drop"
        if drops and self.utterance.pre_roll < WHOLE_PHRASE:
            raise ValueError(
                'wake_word.on_unconfirmed = "drop" needs the wake phrase to be sent: '
                f"set utterance.pre_roll to {WHOLE_PHRASE} or more"
            )
        return self
