"""What is wrong with a satellite, told in Home Assistant's repairs."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from custom_components.auricle.const import DOMAIN
from custom_components.auricle.link import AuricleConfigEntry

NO_PIPELINE = "no_pipeline"
NO_TEXT_TO_SPEECH = "no_text_to_speech"
PIPELINE_FAILED = "pipeline_failed"
NO_SOUND = "no_sound"
NOT_PLAYED = "not_played"
NO_WORDS = "no_words"
TIMER_MISSED = "timer_missed"
NEWER_SATELLITE = "newer_satellite"

_ALL = (
    NO_PIPELINE,
    NO_TEXT_TO_SPEECH,
    PIPELINE_FAILED,
    NO_SOUND,
    NOT_PLAYED,
    NO_WORDS,
    TIMER_MISSED,
    NEWER_SATELLITE,
)

OF_SOUND = (NO_TEXT_TO_SPEECH, NO_SOUND, NOT_PLAYED, TIMER_MISSED)
"""What can be wrong only where there is a loudspeaker."""


@callback
def tell(
    hass: HomeAssistant, entry: AuricleConfigEntry, issue: str, reason: str = ""
) -> None:
    """Show the issue, until it is settled."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _id(entry, issue),
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=issue,
        translation_placeholders={"name": entry.title, "reason": reason},
    )


@callback
def settle(hass: HomeAssistant, entry: AuricleConfigEntry, *settled: str) -> None:
    """Take back what is right again."""
    for issue in settled:
        ir.async_delete_issue(hass, DOMAIN, _id(entry, issue))


@callback
def settle_all(hass: HomeAssistant, entry: AuricleConfigEntry) -> None:
    """Take back everything that was told of the satellite."""
    settle(hass, entry, *_ALL)


def _id(entry: AuricleConfigEntry, issue: str) -> str:
    return f"{issue}_{entry.entry_id}"
