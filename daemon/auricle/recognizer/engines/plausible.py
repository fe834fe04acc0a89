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
    if not has_words(text):
        return False
    encoded = text.encode()
    repetitive = len(encoded) / len(zlib.compress(encoded)) > _REPETITIVE
    return not (repetitive and len(text) > _MOST_CHARACTERS_PER_SECOND * seconds)
