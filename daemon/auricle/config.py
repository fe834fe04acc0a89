"""All settings together, and what overrides what."""

import os

from pydantic import Field, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from auricle.config_sections import (
    FeedbackSettings,
    LimitsSettings,
    LogSettings,
    MicrophoneSettings,
    SatelliteSettings,
    UtteranceSettings,
    WakeWordSettings,
)
from auricle.config_services import AsrSettings, HomeAssistantSettings, MqttSettings
from auricle.speech.wake_phrase import WHOLE_PHRASE


class Settings(BaseSettings):
    """Everything that can be configured."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="AURICLE_",
        env_nested_delimiter="__",
        secrets_nested_delimiter=".",
        secrets_prefix="",
        secrets_dir_missing="ok",
    )

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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """systemd credentials, over the environment, over the file (`init`)."""
        credentials = NestedSecretsSettingsSource(
            settings_cls,  # type: ignore[arg-type]  # documented to take the class too
            secrets_dir=os.environ.get("CREDENTIALS_DIRECTORY") or None,
        )
        return credentials, env_settings, init_settings
