"""All settings together."""

from pydantic import Field, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from auricle.config.choices import LightsDevice
from auricle.config.gpio import GPIOS_OF_SPI0, POWER_OF_4MIC
from auricle.config.panel import (
    ButtonSettings,
    HooksSettings,
    LightsSettings,
    Xvf3800Settings,
)
from auricle.config.sections import (
    FeedbackSettings,
    LimitsSettings,
    LogSettings,
    LoudspeakerSettings,
    MicrophoneSettings,
    SatelliteSettings,
    UtteranceSettings,
    WakeWordSettings,
)
from auricle.config.services import (
    AsrSettings,
    GroupSettings,
    HomeAssistantSettings,
    MqttSettings,
    SpeechSettings,
    UpdateSettings,
)
from auricle.turns.wake_phrase import WHOLE_PHRASE


class Settings(BaseSettings):
    """Holds everything that can be configured. `auricle.config.loading.load` reads it
    from outside; one that is made in code has what it is given, and defaults.
    """

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        case_sensitive=True,  # as TOML is
        env_prefix="AURICLE_",
        env_nested_delimiter="__",
    )

    satellite: SatelliteSettings = Field(default_factory=SatelliteSettings)
    microphone: MicrophoneSettings = Field(default_factory=MicrophoneSettings)
    loudspeaker: LoudspeakerSettings = Field(default_factory=LoudspeakerSettings)
    feedback: FeedbackSettings = Field(default_factory=FeedbackSettings)
    speech: SpeechSettings = Field(default_factory=SpeechSettings)
    wake_word: WakeWordSettings = Field(default_factory=WakeWordSettings)
    utterance: UtteranceSettings = Field(default_factory=UtteranceSettings)
    asr: AsrSettings = Field(default_factory=AsrSettings)
    mqtt: MqttSettings = Field(default_factory=MqttSettings)
    arbitration: GroupSettings = Field(default_factory=GroupSettings)
    home_assistant: HomeAssistantSettings = Field(default_factory=HomeAssistantSettings)
    update: UpdateSettings = Field(default_factory=UpdateSettings)
    limits: LimitsSettings = Field(default_factory=LimitsSettings)
    lights: LightsSettings = Field(default_factory=LightsSettings)
    button: ButtonSettings = Field(default_factory=ButtonSettings)
    xvf3800: Xvf3800Settings = Field(default_factory=Xvf3800Settings)
    hooks: HooksSettings = Field(default_factory=HooksSettings)
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

    @model_validator(mode="after")
    def _sound_is_heard(self) -> "Settings":
        if self.speech.engine and not self.loudspeaker.device:
            raise ValueError(
                f'speech.engine = "{self.speech.engine}" needs a loudspeaker: set '
                "loudspeaker.device"
            )
        for key in ("wake", "end", "error"):
            if getattr(self.feedback, key) and not self.loudspeaker.device:
                raise ValueError(
                    f"feedback.{key} is a sound, and needs a loudspeaker: set "
                    "loudspeaker.device"
                )
        return self

    @model_validator(mode="after")
    def _pins_are_free(self) -> "Settings":
        pin, lights = self.button.pin, self.lights.device
        of_spi = lights not in (LightsDevice.NONE, LightsDevice.GPIO)
        taken = set(self.lights.pins)
        if of_spi and self.lights.spi.startswith("/dev/spidev0."):
            taken |= GPIOS_OF_SPI0
        if lights is LightsDevice.RESPEAKER_4MIC:
            taken.add(POWER_OF_4MIC)
        if pin in taken:
            raise ValueError(f"button.pin = {pin} is used by the lights already")
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
        """Leave the outside to `load`, which knows which file it is to read."""
        return (init_settings,)
