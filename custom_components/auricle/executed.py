"""Which words the house has acted upon, whichever of its satellites told of them.

Where one satellite stands in for another that seemed to be gone, both may tell what
was said; and a lost connection may deliver a message twice.
"""

from homeassistant.core import HomeAssistant, callback

from custom_components.auricle.const import DOMAIN

# Nobody gives so many commands in a minute: that long a stand-in may come behind.
_KEPT = 1024
_KEY = f"{DOMAIN}.executed"


@callback
def first(hass: HomeAssistant, word: str) -> bool:
    """Whether nothing came of this word (its first turn's id) yet; now it has."""
    # In the order of coming; it outlives a reload, and is of all satellites.
    words: dict[str, None] = hass.data.setdefault(_KEY, {})
    if word in words:
        return False
    words[word] = None
    if len(words) > _KEPT:
        del words[next(iter(words))]
    return True
