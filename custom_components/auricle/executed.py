"""Which words the house has acted upon, whichever of its satellites told of them.

Where one satellite stands in for another that seemed to be gone, both may tell what
was said, and so may whoever stands in for that one; and a lost connection may deliver a
message twice.
"""

from homeassistant.core import HomeAssistant, callback

from custom_components.auricle.const import DOMAIN

# Nobody gives so many commands in a minute: that long a stand-in may come behind.
_KEPT = 1024
_KEY = f"{DOMAIN}.executed"


@callback
def first(hass: HomeAssistant, *turns: str) -> bool:
    """Whether nothing came yet of the word that these turns are of; now it has.

    All of them are of one word from then on, whichever of them is heard of next.
    """
    # In the order of coming; it outlives a reload, and is of all satellites.
    words: dict[str, None] = hass.data.setdefault(_KEY, {})
    known = any(turn in words for turn in turns)
    words.update(dict.fromkeys(turns))
    while len(words) > _KEPT:
        del words[next(iter(words))]
    return not known
