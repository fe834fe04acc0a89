"""Whether somebody may have said what a speech model wrote."""

import zlib

from auricle.qwen_asr.wording import has_words

# Of sound that it cannot read, a model makes one phrase again and again until it is
# stopped: text that compresses well (the limit is that of Whisper's authors), and more
# of it than anybody says in a second.
_REPETITIVE = 2.4
_MOST_CHARACTERS_PER_SECOND = 25


def is_sayable(text: str, seconds: float) -> bool:
    """Tell whether `text` is words that fit into `seconds`, and no endless loop."""
    return has_words(text) and not is_endless(text, seconds)


def is_endless(text: str, seconds: float) -> bool:
    """Tell whether `text` says the same again and again, for longer than `seconds`."""
    encoded = text.encode()
    repetitive = len(encoded) > _REPETITIVE * len(zlib.compress(encoded))
    return repetitive and len(text) > _MOST_CHARACTERS_PER_SECOND * seconds
